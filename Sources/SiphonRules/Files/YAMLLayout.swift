/// Where the parts of a YAML text stand, in UTF-8 offsets: what is needed to change one of them and leave the rest,
/// with its comments, as it was written. Yams says where a part begins, but not where it ends, and follows aliases.
struct YAMLLayout {
    struct Node {
        enum Content {
            case scalar
            case alias
            case sequence([Item])
            case mapping([Pair])
        }

        var content: Content
        /// With anchor and tag, without white space and comments behind.
        var range: Range<Int>
        /// Behind anchor and tag.
        var start: Int
        /// In brackets, or within such.
        var isFlow: Bool

        /// Whether it is a list or a map on lines of its own.
        var isBlockCollection: Bool {
            switch content {
            case .sequence, .mapping: !isFlow
            case .scalar, .alias: false
            }
        }

        /// Whether it or a part of it is an alias.
        var hasAlias: Bool {
            switch content {
            case .scalar: false
            case .alias: true
            case .sequence(let items): items.contains { $0.node?.hasAlias == true }
            case .mapping(let pairs): pairs.contains { $0.key?.hasAlias == true || $0.value?.hasAlias == true }
            }
        }
    }

    struct Item {
        /// The dash; in brackets, the first byte of the node.
        var start: Int
        /// Nil for nothing.
        var node: Node?
        var end: Int
    }

    struct Pair {
        /// The key, or the question mark before it.
        var start: Int
        var key: Node?
        /// Nil where there is none, as in `{ a }`.
        var colon: Int?
        /// Nil for nothing.
        var value: Node?
        var end: Int
        /// Written with a question mark.
        var isExplicit: Bool
    }

    /// The text is no YAML, or such as this does not follow.
    struct Unreadable: Error {}

    let root: Node

    /// - Parameter bytes: UTF-8 that Yams has read; no byte order mark.
    init(_ bytes: [UInt8]) throws(Unreadable) {
        var scanner = YAMLScanner(bytes)
        root = try scanner.document()
    }
}
