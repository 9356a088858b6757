package import EngineIOCore
package import NIOCore
package import NIOHTTP1

/// A request that Siphon answers by itself, without a look at its body.
package final class FixedAnswer: RequestReceiver {
    private let client: ClientHandler
    private let response: PollingResponse
    private let headers: HTTPHeaders

    package init(_ status: HTTPResponseStatus, text: String, headers: HTTPHeaders = [:], client: ClientHandler) {
        self.client = client
        self.headers = headers
        response = PollingResponse(status: Int(status.code), body: ByteBuffer(string: text))
    }

    /// A refusal that a page of another origin may read, as it may every answer of the session.
    package init(refusal: EngineRefusal, for head: HTTPRequestHead, client: ClientHandler) {
        self.client = client
        headers = head.headers.crossOriginAnswer
        response = refusal.response
    }

    /// A client that waits to be told to send its body need not.
    package func receiveHead() { if client.isAwaitingContinue { answer() } }

    package func receiveBody(_ bytes: ByteBuffer) {}

    package func receiveEnd(_ trailers: HTTPHeaders?) { answer() }

    private func answer() {
        var headers = headers
        headers.replaceOrAdd(name: "Content-Type", value: response.contentType)
        client.respond(HTTPResponseStatus(statusCode: response.status), headers: headers, body: response.body)
    }
}

extension HTTPHeaders {
    /// From the fields of a request: what lets a page of its origin read an answer that is Siphon's own.
    package var crossOriginAnswer: HTTPHeaders {
        guard let origin = first(name: "origin") else { return [:] }
        return ["Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", "Vary": "Origin"]
    }
}
