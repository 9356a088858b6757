import CMicroHTTPD

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One call of libmicrohttpd's access handler: once when the head is in, once for each piece of body, once at the end,
/// and again after each sleep. Good until the handler returns.
struct LibraryCall {
    let exchange: HTTPExchange
    let socket: ClientSocket
    let connection: LibraryConnection
    let method: String
    let version: UnsafePointer<CChar>
    /// A piece of the body; nil in the first and the last call.
    let upload: UnsafeRawBufferPointer?

    /// A request line of no version that we know, or one that goes on behind a NUL byte.
    var isBroken: Bool {
        let isKnown = strcmp(version, "HTTP/1.1") == 0 || strcmp(version, "HTTP/1.0") == 0
        return !isKnown || siphon_mhd_hides_text(UnsafePointer(bitPattern: exchange.targetEnd), version) != 0
    }

    /// Queues the answer; false where the connection is to be cut.
    func send(_ response: InspectorResponse) -> Bool {
        let made: OpaquePointer?
        switch response.body {
        case .bytes(let bytes): made = bytes.withUnsafeBytes { siphon_mhd_response($0.baseAddress, $0.count) }
        case .stream(let stream):
            stream.onCut { [socket] in socket.shutDown() }  // a client that takes nothing would otherwise be waited for
            if let watch = socket.watchHangUp({ stream.cut() }) { exchange.setWatch(watch) }
            made = LibraryStreamReader(stream: stream, connection: connection).response
        }
        guard let made else { return false }
        defer { MHD_destroy_response(made) }  // our reference; the connection holds its own
        for (name, value) in SecurityHeaders.added(to: response.headers) {
            guard siphon_mhd_add_header(made, name, value) != 0 else { return false }
        }
        return siphon_mhd_queue(connection.pointer, response.status, made) != 0
    }
}
