/// A step before the handlers: it may change the event, stop it, or look at what came of it.
struct Middleware: Sendable {
    /// Goes on with an event, as it was or changed. What comes back is the ack for the server; nil for none.
    typealias Next = @Sendable (EventContext) async throws -> Ack?

    let run: @Sendable (EventContext, @escaping Next) async throws -> Ack?
}
