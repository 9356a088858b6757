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
        let accept = WebSocketHandshake.accept(forKey: key)
        let bodyLimitBytes = loop.limits.handshakeBytes
        let connected = dialer.connect(on: loop.eventLoop, limits: loop.limits) { [head] in
            WebSocketDialHandler(
                head: head, expectedAccept: accept, socket: socket, bodyLimitBytes: bodyLimitBytes,
                completion: completion)
        }
        let bound = NIOLoopBound((self, completion), eventLoop: loop.eventLoop)
        connected.whenComplete { result in
            let (dial, completion) = bound.value
            switch result {
            case .success(let open):
                dial.channel = open.value.channel
                if dial.isCancelled { open.value.channel.close(promise: nil) }
            case .failure(let error): completion(.failed(.init(dialling: error)))
            }
        }
    }

    /// Ends the attempt; what came of it is not told any more where the channel was not open yet.
    func cancel() {
        isCancelled = true
        channel?.close(promise: nil)
    }
}
