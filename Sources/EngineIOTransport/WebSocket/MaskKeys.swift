import WebSocketCodec

/// The mask keys of one event loop: what is drawn at a time serves all its WebSockets.
final class MaskKeys {
    private var source = MaskKeySource()

    func next() -> UInt32 { source.next() }
}
