import Testing

@testable import SiphonProxy

@Suite("FreedMemory")
struct FreedMemoryTests {
    @Test(
        "is given back once enough connections have left, and half of all",
        arguments: [(500, 1), (999, 499), (1000, 500), (5000, 2500)])
    func threshold(peak: Int, largest: Int) {
        var memory = FreedMemory()
        memory.note(connections: peak)
        let first = (0...peak).reversed().first { memory.shouldReturn(connections: $0) }
        #expect(first == min(largest, peak - FreedMemory.worthwhileCount))
    }

    @Test("is given back once at a time, and again only after a new peak")
    func again() {
        var memory = FreedMemory()
        memory.note(connections: 1000)
        var answers = [memory.shouldReturn(connections: 400), memory.shouldReturn(connections: 0)]
        memory.returned(connections: 0)
        answers.append(memory.shouldReturn(connections: 0))
        memory.note(connections: 600)
        answers.append(memory.shouldReturn(connections: 100))
        #expect(answers == [true, false, false, true])
    }
}
