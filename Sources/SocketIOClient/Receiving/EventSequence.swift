/// The events of a namespace, one after the other, from the moment the sequence is made:
///
/// ```swift
/// for try await event in client.events("chat") {
///     print(event.name, event.arguments)
/// }
/// ```
///
/// It ends when the client has disconnected for good. A reader that falls too far behind (`ClientLimits.unreadEvents`,
/// `unreadBytes`) gets `receiveBufferFull`. Handlers run as well; an event that has none gets an empty ack.
public struct EventSequence: AsyncSequence, Sendable {
    /// Takes the queue off once nobody reads any more.
    fileprivate final class Subscription: Sendable {
        let queue: EventQueue
        private let registry: HandlerRegistry
        private let id: HandlerID

        init(_ core: ClientCore, _ queue: EventQueue, namespace: String, name: String?) {
            self.queue = queue
            registry = core.registry
            id = core.registry.subscribe(queue, namespace: namespace, name: name)
        }

        deinit { registry.remove(id) }
    }

    private let subscription: Subscription

    init(_ core: ClientCore, namespace: String, name: String?) {
        let queue = EventQueue(core)
        subscription = Subscription(core, queue, namespace: namespace, name: name)
    }

    public func makeAsyncIterator() -> Iterator { Iterator(subscription: subscription) }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let subscription: Subscription

        /// - Throws: `receiveBufferFull`; `CancellationError` if the task is cancelled.
        public mutating func next() async throws -> EventContext? { try await subscription.queue.next() }
    }
}

extension Client {
    /// The events of a namespace as an asynchronous sequence.
    ///
    /// - Parameter name: the name of the events; nil for all that the server sends.
    public func events(_ name: String? = nil, namespace: String = "/") -> EventSequence {
        EventSequence(core, namespace: target.namespace(namespace), name: name)
    }
}
