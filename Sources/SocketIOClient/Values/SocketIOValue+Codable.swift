import Base64Coding

/// This library's own coders keep a value as it is. In other coders, such as Foundation's, numbers become the coder's
/// numbers, so their text may change; bytes become `{"$binary":"<base64>"}`; and the order of members and duplicate
/// members are up to the coder.
extension SocketIOValue: Codable {
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? ValueDecoder {
            self = decoder.value
            return
        }
        if let container = try? decoder.container(keyedBy: NamedKey.self) {
            self = try Self.object(from: container)
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [SocketIOValue] = []
            while !container.isAtEnd { elements.append(try container.decode(SocketIOValue.self)) }
            self = .array(elements)
        } else {
            self = try Self.scalar(from: try decoder.singleValueContainer())
        }
    }

    private static func object(from container: KeyedDecodingContainer<NamedKey>) throws -> SocketIOValue {
        let keys = container.allKeys
        if keys.count == 1, keys[0].stringValue == "$binary",
            let bytes = (try? container.decode(String.self, forKey: keys[0])).flatMap(Base64.decode)
        {
            return .binary(bytes)
        }
        return .object(
            SocketIOObject(try keys.map { ($0.stringValue, try container.decode(SocketIOValue.self, forKey: $0)) }))
    }

    private static func scalar(from container: any SingleValueDecodingContainer) throws -> SocketIOValue {
        if container.decodeNil() { return .null }
        if let bool = try? container.decode(Bool.self) { return .bool(bool) }
        if let string = try? container.decode(String.self) { return .string(string) }
        return .number(try SocketIONumber(from: container))
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let object): return try object.encode(to: encoder)
        case .binary(let bytes):
            return try SocketIOObject([("$binary", .string(Base64.encode(bytes)))]).encode(to: encoder)
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
            return
        case .number(let number): return try number.encode(to: encoder)
        default: break
        }
        var container = encoder.singleValueContainer()
        switch self {
        case .bool(let bool): try container.encode(bool)
        case .string(let string): try container.encode(string)
        default: try container.encodeNil()
        }
    }
}

extension SocketIOObject: Codable {
    public init(from decoder: any Decoder) throws {
        let value = try SocketIOValue(from: decoder)
        guard case .object(let object) = value else {
            throw DecodingError.typeMismatch(
                Self.self,
                .init(codingPath: decoder.codingPath, debugDescription: "expected an object, found \(value.found)"))
        }
        self = object
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: NamedKey.self)
        for (key, value) in self { try container.encode(value, forKey: NamedKey(key)) }
    }
}

extension SocketIONumber: Codable {
    public init(from decoder: any Decoder) throws {
        self = try Self(from: try decoder.singleValueContainer())
    }

    init(from container: any SingleValueDecodingContainer) throws {
        if let number = try? container.decode(Int.self) {
            self.init(number)
        } else if let number = try? container.decode(UInt64.self) {
            self.init(number)
        } else {
            self.init(try container.decode(Double.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let int {
            try container.encode(int)
        } else if let number = UInt64(text) {
            try container.encode(number)
        } else {
            try container.encode(double)
        }
    }
}
