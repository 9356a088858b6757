/// Where the inspector listens and who may come in.
package struct InspectorConfiguration: Sendable {
    /// An IPv4 or IPv6 address in digits, the latter with or without brackets, or `localhost`, which is 127.0.0.1.
    package var host: String
    /// 0 lets the kernel choose.
    package var port: UInt16
    /// The user's own token; nil for a random one.
    package var token: String?
    package var limits: InspectorLimits

    package init(
        host: String = "127.0.0.1", port: UInt16 = 4001, token: String? = nil,
        limits: InspectorLimits = InspectorLimits()
    ) {
        self.host = host
        self.port = port
        self.token = token
        self.limits = limits
    }
}
