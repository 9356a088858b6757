/// The events of a namespace, one after the other, from the moment the sequence is made:
///
/// ```swift
/// for try await event in client.events("chat") {
///     print(event.name, event.arguments)
/// }
/// ```
///
/// It ends when the connection has ended for good. A sequence made while there is no connection, before the first or
/// after the last, waits for the next one and ends with it. A connect that fails does not end it, since another may
/// succeed. It also ends once nobody holds the client any more.
///
/// A reader that falls too far behind (`ClientLimits.unreadEvents`, `unreadBytes`) gets `receiveBufferFull`. Handlers
/// run as well; an event that has none gets an empty ack.
public struct EventSequence: AsyncSequence, Sendable {
    private let subscription: EventSubscription

    init(_ core: ClientCore, namespace: String, name: String?) {
        subscription = EventSubscription(core, namespace: namespace, name: name)
    }

    public func makeAsyncIterator() -> Iterator { Iterator(subscription: subscription) }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let subscription: EventSubscription

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
