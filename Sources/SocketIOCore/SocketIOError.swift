/// What is wrong with a Socket.IO packet, and where.
package struct SocketIOError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        /// The first character is no packet type, or there is none.
        case unknownKind
        /// A type 5 or 6 without its `<count>-`, or a count that is no number.
        case badAttachmentCount
        /// More attachments announced than the decoder takes.
        case tooManyAttachments
        /// A text message while binary messages of the packet before are missing, or none in time.
        case missingAttachments
        /// A binary message that no packet announced.
        case unexpectedAttachment
        /// The attachments of one packet are more bytes than the decoder takes.
        case attachmentsTooLarge
    }

    package let code: Code
    /// Offset in bytes in the packet's text.
    package let offset: Int

    package init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }
}
