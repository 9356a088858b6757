/// Encodes one value; `Encodable` types write into its containers.
final class ValueEncoder: Encoder {
    /// What has been written and is not a value yet, because containers are open that may go on writing.
    indirect enum Node {
        case value(SocketIOValue)
        case members(MemberNodes)
        case elements(ElementNodes)
        case encoder(ValueEncoder)
    }

    private var node: Node?
    /// What went wrong where nothing could be thrown.
    private var fault: EncodingError?
    /// In which faults are gathered; nil for this one.
    private let outer: ValueEncoder?
    private let place: CodingPlace?
    let depth: Int

    init(at place: CodingPlace?, depth: Int, outer: ValueEncoder? = nil) {
        self.place = place
        self.depth = depth
        self.outer = outer
    }

    var codingPath: [any CodingKey] { place.path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// The value of `value`, which stands at `place`.
    static func encoded<T: Encodable>(
        _ value: T, at place: @autoclosure () -> CodingPlace?, depth: Int
    ) throws -> SocketIOValue {
        switch NativeCoding.encode(value) {
        case .value(let native): return native
        case .unwritable(let problem): throw Self.fault(value, at: place(), problem)
        case .foreign: break
        }
        let place = place()
        guard depth < CodingPlace.depthLimit else { throw tooDeep(value, at: place) }
        let encoder = ValueEncoder(at: place, depth: depth + 1)
        try value.encode(to: encoder)
        if let fault = encoder.fault { throw fault }
        return encoder.value
    }

    /// A type that writes nothing is an empty object, as it is for Foundation inside of another.
    fileprivate var value: SocketIOValue { node?.value ?? .object([:]) }

    // MARK: Containers

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedWriter(to: members(), of: self, at: place, depth: depth))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedWriter(to: elements(), of: self, at: place, depth: depth)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleWriter(of: self, at: place) }

    fileprivate func set(_ value: SocketIOValue) {
        switch node {
        case nil, .value: node = .value(value)
        default: mixed()
        }
    }

    /// Asking twice gives the same members: a class and its superclass may write side by side.
    private func members() -> MemberNodes {
        if case .members(let members) = node { return members }
        let members = MemberNodes()
        if node == nil { node = .members(members) } else { mixed() }
        return members
    }

    private func elements() -> ElementNodes {
        if case .elements(let elements) = node { return elements }
        let elements = ElementNodes()
        if node == nil { node = .elements(elements) } else { mixed() }
        return elements
    }

    // MARK: Faults

    private func mixed() {
        note(at: place, "the type's encode(to:) writes two kinds of container in one place")
    }

    /// Keeps the first fault until the type is done.
    func note(at place: CodingPlace?, _ problem: String) {
        if let outer { return outer.note(at: place, problem) }
        if fault == nil { fault = Self.fault(self, at: place, problem) }
    }

    /// False, with a fault noted, where a container at `depth` may not be opened.
    func mayNest(_ depth: Int, at place: CodingPlace?) -> Bool {
        guard depth >= CodingPlace.depthLimit else { return true }
        note(at: place, Self.tooDeepProblem)
        return false
    }

    private static let tooDeepProblem = "nested deeper than \(CodingPlace.depthLimit) values"

    private static func tooDeep(_ value: Any, at place: CodingPlace?) -> EncodingError {
        // The whole path would be as long as the value is deep.
        EncodingError.invalidValue(
            value, .init(codingPath: Array(place.path.prefix(3)), debugDescription: tooDeepProblem))
    }

    static func fault(_ value: Any, at place: CodingPlace?, _ problem: String) -> EncodingError {
        EncodingError.invalidValue(value, .init(codingPath: place.path, debugDescription: problem))
    }
}

extension ValueEncoder.Node {
    /// No deeper than containers may be opened.
    fileprivate var value: SocketIOValue {
        switch self {
        case .value(let value): value
        case .members(let members): .object(SocketIOObject(members.list.lazy.map { ($0.key, $0.node.value) }))
        case .elements(let elements): .array(elements.list.map(\.value))
        case .encoder(let encoder): encoder.value
        }
    }
}

/// The members of an object that is being written. One that is written again stays where it stands.
final class MemberNodes {
    private(set) var list: [(key: String, node: ValueEncoder.Node)] = []
    /// Where each key stands, once there are many.
    private var places: [CodeUnits: Int] = [:]
    private static let manyMembers = 12

    subscript(_ key: String) -> ValueEncoder.Node? {
        get { place(of: key).map { list[$0].node } }
        set {
            guard let newValue else { return }
            if let place = place(of: key) { return list[place].node = newValue }
            list.append((key, newValue))
            if list.count == Self.manyMembers {
                for (place, member) in list.enumerated() { places[CodeUnits(member.key)] = place }
            } else if list.count > Self.manyMembers {
                places[CodeUnits(key)] = list.count - 1
            }
        }
    }

    private func place(of key: String) -> Int? {
        if list.count >= Self.manyMembers { return places[CodeUnits(key)] }
        return list.firstIndex { $0.key.hasSameCodeUnits(as: key) }
    }
}

final class ElementNodes {
    var list: [ValueEncoder.Node] = []
}

// MARK: Writers

private struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    private let members: MemberNodes
    private let encoder: ValueEncoder
    private let place: CodingPlace?
    private let depth: Int

    init(to members: MemberNodes, of encoder: ValueEncoder, at place: CodingPlace?, depth: Int) {
        self.members = members
        self.encoder = encoder
        self.place = place
        self.depth = depth
    }

    var codingPath: [any CodingKey] { place.path }

    func encodeNil(forKey key: Key) { members[key.stringValue] = .value(.null) }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        let value = try ValueEncoder.encoded(value, at: CodingPlace(key, in: place), depth: depth)
        members[key.stringValue] = .value(value)
    }

    func encode(_ value: Int128, forKey key: Key) { members[key.stringValue] = .value(.number(SocketIONumber(value))) }

    func encode(_ value: UInt128, forKey key: Key) { members[key.stringValue] = .value(.number(SocketIONumber(value))) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        let inside = CodingPlace(key, in: place)
        var nested = MemberNodes()
        if encoder.mayNest(depth + 1, at: place) {
            if case .members(let existing) = members[key.stringValue] { nested = existing }
            members[key.stringValue] = .members(nested)
        }
        return KeyedEncodingContainer(
            KeyedWriter<NestedKey>(to: nested, of: encoder, at: inside, depth: depth + 1))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let inside = CodingPlace(key, in: place)
        var nested = ElementNodes()
        if encoder.mayNest(depth + 1, at: place) {
            if case .elements(let existing) = members[key.stringValue] { nested = existing }
            members[key.stringValue] = .elements(nested)
        }
        return UnkeyedWriter(to: nested, of: encoder, at: inside, depth: depth + 1)
    }

    func superEncoder() -> any Encoder { superEncoder(under: NamedKey.super) }

    func superEncoder(forKey key: Key) -> any Encoder { superEncoder(under: key) }

    private func superEncoder(under key: some CodingKey) -> any Encoder {
        let inner = ValueEncoder(at: CodingPlace(key, in: place), depth: depth + 1, outer: encoder)
        if encoder.mayNest(depth + 1, at: place) { members[key.stringValue] = .encoder(inner) }
        return inner
    }
}

private struct UnkeyedWriter: UnkeyedEncodingContainer {
    private let elements: ElementNodes
    private let encoder: ValueEncoder
    private let place: CodingPlace?
    private let depth: Int

    init(to elements: ElementNodes, of encoder: ValueEncoder, at place: CodingPlace?, depth: Int) {
        self.elements = elements
        self.encoder = encoder
        self.place = place
        self.depth = depth
    }

    var codingPath: [any CodingKey] { place.path }
    var count: Int { elements.list.count }

    func encodeNil() { elements.list.append(.value(.null)) }

    func encode<T: Encodable>(_ value: T) throws {
        elements.list.append(.value(try ValueEncoder.encoded(value, at: next, depth: depth)))
    }

    func encode(_ value: Int128) { elements.list.append(.value(.number(SocketIONumber(value)))) }

    func encode(_ value: UInt128) { elements.list.append(.value(.number(SocketIONumber(value)))) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        let inside = next
        let nested = MemberNodes()
        if encoder.mayNest(depth + 1, at: place) { elements.list.append(.members(nested)) }
        return KeyedEncodingContainer(
            KeyedWriter<NestedKey>(to: nested, of: encoder, at: inside, depth: depth + 1))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let inside = next
        let nested = ElementNodes()
        if encoder.mayNest(depth + 1, at: place) { elements.list.append(.elements(nested)) }
        return UnkeyedWriter(to: nested, of: encoder, at: inside, depth: depth + 1)
    }

    func superEncoder() -> any Encoder {
        let inner = ValueEncoder(at: next, depth: depth + 1, outer: encoder)
        if encoder.mayNest(depth + 1, at: place) { elements.list.append(.encoder(inner)) }
        return inner
    }

    private var next: CodingPlace { CodingPlace(ElementKey(count), in: place) }
}

private struct SingleWriter: SingleValueEncodingContainer {
    private let encoder: ValueEncoder
    private let place: CodingPlace?

    init(of encoder: ValueEncoder, at place: CodingPlace?) {
        self.encoder = encoder
        self.place = place
    }

    var codingPath: [any CodingKey] { place.path }

    func encodeNil() { encoder.set(.null) }

    func encode<T: Encodable>(_ value: T) throws {
        encoder.set(try ValueEncoder.encoded(value, at: place, depth: encoder.depth))
    }

    func encode(_ value: Int128) { encoder.set(.number(SocketIONumber(value))) }

    func encode(_ value: UInt128) { encoder.set(.number(SocketIONumber(value))) }
}
