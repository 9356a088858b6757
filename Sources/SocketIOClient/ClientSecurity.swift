/// The certificate authorities by which a client checks a server's identity, over `https` and `wss`.
public struct TrustRoots: Sendable {
    enum Source: Sendable {
        case system
        case file(String)
        case pem(String)
    }

    let source: Source

    /// The certificate authorities that the system trusts.
    public static let system = TrustRoots(source: .system)

    /// Those in a PEM file, instead of the system's. It is read at every attempt to connect.
    public static func file(_ path: String) -> TrustRoots { TrustRoots(source: .file(path)) }

    /// Those in a PEM text, instead of the system's.
    public static func pem(_ text: String) -> TrustRoots { TrustRoots(source: .pem(text)) }
}

/// What a client shows a server that asks for a certificate: PEM texts.
public struct ClientCertificate: Sendable {
    let chain: String
    let privateKey: String

    /// - Parameters:
    ///   - chain: the certificate, followed by those that lead to an authority.
    ///   - privateKey: its key, without a passphrase.
    public init(chain: String, privateKey: String) {
        self.chain = chain
        self.privateKey = privateKey
    }
}

struct ClientSecurity: Sendable {
    var verifies = true
    var trustRoots = TrustRoots.system
    var certificate: ClientCertificate?
}
