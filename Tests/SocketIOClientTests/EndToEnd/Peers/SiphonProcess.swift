import Foundation

/// The `siphon` that was built with these tests, before a server.
final class SiphonProcess: Sendable {
    let url: String
    private let process: ChildProcess

    static func start(before upstream: String, listen: String = "127.0.0.1:0") async throws -> SiphonProcess {
        let arguments = [upstream, "--inspector", "127.0.0.1:0", "--listen", listen]
        let process = try ChildProcess(Repository.siphon(), arguments, mindsInput: false)
        let words = try await process.lines(2)[0].split(separator: " ")
        guard words.count == 4, words[0] == "proxy" else {
            throw Overdue(description: "siphon said \(words), not “proxy URL -> URL”")
        }
        return Kept.untilTheTestEnds(SiphonProcess(process, url: String(words[1])))
    }

    private init(_ process: ChildProcess, url: String) {
        self.process = process
        self.url = url
    }

    var port: Int { url.split(separator: ":").last.flatMap { Int($0) } ?? 0 }

    func kill() async throws { try await process.endAndWait() }

    /// Before the shared server; not to be ended by a test.
    static var shared: SiphonProcess { get async throws { try await sharedTask.value } }

    private static let sharedTask = Task { try await start(before: PythonServer.shared.url) }
}
