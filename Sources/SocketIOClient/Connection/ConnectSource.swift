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

    func ask() async throws -> Answer {
        Answer(url: try await url(), headers: try await headers(), auth: try await auth())
    }
}
