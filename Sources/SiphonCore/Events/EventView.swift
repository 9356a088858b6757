package import EngineIOCore

/// What a filter may ask of an event, whether it passes just now or lies in the capture.
package protocol EventView {
    var connection: ConnectionID { get }
    var from: Side { get }
    var kind: EventKind { get }
    var transport: EngineTransport { get }
    /// 3 or 4.
    var engineVersion: UInt8 { get }
    /// Nanoseconds since 1970, UTC.
    var time: Int64 { get }
    /// Bytes of the text and of all attachments; 0 for what was never on the wire.
    var sizeBytes: Int { get }
    /// Empty while the event is still on its way through the chain.
    var verdicts: Verdicts { get }
    var ackState: AckState? { get }
    /// How long the ack of this event took to come; nil where none came, or not yet.
    var ackLatencyNanoseconds: Int64? { get }
    /// What rules marked it with; while it is on its way, those that it went through.
    var marks: [String] { get }
    /// `/` for the root namespace and for what belongs to none.
    var namespace: String { get }
    /// The event's name; nil for other kinds.
    var name: String? { get }
    /// The JSON text as on the wire (for an event with its name as the first element); empty for none. A peer wrote
    /// it: it need not be valid.
    func withPayload<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result
    /// The JSON text of the ack that came for this event; nil where none came, or not yet, or where it is not at hand.
    func withAckPayload<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result?
}

extension EventView {
    package func withAckPayload<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? { nil }
}
