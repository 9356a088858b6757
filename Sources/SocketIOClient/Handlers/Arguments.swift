/// The arguments of an event or an ack. As the last parameter of a handler, it takes all that are left.
public struct Arguments: Hashable, Sendable {
    public let values: [SocketIOValue]

    public init(_ values: [SocketIOValue]) { self.values = values }

    /// The arguments as one value: `.null` for none, the argument itself for one, an `.array` for several.
    public var value: SocketIOValue {
        switch values.count {
        case 0: .null
        case 1: values[0]
        default: .array(values)
        }
    }

    /// Decodes each argument to the type given for it: `let (id, name) = try arguments.decode(Int.self, String.self)`.
    ///
    /// - Throws: `decoding` if there are too few arguments, or one does not fit its type.
    public func decode<each Value: Decodable>(_ types: repeat (each Value).Type) throws -> (repeat each Value) {
        var reader = ArgumentReader(values)
        return (repeat try reader.next(each types))
    }

    init<each Argument: Encodable>(encoding arguments: repeat each Argument) throws {
        var values: [SocketIOValue] = []
        for argument in repeat each arguments {
            values.append(try SocketIOValue(encoding: argument, path: "args[\(values.count)]"))
        }
        self.values = values
    }
}

extension Arguments: RandomAccessCollection {
    public var startIndex: Int { values.startIndex }
    public var endIndex: Int { values.endIndex }

    /// As in an array, `position` must be below `count`.
    public subscript(position: Int) -> SocketIOValue { values[position] }
}

extension Arguments: Decodable {
    /// From a list.
    public init(from decoder: any Decoder) throws {
        self.init(try [SocketIOValue](from: decoder))
    }
}

/// Reads one argument after the other.
struct ArgumentReader {
    private let values: [SocketIOValue]
    private var index = 0

    init(_ values: [SocketIOValue]) { self.values = values }

    mutating func next<Value: Decodable>(_ type: Value.Type) throws -> Value {
        defer { index += 1 }
        if type == Arguments.self, let rest = Arguments(Array(values.dropFirst(index))) as? Value {
            index = values.count
            return rest
        }
        guard index < values.count else {
            // What may be missing reads as null.
            if type == SocketIOValue.self || type is any ExpressibleByNilLiteral.Type {
                return try SocketIOValue.null.decode(type, path: "args[\(index)]")
            }
            throw SocketIOClientError(
                .decoding, "args[\(index)]: expected \(type), but there are only \(values.count) arguments")
        }
        return try values[index].decode(type, path: "args[\(index)]")
    }
}
