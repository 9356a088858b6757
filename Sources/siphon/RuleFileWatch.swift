import Logging
import SiphonRules

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads a rule file again when it changes. A file that does not parse leaves the rules as they are; the store keeps
/// the error for the API and the page.
///
/// Looks twice a second: editors replace files, and a watch on a file would stay with the one that was replaced.
final class RuleFileWatch: Sendable {
    /// What tells one state of the file from the next.
    private struct State: Equatable {
        var seconds = 0
        var nanoseconds = 0
        var size: Int64 = 0
        var inode: UInt64 = 0
    }

    private let task: Task<Void, Never>

    init(_ path: String, _ rules: RuleStore, _ log: Logger) {
        let first = Self.state(of: path)
        task = Task {
            var last = first
            while (try? await Task.sleep(for: .milliseconds(500))) != nil {
                guard let now = Self.state(of: path), now != last else { continue }
                last = now
                Self.load(path, into: rules, log)
            }
        }
    }

    func cancel() { task.cancel() }

    private static func load(_ path: String, into rules: RuleStore, _ log: Logger) {
        do throws(RuleError) {
            try rules.load(path)
            log.notice("the rule file was read again", metadata: ["active": "\(rules.activeCount)"])
        } catch {
            log.error("the rule file is not used; the rules before it stay", metadata: ["error": "\(error)"])
        }
    }

    private static func state(of path: String) -> State? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        #if canImport(Glibc)
            let modified = info.st_mtim
        #else
            let modified = info.st_mtimespec
        #endif
        return State(
            seconds: modified.tv_sec, nanoseconds: modified.tv_nsec, size: Int64(info.st_size),
            inode: UInt64(info.st_ino))
    }
}
