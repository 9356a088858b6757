/// What the server asks for answers.
protocol HTTPService: Sendable {
    /// Judges a request by its head, on the HTTP thread: must not block. An answer refuses it, and its body is not
    /// kept.
    func refusal(of head: InspectorRequest) -> InspectorResponse?

    func response(to request: InspectorRequest) async -> InspectorResponse
}
