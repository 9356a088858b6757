import EngineIOCore
import EngineIOTransport
import NIOCore
import NIOHTTP1
import SiphonCore
import SocketIOCore
import WebSocketCodec

/// One bot's client: the socket side of `DemoBot`.
final class BotClient: CallingHopOwner {
    private static let reconnectionDelay = TimeAmount.seconds(1)

    private let authority: String
    private let transport: EngineTransport
    private let upgrades: Bool
    private let loop: TransportLoop
    private let dialer: Dialer
    private let start: NIODeadline
    private var bot: DemoBot
    private var hop: CallingHop?
    private var decoder = SocketPacketDecoder(attachmentLimit: 10, attachmentBytesLimit: 1_000_000)
    private var timer: Scheduled<Void>?
    private var isDraining = false
    private var isStopped = false

    init(
        _ character: DemoCharacter, authority: String, loop: TransportLoop, dialer: Dialer, start: NIODeadline
    ) {
        bot = DemoBot(character)
        self.authority = authority
        self.loop = loop
        self.dialer = dialer
        self.start = start
        transport = character == .bit ? .webSocket : .polling
        upgrades = character != DemoCharacter.allCases.last
    }

    func connect() {
        guard !isStopped else { return }
        let hop = CallingHop(
            EngineRequest(path: DemoApp.enginePath),
            headers: ["Host": authority, "User-Agent": "siphon-demo (\(bot.character.name))"],
            cookies: CookieJar(clientHeaders: [:]), subprotocols: [], transport: transport, loop: loop, dialer: dialer,
            at: now)
        hop.owner = self
        self.hop = hop
        drain()
    }

    func stop() {
        isStopped = true
        timer?.cancel()
        hop?.close(.orderly, at: now)
        drain()
    }

    private var now: NIODeadline { loop.clock.now().monotonic }

    /// Since the start of the demo.
    private var elapsed: Duration { .nanoseconds((now - start).nanoseconds) }

    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        while let event = hop?.nextEvent() { handle(event) }
        isDraining = false
        hop?.flush()
        schedule()
    }

    private func handle(_ event: HopEvent) {
        switch event {
        case .opened(let handshake):
            decoder = SocketPacketDecoder(attachmentLimit: 10, attachmentBytesLimit: 1_000_000)
            send(bot.opened())
            if upgrades, handshake.upgrades.contains("websocket") { hop?.beginUpgrade(at: now) }
        case .deliver(let message): receive(message)
        case .ended, .refused, .failed: ended()
        case .heartbeat, .upgraded: break
        }
    }

    private func receive(_ message: EngineMessage) {
        do throws(SocketIOError) {
            guard let packet = try decoder.receive(message) else { return }
            send(bot.receive(packet, at: elapsed))
            // Put out of the chat, it comes back as after any other end.
            let isOut = packet.kind == .disconnect || packet.kind == .connectError
            if isOut, packet.namespace == "/" { hop?.close(.orderly, at: now) }
        } catch {
            hop?.close(.orderly, at: now)
        }
    }

    private func send(_ packets: [SocketPacket]) {
        for packet in packets {
            for message in packet.messages { hop?.send(message, at: now) }
        }
    }

    /// Whatever ended it, the bot comes back.
    private func ended() {
        guard let hop else { return }
        self.hop = nil
        bot.ended()
        hop.flush()
        hop.finish()
        hop.owner = nil
        guard !isStopped else { return }
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.scheduleTask(in: Self.reconnectionDelay) { bound.value.connect() }
    }

    /// Wakes up for whichever is first, the session or the bot.
    private func schedule() {
        timer?.cancel()
        guard !isStopped, let hop else { return }
        let line = start + TimeAmount(bot.deadline)
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        timer = loop.eventLoop.scheduleTask(deadline: min(line, hop.nextDeadline ?? line)) {
            let client = bound.value
            client.hop?.advance(to: client.now)
            client.send(client.bot.advance(to: client.elapsed))
            client.drain()
        }
    }

    // MARK: What the hop tells

    func callingHopProgressed() { drain() }

    let mayPoll = true

    func webSocket(
        _ socket: WebSocketHandler, received kind: EngineMessage.Kind, _ payload: consuming ByteBuffer,
        frames: consuming ByteBuffer, at moment: Moment
    ) {
        hop?.receive(kind, payload, frames: frames, at: moment.monotonic)
        drain()
    }

    func webSocket(
        _ socket: WebSocketHandler, closed code: UInt16?, reason: String, isClean: Bool, error: WebSocketError?
    ) {
        hop?.closed(code: code, reason: reason, isClean: isClean, at: now)
        drain()
    }

    func webSocketDidRead(_ socket: WebSocketHandler) { drain() }

    func webSocketMayRead(_ socket: WebSocketHandler) -> Bool { true }

    func webSocketWritabilityChanged(_ socket: WebSocketHandler) {}

    func webSocketOverflowed(_ socket: WebSocketHandler) {
        hop?.close(.abort, at: now)
        drain()
    }
}
