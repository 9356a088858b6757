import Foundation
import NIOConcurrencyHelpers

/// A program that runs beside the tests. It ends when its stdin does, so that none is left behind, whatever ends the
/// tests.
final class ChildProcess: Sendable {
    private struct Output {
        var text = ""
        var isComplete = false
    }

    private let process: NIOLockedValueBox<Process>
    private let input: FileHandle
    private let output = NIOLockedValueBox(Output())
    private let errors: URL

    /// - Parameter mindsInput: whether the program itself ends when its stdin does; any other is minded by a shell.
    init(_ program: URL, _ arguments: [String], mindsInput: Bool) throws {
        let process = Process()
        if mindsInput {
            (process.executableURL, process.arguments) = (program, arguments)
        } else {
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            let minder = #""$@" </dev/null & child=$!; cat >/dev/null; kill -KILL $child; wait $child"#
            process.arguments = ["-c", minder, "sh", program.path] + arguments
        }
        errors = Repository.scratch.appendingPathComponent("\(UUID().uuidString).log")
        try Data().write(to: errors)
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = try FileHandle(forWritingTo: errors)
        input = stdin.fileHandleForWriting
        let output = output
        try process.run()
        let reader = stdout.fileHandleForReading
        // A thread, as a readabilityHandler is a source of Dispatch: those that come and go crash the process on Linux
        // (swift-corelibs-libdispatch, issue 949).
        Thread.detachNewThread {
            var isComplete = false
            while !isComplete {
                let bytes = reader.availableData
                isComplete = bytes.isEmpty
                output.withLockedValue { output in
                    output.text += String(decoding: bytes, as: UTF8.self)
                    output.isComplete = isComplete
                }
            }
        }
        try? stdin.fileHandleForReading.close()
        self.process = NIOLockedValueBox(process)
    }

    deinit { end() }

    /// Ends it at once, as if its machine lost power; the kernel closes its sockets.
    func end() { try? input.close() }

    func write(_ text: String) throws { try input.write(contentsOf: Data(text.utf8)) }

    /// Ends it and returns when it has ended.
    func endAndWait() async throws {
        end()
        try await eventually("the end of a process") { self.process.withLockedValue { !$0.isRunning } }
    }

    /// What it has said on stdout, without the line that is still being written.
    var lines: [String] {
        let text = output.withLockedValue { $0.text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    /// The lines on stdout, once there are so many.
    func lines(_ count: Int) async throws -> [String] {
        let lines = try await eventually("\(count) lines of output") {
            let isComplete = self.output.withLockedValue { $0.isComplete }
            let lines = self.lines
            return lines.count >= count || isComplete ? lines : nil
        }
        guard lines.count >= count else {
            throw Overdue(description: "a process ended early, saying \(lines) and on stderr \(errorText)")
        }
        return lines
    }

    /// What it has said on stderr.
    var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }
}
