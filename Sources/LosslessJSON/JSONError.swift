/// Why a text is not JSON, and where.
package struct JSONError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        case unexpectedEnd
        case unexpectedByte
        case badNumber
        case badEscape
        case badUTF8
        /// A byte below 0x20 inside a string (RFC 8259, section 7).
        case controlCharacter
        case tooDeep
        case tooManyValues
        /// More text after the value.
        case trailingBytes
    }

    package let code: Code
    /// Offset in bytes of what could not be read: the string's first byte for `badUTF8`, the backslash for `badEscape`.
    package let offset: Int

    package init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }
}
