/// The events that the chat takes. What each carries and how it is acknowledged is said, by example, in
/// `Tests/Vectors/demo-events.json`, which the page and the tests' own server are held against too.
package enum DemoClientEvent: String, CaseIterable, Sendable {
    case join
    case say
    case typing
    case picture
    case question
    case rename
}

/// The events that the chat sends, as in `Tests/Vectors/demo-events.json`.
package enum DemoServerEvent: String, CaseIterable, Sendable {
    case hello
    case rooms
    case joined
    case left
    case said
    case typing
    case picture
    case notice
    /// In `/admin`; all others are in `/`.
    case statistics

    package var namespace: String { self == .statistics ? DemoChat.adminNamespace : "/" }
}
