import Base64Coding
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// An HTTP proxy that knows CONNECT alone.
final class ConnectProxy: Sendable {
    private let listener: any Channel
    let isSecure: Bool
    /// The target of each CONNECT that was let through, such as `127.0.0.1:80`.
    let targets: Seen<String>
    /// How often it has answered 407.
    let refusals: Seen<Void>

    /// - Parameter credentials: the `user:password` that it asks for; nil for none.
    static func start(isSecure: Bool = false, credentials: String? = nil) async throws -> ConnectProxy {
        var context: NIOSSLContext?
        if isSecure {
            let files = try await Certificates.shared
            context = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: NIOSSLCertificate.fromPEMFile(files.chain).map { .certificate($0) },
                    privateKey: .privateKey(NIOSSLPrivateKey(file: files.key, format: .pem))))
        }
        let (targets, refusals) = (Seen<String>(), Seen<Void>())
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [context] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                    try pipeline.addHandler(
                        ConnectHandler(credentials: credentials, targets: targets, refusals: refusals))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return Kept.untilTheTestEnds(ConnectProxy(listener, isSecure, targets, refusals))
    }

    private init(_ listener: any Channel, _ isSecure: Bool, _ targets: Seen<String>, _ refusals: Seen<Void>) {
        self.listener = listener
        self.isSecure = isSecure
        self.targets = targets
        self.refusals = refusals
    }

    deinit { listener.close(promise: nil) }

    /// - Parameter credentials: such as `user:password`.
    func url(credentials: String? = nil) -> String {
        let user = credentials.map { $0 + "@" } ?? ""
        return "\(isSecure ? "https" : "http")://\(user)localhost:\(listener.localAddress?.port ?? 0)"
    }
}

private final class ConnectHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let credentials: String?
    private let targets: Seen<String>
    private let refusals: Seen<Void>
    private var text = ""

    init(credentials: String?, targets: Seen<String>, refusals: Seen<Void>) {
        self.credentials = credentials
        self.targets = targets
        self.refusals = refusals
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: Self.unwrapInboundIn(data))
        guard text.hasSuffix("\r\n\r\n") else { return }
        let lines = text.split(separator: "\r\n")
        let words = lines[0].split(separator: " ")
        text = ""
        guard words.count == 3, words[0] == "CONNECT", let colon = words[1].lastIndex(of: ":"),
            let port = Int(words[1][words[1].index(after: colon)...])
        else { return answer(context, "405 Method Not Allowed") }
        if let credentials {
            let field = "proxy-authorization: basic " + Base64.encode(Array(credentials.utf8))
            let isRight = lines.contains { line in
                line.lowercased().hasPrefix("proxy-authorization: basic ") && line.count == field.count
                    && line.hasSuffix(Base64.encode(Array(credentials.utf8)))
            }
            guard isRight else {
                refusals.add(())
                return answer(context, "407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"x\"\r\n")
            }
        }
        targets.add(String(words[1]))
        let channel = context.channel
        _ = channel.setOption(.autoRead, value: false)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
        channel.glue(to: String(words[1][..<colon]), port) {
            ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n")
        }
    }

    private func answer(_ context: ChannelHandlerContext, _ status: String, _ fields: String = "") {
        let text = "HTTP/1.1 \(status)\r\n\(fields)Content-Length: 0\r\n\r\n"
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
