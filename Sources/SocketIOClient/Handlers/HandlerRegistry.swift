import NIOConcurrencyHelpers

/// What is to be called for which event: one handler for each event of each namespace, with python-socketio's
/// precedence of those for any event or any namespace, and observers beside them.
final class HandlerRegistry: Sendable {
    typealias Handler = @Sendable (_ arguments: [SocketIOValue]) async throws -> Ack?
    typealias Observer = @Sendable (EventContext) async throws -> Void
    typealias NamespaceHandler = @Sendable (EventContext) async throws -> Ack?

    /// Who takes an event.
    enum Found: Sendable {
        /// A handler, and what it gets before the event's own arguments.
        case handler(Handler, before: [SocketIOValue])
        /// The object of a namespace.
        case namespace(NamespaceHandler)

        func callAsFunction(_ context: EventContext) async throws -> Ack? {
            switch self {
            case .handler(let run, before: let first):
                try await run(first.isEmpty ? context.arguments : first + context.arguments)
            case .namespace(let run): try await run(context)
            }
        }
    }

    fileprivate struct Entry {
        let id: HandlerID
        let isOnce: Bool
        let run: Handler
    }

    fileprivate struct Subscription {
        let id: HandlerID
        let queue: EventQueue
        let namespace: String
        /// Nil for events of any name.
        let name: String?
        /// Whether its connection has ended. What came before that may still wait for handlers.
        var hasEnded = false
    }

    fileprivate struct State {
        /// By namespace, then by event; `*` for any.
        var handlers: [String: [String: Entry]] = [:]
        var namespaceHandlers: [String: NamespaceHandler] = [:]
        var observers: [(id: HandlerID, run: Observer)] = []
        var outgoing: [(id: HandlerID, run: @Sendable (EventContext) -> Void)] = []
        var subscriptions: [Subscription] = []
        var middleware: [Middleware] = []
        var exceptionHandlers: [ExceptionHandler] = []
        var defaultExceptionHandler: ExceptionHandler?
        var lastID = 0

        mutating func nextID() -> HandlerID {
            lastID += 1
            return HandlerID(number: lastID)
        }
    }

    private let state = NIOLockedValueBox(State())

    // MARK: Registering

    /// For what takes handlers out: they are let go outside of the lock, since as they go they may come back here.
    private func replacing(_ body: (inout State) -> Void) {
        let before = state.withLockedValue { state in
            let before = state
            body(&state)
            return before
        }
        withExtendedLifetime(before) {}
    }

    func add(_ event: String, namespace: String, isOnce: Bool, _ run: @escaping Handler) -> HandlerID {
        let (id, replaced) = state.withLockedValue { state in
            let id = state.nextID()
            let entry = Entry(id: id, isOnce: isOnce, run: run)
            return (id, state.handlers[namespace, default: [:]].updateValue(entry, forKey: event))
        }
        withExtendedLifetime(replaced) {}
        return id
    }

    func add(namespace: String, _ handler: @escaping NamespaceHandler) {
        replacing { $0.namespaceHandlers[namespace] = handler }
    }

    func observe(_ run: @escaping Observer) -> HandlerID {
        state.withLockedValue { state in
            let id = state.nextID()
            state.observers.append((id, run))
            return id
        }
    }

    func observeOutgoing(_ run: @escaping @Sendable (EventContext) -> Void) -> HandlerID {
        state.withLockedValue { state in
            let id = state.nextID()
            state.outgoing.append((id, run))
            return id
        }
    }

    /// Lets a queue have the events of a namespace that the server sends.
    func subscribe(_ queue: EventQueue, namespace: String, name: String?) -> HandlerID {
        state.withLockedValue { state in
            let id = state.nextID()
            state.subscriptions.append(Subscription(id: id, queue: queue, namespace: namespace, name: name))
            return id
        }
    }

    func add(_ middleware: Middleware) { state.withLockedValue { $0.middleware.append(middleware) } }

    func add(_ handler: ExceptionHandler) {
        replacing { state in
            state.exceptionHandlers.removeAll { $0.type == handler.type }
            state.exceptionHandlers.append(handler)
        }
    }

    func setDefault(_ handler: ExceptionHandler) { replacing { $0.defaultExceptionHandler = handler } }

    func remove(_ event: String, namespace: String) {
        replacing { state in
            state.handlers[namespace]?[event] = nil
            if state.handlers[namespace]?.isEmpty == true { state.handlers[namespace] = nil }
        }
    }

    func remove(_ id: HandlerID) {
        replacing { state in
            state.observers.removeAll { $0.id == id }
            state.outgoing.removeAll { $0.id == id }
            state.subscriptions.removeAll { $0.id == id }
            for (namespace, events) in state.handlers {
                let left = events.filter { $0.value.id != id }
                state.handlers[namespace] = left.isEmpty ? nil : left
            }
        }
    }

    func removeAll() {
        replacing { state in
            state = State(subscriptions: state.subscriptions, lastID: state.lastID)
        }
    }

    // MARK: Finding

    /// Those that handlers are registered for: what `connect` joins where nobody says.
    var namespaces: [String] {
        let names = state.withLockedValue { Set($0.handlers.keys).union($0.namespaceHandlers.keys) }
        return names.subtracting(["*"]).sorted()
    }

    var middleware: [Middleware] { state.withLockedValue { $0.middleware } }

    var observers: [Observer] { state.withLockedValue { $0.observers.map(\.run) } }

    /// Those that take such an event.
    func queues(for context: EventContext) -> [EventQueue] {
        guard context.isCaughtByAny else { return [] }
        return state.withLockedValue { state in
            state.subscriptions.filter { each in
                each.namespace == context.namespace && (each.name == nil || each.name == context.name)
            }.map(\.queue)
        }
    }

    /// The connection has ended for those that take events of a namespace now. Others may come, for the next one, before
    /// all that waits for handlers has been done.
    func endSubscriptions(of namespace: String) {
        state.withLockedValue { state in
            for index in state.subscriptions.indices where state.subscriptions[index].namespace == namespace {
                state.subscriptions[index].hasEnded = true
            }
        }
    }

    /// Those of a namespace whose connection has ended.
    func endedQueues(of namespace: String) -> [EventQueue] {
        state.withLockedValue { state in
            state.subscriptions.filter { $0.hasEnded && $0.namespace == namespace }.map(\.queue)
        }
    }

    /// Those of which a queue takes events.
    var subscribedNamespaces: Set<String> { state.withLockedValue { Set($0.subscriptions.map(\.namespace)) } }

    /// Nil where nobody looks at what is emitted.
    var outgoing: [@Sendable (EventContext) -> Void]? {
        state.withLockedValue { $0.outgoing.isEmpty ? nil : $0.outgoing.map(\.run) }
    }

    /// Whether an event goes through anything but its handler.
    var isPlain: Bool {
        state.withLockedValue { $0.middleware.isEmpty && $0.observers.isEmpty && $0.subscriptions.isEmpty }
    }

    /// What to call for an event; nil for nobody. One for a single event is found once.
    ///
    /// The precedence is that of python-socketio: the event in its namespace, any event in it; only where the namespace
    /// has no handler at all, the event in any namespace, any event in any; then the objects of namespaces.
    func handler(for context: EventContext) -> Found? {
        let name = context.name
        let namespace = context.namespace
        return state.withLockedValue { state in
            if let events = state.handlers[namespace] {
                if let entry = state.take(name, events, namespace) { return .handler(entry.run, before: []) }
                if context.isCaughtByAny, let entry = state.take("*", events, namespace) {
                    return .handler(entry.run, before: [.string(name)])
                }
            } else if let events = state.handlers["*"] {
                if let entry = state.take(name, events, "*") {
                    return .handler(entry.run, before: [.string(namespace)])
                }
                if context.isCaughtByAny, let entry = state.take("*", events, "*") {
                    return .handler(entry.run, before: [.string(name), .string(namespace)])
                }
            }
            return (state.namespaceHandlers[namespace] ?? state.namespaceHandlers["*"]).map { .namespace($0) }
        }
    }

    /// Who takes an error: the handler of its very type, of the nearest class above it, of a protocol or `any Error`
    /// (the one registered last), and at last the default one.
    func exceptionHandler(for error: any Error) -> ExceptionHandler? {
        let (handlers, last) = state.withLockedValue { ($0.exceptionHandlers, $0.defaultExceptionHandler) }
        let fitting = handlers.filter { $0.takes(error) }
        var mirror: Mirror? = fitting.isEmpty ? nil : Mirror(reflecting: error)
        while let current = mirror {
            if let exact = fitting.first(where: { $0.type == ObjectIdentifier(current.subjectType) }) { return exact }
            mirror = current.superclassMirror
        }
        return fitting.last ?? last
    }
}

extension HandlerRegistry.State {
    fileprivate mutating func take(
        _ event: String, _ events: [String: HandlerRegistry.Entry], _ namespace: String
    ) -> HandlerRegistry.Entry? {
        guard let entry = events[event] else { return nil }
        if entry.isOnce { handlers[namespace] = events.count == 1 ? nil : events.filter { $0.key != event } }
        return entry
    }
}

/// Identifies a handler or an observer, to remove it with `off`.
public struct HandlerID: Hashable, Sendable {
    let number: Int
}
