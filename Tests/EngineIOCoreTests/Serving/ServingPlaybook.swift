import EngineIOCore
import NIOCore
import Testing

/// What happens to a serving session in one step of a test, and the actions that must come of it.
enum ServingInput: Sendable {
    case poll(UInt64)
    /// The head and the body of a POST.
    case post(UInt64, String)
    case beginPost(UInt64, contentType: String? = "text/plain;charset=UTF-8")
    case finishPost(UInt64, String)
    case failPost(UInt64)
    case abort(UInt64)
    case openWebSocket(UInt64)
    case text(UInt64, String)
    case binary(UInt64, [UInt8])
    case closeWebSocket(UInt64, code: UInt16? = nil, reason: String = "", isClean: Bool = true)
    case send(EngineMessage)
    case close(ClosingKind)
    /// That many milliseconds go by, then the timers that are due run.
    case wait(Int64)
}

/// A serving session that a test drives step by step. The handshake is that of the public protocol test suites.
struct ServingPlaybook {
    static let open =
        #"0{"sid":"s","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}"#
    static let openOnWebSocket =
        #"0{"sid":"s","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}"#

    var session: ServingSession
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000)

    static let configuration = ServingSession.Configuration(
        handshake: EngineHandshake(
            sid: "s", upgrades: ["websocket"], pingIntervalMilliseconds: 300, pingTimeoutMilliseconds: 200))

    init(_ transport: EngineTransport, _ configure: (inout ServingSession.Configuration) -> Void = { _ in }) {
        var configuration = Self.configuration
        configure(&configuration)
        session = ServingSession(configuration: configuration, transport: transport, at: now)
    }

    /// A polling session whose first poll (exchange 1) was answered.
    static func polling(_ configure: (inout ServingSession.Configuration) -> Void = { _ in }) -> ServingPlaybook {
        var playbook = ServingPlaybook(.polling, configure)
        playbook.apply(.poll(1))
        #expect(playbook.session.takeActions().count == 1)
        return playbook
    }

    /// A session whose first transport is the WebSocket 1, open.
    static func webSocket(_ configure: (inout ServingSession.Configuration) -> Void = { _ in }) -> ServingPlaybook {
        var playbook = ServingPlaybook(.webSocket, configure)
        playbook.step(
            .openWebSocket(1), .send(.open(ByteBuffer(string: String(openOnWebSocket.dropFirst()))), on: .n(1)))
        return playbook
    }

    /// A session that was upgraded from polling to the WebSocket 9.
    static func upgraded(_ configure: (inout ServingSession.Configuration) -> Void = { _ in }) -> ServingPlaybook {
        var playbook = polling(configure)
        playbook.step(.openWebSocket(9))
        playbook.step(.text(9, "2probe"), .pong("probe", on: 9))
        playbook.step(.text(9, "5"), .upgraded)
        return playbook
    }

    mutating func step(
        _ input: ServingInput, _ expected: ServingSession.Action..., at location: SourceLocation = #_sourceLocation
    ) {
        apply(input)
        #expect(session.takeActions() == expected, "after \(input)", sourceLocation: location)
    }

    /// Does a step whose actions do not matter.
    mutating func apply(_ input: ServingInput) {
        switch input {
        case .poll(let id): session.receivePoll(.n(id), at: now)
        case .post(let id, let body):
            guard session.beginPost(.n(id), contentType: nil, at: now) else { return }
            session.finishPost(.n(id), body: ByteBuffer(string: body), at: now)
        case .beginPost(let id, let contentType):
            _ = session.beginPost(.n(id), contentType: contentType, at: now)
        case .finishPost(let id, let body): session.finishPost(.n(id), body: ByteBuffer(string: body), at: now)
        case .failPost(let id): session.failPost(.n(id), at: now)
        case .abort(let id): session.abort(.n(id), at: now)
        case .openWebSocket(let id): session.openWebSocket(.n(id), at: now)
        case .text(let id, let text):
            session.receiveWebSocket(.text, ByteBuffer(string: text), frames: nil, on: .n(id), at: now)
        case .binary(let id, let bytes):
            session.receiveWebSocket(.binary, ByteBuffer(bytes: bytes), frames: nil, on: .n(id), at: now)
        case .closeWebSocket(let id, let code, let reason, let isClean):
            session.closeWebSocket(.n(id), code: code, reason: reason, isClean: isClean, at: now)
        case .send(let message): session.send(message, at: now)
        case .close(let how): session.close(how, at: now)
        case .wait(let milliseconds):
            now = now + .milliseconds(milliseconds)
            session.advance(to: now)
        }
    }

    /// From now to the next deadline.
    var millisecondsToDeadline: Int64? { session.nextDeadline.map { ($0 - now).nanoseconds / 1_000_000 } }
}

extension ExchangeID {
    static func n(_ number: UInt64) -> ExchangeID { ExchangeID(number: number) }
}

extension ServingSession.Action {
    /// The 200 that a poll gets.
    static func answer(_ id: UInt64, _ body: String) -> Self {
        .respond(
            .n(id),
            PollingResponse(status: 200, contentType: "text/plain; charset=UTF-8", body: ByteBuffer(string: body)))
    }

    /// The 200 that a POST gets.
    static func ok(_ id: UInt64) -> Self {
        .respond(.n(id), PollingResponse(status: 200, contentType: "text/html", body: ByteBuffer(string: "ok")))
    }

    /// An answer without a body.
    static func empty(_ id: UInt64, _ status: Int) -> Self {
        .respond(.n(id), PollingResponse(status: status, contentType: "text/plain; charset=UTF-8", body: ByteBuffer()))
    }

    static func refused(_ id: UInt64, _ json: String) -> Self {
        .respond(
            .n(id), PollingResponse(status: 400, contentType: "application/json", body: ByteBuffer(string: json)))
    }

    static func unknownSession(_ id: UInt64) -> Self { refused(id, #"{"code":1,"message":"Session ID unknown"}"#) }

    static func ping(on id: UInt64) -> Self { .send(.ping(ByteBuffer()), on: .n(id)) }

    static func pong(_ content: String, on id: UInt64) -> Self {
        .send(.pong(ByteBuffer(string: content)), on: .n(id))
    }

    static func message(_ text: String, on id: UInt64) -> Self { .send(.message(.text(text)), on: .n(id)) }

    static func deliver(_ text: String) -> Self { .deliver(.text(text)) }

    /// A close frame without a code.
    static func closeEmpty(_ id: UInt64) -> Self { .closeWebSocket(.n(id), code: nil, reason: "") }

    static func violation(_ code: EngineIOError.Code, at offset: Int = 0) -> Self {
        .ended(.protocolViolation(EngineIOError(code, at: offset)))
    }
}
