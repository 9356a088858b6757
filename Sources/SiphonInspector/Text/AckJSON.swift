import Base64Coding
import LosslessJSON
import SiphonCore

extension InjectionResult.Ack {
    /// Writes `{"args": […], "latencyMilliseconds": 3.2}`. The arguments are as the peer wrote them, but for binary
    /// values, which stand where they belong as `{"$binary": "<base64>"}`: the form that an injection takes.
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("args")
        if let value = try? JSONValue(parsing: arguments) {
            var binary = attachments.map(Optional.some)
            writer.value(attachments.isEmpty ? value : Self.filled(value, from: &binary))
        } else {
            // What a peer sent that is no JSON.
            writer.beginArray()
            writer.string(String(decoding: arguments, as: UTF8.self))
            writer.endArray()
        }
        writer.key("latencyMilliseconds")
        writer.number(latency / .milliseconds(1))
        writer.endObject()
    }

    /// Puts each attachment in once: a peer that names one a million times does not get an answer of that size.
    private static func filled(_ value: JSONValue, from attachments: inout [[UInt8]?]) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map { filled($0, from: &attachments) })
        case .object(let members):
            if value["_placeholder"] == true, let number = value["num"]?.int, attachments.indices.contains(number),
                let bytes = attachments[number]
            {
                attachments[number] = nil
                return ["$binary": JSONValue(Base64.encode(bytes))]
            }
            return .object(members.map { JSONMember($0.key, filled($0.value, from: &attachments)) })
        default: return value
        }
    }
}
