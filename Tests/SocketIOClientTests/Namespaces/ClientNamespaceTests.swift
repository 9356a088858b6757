import Testing

@testable import SocketIOClient

@Suite("ClientNamespace")
struct ClientNamespaceTests {
    private final class Chat: ClientNamespace, @unchecked Sendable {
        override func addHandlers() { on("message", onMessage) }

        func onMessage(_ text: String) {}
    }

    @Test("goes when its client lets go of it, although its handlers are its own methods")
    func goesWhenTakenOff() {
        weak var chat: Chat?
        let client = Client()
        do {
            let made = Chat("/chat")
            client.registerNamespace(made)
            chat = made
        }
        #expect(chat != nil)
        client.removeAllHandlers()
        #expect(chat == nil)
    }

    @Test("has the handlers that were added before a client had it")
    func addedBefore() async throws {
        let chat = ClientNamespace("/chat")
        chat.on("early") { 7 }
        let client = Client()
        client.registerNamespace(chat)
        let context = EventContext(
            namespace: "/chat", name: "early", arguments: [], socketID: nil, wantsAck: true)
        #expect(try await chat.triggerEvent(context)?.arguments == [7])
        client.removeAllHandlers()
    }

    @Test("one that is replaced goes as well")
    func goesWhenReplaced() {
        weak var chat: Chat?
        let client = Client()
        do {
            let made = Chat("/chat")
            client.registerNamespace(made)
            chat = made
        }
        client.registerNamespace(Chat("/chat"))
        #expect(chat == nil)
    }
}
