package import NIOCore
package import NIOHTTP1

/// The upstream's answer to one request, whole.
package struct HTTPResponse {
    package var head: HTTPResponseHead
    package var body: ByteBuffer
}
