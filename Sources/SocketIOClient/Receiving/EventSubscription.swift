/// A queue that gets the events of a namespace for as long as somebody holds this. It is finished then: who still waits
/// for an event waits for nothing.
final class EventSubscription: Sendable {
    let queue: EventQueue
    private let registry: HandlerRegistry
    private let id: HandlerID

    /// - Parameter name: that of the events; nil for all that the server sends.
    init(_ core: ClientCore, namespace: String, name: String?) {
        queue = EventQueue(core)
        registry = core.registry
        id = core.registry.subscribe(queue, namespace: namespace, name: name)
    }

    deinit {
        registry.remove(id)
        queue.finish()
    }
}
