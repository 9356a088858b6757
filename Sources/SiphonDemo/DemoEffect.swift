package import SocketIOCore

/// Which connection. Whoever owns the sockets gives the numbers and does not use one twice.
package struct DemoMemberID: Hashable, Sendable {
    package let number: Int

    package init(_ number: Int) { self.number = number }
}

/// What the chat wants done, in this order.
package enum DemoEffect: Hashable, Sendable {
    case send(SocketPacket, to: [DemoMemberID])
    /// End this connection; `DemoChat.disconnect` follows as for any other end.
    case close(DemoMemberID)
}
