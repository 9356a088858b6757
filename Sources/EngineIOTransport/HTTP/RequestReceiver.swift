package import NIOCore
package import NIOHTTP1

/// What takes one client request. Calls come on the client channel's event loop, in order.
package protocol RequestReceiver: AnyObject {
    /// Comes at once, when the client can be answered.
    func receiveHead()
    func receiveBody(_ bytes: ByteBuffer)
    func receiveEnd(_ trailers: HTTPHeaders?)
    /// Whether more of the body may be read now.
    var mayReadBody: Bool { get }
    /// Whether the bytes of the request are wanted as they came; see `RequestBytes`.
    var keepsBytes: Bool { get }
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
    package var keepsBytes: Bool { false }
    package var mayReadBody: Bool { true }
    package var limitsBodyTime: Bool { true }
    package func clientWritabilityChanged() {}
    package func clientClosedInput() -> Bool { true }
    package func clientLeft() {}
}
