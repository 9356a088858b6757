#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A bound, listening, non-blocking TCP socket, made here rather than by libmicrohttpd, which does not say why it
/// fails.
struct ListeningSocket {
    enum Failure: Error, Equatable {
        /// No IPv4 or IPv6 address in digits, and not `localhost`.
        case notAnAddress
        case portInUse
        /// No address of this machine.
        case notOurs
        case notAllowed
        case system(errno: CInt)
    }

    let descriptor: CInt
    /// The port that was asked for, or that the kernel chose for 0.
    let port: UInt16
    /// The address as it stands in a URL: IPv6 in brackets, `localhost` as 127.0.0.1.
    let urlHost: String

    /// - Parameter host: an IPv4 or IPv6 address in digits, the latter with or without brackets, or `localhost`.
    init(host: String, port: UInt16) throws(Failure) {
        let (family, urlHost) = try Self.read(host)
        let descriptor = socket(family, Self.streamType, 0)
        guard descriptor >= 0 else { throw .system(errno: errno) }
        do throws(Failure) {
            try Self.prepare(descriptor, family: family)
            try Self.bind(descriptor, family: family, host: urlHost, port: port)
            guard listen(descriptor, 128) == 0 else { throw Self.failure(errno) }
            self.port = try Self.boundPort(of: descriptor, family: family)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.urlHost = urlHost
    }

    #if canImport(Glibc)
        private static let streamType = CInt(SOCK_STREAM.rawValue)
    #else
        private static let streamType = SOCK_STREAM
    #endif

    private static func read(_ host: String) throws(Failure) -> (family: CInt, urlHost: String) {
        guard host != "localhost" else { return (AF_INET, "127.0.0.1") }
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return (AF_INET, host) }
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        var six = in6_addr()
        guard inet_pton(AF_INET6, bare, &six) == 1 else { throw .notAnAddress }
        // One spelling for each address, the one that browsers send.
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &six, &text, socklen_t(text.count)) != nil else { throw .notAnAddress }
        return (AF_INET6, "[" + String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self) + "]")
    }

    private static func prepare(_ descriptor: CInt, family: CInt) throws(Failure) {
        var yes: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        // So that a restart does not wait for connections of the run before; it lets nobody share a listening port.
        guard setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, size) == 0 else { throw failure(errno) }
        if family == AF_INET6 {
            // `[::]` means IPv6 alone, so that what listens is what was written.
            let level = CInt(IPPROTO_IPV6)
            guard setsockopt(descriptor, level, IPV6_V6ONLY, &yes, size) == 0 else { throw failure(errno) }
        }
        guard fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { throw failure(errno) }
    }

    private static func bind(_ descriptor: CInt, family: CInt, host: String, port: UInt16) throws(Failure) {
        let result: CInt
        if family == AF_INET {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            inet_pton(AF_INET, host, &address.sin_addr)
            result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    systemBind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        } else {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &address.sin6_addr)
            result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    systemBind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        guard result == 0 else { throw failure(errno) }
    }

    private static func boundPort(of descriptor: CInt, family: CInt) throws(Failure) -> UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw failure(errno) }
        return withUnsafeBytes(of: &storage) { bytes in
            family == AF_INET
                ? UInt16(bigEndian: bytes.load(as: sockaddr_in.self).sin_port)
                : UInt16(bigEndian: bytes.load(as: sockaddr_in6.self).sin6_port)
        }
    }

    private static func failure(_ code: CInt) -> Failure {
        switch code {
        case EADDRINUSE: .portInUse
        case EADDRNOTAVAIL: .notOurs
        case EACCES: .notAllowed
        default: .system(errno: code)
        }
    }
}

private func systemBind(_ descriptor: CInt, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> CInt {
    #if canImport(Glibc)
        Glibc.bind(descriptor, address, length)
    #else
        Darwin.bind(descriptor, address, length)
    #endif
}
