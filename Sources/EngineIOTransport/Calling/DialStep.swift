/// What is done on a fresh connection before HTTP is spoken on it.
enum DialStep: Sendable {
    case secure(DialSecurity, Peer)
    /// - Parameter authority: host and port of the server.
    case tunnel(authority: String, authorization: String?)

    enum Peer: String, Sendable {
        case server, proxy
    }

    static func steps(toHost host: String, port: Int, security: DialSecurity?, proxy: DialProxy?) -> [DialStep] {
        var steps: [DialStep] = []
        if let proxy {
            if let security = proxy.security { steps.append(.secure(security, .proxy)) }
            let authority = HostAndPort.authority(host, port)
            steps.append(.tunnel(authority: authority, authorization: proxy.authorization))
        }
        if let security { steps.append(.secure(security, .server)) }
        return steps
    }
}
