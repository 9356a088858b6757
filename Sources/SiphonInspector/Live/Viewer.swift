import LosslessJSON
import NIOConcurrencyHelpers
import SiphonCapture
import SiphonCore
import SiphonRules

/// Feeds one stream. It reads the capture from where it left off, so that nothing is queued for it but what its
/// client has not taken yet, and no event waits for a viewer.
///
/// Where events come faster than the viewer may be sent, the newest are kept and the rest is counted, and so is what
/// the capture lost before the viewer could look at it. Where its client takes less than it is sent, it is sent less;
/// where the client takes nothing for a while, it is cut off.
final class Viewer: Sendable {
    enum Progress {
        /// Everything is sent.
        case done
        /// There is more, and too much waits for the client.
        case crowded
        /// The stream is over.
        case over
    }

    /// What comes within this time goes out together.
    private static let pace = Duration.milliseconds(20)

    let stream: ResponseStream
    private let filter: Filter
    /// The last event that is not sent.
    let start: EventID
    private let services: InspectorServices
    let inbox = NIOLockedValueBox(ViewerInbox())

    /// - Parameter after: the last event that the client has seen; nil for one that wants what is new.
    init(filter: Filter, after: EventID?, services: InspectorServices) {
        self.filter = filter
        self.services = services
        stream = ResponseStream(limit: services.limits.streamBytes)
        let last = services.capture.last
        // An id that is not yet given comes from a run before this one.
        start = after.flatMap { $0 <= last ? $0 : nil } ?? last
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
                inbox.withLockedValue { $0.askForComment() }
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
        var position = ViewerPosition(after: start)
        var budget = EventBudget(perSecond: services.limits.streamEventsPerSecond, now: .now)
        for await _ in wakes {
            guard await hasRoom() else { break }
            var progress = sendInbox()
            if progress == .done { progress = sendEvents(from: &position, budget: &budget) }
            guard progress != .over else { break }
            if progress == .crowded { wake.yield() }  // nothing else reminds of what is left over
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

    func sendInbox() -> Progress {
        if inbox.withLockedValue({ $0.takeComment() }), !send(ServerSentEvent.comment) { return .over }
        while !isCrowded {
            guard let json = inbox.withLockedValue({ $0.nextConnection() }) else { return .done }
            guard json.count <= services.limits.streamEventBytes else { continue }
            guard send(ServerSentEvent.text(event: "connection", json: json)) else { return .over }
        }
        return .crowded
    }

    /// Sends what came behind `position`, as far as there is room, and moves it.
    func sendEvents(from position: inout ViewerPosition, budget: inout EventBudget) -> Progress {
        var newest = NewestEvents(limit: budget.available(now: .now))
        var last = position.passed
        var lost = 0
        // An event on which a regular expression takes too much work does not match.
        var reading = EventReading(now: Timestamp.now())
        _ = services.capture.events(after: position.passed, limit: 1) { event in
            lost += position.countMissing(before: event.id, cleared: services.capture.cleared)
            last = event.id
            reading.forget()
            if filter.matches(event, reading: &reading) { newest.add(event) }
            return false  // all of them are looked at, none is collected for a page
        }
        guard sendSkipped(newest.skipped + lost) else { return .over }
        let events = newest.events
        // What was skipped lies before the first that was kept, and must not be counted again.
        if newest.skipped > 0, let first = events.first { position.pass(EventID(first.id.number - 1)) }
        for event in events {
            guard !isCrowded else { return .crowded }
            budget.spend(1)
            position.pass(event.id)
            guard let text = text(of: event) else {
                guard sendSkipped(1) else { return .over }
                continue
            }
            guard send(text) else { return .over }
        }
        position.pass(last)
        return .done
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
