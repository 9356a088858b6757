/// What Tab makes of the line before the cursor.
struct Completion: Equatable {
    /// Where the word begins that is completed, in characters.
    let start: Int
    /// What can stand there, as it is typed.
    let candidates: [String]

    /// - Parameters:
    ///   - text: the line up to the cursor.
    ///   - events: the names that were seen.
    init(of text: String, events: [String], namespaces: [String]) {
        let characters = Array(text)
        let words = characters.split(separator: " ")
        let isNew = characters.isEmpty || characters.last == " "
        let index = isNew ? words.count : words.count - 1
        let word = isNew ? "" : String(words[index])
        start = characters.count - word.count
        let all: [String]
        switch (index, words.first.map { String($0) }) {
        case (0, _): all = Statement.commands.map(\.name)
        case (1, "emit"), (1, "call"): all = events.map(Statement.word)
        case (1, "in"), (1, "disconnect"), (_, "connect"): all = namespaces
        default: all = []
        }
        candidates = all.filter { $0.hasPrefix(word) && !$0.isEmpty }.sorted()
    }

    /// What all candidates begin with; a space behind the only one.
    var insertion: String? {
        guard let first = candidates.first else { return nil }
        guard candidates.count > 1 else { return first + " " }
        var prefix = Substring(first)
        for candidate in candidates { prefix = prefix.prefix(prefix.commonPrefix(with: candidate)) }
        return String(prefix)
    }
}

extension Substring {
    /// How many characters both begin with.
    fileprivate func commonPrefix(with other: String) -> Int { zip(self, other).prefix { $0 == $1 }.count }
}
