/// Names one HTTP request or one WebSocket of the shell around a serving session. Never used twice in a session.
package struct ExchangeID: Hashable, Sendable {
    package let number: UInt64

    package init(number: UInt64) { self.number = number }
}
