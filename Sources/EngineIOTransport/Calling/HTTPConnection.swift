package import NIOCore
package import NIOHTTP1
package import SiphonCore

/// One kept-alive HTTP connection to the upstream with at most one request under way: a polling session has two, for
/// its GETs and for its POSTs (Engine.IO v4, HTTP long-polling).
package final class HTTPConnection {
    package enum Failure: Error, Equatable {
        /// No connection came about, to the server or to the proxy.
        case unreachable(Unreachable)
        /// TLS with the server or the proxy came to nothing: why, as a clause that names which of them.
        case tls(String)
        /// The proxy answered the request for a tunnel with this status; 407 where it wants other credentials.
        case proxyRefused(status: Int)
        /// The proxy gave no answer that can be understood: what it did, as a clause.
        case proxyFailed(String)
        /// No connection could be tried: see `Error.isDescriptorShortage`.
        case noDescriptors
        case brokeOff
        case tooLarge
        case badResponse

        package enum Unreachable: Equatable, Sendable {
            case connectionRefused
            /// No address goes by the name.
            case nameNotFound
            /// There was no connection, no tunnel or no TLS in time.
            case timedOut
            /// In the system's words.
            case other(String)
        }
    }

    package typealias Completion = (Result<HTTPResponse, Failure>) -> Void

    private let eventLoop: any EventLoop
    private let dialer: Dialer
    private let limits: Limits
    private(set) var handler: HTTPResponseHandler?
    private var isClosed = false

    package init(eventLoop: any EventLoop, dialer: Dialer, limits: Limits) {
        self.eventLoop = eventLoop
        self.dialer = dialer
        self.limits = limits
    }

    /// Whether the upstream has taken some of the request under way since it was written, or since this was asked last.
    /// False where POSTs have no time of their own.
    package func hasProgressed() -> Bool { handler?.hasProgressed() ?? false }

    /// Sends a request. A connection that the upstream closed between two requests is opened anew; so is one that
    /// closes before a GET on it got a single byte of answer.
    package func send(
        _ head: HTTPRequestHead, body: ByteBuffer?, answerBytesLimit: Int, completion: @escaping Completion
    ) {
        guard !isClosed else { return completion(.failure(.brokeOff)) }
        guard let handler, handler.isUsable else { return connectAndSend(head, body, answerBytesLimit, completion) }
        handler.send(head, body, answerBytesLimit) { result, gotBytes in
            guard !gotBytes, head.method == .GET, result.isBrokenOff, !self.isClosed else {
                return completion(result)
            }
            self.connectAndSend(head, body, answerBytesLimit, completion)
        }
    }

    private func connectAndSend(
        _ head: HTTPRequestHead, _ body: ByteBuffer?, _ answerBytesLimit: Int, _ completion: @escaping Completion
    ) {
        let bound = NIOLoopBound((self, completion), eventLoop: eventLoop)
        dialer.connect(on: eventLoop, limits: limits, makeHandler: HTTPResponseHandler.init).whenComplete { result in
            let (connection, completion) = bound.value
            switch result {
            case .failure(let error): completion(.failure(Failure(dialling: error)))
            case .success(let open) where connection.isClosed:
                open.value.handler.close()
                completion(.failure(.brokeOff))
            case .success(let open):
                if connection.limits.upstreamPost != nil { open.value.handler.watchProgress() }
                connection.handler = open.value.handler
                open.value.handler.send(head, body, answerBytesLimit) { result, _ in completion(result) }
            }
        }
    }

    /// Ends the connection and whatever is under way; completions of it are still called.
    package func close() {
        isClosed = true
        handler?.close()
        handler = nil
    }
}

extension Result where Failure == HTTPConnection.Failure {
    fileprivate var isBrokenOff: Bool {
        if case .failure(.brokeOff) = self { true } else { false }
    }
}
