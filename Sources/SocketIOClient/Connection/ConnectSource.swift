/// Where `connect` gets its values from: asked anew at every attempt.
struct ConnectSource: Sendable {
    let url: @Sendable () async throws -> String
    let headers: @Sendable () async throws -> [String: String]
    let auth: @Sendable () async throws -> SocketIOValue?

    /// What was asked for one attempt.
    struct Answer: Sendable {
        let url: String
        let headers: [String: String]
        let auth: SocketIOValue?
    }

    /// - Throws: what the closures throw, and `encoding` for an auth that cannot be sent.
    func ask() async throws -> Answer {
        let answer = Answer(url: try await url(), headers: try await headers(), auth: try await auth())
        if let auth = answer.auth, try !WirePayload(auth, path: "auth").attachments.isEmpty {
            throw SocketIOClientError(.encoding, "auth cannot hold bytes: a CONNECT packet has no attachments")
        }
        return answer
    }
}
