import EngineIOCore
import NIOCore

/// A calling and a serving session with a network between them whose delays are drawn from a seed. Requests overtake
/// each other and the WebSocket; what is on one WebSocket keeps its order.
final class SimulatedNetwork {
    private struct Event {
        let time: NIODeadline
        let run: (SimulatedNetwork) -> Void
    }

    private(set) var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private(set) var serving: ServingSession
    private(set) var calling: CallingSession
    /// What each side's shell was told.
    private(set) var atServer: [EngineMessage] = []
    private(set) var atClient: [EngineMessage] = []
    private(set) var serverEnds: [SessionEnd] = []
    private(set) var clientEnds: [SessionEnd] = []
    private(set) var clientUpgrades: [Bool] = []
    private(set) var payloadPackets = 0

    private var random: SplitMix64
    /// The latest first; of events at the same time the one that was scheduled last.
    private var events: [Event] = []
    private var exchangeCount: UInt64 = 0
    private var poll: UInt64?
    private var post: UInt64?
    private var webSocket: UInt64?
    private var lastToServer = NIODeadline.uptimeNanoseconds(0)
    private var lastToClient = NIODeadline.uptimeNanoseconds(0)

    init(_ transport: EngineTransport, seed: UInt64) {
        random = SplitMix64(state: seed)
        serving = ServingSession(
            configuration: ServingPlaybook.configuration, transport: transport, at: now)
        calling = CallingSession(configuration: CallingSession.Configuration(transport: transport), at: now)
        carryOut()
    }

    /// Runs something at a random time within the next `milliseconds`.
    func schedule(within milliseconds: Int64, _ run: @escaping (SimulatedNetwork) -> Void) {
        at(now + .microseconds(Int64.random(in: 0...milliseconds * 1000, using: &random)), run)
    }

    func sendFromClient(_ message: EngineMessage) { calling.send(message, at: now) }
    func sendFromServer(_ message: EngineMessage) { serving.send(message, at: now) }
    func beginUpgrade() { calling.beginUpgrade(at: now) }
    func closeFromClient() { calling.close(.orderly, at: now) }
    func closeFromServer() { serving.close(.orderly, at: now) }

    /// Cuts the WebSocket for both sides.
    func cutWebSocket() {
        guard let socket = webSocket else { return }
        webSocket = nil
        calling.closedWebSocket(code: nil, reason: "", isClean: false, at: now)
        serving.closeWebSocket(.n(socket), code: nil, reason: "", isClean: false, at: now)
    }

    /// Lets that time go by.
    func run(for milliseconds: Int64) {
        let end = now + .milliseconds(milliseconds)
        while true {
            let timers = [serving.nextDeadline, calling.nextDeadline].compactMap { $0 }.min() ?? .distantFuture
            let event = events.last?.time ?? .distantFuture
            guard min(timers, event) <= end else { break }
            now = max(now, min(timers, event))
            if event <= timers {
                events.popLast()?.run(self)
            } else {
                serving.advance(to: now)
                calling.advance(to: now)
            }
            carryOut()
        }
        now = end
    }

    private func at(_ time: NIODeadline, _ run: @escaping (SimulatedNetwork) -> Void) {
        var index = events.endIndex
        while index > 0, events[index - 1].time <= time { index -= 1 }
        events.insert(Event(time: time, run: run), at: index)
    }

    private func onWebSocket(_ last: inout NIODeadline, _ run: @escaping (SimulatedNetwork) -> Void) {
        last = max(last, now + .microseconds(Int64.random(in: 0...20_000, using: &random)))
        at(last, run)
    }

    private func carryOut() {
        var isSilent = false
        while !isSilent {
            isSilent = true
            while let action = calling.nextAction() {
                isSilent = false
                carryOut(action)
            }
            while let action = serving.nextAction() {
                isSilent = false
                carryOut(action)
            }
        }
    }

    private func carryOut(_ action: CallingSession.Action) {
        switch action {
        case .poll:
            let id = nextExchange()
            poll = id
            schedule(within: 20) { if $0.poll == id { $0.serving.receivePoll(.n(id), at: $0.now) } }
        case .post(let body):
            let id = nextExchange()
            post = id
            payloadPackets = max(payloadPackets, body.readableBytesView.count { $0 == 0x1E } + 1)
            schedule(within: 20) { network in
                guard network.serving.beginPost(.n(id), contentType: "text/plain", at: network.now) else { return }
                network.schedule(within: 20) { $0.serving.finishPost(.n(id), body: body, at: $0.now) }
            }
        case .openWebSocket:
            let id = nextExchange()
            webSocket = id
            onWebSocket(&lastToServer) { network in
                guard network.webSocket == id else { return }
                network.serving.openWebSocket(.n(id), at: network.now)
                network.onWebSocket(&network.lastToClient) { $0.calling.openedWebSocket(at: $0.now) }
            }
        case .send(let packet):
            guard let id = webSocket else { return }
            let message = packet.webSocketMessage
            onWebSocket(&lastToServer) {
                guard $0.webSocket == id else { return }
                $0.serving.receiveWebSocket(message.kind, message.payload, frames: nil, on: .n(id), at: $0.now)
            }
        case .closeWebSocket(let code, let reason):
            guard let id = webSocket else { return }
            onWebSocket(&lastToServer) {
                $0.serving.closeWebSocket(.n(id), code: code, reason: reason, isClean: true, at: $0.now)
            }
        case .abortWebSocket: cutWebSocket()
        case .abortRequests:
            for id in [poll, post].compactMap({ $0 }) { schedule(within: 20) { $0.serving.abort(.n(id), at: $0.now) } }
            poll = nil
            post = nil
        case .deliver(let message): atClient.append(message)
        case .upgraded: clientUpgrades.append(true)
        case .upgradeFailed: clientUpgrades.append(false)
        case .ended(let end): clientEnds.append(end)
        case .opened, .heartbeat: break
        }
    }

    private func carryOut(_ action: ServingSession.Action) {
        switch action {
        case .respond(let exchange, let response):
            payloadPackets = max(payloadPackets, response.body.readableBytesView.count { $0 == 0x1E } + 1)
            schedule(within: 20) { network in
                if network.poll == exchange.number {
                    network.poll = nil
                    network.calling.receivePollResponse(
                        status: response.status, body: response.body, at: network.now)
                } else if network.post == exchange.number {
                    network.post = nil
                    network.calling.receivePostResponse(
                        status: response.status, body: response.body, at: network.now)
                }
            }
        case .send(let packet, let socket):
            let message = packet.webSocketMessage
            onWebSocket(&lastToClient) {
                guard $0.webSocket == socket.number else { return }
                $0.calling.receiveWebSocket(message.kind, message.payload, frames: nil, at: $0.now)
            }
        case .closeWebSocket(_, let code, let reason):
            onWebSocket(&lastToClient) {
                $0.calling.closedWebSocket(code: code, reason: reason, isClean: true, at: $0.now)
            }
        case .abortRequest(let exchange):
            schedule(within: 20) { network in
                guard network.poll == exchange.number else { return }
                network.poll = nil
                network.calling.failPoll(at: network.now)
            }
        case .abortWebSocket: cutWebSocket()
        case .deliver(let message): atServer.append(message)
        case .ended(let end): serverEnds.append(end)
        case .heartbeat, .upgraded: break
        }
    }

    private func nextExchange() -> UInt64 {
        exchangeCount += 1
        return exchangeCount
    }
}

/// A small generator that gives the same numbers for the same seed everywhere.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
