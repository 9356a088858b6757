import SiphonCore
import SocketIOClient

extension Occurrence {
    /// As one JSON object in the shape of the API's events; no terminal takes anything in it for a command.
    var json: String {
        var record: SocketIOObject = ["kind": .string(kindText), "time": .string(Timestamp.text(nanoseconds: time))]
        if let sender { record["from"] = .string(sender) }
        if let namespace { record["namespace"] = .string(namespace) }
        switch kind {
        case .connect(let sid, let transport, let isRecovered):
            record["args"] = [["sid": .string(sid)]]
            if let transport { record["transport"] = .string(transport.rawValue) }
            record["recovered"] = .bool(isRecovered)
        case .disconnect(let reason, let details, let isReconnecting):
            record["args"] = []
            record["reason"] = .string(reason.rawValue)
            if !details.isEmpty { record["message"] = .string(details) }
            record["reconnecting"] = .bool(isReconnecting)
        case .connectError(let arguments, let isReconnecting):
            record["args"] = .array(arguments)
            record["reconnecting"] = .bool(isReconnecting)
        case .event(let name, let arguments, let wantsAck):
            record["name"] = .string(name)
            record["args"] = .array(arguments)
            record["wantsAck"] = .bool(wantsAck)
        case .emitted(let name, let arguments, let call):
            record["name"] = .string(name)
            record["args"] = .array(arguments)
            record["wantsAck"] = .bool(call != nil)
        case .ack(let name, let arguments, let call, let milliseconds):
            record["name"] = .string(name)
            record["args"] = .array(arguments)
            record["answers"] = call.value
            record["latencyMilliseconds"] = .init(milliseconds)
        case .failure(let name, let call, let error):
            record["error"] = .string(error.code.rawValue)
            record["message"] = .string(error.message)
            if let name { record["name"] = .string(name) }
            if let call { record["answers"] = call.value }
        }
        return TerminalText.json(text: SocketIOValue.object(record).jsonText)
    }

    private var kindText: String {
        switch kind {
        case .connect: "connect"
        case .disconnect: "disconnect"
        case .connectError: "connect_error"
        case .event, .emitted: "event"
        case .ack: "ack"
        case .failure: "error"
        }
    }

    /// Nil where neither side sent it.
    private var sender: String? {
        switch kind {
        case .event, .ack, .connect: "upstream"
        case .emitted: "client"
        case .disconnect(.serverDisconnect, _, _): "upstream"
        case .disconnect(.clientDisconnect, _, _): "client"
        case .disconnect, .connectError, .failure: nil
        }
    }
}
