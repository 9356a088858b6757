import NIOSSL

/// Whether a certificate is for a host (RFC 9525, 6): by its alternative names alone.
enum CertificateName {
    static func matches(_ certificate: NIOSSLCertificate, host: String) -> Bool {
        let address = IPLiteral.bytes(of: host)
        return certificate._subjectAlternativeNames().contains { name in
            switch name.nameType {
            case .dnsName: address == nil && covers(String(decoding: name.contents, as: UTF8.self), host: host)
            case .ipAddress: address.map { $0.elementsEqual(name.contents) } ?? false
            default: false
            }
        }
    }

    /// A `*` stands for the whole of the first label, where two more follow.
    static func covers(_ pattern: String, host: String) -> Bool {
        let pattern = plain(pattern).lowercased().split(separator: ".", omittingEmptySubsequences: false)
        let host = plain(host).lowercased().split(separator: ".", omittingEmptySubsequences: false)
        guard pattern.first == "*" else { return pattern == host }
        return pattern.count >= 3 && host.first?.isEmpty == false && pattern.dropFirst() == host.dropFirst()
    }

    /// Without the dot that may end a full name.
    static func plain(_ name: String) -> String { name.hasSuffix(".") ? String(name.dropLast()) : name }
}
