import LosslessJSON
import NIOConcurrencyHelpers
import SiphonCapture
import SiphonCore
import SiphonRules

/// Feeds one stream. It reads the capture from where it left off, so that nothing is queued for it but what its
/// client has not taken yet, and no event waits for a viewer.
///
/// Where events come faster than the viewer may be sent, the newest are kept and the rest is counted. Where its client
/// takes less than it is sent, it is sent less; where the client takes nothing for a while, it is cut off.
final class Viewer: Sendable {
    /// What comes within this time goes out together.
    private static let pace = Duration.milliseconds(20)

    let stream: ResponseStream
    private let filter: Filter
    private let start: EventID
    private let services: InspectorServices
    private let inbox = NIOLockedValueBox(ViewerInbox())

    /// - Parameter after: the last event that the client has seen; nil for one that wants what is new.
    init(filter: Filter, after: EventID?, services: InspectorServices) {
        self.filter = filter
        self.services = services
        stream = ResponseStream(limit: services.limits.streamBytes)
        let newest = services.capture.newest ?? EventID(0)
        // An id that is not yet given comes from a run before this one.
        start = after.flatMap { $0 <= newest ? $0 : nil } ?? newest
    }

    /// Starts to watch, and returns what feeds the stream until it is over. What happens once this has returned is
    /// sent: a client that asks for the connections when it has the head of the stream misses none.
    func open() async -> @Sendable () async -> Void {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        stream.onClose { wake.finish() }
        let watch = await services.connections.watch { [inbox] changes in
            inbox.withLockedValue { $0.take(changes) }
            wake.yield()
        }
        return { await self.run(wakes, wake, watch) }
    }

    private func run(_ wakes: AsyncStream<Void>, _ wake: AsyncStream<Void>.Continuation, _ watch: UInt64) async {
        let observation = services.capture.observe { _ in wake.yield() }
        let comments = Task { [inbox, interval = services.limits.streamComment] in
            while (try? await Task.sleep(for: interval)) != nil {
                inbox.withLockedValue { $0.owesComment = true }
                wake.yield()
            }
        }
        stream.write(ServerSentEvent.opening)
        wake.yield()  // for what came before, and for what a client that comes back has missed
        await feed(wakes, wake)
        comments.cancel()
        services.connections.unwatch(watch)
        observation.cancel()
    }

    private func feed(_ wakes: AsyncStream<Void>, _ wake: AsyncStream<Void>.Continuation) async {
        var cursor = start
        var budget = EventBudget(perSecond: services.limits.streamEventsPerSecond, now: .now)
        for await _ in wakes {
            guard await hasRoom(), sendInbox(), sendEvents(after: &cursor, budget: &budget) else { break }
            if isCrowded { wake.yield() }  // something may be left over that nothing else reminds of
            do { try await Task.sleep(for: Self.pace) } catch { break }
        }
    }

    /// Whether so much waits for the client that no more should be added.
    private var isCrowded: Bool { stream.bytesWaiting > services.limits.streamBytes / 2 }

    /// Waits until the client has taken half of what waits for it. False where it takes too long, and is cut off, or
    /// has gone.
    private func hasRoom() async -> Bool {
        let last = ContinuousClock.now + services.limits.streamStall
        while isCrowded {
            guard ContinuousClock.now < last else {
                stream.cut()
                return false
            }
            do { try await Task.sleep(for: Self.pace) } catch { return false }
        }
        return true
    }

    private func sendInbox() -> Bool {
        let taken = inbox.withLockedValue { inbox in
            defer { inbox = ViewerInbox() }
            return inbox
        }
        if taken.owesComment, !send(ServerSentEvent.comment) { return false }
        return taken.order.allSatisfy { id in
            guard let json = taken.connections[id] else { return true }
            return send(ServerSentEvent.text(event: "connection", json: json))
        }
    }

    /// Sends what came behind `cursor`, as far as there is room, and moves it. False where the stream is over.
    private func sendEvents(after cursor: inout EventID, budget: inout EventBudget) -> Bool {
        var newest = NewestEvents(limit: budget.available(now: .now))
        var last = cursor
        _ = services.capture.events(after: cursor, limit: 1) { event in
            last = max(last, event.id)
            if filter.matches(event) { newest.add(event) }
            return false  // all of them are looked at, none is collected for a page
        }
        guard sendSkipped(newest.skipped) else { return false }
        for event in newest.events {
            guard !isCrowded else { return true }
            budget.spend(1)
            cursor = event.id
            guard let text = text(of: event) else {
                guard sendSkipped(1) else { return false }
                continue
            }
            guard send(text) else { return false }
        }
        cursor = last
        return true
    }

    private func sendSkipped(_ count: Int) -> Bool {
        count == 0 || send(ServerSentEvent.text(event: "skipped", json: Array("{\"count\":\(count)}".utf8)))
    }

    /// Nil for one that is too large for a stream.
    private func text(of event: StoredEvent) -> [UInt8]? {
        guard event.sizeBytes <= services.limits.streamEventBytes else { return nil }
        var writer = JSONWriter()
        event.write(into: &writer, detailed: false)
        guard writer.bytes.count <= services.limits.streamEventBytes else { return nil }
        return ServerSentEvent.text(event: "siphon-event", id: event.id, json: writer.bytes)
    }

    private func send(_ text: [UInt8]) -> Bool {
        switch stream.write(text) {
        case .written: return true
        case .closed: return false
        case .full:
            stream.cut()
            return false
        }
    }
}
