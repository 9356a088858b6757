package import Logging
package import SiphonCapture
package import SiphonCore
package import SiphonRules

/// The HTTP API and the page, running. Must be stopped.
package final class InspectorServer: Sendable {
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// No address in digits and not `localhost`.
        case notAnAddress(String)
        case portInUse(UInt16)
        /// The address is not one of this machine's.
        case notOurs(String)
        /// A port that needs privileges, mostly one below 1024.
        case notAllowed(UInt16)
        /// A token with characters that would need an escape in a URL, or with none, or with too many.
        case badToken
        case system(errno: Int32)

        package var description: String {
            switch self {
            case .notAnAddress(let host): "\(host) is no IP address"
            case .portInUse(let port): "port \(port) is in use by another program; --inspector takes another address"
            case .notOurs(let host): "\(host) is not an address of this machine; --inspector takes another one"
            case .notAllowed(let port): "listening on port \(port) is not allowed; --inspector takes another address"
            case .badToken:
                "the token must be \(AccessToken.lengths.lowerBound) to \(AccessToken.lengths.upperBound) letters, digits, "
                    + "or characters of - . _ ~"
            case .system(let errno): "the inspector could not start (errno \(errno))"
            }
        }
    }

    /// The port it listens on.
    package let port: UInt16
    package let token: String
    /// The address of the page with the token in it: to be shown to the user and to nobody else.
    package var url: String { "\(pageURL)?token=\(token)" }
    /// The address of the page, for whoever may see it: without the token.
    package var pageURL: String { "http://\(urlHost):\(port)/" }

    private let urlHost: String
    let http: HTTPServer

    /// - Parameters:
    ///   - ruleFile: where rules are saved; nil for nowhere.
    ///   - startedAt: nanoseconds since 1970, UTC.
    package init(
        configuration: InspectorConfiguration, capture: Capture, rules: RuleStore, ruleFile: RuleFile? = nil,
        control: any ProxyControl, version: String, startedAt: Int64, log: Logger
    ) throws(Failure) {
        let token = try Self.token(configuration.token)
        let listener: ListeningSocket
        do { listener = try ListeningSocket(host: configuration.host, port: configuration.port) } catch {
            throw Failure(error, configuration)
        }
        let services = InspectorServices(
            capture: capture, rules: rules, ruleFile: ruleFile, control: control, version: version,
            startedAt: startedAt, limits: configuration.limits)
        let service = InspectorService(
            guardian: RequestGuard(token: token, urlHost: listener.urlHost, port: listener.port),
            table: InspectorRoutes.table, services: services)
        do {
            http = try HTTPServer(listener: listener, limits: configuration.limits, service: service, log: log)
        } catch {
            switch error {
            case .couldNotStart(let code): throw .system(errno: code)
            }
        }
        self.token = token.text
        port = listener.port
        urlHost = listener.urlHost
    }

    /// Ends the streams, lets requests that are under way finish within `grace`, answers 503 for the rest, and returns
    /// at most some 0.3 s after that. A second call does nothing.
    package func stop(grace: Duration = .milliseconds(500)) async { await http.stop(grace: grace) }

    private static func token(_ text: String?) throws(Failure) -> AccessToken {
        guard let text else { return .random() }
        guard let token = AccessToken(text) else { throw .badToken }
        return token
    }
}

extension InspectorServer.Failure {
    fileprivate init(_ failure: ListeningSocket.Failure, _ configuration: InspectorConfiguration) {
        switch failure {
        case .notAnAddress: self = .notAnAddress(configuration.host)
        case .portInUse: self = .portInUse(configuration.port)
        case .notOurs: self = .notOurs(configuration.host)
        case .notAllowed: self = .notAllowed(configuration.port)
        case .system(let errno): self = .system(errno: errno)
        }
    }
}
