package import EngineIOCore
package import NIOCore

/// A connection whose client's requests `SessionRequest` brings.
package protocol ServingConnection: AnyObject {
    func receivePoll(_ exchange: ExchangeID, from client: ClientHandler)

    /// Returns whether the body is wanted; where it is not, the request has been answered.
    func beginPost(_ exchange: ExchangeID, contentType: String?, from client: ClientHandler) -> Bool

    /// Largest body of a POST, in bytes.
    var postBytesLimit: Int { get }

    /// `body` is nil where it was larger than allowed.
    func finishPost(_ exchange: ExchangeID, body: ByteBuffer?)

    func openWebSocket(_ exchange: ExchangeID, key: String, subprotocols: [String], from client: ClientHandler)

    /// The client's connection went away with that request unanswered.
    func abandon(_ exchange: ExchangeID)

    /// Whether more of a body may be read now.
    var mayReadFromClient: Bool { get }
}
