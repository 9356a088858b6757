package import NIOCore

/// The addresses that Siphon itself listens on. An upstream that is one of them would make the proxy its own client, or
/// open the inspector to the proxy's.
package struct OwnListeners: Sendable {
    /// An address without its port, an IPv4 address that is written as IPv6 unwrapped.
    private enum Host: Hashable, Sendable {
        case v4([UInt8])
        case v6([UInt8])

        var isUnspecified: Bool {
            switch self {
            case .v4(let bytes), .v6(let bytes): bytes.allSatisfy { $0 == 0 }
            }
        }

        /// Whether it leads to this machine. The unspecified address does, as a destination.
        var isLoopback: Bool {
            switch self {
            case .v4(let bytes): isUnspecified || bytes[0] == 127
            case .v6(let bytes): isUnspecified || bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
            }
        }
    }

    private struct Listener: Sendable {
        let host: Host
        let port: Int
    }

    private let listeners: [Listener]

    package init(_ addresses: [SocketAddress]) {
        listeners = addresses.compactMap { address in
            guard let host = Self.host(of: address), let port = address.port else { return nil }
            return Listener(host: host, port: port)
        }
    }

    /// Whether a connection to `address` would reach one of them. All of loopback counts as one address.
    package func contains(_ address: SocketAddress) -> Bool {
        guard let host = Self.host(of: address), let port = address.port else { return false }
        return listeners.contains { listener in
            guard listener.port == port else { return false }
            if listener.host == host { return true }
            if host.isLoopback { return listener.host.isLoopback }
            return listener.host.isUnspecified && Self.isOfThisMachine(host)
        }
    }

    private static func isOfThisMachine(_ host: Host) -> Bool {
        let devices = (try? System.enumerateDevices()) ?? []
        return devices.contains { $0.address.flatMap(Self.host(of:)) == host }
    }

    private static func host(of address: SocketAddress) -> Host? {
        guard let bytes = address.ipAddress.flatMap(IPLiteral.bytes(of:)) else { return nil }
        guard bytes.count == 16 else { return .v4(bytes) }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? .v4(Array(bytes[12...])) : .v6(bytes)
    }
}
