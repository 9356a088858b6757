import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard input, read off the threads on which Swift runs tasks: a read waits for as long as nobody types.
enum StandardInput {
    private static let queue = DispatchQueue(label: "standard input")

    /// What there is; nil at the end.
    static func read() async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: readNow()) }
        }
    }

    private static func readNow() -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = readDescriptor(STDIN_FILENO, &chunk, chunk.count)
            if count > 0 { return Array(chunk[..<count]) }
            if count < 0, errno == EINTR { continue }
            guard count < 0, errno == EAGAIN else { return nil }
            var descriptors = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            _ = poll(&descriptors, 1, -1)
        }
    }
}

/// `read(2)`, under a name that the method above does not hide.
private func readDescriptor(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}

/// The mode of the terminal on standard input.
struct TerminalMode: Sendable {
    private let saved: termios

    /// Nil where there is no terminal.
    init?() {
        var mode = termios()
        guard tcgetattr(STDIN_FILENO, &mode) == 0 else { return nil }
        saved = mode
    }

    /// Each key comes as it is pressed, and nobody but this program shows it. What is pasted comes in brackets.
    func edit() {
        var mode = saved
        mode.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        mode.c_iflag &= ~tcflag_t(ICRNL | INLCR | IXON)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
        Terminal.draw("\u{1B}[?2004h")
    }

    /// Stops this program and those that belong to it, as ctrl-z does.
    static func suspendProcess() { kill(0, SIGTSTP) }

    /// As it was.
    func restore() {
        Terminal.draw("\u{1B}[?2004l")
        var mode = saved
        tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
    }
}
