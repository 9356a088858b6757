import SocketIOClient

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Writes what happened on one line for a terminal.
struct OccurrenceLine {
    /// Longer ones are cut: a megabyte on a terminal helps nobody.
    static let columnsLimit = 4000

    var hasColors: Bool
    /// Seconds that a local clock is ahead of UTC at a time of UTC in seconds.
    var offset: @Sendable (Int64) -> Int64 = OccurrenceLine.localOffset

    private enum Color: Int {
        case red = 31
        case green = 32
        case yellow = 33
        case blue = 34
        case dim = 2
        case bold = 1
    }

    func text(_ occurrence: Occurrence) -> String {
        var parts = [color(clock(occurrence.time), .dim)]
        if let namespace = occurrence.namespace { parts.append(color(TerminalText.plain(namespace), .dim)) }
        switch occurrence.kind {
        case .connect(let sid, let transport, let isRecovered):
            let by = transport.map { " by \($0.rawValue)" } ?? ""
            let recovered = isRecovered ? "; the session was recovered" : ""
            parts.append(color("connected", .green) + TerminalText.plain("\(by), sid \(sid)\(recovered)"))
        case .disconnect(let reason, let details, let isReconnecting):
            let more = details.isEmpty ? "" : " (\(details))"
            parts.append(color("disconnected", .red) + TerminalText.plain(": \(reason.rawValue)\(more)"))
            if isReconnecting { parts.append("- reconnecting") }
        case .connectError(let arguments, let isReconnecting):
            parts.append(color(isReconnecting ? "no connection yet" : "refused", .red) + ":")
            // A sentence of the library's reads better without quotes.
            parts.append(arguments.first?.string.map { TerminalText.plain($0) } ?? values(arguments))
            if isReconnecting { parts.append("- trying again") }
        case .event(let name, let arguments, let wantsAck):
            parts += [color("<-", .green), color(Self.name(name), .bold), values(arguments)]
            if wantsAck { parts.append(color("(acknowledged with [])", .dim)) }
        case .emitted(let name, let arguments, let call):
            parts += [color("->", .blue), color(Self.name(name), .bold), values(arguments)]
            if let call { parts.append(color("(\(number(call)))", .dim)) }
        case .ack(let name, let arguments, let call, let milliseconds):
            parts += [color("<-", .green), "ack of \(number(call))", color(Self.name(name), .bold) + ":"]
            parts.append(values(arguments))
            parts.append(color("(\(Self.latency(milliseconds)))", .dim))
        case .failure(let name, let call, let error):
            parts.append(color("!!", .red))
            if let call { parts.append(number(call)) }
            if let name { parts.append(color(Self.name(name), .bold)) }
            parts.append(TerminalText.plain(error.message))
        }
        return parts.filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// As it can be typed in.
    static func name(_ name: String) -> String { TerminalText.json(text: Statement.word(name)) }

    private func number(_ call: CallID) -> String { "#" + TerminalText.plain(call.value.description) }

    private func values(_ arguments: [SocketIOValue]) -> String {
        let text = arguments.map(\.description).joined(separator: " ")
        return TerminalText.cut(TerminalText.plain(text), to: Self.columnsLimit)
    }

    private static func latency(_ milliseconds: Double) -> String {
        let tenths = Int((min(milliseconds, 1e9) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) ms"
    }

    private func color(_ text: String, _ color: Color) -> String {
        hasColors && !text.isEmpty ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
    }

    // MARK: Time

    /// The local time of day with milliseconds.
    private func clock(_ time: Int64) -> String {
        let seconds = time / 1_000_000_000
        let day = (seconds + offset(seconds)) % 86_400
        func digits(_ number: Int64, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return digits(day / 3600, 2) + ":" + digits(day / 60 % 60, 2) + ":" + digits(day % 60, 2) + "."
            + digits(time / 1_000_000 % 1000, 3)
    }

    @Sendable private static func localOffset(_ seconds: Int64) -> Int64 {
        var time = time_t(seconds)
        var parts = tm()
        guard localtime_r(&time, &parts) != nil else { return 0 }
        return Int64(parts.tm_gmtoff)
    }
}
