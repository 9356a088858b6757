package import NIOCore

/// Deadlines and what they are of, the earliest first: a binary heap. One that no longer holds cannot be taken out
/// before its turn; whoever asks for the first knows which hold.
package struct DeadlineHeap<Key> {
    package struct Entry {
        package let deadline: NIODeadline
        package let key: Key
    }

    private var entries: [Entry] = []

    package init() {}

    package var count: Int { entries.count }
    package var first: Entry? { entries.first }

    package mutating func insert(_ key: Key, at deadline: NIODeadline) {
        var index = entries.count
        entries.append(Entry(deadline: deadline, key: key))
        while index > 0, entries[index].deadline < entries[(index - 1) / 2].deadline {
            entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    package mutating func removeFirst() {
        guard let last = entries.popLast(), !entries.isEmpty else { return }
        entries[0] = last
        var index = 0
        while let child = earlierChild(of: index), entries[child].deadline < entries[index].deadline {
            entries.swapAt(index, child)
            index = child
        }
    }

    package mutating func removeAll() { entries = [] }

    private func earlierChild(of index: Int) -> Int? {
        let left = 2 * index + 1
        guard left < entries.count else { return nil }
        let right = left + 1
        return right < entries.count && entries[right].deadline < entries[left].deadline ? right : left
    }
}
