import Foundation
import Testing

/// How much longer everything may take: a sanitizer (scripts/sanitize says which) makes all programs slow.
let patience = ProcessInfo.processInfo.environment["SIPHON_SANITIZER"] == nil ? 1.0 : 10.0

/// What a peer, or the client, did not do in time.
struct Overdue: Error, CustomStringConvertible {
    let description: String
}

/// Calls `check` until it returns something, and returns that.
///
/// - Parameters:
///   - what: the condition, for the sentence that says it did not come true.
///   - seconds: on a quick machine; see `patience`.
@discardableResult
func eventually<Value>(
    _ what: String, within seconds: Double = 10, isolation: isolated (any Actor)? = #isolation,
    _ check: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(seconds * patience)
    while true {
        if let value = try await check() { return value }
        guard ContinuousClock.now < deadline else {
            throw Overdue(description: "\(what): did not come true within \(seconds * patience) s")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// As above, for a condition.
func eventually(
    _ what: String, within seconds: Double = 10, isolation: isolated (any Actor)? = #isolation,
    _ check: () async throws -> Bool
) async throws {
    let _: Void = try await eventually(what, within: seconds) { try await check() ? () : nil }
}

/// Runs something that may take so long at most; then it is cancelled.
func bounded<Value: Sendable>(
    _ what: String, within seconds: Double = 20, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask(operation: body)
        group.addTask {
            try await Task.sleep(for: .seconds(seconds * patience))
            throw Overdue(description: "\(what): took longer than \(seconds * patience) s")
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw Overdue(description: what) }
        return first
    }
}
