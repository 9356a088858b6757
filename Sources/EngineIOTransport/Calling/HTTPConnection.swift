package import NIOCore
package import NIOHTTP1
package import SiphonCore

/// One kept-alive HTTP connection to the upstream with at most one request under way: a polling session has two, for
/// its GETs and for its POSTs (Engine.IO v4, HTTP long-polling).
package final class HTTPConnection {
    package enum Failure: Error, Equatable {
        case unreachable
        /// No connection could be tried: see `Error.isDescriptorShortage`.
        case noDescriptors
        case brokeOff
        case tooLarge
        case badResponse
    }

    package typealias Completion = (Result<HTTPResponse, Failure>) -> Void

    private let eventLoop: any EventLoop
    private let dialer: Dialer
    private let limits: Limits
    private var handler: HTTPResponseHandler?
    private var isClosed = false

    package init(eventLoop: any EventLoop, dialer: Dialer, limits: Limits) {
        self.eventLoop = eventLoop
        self.dialer = dialer
        self.limits = limits
    }

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
        let handler = HTTPResponseHandler()
        let bound = NIOLoopBound((self, handler, completion), eventLoop: eventLoop)
        let limits = limits
        dialer.connect(on: eventLoop) { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addUpstreamHTTPHandlers(limits: limits)
                try pipeline.addHandler(bound.value.1)
            }
        }.whenComplete { result in
            let (connection, handler, completion) = bound.value
            if case .failure(let error) = result { return completion(.failure(Failure(dialling: error))) }
            guard !connection.isClosed else {
                handler.close()
                return completion(.failure(.unreachable))
            }
            connection.handler = handler
            handler.send(head, body, answerBytesLimit) { result, _ in completion(result) }
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
