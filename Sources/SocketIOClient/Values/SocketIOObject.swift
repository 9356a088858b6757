/// The members of a JSON object, in order; keys may be repeated.
///
/// A collection of `(key:, value:)`. Keys are compared by their code units, as in JavaScript and Python, whereas
/// Swift's `==` treats different encodings of the same character as equal. Looking up and setting by key go through the
/// members one by one; to build a large object use `append` or `init(_:)`.
public struct SocketIOObject: Hashable, Sendable {
    private struct Member: Hashable, Sendable {
        let key: String
        var value: SocketIOValue
    }

    private var members: [Member]

    public init() { members = [] }

    /// The members in the order of `members`, none left out.
    public init(_ members: some Sequence<(String, SocketIOValue)>) {
        self.members = members.map { Member(key: $0.0, value: $0.1) }
    }

    /// The value of the member with that key, the last one if there are several.
    ///
    /// Setting it changes that member in place, or appends a new one. Setting nil removes every member with that key;
    /// to store JSON's null, set `.null`.
    public subscript(key: String) -> SocketIOValue? {
        get { lastIndex(of: key).map { members[$0].value } }
        set {
            guard let newValue else { return members.removeAll { $0.key.hasSameCodeUnits(as: key) } }
            if let index = lastIndex(of: key) {
                members[index].value = newValue
            } else {
                append(key: key, value: newValue)
            }
        }
    }

    /// Appends a member without checking whether there is already one with that key.
    public mutating func append(key: String, value: SocketIOValue) { members.append(Member(key: key, value: value)) }

    private func lastIndex(of key: String) -> Int? { members.lastIndex { $0.key.hasSameCodeUnits(as: key) } }
}

extension SocketIOObject: RandomAccessCollection {
    public typealias Element = (key: String, value: SocketIOValue)

    public var startIndex: Int { 0 }
    public var endIndex: Int { members.count }

    /// As in an array, `position` must be below `count`.
    public subscript(position: Int) -> Element { (members[position].key, members[position].value) }

    /// The keys in order, repeated ones included.
    public var keys: [String] { members.map(\.key) }
}

extension SocketIOObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, SocketIOValue)...) { self.init(elements) }
}

extension SocketIOObject {
    /// Encodes each value; the order stays.
    init(encoding pairs: KeyValuePairs<String, any Encodable & Sendable>) throws(SocketIOClientError) {
        self.init()
        for (key, value) in pairs {
            append(key: key, value: try SocketIOValue(encoding: value, path: "args[0].\(key)"))
        }
    }
}

extension String {
    func hasSameCodeUnits(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
