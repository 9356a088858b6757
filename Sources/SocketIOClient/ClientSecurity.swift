/// How a client makes sure, over `https` and `wss`, whom it talks to.
public struct TrustRoots: Sendable {
    enum Source: Sendable {
        case system
        case file(String)
        case pem(String)
    }

    let source: Source

    /// The certificate authorities that the system trusts.
    public static let system = TrustRoots(source: .system)

    /// Those of a file in PEM, in place of the system's. It is read at every connection attempt.
    public static func file(_ path: String) -> TrustRoots { TrustRoots(source: .file(path)) }

    /// Those of a text in PEM, in place of the system's.
    public static func pem(_ text: String) -> TrustRoots { TrustRoots(source: .pem(text)) }
}

/// What a client shows to a server that asks for a certificate: texts in PEM.
public struct ClientCertificate: Sendable {
    let chain: String
    let privateKey: String

    /// - Parameters:
    ///   - chain: the certificate, and behind it those that lead to an authority.
    ///   - privateKey: without a pass phrase.
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
