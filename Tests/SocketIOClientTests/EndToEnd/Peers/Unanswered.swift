import SocketIOClient

/// An event with a callback and a call, both of which the server has got and never answers.
struct Unanswered {
    private let codes = Seen<SocketIOClientError.Code>()
    private let call: Task<Void, any Error>

    init(_ client: Client, in namespace: String = "/") async throws {
        try await client.emit("never-answer", namespace: namespace) { [codes] answer in
            if case .failure(let error) = answer { codes.add(error.code) }
        }
        call = Task { _ = try await client.call("never-answer", namespace: namespace, timeout: .seconds(300)) }
        let sid = SocketIOValue.string(client.sid(for: namespace) ?? "")
        try await eventually("both events at the server") {
            let log = try await client.call("log-of", sid, namespace: namespace)
            return log.array?.count { $0["name"] == "never-answer" } == 2
        }
    }

    /// Why there will be no answer: what the callback is told, then what the call throws.
    func ends() async throws -> [SocketIOClientError.Code] {
        let error = try await bounded("the end of a call") { [call] in try await clientError { try await call.value } }
        return try await codes.wait(for: 1) + [error.code]
    }
}
