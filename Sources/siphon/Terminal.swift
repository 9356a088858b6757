#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard output and error, written at once and whole: a reader behind a pipe sees each line as it comes.
enum Terminal {
    /// - Returns: whether it could be written.
    @discardableResult
    static func print(_ line: String) -> Bool { write(line + "\n", to: STDOUT_FILENO) }

    /// As it is, without the end of a line.
    static func draw(_ text: String) {
        if !text.isEmpty { write(text, to: STDOUT_FILENO) }
    }

    static func printError(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    /// Whether somebody looks at standard output.
    static var isOutputSeen: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether somebody types on standard input.
    static var isInputTyped: Bool { isatty(STDIN_FILENO) == 1 }

    /// Whether colours may be used there.
    static func hasColors(_ environment: [String: String]) -> Bool {
        isOutputSeen && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    /// How many columns the terminal has; 80 where nobody says.
    static var columns: Int { size.columns }

    /// How many columns and rows the terminal has; 80 and 24 where nobody says.
    static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return (80, 24) }
        return (size.ws_col > 0 ? Int(size.ws_col) : 80, size.ws_row > 0 ? Int(size.ws_row) : 24)
    }

    static func exit(_ status: Int32) -> Never {
        #if canImport(Glibc)
            Glibc.exit(status)
        #else
            Darwin.exit(status)
        #endif
    }

    @discardableResult
    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { raw in
                #if canImport(Glibc)
                    Glibc.write(descriptor, raw.baseAddress, raw.count)
                #else
                    Darwin.write(descriptor, raw.baseAddress, raw.count)
                #endif
            }
            if written < 0, errno == EINTR { continue }
            if written < 0, errno == EAGAIN {
                // Somebody else who shares it has made it so.
                var descriptors = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&descriptors, 1, -1)
                continue
            }
            guard written > 0 else { return false }
            bytes = bytes.dropFirst(written)
        }
        return true
    }
}
