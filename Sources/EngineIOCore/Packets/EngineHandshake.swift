import LosslessJSON
package import NIOCore

/// What the open packet says (Engine.IO v4, handshake).
package struct EngineHandshake: Hashable, Sendable {
    /// Longest session id that is taken, in bytes. JavaScript and python make 20.
    package static let sidBytesLimit = 200
    /// Longest interval and timeout that are taken: the longest that JavaScript's timers know.
    package static let intervalMillisecondsLimit = 2_147_483_647

    package var sid: String
    package var upgrades: [String]
    /// From a pong, or the opening, to the next ping.
    package var pingIntervalMilliseconds: Int
    /// From a ping to the time by which its pong must be there.
    package var pingTimeoutMilliseconds: Int
    /// Most bytes that the server takes in one polling body or WebSocket message; nil where it does not say
    /// (engine.io before 6.2, or no limit).
    package var maxPayload: Int?

    package init(
        sid: String, upgrades: [String] = [], pingIntervalMilliseconds: Int = 25_000,
        pingTimeoutMilliseconds: Int = 20_000, maxPayload: Int? = 1_000_000
    ) {
        self.sid = sid
        self.upgrades = upgrades
        self.pingIntervalMilliseconds = pingIntervalMilliseconds
        self.pingTimeoutMilliseconds = pingTimeoutMilliseconds
        self.maxPayload = maxPayload
    }

    package var pingInterval: TimeAmount { .milliseconds(Int64(pingIntervalMilliseconds)) }
    package var pingTimeout: TimeAmount { .milliseconds(Int64(pingTimeoutMilliseconds)) }

    /// Reads the JSON of an open packet: members in any order, unknown ones ignored; `upgrades` and `maxPayload` may
    /// be missing. Throws `badHandshake` for anything else than a session id of 1 to 200 printable ASCII characters
    /// without space and of times from 1 ms on.
    package init(parsing json: ByteBuffer) throws(EngineIOError) {
        let value = try Self.parse(json)
        guard
            let sid = value["sid"]?.string, Self.isUsable(sid: sid),
            let interval = Self.milliseconds(value["pingInterval"]),
            let timeout = Self.milliseconds(value["pingTimeout"])
        else { throw EngineIOError(.badHandshake) }
        self.init(
            sid: sid, upgrades: try Self.names(value["upgrades"]), pingIntervalMilliseconds: interval,
            pingTimeoutMilliseconds: timeout, maxPayload: try Self.size(value["maxPayload"]))
    }

    /// The JSON of an open packet, in the order in which the JavaScript server writes it.
    package func encoded() -> ByteBuffer {
        var json = JSONWriter()
        json.beginObject()
        json.key("sid")
        json.string(sid)
        json.key("upgrades")
        json.beginArray()
        for upgrade in upgrades { json.string(upgrade) }
        json.endArray()
        json.key("pingInterval")
        json.number(pingIntervalMilliseconds)
        json.key("pingTimeout")
        json.number(pingTimeoutMilliseconds)
        if let maxPayload {
            json.key("maxPayload")
            json.number(maxPayload)
        }
        json.endObject()
        return ByteBuffer(bytes: json.bytes)
    }

    // MARK: Reading

    private static func parse(_ json: ByteBuffer) throws(EngineIOError) -> JSONValue {
        let result = json.withUnsafeReadableBytes { bytes in
            Result { () throws(JSONError) in try JSONParser.parse(bytes, depthLimit: 16, valueLimit: 1000) }
        }
        switch result {
        case .success(let value): return value
        case .failure(let error): throw EngineIOError(.badHandshake, at: error.offset)
        }
    }

    private static func isUsable(sid: String) -> Bool {
        (1...sidBytesLimit).contains(sid.utf8.count) && sid.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func milliseconds(_ value: JSONValue?) -> Int? {
        guard case .number(let number) = value else { return nil }
        let milliseconds = number.double
        guard milliseconds >= 1, milliseconds <= Double(intervalMillisecondsLimit) else { return nil }
        return Int(milliseconds)
    }

    private static func names(_ value: JSONValue?) throws(EngineIOError) -> [String] {
        guard let value else { return [] }
        let names = value.elements?.compactMap(\.string)
        guard let names, names.count == value.elements?.count else { throw EngineIOError(.badHandshake) }
        return names
    }

    /// `null` is what JavaScript makes of an infinite limit, and its client takes 0 as none.
    private static func size(_ value: JSONValue?) throws(EngineIOError) -> Int? {
        guard let value, value != .null else { return nil }
        guard case .number(let number) = value, number.double >= 0 else { throw EngineIOError(.badHandshake) }
        let size = min(number.double, Double(1 << 53))
        return size < 1 ? nil : Int(size)
    }
}
