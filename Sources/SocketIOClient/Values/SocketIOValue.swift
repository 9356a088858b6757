/// What an event or an ack carries: JSON, with bytes wherever a JSON value may stand.
///
/// The text of numbers, the order of an object's members and duplicate members are kept as the peer sent them, with one
/// exception: half of a surrogate pair, which a Swift string cannot hold, is read as U+FFFD.
///
/// It can be written as literals: `["room": "lobby", "tags": [1, 2.5, nil, true]]`.
///
/// On the wire, lists and objects are nested at most 512 deep; sending a deeper value throws. A value that a program
/// nests some ten thousand deep overflows the stack when it is released or compared, as any recursive Swift value does.
public enum SocketIOValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(SocketIONumber)
    case string(String)
    /// Sent alongside the JSON, in a binary message of its own.
    case binary([UInt8])
    case array([SocketIOValue])
    case object(SocketIOObject)
}

// MARK: Making

extension SocketIOValue {
    public init(_ value: Bool) { self = .bool(value) }

    public init(_ value: Int) { self = .number(SocketIONumber(value)) }

    /// A number that JSON cannot write (infinity, not a number) becomes 0.
    public init(_ value: Double) { self = .number(SocketIONumber(value)) }

    public init(_ value: String) { self = .string(value) }

    public init(_ value: [UInt8]) { self = .binary(value) }
}

extension SocketIOValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .number(SocketIONumber(value)) }
    public init(floatLiteral value: Double) { self = .number(SocketIONumber(value)) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: SocketIOValue...) { self = .array(elements) }

    /// Keeps the order, and duplicate keys.
    public init(dictionaryLiteral elements: (String, SocketIOValue)...) { self = .object(SocketIOObject(elements)) }
}

// MARK: Reading

extension SocketIOValue {
    public var isNull: Bool { self == .null }

    /// Nil for anything but a boolean; likewise, those below are nil for anything but their kind.
    public var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    /// The number, if it is written as an integer that fits an `Int`: nil for `1.0`.
    public var int: Int? {
        if case .number(let number) = self { number.int } else { nil }
    }

    /// The double nearest to the number; infinite for `1e400`.
    public var double: Double? {
        if case .number(let number) = self { number.double } else { nil }
    }

    public var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    public var binary: [UInt8]? {
        if case .binary(let bytes) = self { bytes } else { nil }
    }

    public var array: [SocketIOValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    public var object: SocketIOObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The member with that key, the last one if there are several; nil if there is none or this is no object.
    public subscript(key: String) -> SocketIOValue? {
        if case .object(let object) = self { object[key] } else { nil }
    }

    /// The element at that index; nil if the index is out of bounds or this is no list.
    public subscript(index: Int) -> SocketIOValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }
}
