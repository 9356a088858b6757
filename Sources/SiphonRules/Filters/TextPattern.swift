/// A value of `event:` or `ns:`: the very text, or a glob over the whole of it.
package struct TextPattern: Hashable, Sendable {
    enum Piece: Hashable, Sendable {
        case scalar(Unicode.Scalar)
        /// `?`: any one character (one code point).
        case one
        /// `*`: any run of characters, also none.
        case any
    }

    /// Behind one reference, since patterns are handed on with every packet.
    private final class Form: Sendable {
        let pieces: [Piece]
        let literal: [UInt8]?
        let glob: Glob?

        init(_ pieces: [Piece]) {
            self.pieces = pieces
            let scalars = pieces.compactMap { if case .scalar(let scalar) = $0 { scalar } else { nil } }
            guard scalars.count < pieces.count else {
                literal = Array(String(String.UnicodeScalarView(scalars)).utf8)
                glob = nil
                return
            }
            literal = nil
            glob = Glob(pieces)
        }
    }

    private let form: Form

    init(_ pieces: [Piece]) { form = Form(pieces) }

    var pieces: [Piece] { form.pieces }

    var isGlob: Bool { form.glob != nil }

    /// Whether `bytes`, the UTF-8 of a text, are matched as a whole. Allocates nothing for a literal, nor for a glob of
    /// up to 63 bytes and `?`.
    func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let literal = form.literal { return literal.count == bytes.count && literal.elementsEqual(bytes) }
        return form.glob?.matches(bytes) ?? false
    }

    package func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    package static func == (left: Self, right: Self) -> Bool { left.pieces == right.pieces }

    package func hash(into hasher: inout Hasher) { hasher.combine(pieces) }
}
