import EngineIOCore
import LosslessJSON
import SiphonCapture
import SiphonCore

extension ConnectionSnapshot {
    var json: [UInt8] {
        var writer = JSONWriter()
        write(into: &writer, detailed: false)
        return writer.bytes
    }

    /// Writes the connection as the API shows it.
    ///
    /// - Parameter detailed: adds `handshake`, the request that opened it: its `target` and its `headers` in order.
    func write(into writer: inout JSONWriter, detailed: Bool) {
        writer.beginObject()
        writer.member("id", id.description)
        writer.member("protocol", protocolName.rawValue)
        writer.member("openedAt", Timestamp.text(nanoseconds: openedAt))
        writer.member("closedAt", closedAt.map { Timestamp.text(nanoseconds: $0) })
        writer.member("closeReason", closeReason)
        writer.key("client")
        writer.beginObject()
        writer.member("address", clientAddress)
        writer.member("transport", clientTransport.rawValue)
        writer.member("version", engineVersion)
        writer.member("userAgent", userAgent)
        writer.endObject()
        writer.key("upstream")
        writer.beginObject()
        writer.member("transport", upstreamTransport.rawValue)
        writer.member("version", engineVersion)
        writer.member("sid", upstreamSID)
        writer.endObject()
        writer.key("namespaces")
        writer.beginArray()
        for namespace in namespaces {
            writer.beginObject()
            writer.member("name", namespace.name)
            writer.member("sid", namespace.sid)
            writer.endObject()
        }
        writer.endArray()
        writer.key("counts")
        writer.beginObject()
        writer.member("fromClient", eventsFromClient)
        writer.member("fromUpstream", eventsFromUpstream)
        writer.endObject()
        if detailed { writeHandshake(into: &writer) }
        writer.endObject()
    }

    private func writeHandshake(into writer: inout JSONWriter) {
        writer.key("handshake")
        writer.beginObject()
        writer.member("target", handshakeTarget)
        writer.key("headers")
        writer.beginArray()
        for header in handshakeHeaders {
            writer.beginObject()
            writer.member("name", header.name)
            writer.member("value", header.value)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}

extension JSONWriter {
    /// Writes `"key": "value"`, null for nil.
    mutating func member(_ key: String, _ value: String?) {
        self.key(key)
        if let value { string(value) } else { null() }
    }

    mutating func member(_ key: String, _ value: Int?) {
        self.key(key)
        if let value { number(value) } else { null() }
    }
}
