import EngineIOCore
import NIOCore
import SiphonCore
import SocketIOCore
import Testing

@testable import SocketIOClient

@Suite("AckTable")
struct AckTableTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func key(_ id: Int, _ namespace: String = "/") -> AckTable.Key { .init(namespace: namespace, id: id) }

    private func request(after seconds: Int64? = nil) -> AckRequest {
        AckRequest(timeout: seconds.map { .seconds($0) }, at: start) { _ in }
    }

    @Test(
        "reads what a packet answers",
        arguments: [
            (#"312["a"]"#, AckTable.Key(namespace: "/", id: 12)),
            ("3/chat,0[]", AckTable.Key(namespace: "/chat", id: 0)),
            (#"61-7[{"_placeholder":true,"num":0}]"#, AckTable.Key(namespace: "/", id: 7)), ("3[]", nil),
            ("399999999999999999999[]", nil), (#"212["x"]"#, nil),
        ] as [(String, AckTable.Key?)])
    func keys(text: String, key: AckTable.Key?) throws {
        let packet = try #require(SocketPacket(unfinished: .text(text)))
        #expect(AckTable.Key(of: packet) == key)
    }

    @Test("gives each request out once")
    func once() {
        var table = AckTable()
        let one = request()
        table.insert(one, as: key(1), isSent: true)
        #expect(one.key == key(1) && table.count == 1 && table.contains(key(1)))
        #expect(table.remove(key(1, "/chat")) == nil)
        #expect(table.remove(key(1)) === one)
        #expect(table.remove(key(1)) == nil && table.count == 0)
    }

    @Test("forgets a request, but none that came in its place")
    func replaced() {
        var table = AckTable()
        let (first, second) = (request(), request())
        table.insert(first, as: key(1), isSent: true)
        table.insert(second, as: key(1), isSent: true)
        table.remove(first)
        #expect(table.contains(key(1)))
        table.remove(second)
        #expect(table.count == 0)
    }

    @Test("gives out those whose events have left, by id, of one namespace or of all")
    func sent() {
        var table = AckTable()
        let requests = (0..<4).map { _ in request() }
        table.insert(requests[0], as: key(3), isSent: true)
        table.insert(requests[1], as: key(2), isSent: false)
        table.insert(requests[2], as: key(1, "/chat"), isSent: true)
        table.insert(requests[3], as: key(0), isSent: false)
        table.markSent(key(0))
        #expect(table.removeSent(of: "/").map(\.key) == [key(0), key(3)])
        #expect(table.removeSent(of: nil).map(\.key) == [key(1, "/chat")])
        #expect(table.removeAll().map(\.key) == [key(2)])
        #expect(table.count == 0 && table.nextDeadline == nil)
    }

    @Test("gives out in order of time those whose time is over, and none that was answered or replaced")
    func expired() {
        var table = AckTable()
        for (id, seconds) in [(1, 5), (2, 1), (3, 3), (4, 2)] as [(Int, Int64)] {
            table.insert(request(after: seconds), as: key(id), isSent: true)
        }
        #expect(table.nextDeadline == start + .seconds(1))
        _ = table.remove(key(3))
        table.insert(request(after: 9), as: key(4), isSent: true)
        #expect(table.popExpired(at: start + .milliseconds(999)) == nil)
        #expect(table.popExpired(at: start + .seconds(8))?.key == key(2))
        #expect(table.popExpired(at: start + .seconds(8))?.key == key(1))
        #expect(table.popExpired(at: start + .seconds(8)) == nil)
        #expect(table.popExpired(at: start + .seconds(9))?.key == key(4))
        #expect(table.count == 0 && table.nextDeadline == nil)
    }

    @Test("does not keep the times of those that were answered")
    func answered() {
        var table = AckTable()
        table.insert(request(after: 900), as: key(-1), isSent: true)
        for id in 0..<1000 {
            table.insert(request(after: 500), as: key(id), isSent: true)
            _ = table.remove(key(id))
        }
        #expect(table.count == 1 && table.deadlines.count <= 65)
        #expect(table.nextDeadline != nil)
    }
}
