import SiphonRules

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that a command is given: any that can be read, also a pipe.
enum InputFile {
    /// - Parameter path: `-` for standard input.
    static func read(_ path: String) throws(RuleError) -> [UInt8] {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw RuleError(path: "", message: "cannot be opened: \(reason)") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= RuleFileText.bytesLimit + 3 {
            let count = chunk.withUnsafeMutableBytes { readDescriptor(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw RuleError(path: "", message: "cannot be read: \(reason)") }
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }

    private static var reason: String { String(cString: strerror(errno)) }
}

/// `read(2)`, under a name that the method above does not hide.
private func readDescriptor(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
