/// A JSON value that keeps what the text said: the text of numbers, the escapes of strings, the order of members
/// and members that come twice. Only white space between tokens is not kept.
///
/// `Hashable` compares the kept text: `1` and `1.0` differ.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(JSONString)
    case array([JSONValue])
    case object([JSONMember])
}

/// One `"key": value` of an object.
package struct JSONMember: Hashable, Sendable {
    package var key: JSONString
    package var value: JSONValue

    package init(_ key: JSONString, _ value: JSONValue) {
        self.key = key
        self.value = value
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
    package init(stringLiteral value: String) { self = .string(JSONString(value)) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { JSONMember(JSONString($0), $1) })
    }

    package init(_ value: String) { self = .string(JSONString(value)) }
    package init(_ value: Int) { self = .number(JSONNumber(value)) }
}

extension JSONValue {
    /// The member of that name, the last where it comes twice, as JavaScript reads it: names are compared by their code
    /// units, whereas Swift's `==` takes different spellings of one character for equal.
    package subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key.value.utf8.elementsEqual(key.utf8) }?.value
    }

    /// The element at that index; nil for no array and past its end.
    package subscript(_ index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    package var string: String? {
        if case .string(let string) = self { string.value } else { nil }
    }

    package var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    package var int: Int? {
        if case .number(let number) = self { number.int } else { nil }
    }

    package var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var members: [JSONMember]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The word for the kind of value, as error messages say it.
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "a map"
        }
    }
}
