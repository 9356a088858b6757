import EngineIOCore
import NIOCore
import Testing

@Suite("CallingSession and ServingSession, together")
struct SessionPairTests {
    enum Course: CaseIterable, Sendable {
        case polling, webSocket, upgrade, failedUpgrade
    }

    /// 300 messages each way, every third one binary, at random times within one second.
    private func messages(_ network: SimulatedNetwork) -> [EngineMessage] {
        let messages = (0..<300).map { number in
            number % 3 == 2 ? EngineMessage.binary([UInt8(number % 256)]) : .text("\(number)")
        }
        var clientNext = 0
        var serverNext = 0
        for _ in messages {
            network.schedule(within: 1000) {
                $0.sendFromClient(messages[clientNext])
                clientNext += 1
            }
            network.schedule(within: 1000) {
                $0.sendFromServer(messages[serverNext])
                serverNext += 1
            }
        }
        return messages
    }

    @Test(
        "lose, double and reorder nothing, whenever the upgrade comes or fails, and end once",
        arguments: Course.allCases, 0..<20 as Range<UInt64>)
    func keepOrder(course: Course, seed: UInt64) {
        let network = SimulatedNetwork(course == .webSocket ? .webSocket : .polling, seed: seed)
        let messages = messages(network)
        if course == .upgrade || course == .failedUpgrade { network.schedule(within: 800) { $0.beginUpgrade() } }
        network.run(for: 60)
        if course == .failedUpgrade {
            for _ in 0..<40 {
                network.schedule(within: 900) { if $0.clientUpgrades.isEmpty { $0.cutWebSocket() } }
            }
        }
        network.run(for: 5000)

        #expect(network.atServer == messages)
        #expect(network.atClient == messages)
        #expect(network.serverEnds.isEmpty && network.clientEnds.isEmpty)
        #expect(network.payloadPackets <= 16)
        #expect(network.clientUpgrades.count <= 1)
        if course == .upgrade { #expect(network.clientUpgrades == [true]) }
        #expect(network.calling.transport == network.serving.transport)

        network.sendFromClient(.text("last"))
        network.closeFromClient()
        network.run(for: 1000)
        #expect(network.atServer.last == .text("last"))
        #expect(network.serverEnds == [.closedByPeer])
        #expect(network.clientEnds == [.closedLocally])
        #expect(network.serving.isFinished)
    }

    @Test(
        "a close from the server reaches the client after all it sent, on either transport",
        arguments: [Course.polling, .webSocket, .upgrade], 0..<10 as Range<UInt64>)
    func serverCloses(course: Course, seed: UInt64) {
        let network = SimulatedNetwork(course == .webSocket ? .webSocket : .polling, seed: seed)
        network.run(for: 200)
        if course == .upgrade { network.beginUpgrade() }
        network.schedule(within: 100) { network in
            for number in 0..<40 { network.sendFromServer(.text("\(number)")) }
            network.closeFromServer()
        }
        network.run(for: 2000)
        #expect(network.atClient == (0..<40).map { .text("\($0)") })
        #expect(network.serverEnds == [.closedLocally])
        #expect(network.clientEnds.count == 1)
        let isPolling = network.calling.transport == .polling
        #expect(network.clientEnds == [isPolling ? .closedByPeer : .webSocketClosed(code: nil, reason: "")])
        #expect(network.serving.isFinished)
    }

    @Test("heartbeats keep a session open that is otherwise silent", arguments: [EngineTransport.polling, .webSocket])
    func heartbeats(transport: EngineTransport) {
        let network = SimulatedNetwork(transport, seed: 1)
        network.run(for: 10_000)
        #expect(network.serverEnds.isEmpty && network.clientEnds.isEmpty)
    }

    /// Inputs in any order, sensible or not. Whatever comes, a session ends at most once, after the end it only
    /// answers requests, and no request is answered twice.
    @Test("a serving session keeps its promises whatever comes", arguments: 0..<200 as Range<UInt64>)
    func servingPromises(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var playbook = ServingPlaybook(seed % 4 == 0 ? .webSocket : .polling) { $0.queuedBytesLimit = 2000 }
        var requests: UInt64 = 100
        var answered: Set<ExchangeID> = []
        var isEnded = false
        let texts = ["", "1", "2", "2probe", "3", "4a", "5", "6", "0", "x", "4a\u{1E}bAQ==", "4a\u{1E}\u{1E}", "bA"]
        for _ in 0..<300 {
            let socket = UInt64.random(in: 1...4, using: &random)
            let text = texts.randomElement(using: &random) ?? ""
            let isRequest = UInt64.random(in: requests - 3...requests, using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0, 1, 2:
                requests += 1
                playbook.apply(.poll(requests))
            case 3, 4:
                requests += 1
                playbook.apply(.post(requests, ["4a", "3", "6", text].randomElement(using: &random) ?? ""))
            case 5:
                requests += 1
                playbook.apply(.beginPost(requests))
            case 6, 7: playbook.apply(.finishPost(isRequest, "4a"))
            case 8: playbook.apply(.failPost(isRequest))
            case 9: if Bool.random(using: &random) { playbook.apply(.abort(isRequest)) }
            case 10, 11: playbook.apply(.openWebSocket(socket))
            case 12, 13, 14:
                playbook.apply(.text(socket, ["2probe", "5", "4a", "3", text].randomElement(using: &random) ?? ""))
            case 15: if Int.random(in: 0..<5, using: &random) == 0 { playbook.apply(.closeWebSocket(socket)) }
            case 16, 17: playbook.apply(.send(.text("m")))
            case 18: playbook.apply(.wait(Int64.random(in: 0...120, using: &random)))
            default: if Int.random(in: 0..<20, using: &random) == 0 { playbook.apply(.close(.orderly)) }
            }
            for action in playbook.session.takeActions() {
                switch action {
                case .respond(let id, _): #expect(answered.insert(id).inserted)
                case .ended:
                    #expect(!isEnded)
                    isEnded = true
                case .closeWebSocket where isEnded: break  // a WebSocket that comes too late
                default: #expect(!isEnded, "\(action) after the end")
                }
            }
            #expect(playbook.session.isEnded == isEnded)
            #expect(playbook.session.queuedBytes <= 2000 + 2 * 100)
        }
    }
}
