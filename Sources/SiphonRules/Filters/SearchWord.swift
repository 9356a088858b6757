/// A bare word of a filter: a text to be found, whatever the case, in a key, a string, a number or a literal.
package struct SearchWord: Hashable, Sendable {
    package let text: String
    private let needle: [UInt8]
    /// For each prefix of the needle how long a shorter prefix ends it (Knuth, Morris, Pratt), so that no text makes
    /// the search slower than its length.
    private let fallback: [Int]

    init(_ text: String) {
        self.text = text
        let needle = Array(text.lowercased().utf8)
        var fallback = [Int](repeating: 0, count: needle.count)
        var length = 0
        for index in needle.indices.dropFirst() {
            while length > 0, needle[index] != needle[length] { length = fallback[length - 1] }
            if needle[index] == needle[length] { length += 1 }
            fallback[index] = length
        }
        self.needle = needle
        self.fallback = fallback
    }

    func isFound(in haystack: SearchableText) -> Bool {
        guard !needle.isEmpty else { return true }
        var matched = 0
        for byte in haystack.bytes {
            while matched > 0, byte != needle[matched] { matched = fallback[matched - 1] }
            if byte == needle[matched] { matched += 1 }
            if matched == needle.count { return true }
        }
        return false
    }

    package static func == (left: Self, right: Self) -> Bool { left.text == right.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
