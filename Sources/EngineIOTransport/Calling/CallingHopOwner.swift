/// The connection that a calling hop belongs to.
package protocol CallingHopOwner: WebSocketOwner {
    /// Something came of a request: there may be events.
    func callingHopProgressed()
    /// Whether more of the server's messages are wanted now.
    var mayPoll: Bool { get }
}
