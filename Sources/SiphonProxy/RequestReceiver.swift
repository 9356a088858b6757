import NIOCore
import NIOHTTP1
import SiphonCore

/// Finds what takes a request, by its head.
protocol RequestRouter: AnyObject {
    var limits: Limits { get }
    func receiver(for head: HTTPRequestHead, client: ClientHandler) -> any RequestReceiver
}

/// What takes one client request. Calls come on the client channel's event loop, in order.
protocol RequestReceiver: AnyObject {
    /// Comes at once, when the client can be answered.
    func receiveHead()
    func receiveBody(_ bytes: ByteBuffer)
    func receiveEnd(_ trailers: HTTPHeaders?)
    /// Whether more of the body may be read now.
    var mayReadBody: Bool { get }
    /// Whether the body has to be whole within `Limits.requestBody`.
    var limitsBodyTime: Bool { get }
    /// What waits to be sent to the client has become little enough, or too much.
    func clientWritabilityChanged()
    /// The client sends nothing more on its connection, but may still read. Returns whether the request goes on; where
    /// it does not, the connection is closed.
    func clientClosedInput() -> Bool
    /// The client's connection went away, or the response could not be sent to its end.
    func clientLeft()
}

extension RequestReceiver {
    var mayReadBody: Bool { true }
    var limitsBodyTime: Bool { true }
    func clientWritabilityChanged() {}
    func clientClosedInput() -> Bool { true }
    func clientLeft() {}
}
