package enum WebSocketMessageKind: Hashable, Sendable {
    case text
    case binary
}
