import Foundation
import Testing

private let sanitizer = ProcessInfo.processInfo.environment["SIPHON_SANITIZER"]

/// How much longer everything takes: a sanitizer (scripts/sanitize says which) makes all programs slow.
let slowness = sanitizer == nil ? 1.0 : 10.0

/// How many seconds to wait for what has to come: on the slowest machine it has come by then.
let patience = sanitizer == nil ? 60.0 : 180.0

/// What a peer, or the client, did not do in time.
struct Overdue: Error, CustomStringConvertible {
    let description: String
}

/// Calls `check` until it returns something, and returns that.
///
/// - Parameter what: the condition, for the sentence that says it did not come true.
@discardableResult
func eventually<Value>(
    _ what: String, isolation: isolated (any Actor)? = #isolation,
    _ check: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(patience)
    while true {
        if let value = try await check() { return value }
        guard ContinuousClock.now < deadline else {
            throw Overdue(description: "\(what): did not come true within \(patience) s")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// As above, for a condition.
func eventually(
    _ what: String, isolation: isolated (any Actor)? = #isolation,
    _ check: () async throws -> Bool
) async throws {
    let _: Void = try await eventually(what) { try await check() ? () : nil }
}

/// Runs something that may take so long at most; then it is cancelled.
func bounded<Value: Sendable>(
    _ what: String, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask(operation: body)
        group.addTask {
            try await Task.sleep(for: .seconds(patience))
            throw Overdue(description: "\(what): took longer than \(patience) s")
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw Overdue(description: what) }
        return first
    }
}

/// As above, for a task, which is cancelled too.
func bounded<Value: Sendable>(_ what: String, _ task: Task<Value, any Error>) async throws -> Value {
    try await bounded(what) {
        try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
