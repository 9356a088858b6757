/// What stands in front of every record in a chunk. After it, without gaps, come
///
/// 1. an `AckLink`, with `.linked`;
/// 2. the size of each attachment, 8 bytes each;
/// 3. with `.edited`: the size of the original's text, the number of its attachments and the size of each;
/// 4. the rules, 4 bytes each;
/// 5. with `.marked`: the size of what follows of this, 4 bytes, and the marks, each with its size, 2 bytes;
/// 6. text, attachments, the original's text and attachments; in the chunk's `parts` instead with `.shared`.
///
/// The envelope is not kept: whoever reads scans the text again, which costs less than storing eight offsets.
struct RecordHeader: BitwiseCopyable {
    struct Flags: OptionSet, BitwiseCopyable {
        let rawValue: UInt16

        static let fromUpstream = Flags(rawValue: 1)
        static let webSocket = Flags(rawValue: 2)
        static let injected = Flags(rawValue: 4)
        /// The text is a Socket.IO packet.
        static let packet = Flags(rawValue: 8)
        /// The text is a binary message.
        static let binary = Flags(rawValue: 16)
        /// An event that wants an ack, or an ack.
        static let linked = Flags(rawValue: 32)
        /// There is an original.
        static let edited = Flags(rawValue: 64)
        /// The original's attachments are the record's.
        static let sameAttachments = Flags(rawValue: 128)
        /// The payloads are in the chunk's `parts`.
        static let shared = Flags(rawValue: 256)
        /// There are marks.
        static let marked = Flags(rawValue: 512)
    }

    /// Bytes from this header to the next one. For a record that is alone in its chunk: all it keeps in memory.
    var length: Int
    var time: Int64
    var connection: UInt64
    var textSize: Int
    var verdicts: UInt32
    var attachmentCount: UInt32
    var ruleCount: UInt16
    var flags: Flags
    var kind: UInt8
    var engineVersion: UInt8

    /// What the pairing keeps for an event that wants an ack, at most.
    static let pairingBytes = 128

    /// What the record counts for against the capture's memory.
    var cost: Int { length + (wantsAck ? Self.pairingBytes : 0) }

    var wantsAck: Bool { flags.contains(.linked) && kind == 0 }
}
