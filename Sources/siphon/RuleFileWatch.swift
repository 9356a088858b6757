import Logging
import SiphonRules

/// Reads a rule file again when it changes. A file that does not parse leaves the rules as they are; the store keeps
/// the error for the API and the page.
///
/// Looks four times a second: editors replace files, and a watch on a file would stay with the one that was replaced.
final class RuleFileWatch: Sendable {
    private let task: Task<Void, Never>

    init(_ file: RuleFile, _ rules: RuleStore, _ log: Logger) {
        task = Task {
            while (try? await Task.sleep(for: .milliseconds(250))) != nil {
                switch await file.check() {
                case nil: continue
                case .success:
                    log.notice(
                        "the rule file was read again",
                        metadata: ["file": "\(file.path)", "active": "\(rules.activeCount)"])
                case .failure(let error):
                    log.error(
                        "the rule file is not used; the rules before it stay",
                        metadata: ["file": "\(file.path)", "error": "\(TerminalText.plain("\(error)"))"])
                }
            }
        }
    }

    func cancel() { task.cancel() }
}
