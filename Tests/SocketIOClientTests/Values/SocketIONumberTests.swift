import SocketIOClient
import Testing

@Suite("SocketIONumber")
struct SocketIONumberTests {
    @Test("knows its integer only where it is written as one")
    func integers() {
        #expect(SocketIONumber(7).int == 7)
        #expect(SocketIONumber(1.5).int == nil)
        #expect(SocketIONumber(1.5).text == "1.5")
    }
}
