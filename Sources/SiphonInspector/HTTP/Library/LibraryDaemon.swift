import CMicroHTTPD
import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// libmicrohttpd, running for one server, which it keeps alive. `HTTP/Library` alone calls the library.
///
/// It is handed its connections: by itself it spins while there is no file descriptor for its first one, and when it
/// had others it accepts again only once one of those has ended, were it a stream that stays for days.
///
/// Unchecked: the pointers are used by `add`, which the library allows on any thread, and by `stop`, called once and
/// after the last `add`.
struct LibraryDaemon: @unchecked Sendable {
    private let daemon: OpaquePointer
    private let callbacks: UnsafeMutablePointer<siphon_mhd_callbacks>
    private let server: Unmanaged<HTTPServer>

    /// Starts its thread. Nil where it cannot start.
    init?(limits: InspectorLimits, server: HTTPServer) {
        callbacks = .allocate(capacity: 1)
        self.server = Unmanaged.passRetained(server)
        callbacks.initialize(to: .calling(self.server))
        var settings = siphon_mhd_settings(
            connection_limit: UInt32(clamping: limits.connections + Self.spareConnections),
            idle_seconds: limits.idleSeconds, connection_memory_bytes: limits.headBytes)
        guard let daemon = siphon_mhd_start(&settings, callbacks) else {
            callbacks.deallocate()
            self.server.release()
            return nil
        }
        self.daemon = daemon
    }

    /// `InspectorLimits.connections` are kept by the server: the library would close what is past it.
    private static let spareConnections = 16

    /// Hands over an accepted connection. False where the library does not take it, and has closed it.
    func add(_ accepted: AcceptedConnection) -> Bool {
        var address = accepted.address
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                siphon_mhd_add(daemon, accepted.descriptor, $0, accepted.addressLength) != 0
            }
        }
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
