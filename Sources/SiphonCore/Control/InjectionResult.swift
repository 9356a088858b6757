package struct InjectionResult: Sendable {
    package struct Ack: Sendable {
        /// The list of the ack, as JSON text; placeholders as on the wire.
        package var arguments: [UInt8]
        package var attachments: [[UInt8]]
        package var latency: Duration

        package init(arguments: [UInt8], attachments: [[UInt8]] = [], latency: Duration) {
            self.arguments = arguments
            self.attachments = attachments
            self.latency = latency
        }
    }

    package var event: EventID
    package var ack: Ack?

    package init(event: EventID, ack: Ack? = nil) {
        self.event = event
        self.ack = ack
    }
}
