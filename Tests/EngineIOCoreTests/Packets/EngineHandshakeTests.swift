import EngineIOCore
import LosslessJSON
import NIOCore
import Testing

@Suite("EngineHandshake")
struct EngineHandshakeTests {
    private static let vectors = EngineVector.all("engine-handshakes.json")

    private func parse(_ vector: EngineVector) throws -> Result<EngineHandshake, EngineIOError> {
        let json = try #require(vector.bytes("json"))
        return Result { () throws(EngineIOError) in try EngineHandshake(parsing: json) }
    }

    @Test("parses each vector", arguments: vectors)
    func parses(vector: EngineVector) throws {
        let actual = try parse(vector)
        if let error = vector.error {
            #expect(actual == .failure(error))
            return
        }
        let expected = try #require(vector.json["handshake"])
        let handshake = EngineHandshake(
            sid: try #require(expected["sid"]?.string),
            upgrades: try #require(expected["upgrades"]?.elements).compactMap(\.string),
            pingIntervalMilliseconds: try #require(expected["pingInterval"]?.int),
            pingTimeoutMilliseconds: try #require(expected["pingTimeout"]?.int),
            maxPayload: expected["maxPayload"]?.int)
        #expect(actual == .success(handshake))
    }

    @Test("writes what it read, in the order of the JavaScript server", arguments: vectors.filter { $0.error == nil })
    func encodes(vector: EngineVector) throws {
        #expect(try parse(vector).get().encoded() == vector.bytes("again") ?? vector.bytes("json"))
    }

    @Test("refuses a handshake that is cut anywhere", arguments: vectors.filter { $0.error == nil })
    func cut(vector: EngineVector) throws {
        let json = try #require(vector.bytes("json"))
        for length in 0..<json.readableBytes {
            let part = try #require(json.getSlice(at: 0, length: length))
            let error = #expect(throws: EngineIOError.self) { try EngineHandshake(parsing: part) }
            #expect(error?.code == .badHandshake)
        }
    }
}
