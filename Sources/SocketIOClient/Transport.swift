/// How packets travel. The texts are those of the protocol.
public enum Transport: String, Codable, Hashable, Sendable, CaseIterable {
    /// HTTP long-polling.
    case polling
    case websocket
}
