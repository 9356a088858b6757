/// Decodes one value; `Decodable` types read from its containers.
final class ValueDecoder: Decoder {
    let value: SocketIOValue
    private let type: any Any.Type
    private let place: CodingPlace?
    private let depth: Int

    init(_ value: SocketIOValue, for type: any Any.Type, at place: CodingPlace?, depth: Int) {
        self.value = value
        self.type = type
        self.place = place
        self.depth = depth
    }

    var codingPath: [any CodingKey] { place.path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func decode<T: Decodable>(
        _ type: T.Type, from value: SocketIOValue, at place: @autoclosure () -> CodingPlace?, depth: Int
    ) throws -> T {
        do throws(NativeCoding.Fault) {
            if let native = try NativeCoding.decode(type, from: value) { return native }
        } catch {
            throw error.decodingError(for: type, value: value, at: place())
        }
        let place = place()
        guard depth < CodingPlace.depthLimit else {
            // The whole path would be as long as the value is deep.
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: Array(place.path.prefix(3)),
                    debugDescription: "nested deeper than \(CodingPlace.depthLimit) values"))
        }
        return try T(from: ValueDecoder(value, for: type, at: place, depth: depth + 1))
    }

    // MARK: Containers

    func container<Key: CodingKey>(keyedBy: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(
            KeyedReader<Key>(try Self.members(of: value, for: type, at: place), at: place, depth: depth))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        UnkeyedReader(try Self.elements(of: value, for: type, at: place), at: place, depth: depth)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        SingleReader(value, at: place, depth: depth)
    }

    fileprivate static func members(
        of value: SocketIOValue, for type: Any.Type?, at place: @autoclosure () -> CodingPlace?
    ) throws -> SocketIOObject {
        if case .object(let object) = value { return object }
        throw NativeCoding.Fault.mismatch(type.map { "an object for \($0)" } ?? "an object")
            .decodingError(for: type ?? SocketIOObject.self, value: value, at: place())
    }

    fileprivate static func elements(
        of value: SocketIOValue, for type: Any.Type?, at place: @autoclosure () -> CodingPlace?
    ) throws -> [SocketIOValue] {
        if case .array(let elements) = value { return elements }
        throw NativeCoding.Fault.mismatch(type.map { "a list for \($0)" } ?? "a list")
            .decodingError(for: type ?? [SocketIOValue].self, value: value, at: place())
    }
}

extension NativeCoding.Fault {
    fileprivate func decodingError(
        for type: any Any.Type, value: SocketIOValue, at place: CodingPlace?
    ) -> DecodingError {
        switch self {
        case .corrupted(let problem):
            return .dataCorrupted(.init(codingPath: place.path, debugDescription: problem))
        case .mismatch(let expected):
            let context = DecodingError.Context(
                codingPath: place.path, debugDescription: "expected \(expected), found \(value.found)")
            return value.isNull ? .valueNotFound(type, context) : .typeMismatch(type, context)
        }
    }
}

// MARK: Readers

/// Finds the members of an object: one by one at first, and by an index for a type that asks for many, such as a
/// dictionary.
private final class MemberFinder {
    let object: SocketIOObject
    private var asked = 0
    private var places: [CodeUnits: Int] = [:]
    private static let few = 12

    init(_ object: SocketIOObject) { self.object = object }

    /// The last member with that key.
    subscript(_ key: String) -> SocketIOValue? {
        guard object.count > Self.few, asked >= Self.few else {
            asked += 1
            return object[key]
        }
        if places.isEmpty {
            places.reserveCapacity(object.count)
            for (place, member) in object.enumerated() { places[CodeUnits(member.key)] = place }
        }
        return places[CodeUnits(key)].map { object[$0].value }
    }
}

private struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let members: MemberFinder
    private let place: CodingPlace?
    private let depth: Int

    init(_ object: SocketIOObject, at place: CodingPlace?, depth: Int) {
        members = MemberFinder(object)
        self.place = place
        self.depth = depth
    }

    var codingPath: [any CodingKey] { place.path }

    /// One that comes twice is here once.
    var allKeys: [Key] {
        var seen: Set<CodeUnits> = []
        return members.object.compactMap { member in
            seen.insert(CodeUnits(member.key)).inserted ? Key(stringValue: member.key) : nil
        }
    }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try member(key).isNull }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try ValueDecoder.decode(type, from: try member(key), at: CodingPlace(key, in: place), depth: depth)
    }

    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 {
        try ValueDecoder.decode(type, from: try member(key), at: CodingPlace(key, in: place), depth: depth)
    }

    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 {
        try ValueDecoder.decode(type, from: try member(key), at: CodingPlace(key, in: place), depth: depth)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        let inside = CodingPlace(key, in: place)
        let object = try ValueDecoder.members(of: try member(key), for: nil, at: inside)
        return KeyedDecodingContainer(KeyedReader<NestedKey>(object, at: inside, depth: depth))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        let inside = CodingPlace(key, in: place)
        return UnkeyedReader(
            try ValueDecoder.elements(of: try member(key), for: nil, at: inside), at: inside, depth: depth)
    }

    func superDecoder() -> any Decoder { superDecoder(under: NamedKey.super) }

    func superDecoder(forKey key: Key) -> any Decoder { superDecoder(under: key) }

    /// A superclass that finds nothing finds null, as with Foundation's decoder.
    private func superDecoder(under key: some CodingKey) -> any Decoder {
        ValueDecoder(
            members[key.stringValue] ?? .null, for: SocketIOObject.self, at: CodingPlace(key, in: place), depth: depth)
    }

    private func member(_ key: Key) throws -> SocketIOValue {
        guard let value = members[key.stringValue] else {
            throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "no such key"))
        }
        return value
    }
}

private struct UnkeyedReader: UnkeyedDecodingContainer {
    private let elements: [SocketIOValue]
    private let place: CodingPlace?
    private let depth: Int
    private(set) var currentIndex = 0

    init(_ elements: [SocketIOValue], at place: CodingPlace?, depth: Int) {
        self.elements = elements
        self.place = place
        self.depth = depth
    }

    var codingPath: [any CodingKey] { place.path }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    mutating func decodeNil() throws -> Bool {
        guard try element(for: SocketIOValue.self).isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let value = try ValueDecoder.decode(type, from: try element(for: type), at: here, depth: depth)
        currentIndex += 1
        return value
    }

    mutating func decode(_ type: Int128.Type) throws -> Int128 {
        let value = try ValueDecoder.decode(type, from: try element(for: type), at: here, depth: depth)
        currentIndex += 1
        return value
    }

    mutating func decode(_ type: UInt128.Type) throws -> UInt128 {
        let value = try ValueDecoder.decode(type, from: try element(for: type), at: here, depth: depth)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        let inside = here
        let object = try ValueDecoder.members(of: try element(for: SocketIOObject.self), for: nil, at: inside)
        currentIndex += 1
        return KeyedDecodingContainer(KeyedReader<NestedKey>(object, at: inside, depth: depth))
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let inside = here
        let nested = try ValueDecoder.elements(of: try element(for: [SocketIOValue].self), for: nil, at: inside)
        currentIndex += 1
        return UnkeyedReader(nested, at: inside, depth: depth)
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = ValueDecoder(
            try element(for: SocketIOValue.self), for: SocketIOObject.self, at: here, depth: depth)
        currentIndex += 1
        return decoder
    }

    private var here: CodingPlace { CodingPlace(ElementKey(currentIndex), in: place) }

    private func element(for type: any Any.Type) throws -> SocketIOValue {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                type,
                .init(
                    codingPath: here.path, debugDescription: "expected \(type), but the list has \(elements.count)"))
        }
        return elements[currentIndex]
    }
}

private struct SingleReader: SingleValueDecodingContainer {
    private let value: SocketIOValue
    private let place: CodingPlace?
    private let depth: Int

    init(_ value: SocketIOValue, at place: CodingPlace?, depth: Int) {
        self.value = value
        self.place = place
        self.depth = depth
    }

    var codingPath: [any CodingKey] { place.path }

    func decodeNil() -> Bool { value.isNull }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try ValueDecoder.decode(type, from: value, at: place, depth: depth)
    }

    func decode(_ type: Int128.Type) throws -> Int128 {
        try ValueDecoder.decode(type, from: value, at: place, depth: depth)
    }

    func decode(_ type: UInt128.Type) throws -> UInt128 {
        try ValueDecoder.decode(type, from: value, at: place, depth: depth)
    }
}
