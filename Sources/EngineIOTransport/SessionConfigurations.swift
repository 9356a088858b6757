import EngineIOCore
import NIOCore
import SiphonCore

extension CallingSession.Configuration {
    init(transport: EngineTransport, limits: Limits) {
        self.init(transport: transport)
        packetsPerPayloadSent = limits.packetsPerPayloadSent
        packetsPerPayloadReceived = limits.packetsPerPayloadReceived
        queuedBytesLimit = limits.queuedBytes
        openTimeout = TimeAmount(limits.upstreamHandshake)
        probeTimeout = TimeAmount(limits.upgrade)
        postTimeout = limits.upstreamPost.map { TimeAmount($0) }
    }
}

extension ServingSession.Configuration {
    init(handshake: EngineHandshake, limits: Limits) {
        self.init(handshake: handshake)
        packetsPerPayloadSent = limits.packetsPerPayloadSent
        packetsPerPayloadReceived = limits.packetsPerPayloadReceived
        queuedBytesLimit = limits.queuedBytes
        upgradeTimeout = TimeAmount(limits.upgrade)
    }
}
