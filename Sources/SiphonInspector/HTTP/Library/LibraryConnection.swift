import CMicroHTTPD

/// A connection as libmicrohttpd names it.
///
/// Unchecked: the library neither frees nor times out a connection that is asleep, and each sleep is ended once, so the
/// pointer is used while it is good.
struct LibraryConnection: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Sleeps and returns what wakes. To be called with the lock held under which the waking is done.
    func sleep() -> @Sendable () -> Void {
        MHD_suspend_connection(pointer)
        return { MHD_resume_connection(self.pointer) }
    }

    /// Every header field of the request, in order. On the HTTP thread.
    var headers: [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        withUnsafeMutablePointer(to: &headers) { list in
            siphon_mhd_headers(
                pointer,
                { context, name, nameLength, value, valueLength in
                    let field = (text(name, nameLength), text(value, valueLength))
                    context?.assumingMemoryBound(to: [(name: String, value: String)].self).pointee.append(field)
                }, list)
        }
        return headers
    }
}

private func text(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count), as: UTF8.self)
}
