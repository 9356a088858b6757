import NIOConcurrencyHelpers

/// The peers that a test has started. They end with the test, not before: to Swift a peer is of no use any more once
/// its URL has been read.
final class Kept: Sendable {
    @TaskLocal static var ofTest: Kept?
    private let peers = NIOLockedValueBox<[any Sendable]>([])

    static func untilTheTestEnds<Peer: Sendable>(_ peer: Peer) -> Peer {
        ofTest?.peers.withLockedValue { $0.append(peer) }
        return peer
    }

    /// The test has ended. Tasks that it left behind keep this value, and must not keep the peers.
    func letGo() {
        let gone = peers.withLockedValue { peers in
            defer { peers = [] }
            return peers
        }
        withExtendedLifetime(gone) {}
    }
}
