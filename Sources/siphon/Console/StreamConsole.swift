import Dispatch
import NIOConcurrencyHelpers
import SocketIOClient
import SocketIOCore

/// Events for programs: what happens as JSON, one object a line, and events to emit read in the same way. Or, for
/// somebody who only looks on, as lines for people.
final class StreamConsole: Sendable {
    private let queue = DispatchQueue(label: "standard output")
    /// Nil for JSON.
    private let line: OccurrenceLine?
    private let end = EndOfStream()

    /// Of one line of input.
    private static let lineLimit = 64 << 20

    init(line: OccurrenceLine?) { self.line = line }

    /// Whether something failed that standard output tells of.
    var hasFailed: Bool { end.hasFailed }

    // MARK: Output

    /// Returns once it is written: who reads slowly holds up the server, and no thread that others need.
    func happened(_ occurrence: Occurrence) async {
        if case .failure = occurrence.kind { end.noteFailure() }
        await print(line?.text(occurrence) ?? occurrence.json)
    }

    func print(_ text: String) async {
        let isWritten = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Terminal.print(text)) }
        }
        if !isWritten { end.come() }
    }

    /// Nothing will follow: the last namespace was left, or nobody reads any more.
    func noteEnd() { end.come() }

    func waitForEnd() async { await end.wait() }

    // MARK: Input

    /// Emits the event of the command line.
    func emit(_ oneShot: ClientOptions.OneShot, _ session: ClientSession, namespace: String) async {
        var request = EmitRequest(name: oneShot.name)
        request.arguments = oneShot.arguments
        request.wantsAck = oneShot.wantsAck
        await emit(request, number: 0, session, namespace)
    }

    /// Emits what standard input says, and returns at its end.
    func readInput(_ session: ClientSession, namespace: String) async {
        var rest: [UInt8] = []
        var number = 0
        while let bytes = await StandardInput.read() {
            // No line ends in what was there before.
            var searched = rest.count
            rest += bytes
            var begin = 0
            while let newline = rest[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                number += 1
                await emit(rest[begin..<newline], number, session, namespace)
                begin = newline + 1
                searched = begin
            }
            rest.removeFirst(begin)
            guard rest.count <= Self.lineLimit else {
                return await fail("line \(number + 1) is longer than \(Self.lineLimit) bytes", line: number + 1)
            }
        }
        await emit(rest[...], number + 1, session, namespace)
    }

    private func fail(_ message: String, line: Int) async {
        await fail(.init(code: .decoding, message: "line \(line): \(message)"), nil, CallID(.init(line)))
    }

    private func fail(_ error: SocketIOClientError, _ request: EmitRequest?, _ call: CallID) async {
        await happened(
            Occurrence(
                namespace: request?.namespace,
                kind: .failure(name: request?.name, call: call, error)))
    }

    private func emit(_ line: ArraySlice<UInt8>, _ number: Int, _ session: ClientSession, _ namespace: String) async {
        guard let text = String(validating: line, as: UTF8.self) else {
            return await fail("expected UTF-8", line: number)
        }
        guard text.contains(where: { !$0.isWhitespace }) else { return }
        let request: EmitRequest
        do throws(Statement.Fault) { request = try EmitRequest(json: text) } catch {
            return await fail(error.message, line: number)
        }
        await emit(request, number: number, session, namespace)
    }

    private func emit(_ request: EmitRequest, number: Int, _ session: ClientSession, _ namespace: String) async {
        let id = request.id ?? CallID(.init(number))
        do throws(SocketIOClientError) {
            try await session.emit(
                request.name, request.arguments, namespace: request.namespace ?? namespace,
                call: request.wantsAck ? id : nil)
        } catch {
            await fail(error, request, id)
        }
    }
}

/// One line of input: `{"emit": "chat", "args": ["hi"], "namespace": "/", "ack": true, "id": 7}`.
struct EmitRequest: Equatable {
    var name: String
    var arguments: [SocketIOValue] = []
    var namespace: String?
    var wantsAck = false
    /// What the answer names it by.
    var id: CallID?

    init(name: String) { self.name = name }

    init(json text: String) throws(Statement.Fault) {
        let value: SocketIOValue
        do throws(SocketIOClientError) { value = try SocketIOValue(json: text) } catch { throw .init(error.message) }
        guard let object = value.object, let name = object["emit"]?.string, !name.isEmpty else {
            throw .init("expected an object such as {\"emit\": \"chat\", \"args\": [\"hi\"]}")
        }
        self.name = name
        for (key, value) in object {
            switch key {
            case "emit": continue
            case "args":
                guard let list = value.array else { throw .init("expected a list behind args") }
                arguments = list
            case "namespace":
                guard let name = value.string.flatMap(NamespaceName.parsed) else {
                    throw .init("expected a string behind namespace, such as \"/chat\"")
                }
                namespace = name
            case "ack":
                guard let bool = value.bool else { throw .init("expected true or false behind ack") }
                wantsAck = bool
            case "id": id = CallID(value)
            default: throw .init("expected emit, args, namespace, ack and id, not \(key)")
            }
        }
    }
}

/// Whether a stream is at its end, for one that waits for that.
private final class EndOfStream: Sendable {
    private struct State {
        var hasCome = false
        var hasFailed = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = NIOLockedValueBox(State())

    var hasFailed: Bool { state.withLockedValue { $0.hasFailed } }

    func noteFailure() { state.withLockedValue { $0.hasFailed = true } }

    func come() {
        let waiters = state.withLockedValue { state in
            defer { state.waiters = [] }
            state.hasCome = true
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let hasCome = state.withLockedValue { state in
                if !state.hasCome { state.waiters.append(continuation) }
                return state.hasCome
            }
            if hasCome { continuation.resume() }
        }
    }
}
