package import NIOCore

/// The answer to one polling request. Headers besides the content type are the shell's.
package struct PollingResponse: Hashable, Sendable {
    package let status: Int
    package let contentType: String
    package let body: ByteBuffer

    package init(status: Int, contentType: String = PollingResponse.text, body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    package static let text = "text/plain; charset=UTF-8"

    /// The answer to a GET.
    static func payload(_ body: ByteBuffer) -> PollingResponse { PollingResponse(status: 200, body: body) }

    static func packet(_ packet: EnginePacket) -> PollingResponse { payload(PollingPayload.encode([packet])) }

    /// The answer to a POST that was read. It does not say that anyone liked the content.
    static let ok = PollingResponse(status: 200, contentType: "text/html", body: ByteBuffer(string: "ok"))
    static let badRequest = PollingResponse(status: 400)
    static let tooLarge = PollingResponse(status: 413)
}
