import SocketIOCore
import Testing

@Suite("NamespaceName")
struct NamespaceNameTests {
    @Test(
        "has the slash that users leave out", arguments: [("/", "/"), ("", "/"), ("chat", "/chat"), ("/chat", "/chat")])
    func completed(name: String, expected: String) {
        #expect(NamespaceName.completed(name) == expected)
        #expect(NamespaceName.parsed(name) == expected)
    }

    @Test("is nothing that a packet cannot carry", arguments: ["/a,b", ",", "a?b=1", "?"])
    func unusable(name: String) {
        #expect(NamespaceName.parsed(name) == nil)
    }
}
