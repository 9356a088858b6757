import NIOCore

/// A queue that, once empty, gives back the memory of a peer's burst, and otherwise allocates nothing as it turns over.
struct ShrinkingQueue<Element: Sendable>: Sendable {
    /// Room for elements that is kept while the queue is empty.
    private static var keptCapacity: Int { 256 }

    private(set) var elements = CircularBuffer<Element>(initialCapacity: 16)

    var isEmpty: Bool { elements.isEmpty }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        let element = elements.popFirst()
        if elements.isEmpty, elements.capacity > Self.keptCapacity { removeAll() }
        return element
    }

    mutating func removeAll() { elements = CircularBuffer(initialCapacity: 16) }
}
