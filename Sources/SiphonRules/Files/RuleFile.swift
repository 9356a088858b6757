import LosslessJSON

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A file of rules: YAML, `rules:` and a list.
package enum RuleFile {
    /// Largest file that is read.
    package static let sizeLimitBytes = 1 << 20

    /// Reads the rules of the file at `path`. Errors say the line and column where they can.
    package static func load(path: String) throws(RuleError) -> [Rule] {
        let bytes = try read(path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RuleError(path: "", message: "the file is not UTF-8")
        }
        return try parse(text)
    }

    package static func parse(_ text: String) throws(RuleError) -> [Rule] {
        let document = try YAMLDocument(parsing: text)
        do { return try RuleParser.rules(from: document.value) } catch { throw document.locating(error) }
    }

    private static func read(_ path: String) throws(RuleError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw RuleError(path: "", message: "the file \(path) cannot be opened: \(reason)")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { readDescriptor(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw RuleError(path: "", message: "the file \(path) cannot be read: \(reason)") }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= sizeLimitBytes else {
                throw RuleError(path: "", message: "the file is larger than \(sizeLimitBytes) bytes")
            }
        }
    }

    private static var reason: String { String(cString: strerror(errno)) }
}

/// `read(2)`, under a name that the method above does not hide.
private func readDescriptor(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
