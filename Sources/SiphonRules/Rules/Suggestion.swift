/// Finds what somebody meant to type.
enum Suggestion {
    /// The candidate that is at most two edits away from `word`, the nearest first; nil for none.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        guard word.utf8.count <= 32 else { return nil }
        let lowercased = word.lowercased()
        let rated = candidates.map { (name: $0, edits: edits(Array(lowercased.utf8), Array($0.lowercased().utf8))) }
        guard let best = rated.min(by: { $0.edits < $1.edits }) else { return nil }
        return best.edits <= min(2, best.name.utf8.count / 2) ? best.name : nil
    }

    /// `, did you mean …?` or nothing.
    static func text(for word: String, among candidates: [String]) -> String {
        nearest(to: word, among: candidates).map { ", did you mean \($0)?" } ?? ""
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
    private static func edits(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard !left.isEmpty else { return right.count }
        var before: [Int] = []
        var last = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (byte == other ? 0 : 1))
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    cost = min(cost, before[column - 1] + 1)
                }
                current.append(cost)
            }
            before = last
            last = current
        }
        return last[right.count]
    }
}
