import NIOCore
import Testing

@testable import struct EngineIOCore.ShrinkingQueue

@Suite("ShrinkingQueue")
struct ShrinkingQueueTests {
    @Test("keeps its room from one element to the next, and gives a burst's back when empty")
    func capacity() {
        var queue = ShrinkingQueue<Int>()
        for number in 0..<100 { queue.append(number) }
        let room = queue.elements.capacity
        for number in 0..<100 { #expect(queue.popFirst() == number) }
        #expect(queue.popFirst() == nil)
        #expect(queue.elements.capacity == room)

        for number in 0..<1000 { queue.append(number) }
        #expect(queue.elements.capacity >= 1000)
        while queue.popFirst() != nil {}
        #expect(queue.elements.capacity < 100)
    }
}
