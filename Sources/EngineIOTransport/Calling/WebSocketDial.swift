import EngineIOCore
import NIOCore
import NIOHTTP1
import SiphonCore
import WebSocketCodec

/// Opens one WebSocket to the upstream (RFC 6455, section 4.1): its own key, the upstream's answer checked.
final class WebSocketDial {
    enum Outcome {
        case opened(WebSocketHandler, HTTPResponseHead)
        /// An answer other than 101, whole.
        case refused(HTTPResponse)
        case failed(HTTPConnection.Failure)
    }

    private let loop: TransportLoop
    private let dialer: Dialer
    private var channel: (any Channel)?
    private var isCancelled = false

    init(loop: TransportLoop, dialer: Dialer) {
        self.loop = loop
        self.dialer = dialer
    }

    /// `head` gets the fields of the WebSocket handshake.
    func start(_ head: HTTPRequestHead, completion: @escaping (Outcome) -> Void) {
        let key = WebSocketHandshake.makeKey()
        var head = head
        head.headers.replaceOrAdd(name: "Connection", value: "Upgrade")
        head.headers.replaceOrAdd(name: "Upgrade", value: "websocket")
        head.headers.replaceOrAdd(name: "Sec-WebSocket-Version", value: "13")
        head.headers.replaceOrAdd(name: "Sec-WebSocket-Key", value: key)
        let socket = WebSocketHandler(
            role: .client, exchange: loop.nextExchange(), loop: loop, messageBytesLimit: loop.limits.messageBytes)
        let handler = WebSocketDialHandler(
            head: head, expectedAccept: WebSocketHandshake.accept(forKey: key), socket: socket,
            bodyLimitBytes: loop.limits.handshakeBytes, completion: completion)
        let bound = NIOLoopBound((self, handler), eventLoop: loop.eventLoop)
        let limits = loop.limits
        dialer.connect(on: loop.eventLoop) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addUpstreamHTTPHandlers(limits: limits)
                try channel.pipeline.syncOperations.addHandler(bound.value.1)
            }
        }.whenComplete { result in
            let (dial, handler) = bound.value
            switch result {
            case .success(let channel):
                dial.channel = channel
                if dial.isCancelled { channel.close(promise: nil) }
            case .failure(let error): handler.fail(.init(dialling: error))
            }
        }
    }

    /// Ends the attempt; what came of it is not told any more where the channel was not open yet.
    func cancel() {
        isCancelled = true
        channel?.close(promise: nil)
    }
}
