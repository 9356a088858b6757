package import NIOHTTP1
package import SiphonCore

/// Finds what takes a request, by its head.
package protocol RequestRouter: AnyObject {
    var limits: Limits { get }
    func receiver(for head: HTTPRequestHead, client: ClientHandler) -> any RequestReceiver
    /// Whether a connection may move to another event loop with its request.
    var movesConnections: Bool { get }
}

extension RequestRouter {
    package var movesConnections: Bool { false }
}
