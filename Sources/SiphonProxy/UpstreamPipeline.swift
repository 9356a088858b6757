import NIOCore
import NIOHTTP1
import SiphonCore

extension ChannelPipeline.SynchronousOperations {
    /// Puts the HTTP client in, with the process's limits.
    func addUpstreamHTTPHandlers(limits: Limits) throws {
        let decoder = HTTPResponseDecoder(
            leftOverBytesStrategy: .forwardBytes, informationalResponseStrategy: .forward,
            limitConfiguration: .init(limits))
        try addHandler(HTTPRequestEncoder())
        try addHandler(ByteToMessageHandler(decoder))
    }
}

extension NIOHTTPDecoderLimitConfiguration {
    init(_ limits: Limits) {
        self.init()
        maxHeaderFieldSize = limits.headerBytes
        maxHeaderListSize = limits.headerBytes
        maxHeaderFieldCount = limits.headerFields
    }
}
