/// How packets are written inside messages. Only JSON is decoded so far: no event has another.
package enum PacketParserName: String, Hashable, Sendable, CaseIterable {
    case json
    case msgpack
}
