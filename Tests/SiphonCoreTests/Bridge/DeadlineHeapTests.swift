import NIOCore
import Testing

@testable import SiphonCore

@Suite("DeadlineHeap")
struct DeadlineHeapTests {
    @Test("gives back the earliest first, whatever the order they came in", arguments: [0, 1, 2, 3, 10, 1000])
    func sorts(count: Int) {
        var heap = DeadlineHeap<Int>()
        let times = (0..<count).map { $0 * 7919 % 503 }
        for time in times { heap.insert(time, at: .uptimeNanoseconds(UInt64(time))) }
        #expect(heap.count == count)
        var taken: [Int] = []
        while let first = heap.first {
            #expect(first.deadline == .uptimeNanoseconds(UInt64(first.key)))
            taken.append(first.key)
            heap.removeFirst()
        }
        #expect(taken == times.sorted())
    }
}
