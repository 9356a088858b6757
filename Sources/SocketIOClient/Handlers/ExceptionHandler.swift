/// Takes the errors of one type that handlers, middleware and callbacks throw.
struct ExceptionHandler: Sendable {
    let type: ObjectIdentifier
    let takes: @Sendable (any Error) -> Bool
    let run: @Sendable (any Error, EventContext) async throws -> Ack?

    init<Failure>(_: Failure.Type, _ run: @escaping @Sendable (Failure, EventContext) async throws -> Ack?) {
        type = ObjectIdentifier(Failure.self)
        takes = { $0 is Failure }
        self.run = { error, context in
            guard let error = error as? Failure else { return nil }
            return try await run(error, context)
        }
    }

    /// Takes any error.
    init(any run: @escaping @Sendable (any Error, EventContext) async throws -> Ack?) {
        type = ObjectIdentifier((any Error).self)
        takes = { _ in true }
        self.run = run
    }
}
