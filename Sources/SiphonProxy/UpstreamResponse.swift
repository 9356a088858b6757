import NIOCore
import NIOHTTP1

/// The upstream's answer to one request, whole.
struct UpstreamResponse {
    var head: HTTPResponseHead
    var body: ByteBuffer
}
