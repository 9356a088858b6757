import NIOConcurrencyHelpers
import SocketIOClient

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `siphon client`: talks to a Socket.IO server, from a terminal, for a program, or with one event.
struct ClientCommand {
    private let options: ClientOptions
    private let environment: [String: String]

    init(_ options: ClientOptions, environment: [String: String]) {
        self.options = options
        self.environment = environment
    }

    func run() async throws(CommandError) {
        let ending = Ending(await Signals.ends())
        if let oneShot = options.oneShot, !options.listens {
            try await run(oneShot, ending)
        } else if isConversation, let mode = TerminalMode() {
            try await converse(mode, ending)
        } else {
            try await stream(ending)
        }
    }

    private var isConversation: Bool {
        Terminal.isOutputSeen && Terminal.isInputTyped && environment["TERM"] != "dumb" && !options.asJSON
            && !options.listens
    }

    // MARK: At a terminal

    private func converse(_ mode: TerminalMode, _ ending: Ending) async throws(CommandError) {
        let sizes = await Signals(SIGWINCH)
        let console = InteractiveConsole(
            mode: mode, namespace: options.namespaces[0], hasColors: Terminal.hasColors(environment))
        let session = ClientSession(options, reconnects: true) { await console.happened($0) }
        ending.onSignal {
            await console.stop()
            await session.close()
        }
        try await connect(session, ending)
        let resizes = Task {
            while true {
                await sizes.wait()
                guard !Task.isCancelled else { return }
                await console.resize()
            }
        }
        await console.run(session)
        resizes.cancel()
        await ending.begin()
        await console.stop()
        await session.close()
    }

    private func connect(_ session: ClientSession, _ ending: Ending) async throws(CommandError) {
        do throws(CommandError) { try await session.connect() } catch {
            await ending.begin()
            throw error
        }
    }

    // MARK: For a program

    private func stream(_ ending: Ending) async throws(CommandError) {
        let isWatched = Terminal.isOutputSeen && Terminal.isInputTyped && !options.asJSON
        let line = isWatched ? OccurrenceLine(hasColors: Terminal.hasColors(environment)) : nil
        let console = StreamConsole(line: line)
        let session = ClientSession(options, reconnects: true) {
            console.noteEnd()
        } tell: {
            await console.happened($0)
        }
        ending.onSignal { await session.close() }
        try await connect(session, ending)
        let (options, readsInput) = (options, !(options.listens && Terminal.isInputTyped))
        let talk = Task {
            if let oneShot = options.oneShot {
                await console.emit(oneShot, session, namespace: options.namespaces[0])
            }
            if readsInput { await console.readInput(session, namespace: options.namespaces[0]) }
            await session.waitForAcks()
            if !options.listens { console.noteEnd() }
        }
        await console.waitForEnd()
        talk.cancel()
        await ending.begin()
        // Without a connection they have failed, and are told of.
        if !session.client.connected { await session.waitForAcks() }
        await session.close()
        if console.hasFailed { throw .said }
    }

    // MARK: One event

    private func run(_ oneShot: ClientOptions.OneShot, _ ending: Ending) async throws(CommandError) {
        let answer = NIOLockedValueBox(Occurrence?.none)
        let session = ClientSession(options, reconnects: false) { occurrence in
            switch occurrence.kind {
            case .ack, .failure(_, .some, _): answer.withLockedValue { $0 = occurrence }
            default: break
            }
        }
        ending.onSignal { await session.close() }
        try await connect(session, ending)
        do throws(SocketIOClientError) {
            try await session.emit(
                oneShot.name, oneShot.arguments, namespace: options.namespaces[0],
                call: oneShot.wantsAck ? CallID(1) : nil)
        } catch {
            await ending.begin()
            throw .failure(error.message)
        }
        await session.waitForAcks()
        await ending.begin()
        await session.close()
        guard let occurrence = answer.withLockedValue({ $0 }) else { return }
        switch occurrence.kind {
        case .failure(_, _, let error): throw .failure("\(oneShot.name): \(error.message)")
        case .ack(_, let arguments, _, _) where !options.asJSON:
            for argument in arguments { Terminal.print(TerminalText.json(text: argument.jsonText)) }
        default: Terminal.print(occurrence.json)
        }
    }
}

/// Lets one of two reasons end the command: a signal, or that there is nothing more to do.
private final class Ending: Sendable {
    private let state = NIOLockedValueBox(State())

    private struct State {
        var hasBegun = false
        var onSignal: (@Sendable () async -> Void)?
    }

    init(_ signals: sending Signals) {
        Task { [state] in
            await signals.wait()
            let (isFirst, onSignal) = state.withLockedValue { state in
                defer { state.hasBegun = true }
                return (!state.hasBegun, state.onSignal)
            }
            guard isFirst else { return }
            await onSignal?()
            Terminal.exit(0)
        }
    }

    /// What to do before the program exits with 0.
    func onSignal(_ body: @escaping @Sendable () async -> Void) { state.withLockedValue { $0.onSignal = body } }

    /// Returns where no signal has come; otherwise the signal ends the program.
    func begin() async {
        let isFirst = state.withLockedValue { state in
            defer { state.hasBegun = true }
            return !state.hasBegun
        }
        while !isFirst { try? await Task.sleep(for: .seconds(60)) }
    }
}
