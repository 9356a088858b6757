package import NIOCore
package import NIOHTTP1
package import SiphonCore

extension ChannelPipeline.SynchronousOperations {
    /// Puts the HTTP client in, with the process's limits.
    package func addUpstreamHTTPHandlers(limits: Limits) throws {
        let decoder = HTTPResponseDecoder(
            leftOverBytesStrategy: .forwardBytes, informationalResponseStrategy: .forward,
            limitConfiguration: .init(limits))
        try addHandler(HTTPRequestEncoder())
        try addHandler(ByteToMessageHandler(decoder))
    }
}

extension NIOHTTPDecoderLimitConfiguration {
    package init(_ limits: Limits) {
        self.init()
        maxHeaderFieldSize = limits.headerBytes
        maxHeaderListSize = limits.headerBytes
        maxHeaderFieldCount = limits.headerFields
    }
}

extension ChannelPipeline.SynchronousOperations {
    /// Puts the HTTP server in, with the process's limits.
    package func addClientHandlers(router: any RequestRouter) throws {
        let decoder = HTTPRequestDecoder(
            leftOverBytesStrategy: .forwardBytes, limitConfiguration: .init(router.limits))
        try addHandler(HTTPResponseEncoder(configuration: .unframed))
        let requestBytes = router.movesConnections ? RequestBytes() : nil
        if let requestBytes { try addHandler(requestBytes) }
        try addHandler(ByteToMessageHandler(decoder))
        try addHandler(ClientHandler(router: router, requestBytes: requestBytes))
    }
}

extension HTTPResponseEncoder.Configuration {
    /// Framing is `ClientHandler`'s: of the encoder's own choosing it would change what the upstream said.
    package static var unframed: Self {
        var configuration = Self()
        configuration.automaticallySetFramingHeaders = false
        return configuration
    }
}
