import Testing

/// Stands for `print` in the examples: keeps the lines.
final class Printed: Sendable {
    let lines = Seen<String>()

    func callAsFunction(_ items: Any...) { lines.add(items.map { "\($0)" }.joined(separator: " ")) }

    /// Compares the lines in whatever order they came, once there are so many.
    func expect(_ expected: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let lines = try await lines.wait(for: expected.count)
        #expect(lines.sorted() == expected.sorted(), sourceLocation: sourceLocation)
    }
}
