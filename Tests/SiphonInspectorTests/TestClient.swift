import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What an HTTP server answered, body whole.
struct TestResponse: Sendable {
    var status: Int
    var head: String
    var body: String

    func header(_ name: String) -> String? {
        for line in head.split(separator: "\r\n").dropFirst() {
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            if line[..<colon].lowercased() == name.lowercased() {
                return String(line[colon...].dropFirst().drop { $0 == " " })
            }
        }
        return nil
    }
}

/// A socket to a server on this machine that says and hears bytes. It blocks threads of its own, not those that the
/// server's handlers need; each wait ends after ten seconds with an error.
final class TestClient: Sendable {
    enum Failure: Error { case couldNotConnect, closed, timeout }

    private let descriptor: CInt
    private let queue = DispatchQueue(label: "siphon.test.client")
    /// Bytes that came and have not been asked for. Used on `queue` alone.
    nonisolated(unsafe) private var received: [UInt8] = []

    /// - Parameter receiveBuffer: bytes that the kernel may hold for us; 0 for its own choice.
    init(port: UInt16, receiveBuffer: CInt = 0) throws {
        #if canImport(Glibc)
            descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        if receiveBuffer > 0 {
            var size = receiveBuffer
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }
        var wait = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Failure.couldNotConnect
        }
    }

    deinit { close(descriptor) }

    /// Closes both ways, as a client does that leaves.
    func leave() { shutdown(descriptor, CInt(SHUT_RDWR)) }

    /// Closes the sending half only.
    func finishSending() { shutdown(descriptor, CInt(SHUT_WR)) }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await offPool { [self] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes { raw in
                    systemSend(descriptor, UnsafeRawBufferPointer(rebasing: raw[sent...]))
                }
                guard count > 0 else { throw Failure.closed }
                sent += count
            }
        }
    }

    /// Reads up to and with `marker`.
    func read(through marker: String) async throws -> String {
        try await offPool { [self] in try take(through: Array(marker.utf8)) }
    }

    /// Reads one response; `isHead` where it has a length but no body.
    func response(isHead: Bool = false) async throws -> TestResponse {
        try await offPool { [self] in
            let head = try take(through: Array("\r\n\r\n".utf8))
            var response = TestResponse(status: Int(head.split(separator: " ")[1]) ?? 0, head: head, body: "")
            guard !isHead, response.status != 204 else { return response }
            if response.header("Transfer-Encoding") == "chunked" {
                while true {
                    let size = Int(try take(through: [13, 10]).dropLast(), radix: 16) ?? 0
                    response.body += String(decoding: try take(size + 2).dropLast(2), as: UTF8.self)
                    guard size > 0 else { return response }
                }
            }
            let length = response.header("Content-Length").flatMap { Int($0) } ?? 0
            response.body = String(decoding: try take(length), as: UTF8.self)
            return response
        }
    }

    /// Whether the server closes the connection, whatever it says before.
    func isClosedByServer() async -> Bool {
        do {
            return try await offPool { [self] () throws -> Bool in
                while true {
                    try receive()
                    received = []
                }
            }
        } catch Failure.closed {
            return true
        } catch {
            return false
        }
    }

    // MARK: On the queue

    private func offPool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }

    private func take(through marker: [UInt8]) throws -> String {
        var searched = 0
        while true {
            if let end = end(of: marker, from: searched) { return String(decoding: try take(end), as: UTF8.self) }
            searched = max(0, received.count - marker.count)
            try receive()
        }
    }

    private func end(of marker: [UInt8], from start: Int) -> Int? {
        guard received.count >= start + marker.count else { return nil }
        for index in start...(received.count - marker.count)
        where received[index] == marker[0] && received[index..<index + marker.count].elementsEqual(marker) {
            return index + marker.count
        }
        return nil
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while received.count < count { try receive() }
        defer { received.removeFirst(count) }
        return Array(received.prefix(count))
    }

    private func receive() throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { throw Failure.timeout }
        guard count > 0 else { throw Failure.closed }
        received.append(contentsOf: buffer[..<count])
    }
}

/// Sends without the signal that a closed connection would raise.
private func systemSend(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
        Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
    #else
        Darwin.send(descriptor, bytes.baseAddress, bytes.count, 0)
    #endif
}
