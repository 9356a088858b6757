import NIOConcurrencyHelpers

/// One request and its answer, from the request line to the last byte.
///
/// The HTTP thread feeds it and takes the answer; any task may give the answer. The connection sleeps in between, and
/// `wake`, set when it falls asleep and taken by whoever answers, makes sure that each sleep is ended exactly once.
final class HTTPExchange: Sendable {
    /// What the HTTP thread is to do when it comes to the end of a request, or back to it after a sleep.
    enum Step {
        case answer(InspectorResponse)
        /// The connection is asleep; run the handler.
        case run(InspectorRequest)
        case sleepOn
    }

    private struct State {
        var request: InspectorRequest
        var hasHead = false
        var bodyBytes = 0
        var answer: InspectorResponse?
        var wake: (@Sendable () -> Void)?
        var task: Task<Void, Never>?
        var watch: HangUpWatch?
        var hasStarted = false
        var isEnded = false
    }

    /// Where the target ended in libmicrohttpd's buffer. Never read through: see `siphon_mhd_hides_text`.
    let targetEnd: UInt
    private let state: NIOLockedValueBox<State>

    init(target: String, targetEnd: UInt) {
        self.targetEnd = targetEnd
        state = NIOLockedValueBox(State(request: InspectorRequest(method: "", target: target)))
    }

    /// Whether the head has been set. The handler is called first with the head alone.
    var hasHead: Bool { state.withLockedValue { $0.hasHead } }

    func setHead(method: String, headers: [(name: String, value: String)]) -> InspectorRequest {
        state.withLockedValue { state in
            state.hasHead = true
            state.request.method = method
            state.request.headers = headers
            return state.request
        }
    }

    /// Takes a piece of the body. What comes after the limit, or after the answer is known, is not kept; false once so
    /// much of it came that the connection should be cut.
    func receive(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Bool {
        state.withLockedValue { state in
            state.bodyBytes += bytes.count
            guard state.answer == nil, state.bodyBytes <= limit else {
                state.request.body = []
                if state.answer == nil { state.answer = Self.tooLarge(limit: limit) }
                return state.bodyBytes <= 2 * limit
            }
            state.request.body.append(contentsOf: bytes)
            return true
        }
    }

    static func tooLarge(limit: Int) -> InspectorResponse {
        InspectorError(.tooLarge, "the body is larger than \(limit) bytes").response
    }

    /// The request is whole. `sleep` is called with the lock held, before a handler can run.
    func next(sleep: () -> (@Sendable () -> Void)) -> Step {
        state.withLockedValue { state in
            if let answer = state.answer { return .answer(answer) }
            state.wake = sleep()
            guard !state.hasStarted else { return .sleepOn }
            state.hasStarted = true
            let request = state.request
            state.request.body = []
            return .run(request)
        }
    }

    /// Gives the answer and returns true; the first one counts. A stream that comes too late is closed.
    @discardableResult
    func resolve(_ response: InspectorResponse) -> Bool {
        let isTaken = state.withLockedValue { state in
            guard state.answer == nil, !state.isEnded else { return false }
            state.answer = response
            if let wake = state.wake {
                state.wake = nil
                wake()
            }
            return true
        }
        if !isTaken, case .stream(let stream) = response.body { stream.close() }
        return isTaken
    }

    func setTask(_ task: Task<Void, Never>) { state.withLockedValue { $0.task = task } }

    func setWatch(_ watch: HangUpWatch) { state.withLockedValue { $0.watch = watch } }

    /// Ends a stream in good order, where the answer is one.
    func finishStream() {
        if case .stream(let stream)? = state.withLockedValue({ $0.answer })?.body { stream.finish() }
    }

    /// Answers what has no answer yet, so that nothing is asleep after it. Whether there was no answer.
    func abandon(with response: InspectorResponse) -> Bool {
        state.withLockedValue { $0.task }?.cancel()
        defer { finishStream() }
        return resolve(response)
    }

    var isEnded: Bool { state.withLockedValue { $0.isEnded } }

    /// The last byte is out, or the connection is gone.
    func end() {
        let (answer, task, watch) = state.withLockedValue { state in
            state.isEnded = true
            state.wake = nil
            return (state.answer, state.task, state.watch)
        }
        watch?.cancel()
        task?.cancel()
        if case .stream(let stream)? = answer?.body { stream.close() }
    }
}
