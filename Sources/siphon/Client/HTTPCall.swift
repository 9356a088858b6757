import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One request to a Siphon and its answer, over a connection of its own: no proxy, no redirects, everything bounded.
struct HTTPCall {
    enum Failure: Error, Equatable {
        case unknownHost
        case refused
        case unreachable(String)
        case timedOut
        case brokeOff
        case tooLarge
        case notHTTP
    }

    struct Answer: Equatable, Sendable {
        var status: UInt
        var body: [UInt8]
    }

    var method: HTTPMethod
    /// The request target, as it goes onto the wire.
    var target: String
    var headers: [(name: String, value: String)] = []
    var body: [UInt8]?
    var connectTimeout = Duration.seconds(5)
    /// For the request and its answer, once the connection stands.
    var timeout = Duration.seconds(30)
    var answerBytesLimit = 64 << 20

    init(_ method: HTTPMethod, _ target: String) {
        self.method = method
        self.target = target
    }

    func send(to address: InspectorAddress) async throws(Failure) -> Answer {
        let connectTimeout = TimeAmount(connectTimeout)
        let timeout = TimeAmount(timeout)
        let handlerLimit = answerBytesLimit
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    // Informational answers are the handler's to skip.
                    try pipeline.addHandlers(
                        HTTPRequestEncoder(),
                        ByteToMessageHandler(HTTPResponseDecoder(informationalResponseStrategy: .forward)),
                        HTTPCallHandler(answerBytesLimit: handlerLimit))
                }
            }
        let channel: any Channel
        do { channel = try await bootstrap.connect(host: address.host, port: address.port).get() } catch {
            throw Failure(connecting: error)
        }
        do {
            let (head, body) = request(to: address)
            return try await channel.eventLoop.flatSubmit {
                Self.send(head, body, on: channel, timeout: timeout)
            }.get()
        } catch { throw error as? Failure ?? .brokeOff }
    }

    private static func send(
        _ head: HTTPRequestHead, _ body: ByteBuffer?, on channel: any Channel, timeout: TimeAmount
    ) -> EventLoopFuture<Answer> {
        do {
            let handler = try channel.pipeline.syncOperations.handler(type: HTTPCallHandler.self)
            return handler.send(head, body, timeout: timeout)
        } catch {
            return channel.eventLoop.makeFailedFuture(Failure.brokeOff)
        }
    }

    private func request(to address: InspectorAddress) -> (HTTPRequestHead, ByteBuffer?) {
        var fields = HTTPHeaders(headers.map { ($0.name, $0.value) })
        fields.add(name: "Host", value: address.authority)
        fields.add(name: "Connection", value: "close")
        // Without it a request that could have a body is taken for one in chunks.
        if body != nil || method != .GET { fields.add(name: "Content-Length", value: String(body?.count ?? 0)) }
        // It goes nowhere but into this field: not into the target, which others log.
        if let token = address.token { fields.add(name: "Authorization", value: "Bearer \(token)") }
        return (
            HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: fields),
            body.map { ByteBuffer(bytes: $0) }
        )
    }
}

extension HTTPCall.Failure {
    fileprivate init(connecting error: any Error) {
        guard let error = error as? NIOConnectionError else {
            self = error is ChannelError ? .timedOut : .unreachable("\(error)")
            return
        }
        guard let failure = error.connectionErrors.first?.error else {
            self = .unknownHost
            return
        }
        switch (failure as? IOError)?.errnoCode {
        case ECONNREFUSED: self = .refused
        case let code?: self = .unreachable(String(cString: strerror(code)))
        case nil: self = failure is ChannelError ? .timedOut : .unreachable("\(failure)")
        }
    }
}
