/// Why a peer's bytes are not RFC 6455, or over a limit, and where. It ends the connection.
package struct WebSocketError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        /// RSV1, RSV2 or RSV3 is set though no extension was negotiated (section 5.2).
        case reservedBits
        /// Opcodes 3–7 and 11–15 (section 5.2).
        case reservedOpcode
        case unmaskedClientFrame
        case maskedServerFrame
        case fragmentedControlFrame
        /// A control frame with more than 125 bytes (section 5.5).
        case controlFrameTooLong
        /// A continuation frame where no message has begun.
        case unexpectedContinuation
        /// A new text or binary frame before the fragmented message ended.
        case expectedContinuation
        /// A length in more bytes than it needs (section 5.2: "the minimal number of bytes MUST be used").
        case nonMinimalLength
        /// A length of 2^63 or more.
        case lengthOverflow
        case messageTooLarge
        case tooManyFragments
        /// A text message, or the reason of a close frame, is not UTF-8 (section 8.1).
        case badUTF8
        /// A close code that may not be sent (section 7.4).
        case badCloseCode
        /// A close frame with one byte (section 5.5.1).
        case badClosePayload
    }

    package let code: Code
    /// Bytes from the first that the reader was given to the frame at fault; for `badUTF8` to the byte at fault, or to
    /// the end of the message where that comes within a character.
    package let offset: Int

    package init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    /// The code to close the connection with (section 7.4.1).
    package var closeCode: UInt16 {
        switch code {
        case .messageTooLarge, .tooManyFragments: 1009
        case .badUTF8: 1007
        default: 1002
        }
    }
}
