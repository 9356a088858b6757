import NIOSSL

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Says what went wrong with TLS.
enum TLSFault {
    /// A clause such as “the server's certificate has expired”; nil for what is no fault of TLS, an unclean end among
    /// it.
    ///
    /// - Parameter certificate: what the peer showed, where it came that far.
    static func sentence(_ error: any Error, peer: String, certificate: NIOSSLCertificate? = nil) -> String? {
        switch error {
        case NIOSSLError.uncleanShutdown, NIOSSLError.shutdownFailed: nil
        case NIOSSLError.handshakeFailed(let fault): sentence(fault, peer, certificate)
        case let fault as BoringSSLError: sentence(fault, peer, certificate)
        case is NIOSSLError, is NIOSSLExtraError: "TLS with the \(peer) failed: \(error)"
        default: nil
        }
    }

    private static func sentence(_ fault: BoringSSLError, _ peer: String, _ certificate: NIOSSLCertificate?) -> String {
        let stack: NIOBoringSSLErrorStack =
            switch fault {
            case .sslError(let stack), .unknownError(let stack), .invalidSNIName(let stack),
                .failedToSetALPN(let stack):
                stack
            default: []
            }
        guard !stack.contains(.eofDuringHandshake) else {
            return "the \(peer) closed the connection during the TLS handshake"
        }
        switch reason(stack) {
        case "certificate verify failed": return verification(peer, certificate)
        case "wrong version number": return "what the \(peer) answered is not TLS"
        case let reason?:
            guard let alert = reason.firstRange(of: " alert ") else { return "TLS with the \(peer) failed: \(reason)" }
            return "the \(peer) refused TLS: \(reason[alert.upperBound...])"
        case nil: return "TLS with the \(peer) failed"
        }
    }

    /// BoringSSL tells no more than that a certificate was refused.
    private static func verification(_ peer: String, _ certificate: NIOSSLCertificate?) -> String {
        let now = time(nil)
        if let certificate, certificate.notValidAfter < now { return "the \(peer)'s certificate has expired" }
        if let certificate, certificate.notValidBefore > now { return "the \(peer)'s certificate is not valid yet" }
        return "the \(peer)'s certificate is not signed by an authority that is trusted here"
    }

    /// BoringSSL's own word for it: `error:1000007d:SSL routines:OPENSSL_internal:WORDS_OF_IT at file:line`.
    private static func reason(_ stack: NIOBoringSSLErrorStack) -> String? {
        guard let text = stack.first?.description, let start = text.firstRange(of: "OPENSSL_internal:") else {
            return nil
        }
        let words = text[start.upperBound...].prefix { $0 != " " }
        return words.lowercased().split(separator: "_").joined(separator: " ")
    }

    static func wrongName(_ host: String, peer: String) -> String { "the \(peer)'s certificate is not for \(host)" }
}
