import Dispatch
import SocketIOClient

/// A conversation at a terminal: what happens is printed above the line that is being typed.
actor InteractiveConsole {
    /// A terminal that takes nothing for a while holds up this thread alone.
    private let thread = TerminalExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let mode: TerminalMode
    private let line: OccurrenceLine
    private var session: ClientSession?
    private var editor = LineEditor()
    private var keys = KeyReader()
    private var screen: LineScreen
    private var namespace: String
    /// Whether a line is being edited: not before the first connection, nor at the end.
    private var isEditing = false
    private var lastCall = 0
    /// The names of events that came or went, the latest last.
    private var names: [String] = []

    private static let namesLimit = 500

    init(mode: TerminalMode, namespace: String, hasColors: Bool) {
        self.mode = mode
        self.namespace = namespace
        line = OccurrenceLine(hasColors: hasColors)
        let size = Terminal.size
        screen = LineScreen(columns: size.columns, rows: size.rows)
    }

    /// Reads and carries out what is typed. Returns when the user leaves.
    func run(_ session: ClientSession) async {
        self.session = session
        isEditing = true
        mode.edit()
        say(dim("help lists the commands; ctrl-d leaves"))
        while let bytes = await StandardInput.read(), isEditing {
            for key in keys.read(bytes) {
                guard await press(key) else { return }
            }
            draw()
        }
    }

    /// Gives the terminal back; what happens from here on is printed as it comes. Does nothing the second time.
    func stop() {
        guard isEditing else { return }
        isEditing = false
        Terminal.draw(screen.clear())
        mode.restore()
    }

    /// The terminal has another size.
    func resize() {
        let size = Terminal.size
        screen.resize(columns: size.columns, rows: size.rows)
        draw()
    }

    func happened(_ occurrence: Occurrence) {
        switch occurrence.kind {
        case .event(let name, _, _), .emitted(let name, _, _): note(name)
        default: break
        }
        say(line.text(occurrence))
    }

    // MARK: Screen

    private var prompt: String { TerminalText.cut(TerminalText.plain(namespace), to: 40) + "> " }

    private func draw() {
        guard isEditing else { return }
        let color = line.hasColors ? 36 : nil
        Terminal.draw(screen.draw(prompt, editor.characters, cursor: editor.cursor, color: color))
    }

    /// Prints lines above the one that is being typed.
    private func say(_ lines: String...) { say(lines) }

    private func say(_ lines: [String]) {
        Terminal.draw(screen.clear() + lines.map { $0 + "\n" }.joined())
        draw()
    }

    private func dim(_ text: String) -> String { line.hasColors ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    private func complain(_ message: String) {
        say(
            line.hasColors
                ? "\u{1B}[31m!!\u{1B}[0m \(TerminalText.plain(message))" : "!! " + TerminalText.plain(message))
    }

    // MARK: Keys

    /// - Returns: whether to go on.
    private func press(_ key: Key) async -> Bool {
        switch editor.press(key) {
        case .edited: break
        case .entered(let text): return carryOut(text)
        case .complete: complete()
        case .interrupted(let text): say(prompt + text + "^C")
        case .end: return false
        case .suspend: await suspend()
        case .clearScreen:
            _ = screen.clear()
            Terminal.draw("\u{1B}[H\u{1B}[2J")
        }
        return true
    }

    private func complete() {
        let head = editor.characters[..<editor.cursor]
        let completion = Completion(
            of: String(head), events: names, namespaces: session?.client.namespaces.keys.sorted() ?? [])
        guard let insertion = completion.insertion else { return }
        let typed = String(head[completion.start...])
        editor.replace(from: completion.start, with: insertion)
        if completion.candidates.count > 1, insertion == typed {
            say(TerminalText.cut(completion.candidates.joined(separator: "  "), to: OccurrenceLine.columnsLimit))
        }
    }

    private func suspend() async {
        stop()
        TerminalMode.suspendProcess()
        // Past this the process has been stopped and goes on, or cannot be stopped.
        try? await Task.sleep(for: .milliseconds(100))
        isEditing = true
        mode.edit()
        resize()
    }

    private func note(_ name: String) {
        names.removeAll { $0 == name }
        names.append(name)
        if names.count > Self.namesLimit { names.removeFirst() }
    }

    // MARK: Commands

    /// An event that leaves is shown in place of the line that made it; anything else stays on the screen.
    private func carryOut(_ text: String) -> Bool {
        guard let session else { return false }
        let echo = (line.hasColors ? "\u{1B}[36m\(prompt)\u{1B}[0m" : prompt) + text
        do {
            let statement = try Statement(parsing: text)
            switch statement {
            case .nothing: break
            case .emit(let name, let arguments): try emit(name, arguments, asksForAck: false, session)
            case .call(let name, let arguments): try emit(name, arguments, asksForAck: true, session)
            case .enter(let name):
                guard session.client.namespaces[name] != nil || session.namespaces.contains(name) else {
                    throw Statement.Fault("\(name) is not joined:  connect \(name)  joins it")
                }
                say(echo)
                namespace = name
            case .connect(let names):
                say(echo)
                connect(names, session)
            case .disconnect(let name):
                say(echo)
                disconnect(name, session)
            case .status: say([echo] + status(session))
            case .history: say([echo] + editor.history.map { "  " + $0 })
            case .help: say([echo] + Self.help)
            case .quit: return false
            }
        } catch let fault as Statement.Fault {
            say(echo)
            complain(fault.message)
        } catch {
            say(echo)
            complain((error as? SocketIOClientError)?.message ?? "\(error)")
        }
        return true
    }

    private func emit(
        _ name: String, _ arguments: [SocketIOValue], asksForAck: Bool, _ session: ClientSession
    ) throws(SocketIOClientError) {
        let call = asksForAck ? CallID(.init(lastCall + 1)) : nil
        try session.emitNow(name, arguments, namespace: namespace, call: call)
        if asksForAck { lastCall += 1 }
        happened(
            Occurrence(
                namespace: namespace,
                kind: .emitted(name: name, arguments: arguments, call: call)))
    }

    /// What takes its time does so while other lines are typed.
    private func connect(_ names: [String], _ session: ClientSession) {
        Task {
            do throws(CommandError) {
                if !names.isEmpty, session.client.connected || session.client.reconnecting { await session.close() }
                try await session.connect(namespaces: names)
                if let first = names.first, !names.contains(namespace) { namespace = first }
                draw()
            } catch {
                complain(error.message)
            }
        }
    }

    private func disconnect(_ name: String?, _ session: ClientSession) {
        Task {
            guard let name else { return await session.close() }
            do { try await session.client.disconnect(namespace: name) } catch { complain("\(name) is not joined") }
        }
    }

    private func status(_ session: ClientSession) -> [String] {
        let client = session.client
        let joined = client.namespaces
        let state =
            joined.isEmpty
            ? client.reconnecting ? "not connected; trying again" : "not connected"
            : "connected" + (client.transport.map { " by \($0.rawValue)" } ?? "")
        var lines = [state]
        for (name, sid) in joined.sorted(by: { $0.key < $1.key }) {
            lines.append("\(name) sid \(sid)" + (client.recovered(in: name) ? ", recovered" : ""))
        }
        for name in session.namespaces where joined[name] == nil { lines.append("\(name) not joined") }
        if session.pendingCalls > 0 { lines.append("\(session.pendingCalls) waiting for an ack") }
        return lines.map { "  " + TerminalText.plain($0) }
    }

    private static let help: [String] = {
        let heads = Statement.commands.map { $0.arguments.isEmpty ? $0.name : "\($0.name) \($0.arguments)" }
        let width = heads.map(TerminalText.width).max() ?? 0
        let lines = zip(heads, Statement.commands).map { head, command in
            "  " + head + String(repeating: " ", count: width - TerminalText.width(of: head) + 2) + command.meaning
        }
        return lines + [
            "  Tab completes commands, namespaces and the names of events;",
            "  the arrow keys recall lines. Binary is {\"$binary\": \"<base64>\"}.",
        ]
    }()
}

private final class TerminalExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "terminal")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
