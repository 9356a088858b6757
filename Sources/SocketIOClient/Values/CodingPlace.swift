import LosslessJSON

/// Where a value stands that is being encoded or decoded, as a list from the inside out: a step costs no copy of the
/// path.
final class CodingPlace {
    /// Deepest nesting of coding calls, so that neither a deep value nor a type that holds itself ends the stack.
    static let depthLimit = JSONParser.defaultDepthLimit

    private let parent: CodingPlace?
    private let key: any CodingKey

    init(_ key: any CodingKey, in parent: CodingPlace?) {
        self.key = key
        self.parent = parent
    }

    var path: [any CodingKey] {
        var path: [any CodingKey] = []
        var place: CodingPlace? = self
        while let here = place {
            path.append(here.key)
            place = here.parent
        }
        return path.reversed()
    }
}

extension CodingPlace? {
    var path: [any CodingKey] { self?.path ?? [] }
}

/// The place of an element in a list.
struct ElementKey: CodingKey {
    let index: Int

    init(_ index: Int) { self.index = index }
    init?(intValue: Int) { index = intValue }
    init?(stringValue: String) { nil }

    var intValue: Int? { index }
    var stringValue: String { "Index \(index)" }
}

/// A key that is known only when the program runs.
struct NamedKey: CodingKey {
    /// The key under which classes put what their superclass encodes, as Foundation's coders do.
    static let `super` = NamedKey("super")

    let stringValue: String

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { stringValue = String(intValue) }

    var intValue: Int? { nil }
}

/// A key as a dictionary finds it: by its code units.
struct CodeUnits: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (one: Self, other: Self) -> Bool { one.text.hasSameCodeUnits(as: other.text) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
