import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// No address goes by that name.
struct UnknownHost: Error {
    let host: String
}

extension SocketAddress {
    /// All addresses that a name stands for, in the system's order of preference; NIO gives the first only. Blocks
    /// while the name is looked up.
    ///
    /// - Throws: `UnknownHost` where there is none.
    static func all(of host: String, port: Int) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &first) == 0, let first else {
            throw UnknownHost(host: host)
        }
        defer { freeaddrinfo(first) }
        return sequence(first: first, next: \.pointee.ai_next).compactMap { entry in
            guard let address = entry.pointee.ai_addr else { return nil }
            return switch entry.pointee.ai_family {
            case AF_INET:
                address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee, host: host) }
            case AF_INET6:
                address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee, host: host) }
            default: nil
            }
        }
    }
}
