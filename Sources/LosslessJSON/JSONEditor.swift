/// Changes one value inside a JSON text and leaves every other byte as it was: the text of numbers, the order of
/// members, escapes and white space.
///
/// Of members that come twice the last counts, as JavaScript reads them. Keys are compared by what they mean, so `"a"`
/// is found where the text says `"\u0061"`.
package enum JSONEditor {
    /// Puts `value`, which must be one JSON text, in the place of the value at `path`. Where only the last element of
    /// the path is missing it is created: a key behind the other members, an index right behind the last element.
    package static func replacing(
        _ path: JSONPath, in text: [UInt8], with value: [UInt8]
    ) throws(JSONEditError) -> [UInt8] {
        try onBytes(of: text) { bytes throws(JSONEditError) in try replacing(path, in: bytes, with: value) }
    }

    package static func replacing(
        _ path: JSONPath, in text: UnsafeRawBufferPointer, with value: [UInt8]
    ) throws(JSONEditError) -> [UInt8] {
        let place = try place(of: path, in: text)
        var edited: [UInt8] = []
        edited.reserveCapacity(text.count + value.count + 16)
        edited.append(contentsOf: text[..<place.range.lowerBound])
        edited.append(contentsOf: place.before)
        edited.append(contentsOf: value)
        edited.append(contentsOf: text[place.range.upperBound...])
        return edited
    }

    /// Takes the member or element that `path` names out of its map or list, with its comma; each of them where a
    /// member comes twice. `path` has one element at least.
    package static func removing(_ path: JSONPath, in text: [UInt8]) throws(JSONEditError) -> [UInt8] {
        try onBytes(of: text) { bytes throws(JSONEditError) in
            guard let last = path.elements.last else { throw JSONEditError(.missing, element: 0) }
            let parent = try range(of: JSONPath(path.elements.dropLast()), in: bytes)
            let cuts = try cuts(
                of: last, number: path.elements.count - 1, from: JSONCursor(bytes, at: parent.lowerBound))
            var edited: [UInt8] = []
            edited.reserveCapacity(bytes.count)
            var copied = 0
            for cut in cuts {
                edited.append(contentsOf: bytes[copied..<cut.lowerBound])
                copied = cut.upperBound
            }
            edited.append(contentsOf: bytes[copied...])
            return edited
        }
    }

    /// Where the value at `path` lies, in bytes from the start of `text`, without the space around it.
    package static func range(of path: JSONPath, in text: [UInt8]) throws(JSONEditError) -> Range<Int> {
        try onBytes(of: text) { bytes throws(JSONEditError) in try range(of: path, in: bytes) }
    }

    package static func range(
        of path: JSONPath, in text: UnsafeRawBufferPointer
    ) throws(JSONEditError) -> Range<Int> {
        let place = try place(of: path, in: text)
        guard !place.isNew else { throw JSONEditError(.missing, element: path.elements.count - 1) }
        return place.range
    }

    // MARK: Finding

    private struct Place {
        /// What the value takes the place of; empty for a new value.
        var range: Range<Int>
        /// What stands before a new value: a comma, a key.
        var before: [UInt8] = []
        var isNew = false
    }

    private static func place(
        of path: JSONPath, in text: UnsafeRawBufferPointer
    ) throws(JSONEditError) -> Place {
        do { try JSONParser.validate(text) } catch { throw JSONEditError(.notJSON, element: 0, cause: error) }
        var cursor = JSONCursor(text)
        var place = Place(range: cursor.value())
        for (number, element) in path.elements.enumerated() {
            guard !place.isNew else { throw JSONEditError(.missing, element: number - 1) }
            let parent = JSONCursor(text, at: place.range.lowerBound)
            switch element {
            case .key(let key): place = try member(key, of: parent, element: number)
            case .index(let index): place = try self.element(index, of: parent, number: number)
            }
        }
        return place
    }

    private static func member(_ key: String, of parent: JSONCursor, element: Int) throws(JSONEditError) -> Place {
        var parent = parent
        let words = parent
        var end = parent.index + 1
        var isEmpty = true
        var found: Range<Int>?
        let isMap = parent.members { name, value in
            if words.string(at: name, means: key) { found = value }
            end = value.upperBound
            isEmpty = false
        }
        guard isMap else { throw JSONEditError(.noMap, element: element) }
        if let found { return Place(range: found) }
        let before = (isEmpty ? "\"" : ",\"") + JSONString(key).escaped + "\":"
        return Place(range: end..<end, before: Array(before.utf8), isNew: true)
    }

    private static func element(_ index: Int, of parent: JSONCursor, number: Int) throws(JSONEditError) -> Place {
        var parent = parent
        var end = parent.index + 1
        var count = 0
        var found: Range<Int>?
        let isList = parent.elements { value in
            if count == index { found = value }
            end = value.upperBound
            count += 1
        }
        guard isList else { throw JSONEditError(.noList, element: number) }
        if let found { return Place(range: found) }
        guard index == count else { throw JSONEditError(.pastEnd, element: number) }
        return Place(range: end..<end, before: count == 0 ? [] : [UInt8(ascii: ",")], isNew: true)
    }

    // MARK: Removing

    /// What to cut out to be rid of an element: with the comma before it, or behind it where nothing is left before it.
    private static func cuts(
        of element: JSONPath.Element, number: Int, from parent: JSONCursor
    ) throws(JSONEditError) -> [Range<Int>] {
        var cuts: [Range<Int>] = []
        var end: Int?
        var hasKept = false
        /// Where a cut begins that reaches up to the next element.
        var open: Int?
        func pass(_ start: Int, _ upperBound: Int, isWanted: Bool) {
            if let from = open {
                cuts.append(from..<start)
                open = nil
            }
            if !isWanted {
                hasKept = true
            } else if hasKept, let end {
                cuts.append(end..<upperBound)
            } else {
                open = start
            }
            end = upperBound
        }
        var cursor = parent
        switch element {
        case .key(let key):
            let words = parent
            let isMap = cursor.members { name, value in
                pass(name.lowerBound - 1, value.upperBound, isWanted: words.string(at: name, means: key))
            }
            guard isMap else { throw JSONEditError(.noMap, element: number) }
        case .index(let index):
            var count = 0
            let isList = cursor.elements { value in
                pass(value.lowerBound, value.upperBound, isWanted: count == index)
                count += 1
            }
            guard isList else { throw JSONEditError(.noList, element: number) }
        }
        if let open, let end { cuts.append(open..<end) }
        guard !cuts.isEmpty else { throw JSONEditError(.missing, element: number) }
        return cuts
    }

    private static func onBytes<Value>(
        of text: [UInt8], _ body: (UnsafeRawBufferPointer) throws(JSONEditError) -> Value
    ) throws(JSONEditError) -> Value {
        try text.withUnsafeBytes { raw in Result { () throws(JSONEditError) in try body(raw) } }.get()
    }
}
