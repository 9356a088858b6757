package import NIOSSL
import NIOCore

/// How connections to one host are secured: TLS 1.2 or newer, and HTTP/1.1 in it.
package struct DialSecurity: Sendable {
    /// Who is believed about a server's name.
    package enum TrustRoots: Sendable {
        case system
        /// A file of PEM certificates, or a folder of them by their hashes.
        case file(String)
        /// PEM certificates.
        case pem([UInt8])
    }

    /// What tells the server who this is: both PEM, the chain from the client's own certificate up.
    package struct ClientCertificate: Sendable {
        package let chain: [UInt8]
        package let key: [UInt8]

        package init(chain: [UInt8], key: [UInt8]) {
            self.chain = chain
            self.key = key
        }
    }

    package struct Invalid: Error, Equatable, Sendable {
        /// What should have been there: a sentence.
        package let expected: String
    }

    package let context: NIOSSLContext
    /// The name or the IP address that the certificate has to bear.
    package let host: String
    /// Whether certificates are looked at. Where not, anyone on the way can read and change what passes.
    package let verifies: Bool

    /// Reads certificates, so it blocks, the system's for some ten milliseconds: make one and keep it.
    ///
    /// - Parameter host: without the brackets of an IPv6 literal.
    package init(
        host: String, verifies: Bool = true, trustRoots: TrustRoots = .system,
        clientCertificate: ClientCertificate? = nil
    ) throws(Invalid) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        configuration.shutdownTimeout = .seconds(1)
        // The name is looked at in `CertificateName`: NIOSSL would take any certificate for the address that the
        // channel leads to, which may be a proxy's, or one that a lie about the name led to.
        configuration.certificateVerification = verifies ? .noHostnameVerification : .none
        switch trustRoots {
        case .system: break
        case .file(let path): configuration.trustRoots = .file(path)
        case .pem(let bytes):
            configuration.trustRoots = .certificates(
                try Self.certificates(bytes, expected: "The trust roots are PEM certificates, one at least."))
        }
        if let clientCertificate {
            configuration.certificateChain = try Self.certificates(
                clientCertificate.chain, expected: "The client's certificate chain is PEM, one certificate at least."
            ).map { .certificate($0) }
            guard let key = try? NIOSSLPrivateKey(bytes: clientCertificate.key, format: .pem) else {
                throw Invalid(expected: "The client's key is a private key in PEM, without a passphrase.")
            }
            configuration.privateKey = .privateKey(key)
        }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw Invalid(
                expected: clientCertificate == nil
                    ? "The trust roots are a readable file of PEM certificates or a folder of them."
                    : "The client's key belongs to its certificate, and the trust roots are readable.")
        }
        self.host = host
        self.verifies = verifies
    }

    private init(_ other: DialSecurity, host: String) {
        context = other.context
        verifies = other.verifies
        self.host = host
    }

    /// The same for another host, without reading anything again.
    package func forHost(_ host: String) -> DialSecurity { DialSecurity(self, host: host) }

    private static func certificates(_ pem: [UInt8], expected: String) throws(Invalid) -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(pem), !certificates.isEmpty else {
            throw Invalid(expected: expected)
        }
        return certificates
    }

    /// What the server is told of the name that is meant (RFC 6066, 3): nothing for an address.
    package var serverName: String? { IPLiteral.bytes(of: host) == nil ? CertificateName.plain(host) : nil }
}
