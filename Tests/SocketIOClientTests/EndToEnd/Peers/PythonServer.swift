import Foundation

/// A python-socketio server in a process of its own (Tests/EndToEndTests/socketio_server.py).
final class PythonServer: Sendable {
    let port: Int
    let isSecure: Bool
    private let process: ChildProcess

    /// - Parameters:
    ///   - port: 0 for one that is free.
    ///   - options: of the script.
    static func start(port: Int = 0, isSecure: Bool = false, _ options: String...) async throws -> PythonServer {
        var arguments = [Repository.script("socketio_server.py"), "--mind-stdin", "--port", "\(port)"] + options
        if isSecure {
            let certificates = try await Certificates.shared
            arguments += ["--tls", certificates.chain, certificates.key]
        }
        let process = try ChildProcess(Repository.python(), arguments, mindsInput: true)
        let line = try await process.lines(1)[0]
        guard let port = Int(line) else { throw Overdue(description: "the server said \(line), not its port") }
        return Kept.untilTheTestEnds(PythonServer(process, port: port, isSecure: isSecure))
    }

    private init(_ process: ChildProcess, port: Int, isSecure: Bool) {
        self.process = process
        self.port = port
        self.isSecure = isSecure
    }

    var url: String { "\(isSecure ? "https" : "http")://127.0.0.1:\(port)" }

    func kill() async throws { try await process.endAndWait() }

    /// One that all tests share, which therefore must not end it.
    static var shared: PythonServer { get async throws { try await sharedPlain.value } }
    static var sharedSecure: PythonServer { get async throws { try await sharedTLS.value } }

    // Behind aiohttp the server reads long bodies of requests in part only.
    private static let sharedPlain = Task { try await start("--uvicorn") }
    private static let sharedTLS = Task { try await start(isSecure: true, "--uvicorn") }
}
