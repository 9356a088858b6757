import LosslessJSON

/// What to answer. `SecurityHeaders` come on top of `headers` where it is sent.
package struct InspectorResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        case stream(ResponseStream)
    }

    package var status: UInt32
    package var headers: [(name: String, value: String)]
    package var body: Body

    package init(status: UInt32, headers: [(name: String, value: String)] = [], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    static func json(_ bytes: [UInt8], status: UInt32 = 200) -> InspectorResponse {
        InspectorResponse(status: status, headers: [("Content-Type", "application/json")], body: .bytes(bytes))
    }

    static func json(status: UInt32 = 200, _ write: (inout JSONWriter) -> Void) -> InspectorResponse {
        var writer = JSONWriter()
        write(&writer)
        return json(writer.bytes, status: status)
    }

    static let noContent = InspectorResponse(status: 204)

    /// The bytes of the body; nil for a stream.
    var bytes: [UInt8]? {
        if case .bytes(let bytes) = body { bytes } else { nil }
    }
}
