package import LosslessJSON

/// An event to send to one side of a connection as if the other side had sent it.
package struct Injection: Sendable {
    package var to: Side
    package var namespace: String
    package var name: String
    /// The arguments without the name. A binary one is `{"_placeholder":true,"num":n}`, numbered from 0 in order.
    package var arguments: [JSONValue]
    package var attachments: [[UInt8]]
    package var wantsAck: Bool
    /// How long to wait for the ack; 1 ms to 10 minutes.
    package var timeout: Duration

    package init(
        to: Side, namespace: String, name: String, arguments: [JSONValue], attachments: [[UInt8]] = [],
        wantsAck: Bool = false, timeout: Duration = .seconds(5)
    ) {
        self.to = to
        self.namespace = namespace
        self.name = name
        self.arguments = arguments
        self.attachments = attachments
        self.wantsAck = wantsAck
        self.timeout = timeout
    }
}
