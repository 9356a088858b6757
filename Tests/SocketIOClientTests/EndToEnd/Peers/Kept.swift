import NIOConcurrencyHelpers

/// The peers that a test has started. They end with the test: to Swift a peer is of no use any more once its URL has
/// been read.
final class Kept: Sendable {
    @TaskLocal static var ofTest: Kept?
    private let peers = NIOLockedValueBox<[any Sendable]>([])

    static func untilTheTestEnds<Peer: Sendable>(_ peer: Peer) -> Peer {
        ofTest?.peers.withLockedValue { $0.append(peer) }
        return peer
    }
}
