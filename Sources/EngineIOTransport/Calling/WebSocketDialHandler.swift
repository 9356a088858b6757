import NIOCore
import NIOHTTP1
import WebSocketCodec

/// Sends the request, reads the answer and gives way to the WebSocket.
final class WebSocketDialHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let head: HTTPRequestHead
    private let expectedAccept: String
    private let socket: WebSocketHandler
    private let bodyLimitBytes: Int
    private var completion: ((WebSocketDial.Outcome) -> Void)?
    private var response: HTTPResponse?

    init(
        head: HTTPRequestHead, expectedAccept: String, socket: WebSocketHandler, bodyLimitBytes: Int,
        completion: @escaping (WebSocketDial.Outcome) -> Void
    ) {
        self.head = head
        self.expectedAccept = expectedAccept
        self.socket = socket
        self.bodyLimitBytes = bodyLimitBytes
        self.completion = completion
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            guard head.status.code >= 200 || head.status == .switchingProtocols else { return }
            response = HTTPResponse(head: head, body: ByteBuffer())
        case .body(var bytes):
            guard let size = response?.body.readableBytes, size + bytes.readableBytes <= bodyLimitBytes else {
                return close(.tooLarge, context)
            }
            response?.body.writeBuffer(&bytes)
        case .end:
            guard let response else { return close(.badResponse, context) }
            guard response.head.status == .switchingProtocols else {
                finish(.refused(response))
                return context.close(promise: nil)
            }
            guard isAccepted(response.head.headers) else { return close(.badResponse, context) }
            giveWay(response.head, context)
        }
    }

    private func isAccepted(_ headers: HTTPHeaders) -> Bool {
        headers.first(name: "sec-websocket-accept") == expectedAccept
            && headers.first(name: "upgrade")?.lowercased() == "websocket"
            && headers["sec-websocket-extensions"].isEmpty
    }

    /// The owner is told first, so that bytes behind the answer find it.
    private func giveWay(_ head: HTTPResponseHead, _ context: ChannelHandlerContext) {
        do {
            try context.pipeline.syncOperations.handOver(
                from: context, HTTPRequestEncoder.self, HTTPResponseDecoder.self, to: socket
            ) {
                finish(.opened(socket, head))
            }
        } catch {
            close(.brokeOff, context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { fail(.brokeOff) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(.init(reading: error), context)
    }

    private func close(_ failure: HTTPConnection.Failure, _ context: ChannelHandlerContext) {
        fail(failure)
        context.close(promise: nil)
    }

    func fail(_ failure: HTTPConnection.Failure) { finish(.failed(failure)) }

    private func finish(_ outcome: WebSocketDial.Outcome) {
        let completion = completion
        self.completion = nil
        completion?(outcome)
    }
}
