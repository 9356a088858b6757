import CMicroHTTPD
import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// libmicrohttpd, running for one server, which it keeps alive. `HTTP/Library` alone calls the library.
///
/// Unchecked: the pointers are used by `stopListening` and `stop`, each called once and one after the other.
struct LibraryDaemon: @unchecked Sendable {
    private let daemon: OpaquePointer
    private let callbacks: UnsafeMutablePointer<siphon_mhd_callbacks>
    private let server: Unmanaged<HTTPServer>

    /// Starts its thread, which may call `server` before this returns. Nil where it cannot start; the listening
    /// descriptor is closed then, and otherwise by `stopListening`.
    init?(descriptor: CInt, limits: InspectorLimits, server: HTTPServer) {
        callbacks = .allocate(capacity: 1)
        self.server = Unmanaged.passRetained(server)
        callbacks.initialize(to: .calling(self.server))
        var settings = siphon_mhd_settings(
            listening_fd: descriptor, connection_limit: UInt32(clamping: limits.connections),
            idle_seconds: limits.idleSeconds, connection_memory_bytes: limits.headBytes)
        guard let daemon = siphon_mhd_start(&settings, callbacks) else {
            close(descriptor)
            callbacks.deallocate()
            self.server.release()
            return nil
        }
        self.daemon = daemon
    }

    /// Accepts nothing more.
    func stopListening() {
        let descriptor = MHD_quiesce_daemon(daemon)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Ends the thread and all connections, none of which may be asleep. Waits on a thread of its own, since it joins
    /// the library's.
    func stop() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            DispatchQueue(label: "siphon.inspector.stop").async {
                MHD_stop_daemon(daemon)  // no callback runs after this line
                callbacks.deallocate()
                server.release()
                continuation.resume()
            }
        }
    }
}
