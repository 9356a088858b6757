import NIOCore
import NIOSSL
import NIOTLS

/// Takes a fresh connection through its steps, with the handlers of each before this one, and then gives its own place
/// to HTTP. Those behind learn only then that the channel is active.
final class DialStepsHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private var steps: ArraySlice<DialStep>
    private let deadline: NIODeadline
    private let headBytesLimit: Int
    private var completed: EventLoopPromise<Void>?
    private let addHTTP: (any Channel) throws -> Void
    private var current: DialStep?
    private var security: NIOSSLClientHandler?
    private var timer: Scheduled<Void>?

    let completion: EventLoopFuture<Void>

    /// - Parameters:
    ///   - completed: succeeds when HTTP is in the pipeline, and fails with a `HTTPConnection.Failure`.
    ///   - addHTTP: puts HTTP at the end of the pipeline.
    init(
        steps: [DialStep], deadline: NIODeadline, headBytesLimit: Int, completed: EventLoopPromise<Void>,
        addHTTP: @escaping (any Channel) throws -> Void
    ) {
        self.steps = steps[...]
        self.deadline = deadline
        self.headBytesLimit = headBytesLimit
        self.completed = completed
        self.addHTTP = addHTTP
        completion = completed.futureResult
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = bound.value
            handler.fail(.unreachable(.timedOut), context)
        }
        advance(context)
    }

    /// The connection could not be made, or was lost.
    func handlerRemoved(context: ChannelHandlerContext) { end(.failure(.brokeOff)) }

    private func advance(_ context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        current = steps.popFirst()
        do {
            switch current {
            case .secure(let security, _):
                let handler = try NIOSSLClientHandler(context: security.context, serverHostname: security.serverName)
                self.security = handler
                try pipeline.addHandler(handler, position: .before(self))
            case .tunnel(let authority, let authorization):
                let handler = ProxyTunnelHandler(
                    authority: authority, authorization: authorization, headBytesLimit: headBytesLimit)
                try pipeline.addHandler(handler, position: .before(self))
            case nil:
                try addHTTP(context.channel)
                end(.success(()))
                guard context.channel.isActive else { return }  // Who was told had no use for it any more.
                context.fireChannelActive()
                pipeline.removeHandler(context: context, promise: nil)
            }
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (event, current) {
        case (TLSUserEvent.handshakeCompleted, .secure(let expected, let peer)):
            guard isFor(expected) else {
                return fail(.tls(TLSFault.wrongName(expected.host, peer: peer.rawValue)), context)
            }
            advance(context)
        case (is ProxyTunnelHandler.Opened, .tunnel): advance(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func isFor(_ expected: DialSecurity) -> Bool {
        guard expected.verifies else { return true }
        guard let certificate = security?.peerCertificate else { return false }
        return CertificateName.matches(certificate, host: expected.host)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(brokenOff, context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let failure = error as? HTTPConnection.Failure { return fail(failure, context) }
        // TLS to the proxy may fail after its handshake too.
        let peer: DialStep.Peer = if case .secure(_, let peer) = current { peer } else { .proxy }
        let sentence = TLSFault.sentence(error, peer: peer.rawValue, certificate: security?.peerCertificate)
        fail(sentence.map { .tls($0) } ?? brokenOff, context)
    }

    private var brokenOff: HTTPConnection.Failure {
        switch current {
        case .secure(_, let peer): .tls("the \(peer.rawValue) closed the connection during the TLS handshake")
        case .tunnel: .proxyFailed("the proxy closed the connection instead of opening a tunnel")
        case nil: .brokeOff
        }
    }

    private func fail(_ failure: HTTPConnection.Failure, _ context: ChannelHandlerContext) {
        guard completed != nil else { return }
        end(.failure(failure))
        context.close(promise: nil)
    }

    private func end(_ result: Result<Void, HTTPConnection.Failure>) {
        timer?.cancel()
        timer = nil
        let completed = completed
        self.completed = nil
        completed?.completeWith(result.mapError { $0 })
    }
}
