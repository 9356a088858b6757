import EngineIOCore
import NIOCore
import Testing

/// What happens to a calling session in one step of a test.
enum CallingInput: Sendable {
    /// The GET is answered.
    case polled(String, status: Int = 200)
    case pollFails
    /// The POST is answered.
    case posted(String = "ok", status: Int = 200)
    case postFails
    /// The server takes some of the POST.
    case postProgresses
    case webSocketOpens
    case webSocketRefused
    case text(String)
    case binary([UInt8])
    case webSocketCloses(code: UInt16? = nil, reason: String = "", isClean: Bool = true)
    case send(EngineMessage)
    case upgrade
    case close(ClosingKind)
    /// That many milliseconds go by, then the timers that are due run.
    case wait(Int64)
}

/// A calling session that a test drives step by step. The handshake is that of the public protocol test suites.
struct CallingPlaybook {
    static let open =
        #"0{"sid":"s","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}"#
    static let handshake = EngineHandshake(
        sid: "s", upgrades: ["websocket"], pingIntervalMilliseconds: 300, pingTimeoutMilliseconds: 200,
        maxPayload: 1_000_000)

    var session: CallingSession
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000)

    init(_ transport: EngineTransport, _ configure: (inout CallingSession.Configuration) -> Void = { _ in }) {
        var configuration = CallingSession.Configuration(transport: transport)
        configure(&configuration)
        session = CallingSession(configuration: configuration, at: now)
        #expect(session.takeActions() == [transport == .polling ? .poll : .openWebSocket])
    }

    /// An open polling session with a poll under way.
    static func polling(_ configure: (inout CallingSession.Configuration) -> Void = { _ in }) -> CallingPlaybook {
        var playbook = CallingPlaybook(.polling, configure)
        playbook.step(.polled(open), .opened(handshake), .poll)
        return playbook
    }

    /// An open WebSocket session.
    static func webSocket(_ configure: (inout CallingSession.Configuration) -> Void = { _ in }) -> CallingPlaybook {
        var playbook = CallingPlaybook(.webSocket, configure)
        playbook.step(.webSocketOpens)
        playbook.step(.text(open), .opened(handshake))
        return playbook
    }

    /// A polling session with a poll under way and a WebSocket whose probe was sent.
    static func probing(_ configure: (inout CallingSession.Configuration) -> Void = { _ in }) -> CallingPlaybook {
        var playbook = polling(configure)
        playbook.step(.upgrade, .openWebSocket)
        playbook.step(.webSocketOpens, .send(.ping(ByteBuffer(string: "probe"))))
        return playbook
    }

    mutating func step(
        _ input: CallingInput, _ expected: CallingSession.Action..., at location: SourceLocation = #_sourceLocation
    ) {
        apply(input)
        #expect(session.takeActions() == expected, "after \(input)", sourceLocation: location)
    }

    mutating func apply(_ input: CallingInput) {
        switch input {
        case .polled(let body, let status):
            session.receivePollResponse(status: status, body: ByteBuffer(string: body), at: now)
        case .pollFails: session.failPoll(at: now)
        case .posted(let body, let status):
            session.receivePostResponse(status: status, body: ByteBuffer(string: body), at: now)
        case .postFails: session.failPost(at: now)
        case .postProgresses: session.notePostProgress(at: now)
        case .webSocketOpens: session.openedWebSocket(at: now)
        case .webSocketRefused: session.refusedWebSocket(at: now)
        case .text(let text): session.receiveWebSocket(.text, ByteBuffer(string: text), frames: nil, at: now)
        case .binary(let bytes): session.receiveWebSocket(.binary, ByteBuffer(bytes: bytes), frames: nil, at: now)
        case .webSocketCloses(let code, let reason, let isClean):
            session.closedWebSocket(code: code, reason: reason, isClean: isClean, at: now)
        case .send(let message): session.send(message, at: now)
        case .upgrade: session.beginUpgrade(at: now)
        case .close(let how): session.close(how, at: now)
        case .wait(let milliseconds):
            now = now + .milliseconds(milliseconds)
            session.advance(to: now)
        }
    }

    /// From now to the next deadline.
    var millisecondsToDeadline: Int64? { session.nextDeadline.map { ($0 - now).nanoseconds / 1_000_000 } }
}

extension CallingSession.Action {
    static func post(_ body: String) -> Self { .post(ByteBuffer(string: body)) }

    static func message(_ text: String) -> Self { .send(.message(.text(text))) }

    static func pong(_ content: String) -> Self { .send(.pong(ByteBuffer(string: content))) }

    static func deliver(_ text: String) -> Self { .deliver(.text(text)) }

    /// A close frame without a code.
    static var closeEmpty: Self { .closeWebSocket(code: nil, reason: "") }

    static func violation(_ code: EngineIOError.Code, at offset: Int = 0) -> Self {
        .ended(.protocolViolation(EngineIOError(code, at: offset)))
    }
}
