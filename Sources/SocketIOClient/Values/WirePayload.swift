import EngineIOCore
import LosslessJSON
import NIOCore
import SocketIOCore

/// What a packet carries, ready for the wire: one JSON text and the bytes that its placeholders stand for.
struct WirePayload {
    let json: [UInt8]
    let attachments: [ByteBuffer]

    /// The list of an event, whose first element is its name, or of an ack, which has none.
    ///
    /// - Throws: `encoding` where an argument is nested too deep, or where one looks like a placeholder beside binary
    ///   data, so that the peer would put bytes in its place.
    init(eventName: String?, arguments: [SocketIOValue]) throws(SocketIOClientError) {
        var writer = ValueWriter(binaries: .attachments)
        writer.beginArray()
        if let eventName { writer.string(eventName) }
        for (index, argument) in arguments.enumerated() {
            try Self.write(argument, to: &writer, insideList: true, path: "args[\(index)]")
        }
        writer.endArray()
        try self.init(writer)
    }

    /// One value that stands alone, as in a CONNECT packet.
    init(_ value: SocketIOValue, path: String) throws(SocketIOClientError) {
        var writer = ValueWriter(binaries: .attachments)
        try Self.write(value, to: &writer, insideList: false, path: path)
        try self.init(writer)
    }

    private static func write(
        _ value: SocketIOValue, to writer: inout ValueWriter, insideList: Bool, path: @autoclosure () -> String
    ) throws(SocketIOClientError) {
        let limit = JSONParser.defaultDepthLimit
        guard writer.write(value, depthLimit: insideList ? limit - 1 : limit) else {
            throw SocketIOClientError(.encoding, "\(path()) is nested deeper than \(limit) lists and objects")
        }
    }

    private init(_ writer: ValueWriter) throws(SocketIOClientError) {
        guard !writer.hasLookalike || writer.attachments.isEmpty else {
            throw SocketIOClientError(
                .encoding,
                "an object with _placeholder: true cannot be sent together with binary data, "
                    + "since the peer would take it for a place of that data")
        }
        json = writer.bytes
        attachments = writer.attachments
    }
}

extension SocketIOValue {
    /// The list that an event's or an ack's packet carries, with bytes in the place of its placeholders; an event's
    /// name is the first element.
    ///
    /// In a packet of a kind without attachments what looks like a placeholder is plain data; in one of a binary kind
    /// it must name an attachment, even where there is none.
    ///
    /// - Throws: `decoding`; the message names arguments as `args[0]`.
    static func list(of packet: SocketPacket) throws(SocketIOClientError) -> [SocketIOValue] {
        let kind = packet.kind
        return try list(
            payload: packet.payload, attachments: kind.carriesAttachments ? packet.attachments.map(\.bytes) : nil,
            isEvent: kind.isEvent)
    }

    /// - Parameters:
    ///   - attachments: nil for a packet of a kind without attachments.
    ///   - isEvent: whether the first element is a name, and no argument.
    static func list(
        payload: ByteBuffer, attachments: [ByteBuffer]?, isEvent: Bool
    ) throws(SocketIOClientError) -> [SocketIOValue] {
        let binaries = attachments.map { ValueReader.Binaries.attachments($0.map { Array($0.readableBytesView) }) }
        let value = try payload.withUnsafeReadableBytes { bytes throws(SocketIOClientError) in
            try ValueReader.read(bytes, binaries: binaries ?? .none) { path(of: $0, isEvent: isEvent) }
        }
        guard case .array(let elements) = value else {
            throw SocketIOClientError(
                .decoding, "expected a list of arguments, found \(value.found)", logged: "expected a list of arguments")
        }
        return elements
    }

    /// The one value that a packet without attachments carries, such as the object of CONNECT.
    static func value(payload: ByteBuffer) throws(SocketIOClientError) -> SocketIOValue {
        try payload.withUnsafeReadableBytes { bytes throws(SocketIOClientError) in
            try ValueReader.read(bytes, binaries: .none) { JSONPath($0).text }
        }
    }

    private static func path(of inside: [JSONPath.Element], isEvent: Bool) -> String {
        guard case .index(let index) = inside.first else { return JSONPath(inside).text }
        if isEvent, index == 0 { return "the event's name" }
        return JSONPath([.key("args"), .index(isEvent ? index - 1 : index)] + inside.dropFirst()).text
    }
}
