/// Where values lie in a JSON text: a `JSONPath` in which `[*]` stands for each element of a list.
package struct JSONPathPattern: Hashable, Sendable {
    package enum Element: Hashable, Sendable {
        /// UTF-8.
        case key([UInt8])
        case index(Int)
        case each
    }

    package var elements: [Element]

    package init(_ elements: [Element]) { self.elements = elements }

    /// Reads `text`; at least one element, at most `JSONPath.depthLimit`.
    package init(parsing text: String) throws(JSONPathError) {
        var parser = JSONPathParser(text, allowsEach: true)
        elements = try parser.path()
    }

    /// The path in the form that `init(parsing:)` reads.
    package var text: String {
        var text = ""
        for element in elements {
            switch element {
            case .each: text += "[*]"
            case .index(let index): text += "[\(index)]"
            case .key(let key):
                text += JSONPath.text(ofKey: String(decoding: key, as: UTF8.self), isFirst: text.isEmpty)
            }
        }
        return text
    }
}

extension JSONIndex {
    /// Calls `body` with each value that `elements` lead to from `node`, in order, until it returns true; whether it
    /// did.
    package func contains(
        at elements: ArraySlice<JSONPathPattern.Element>, from node: Int, in text: UnsafeRawBufferPointer,
        where body: (Int) -> Bool
    ) -> Bool {
        var node = node
        for (place, element) in zip(elements.indices, elements) {
            switch element {
            case .key(let key):
                guard let member = member(key, of: node, in: text) else { return false }
                node = member
            case .index(let index):
                guard let child = self.element(index, of: node) else { return false }
                node = child
            case .each:
                guard self[node].kind == .list else { return false }
                let rest = elements[(place + 1)...]
                // Goes no deeper than a path has elements.
                for child in children(of: node) where contains(at: rest, from: child, in: text, where: body) {
                    return true
                }
                return false
            }
        }
        return body(node)
    }
}
