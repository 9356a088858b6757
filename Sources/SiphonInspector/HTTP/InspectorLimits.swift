/// Every bound that a client of the inspector can push against, with what happens there.
package struct InspectorLimits: Sendable {
    /// Largest request body, in bytes. Past it: 413.
    package var bodyBytes = 8 << 20

    /// Memory for the head of one request, in bytes. A longer target is answered 414, longer headers 431.
    package var headBytes = 32 << 10

    /// Connections at once. Past it new ones wait until one ends.
    package var connections = 256

    /// Event streams at once, so that they leave connections to everything else. Past it: 429. A page takes one stream
    /// and, in a browser, up to six other connections.
    package var streams = 32

    /// How long a client may take to send the next request head, and then its body. Past it the connection is closed.
    package var request = Duration.seconds(30)

    /// The same where three quarters of the connections are taken.
    package var requestWhenCrowded = Duration.seconds(2)

    /// How long an answer may stand without the client taking a byte of it. Past it the connection is closed.
    package var idleSeconds: UInt32 = 30

    /// Bytes that wait to be read by the viewer of one stream. Past half of it nothing more is sent; where that lasts
    /// for `streamStall`, or at all of it, the viewer is cut off.
    package var streamBytes = 4 << 20
    package var streamStall = Duration.seconds(10)

    /// Largest event or connection, in bytes of JSON, that goes into a stream. A larger event is counted as skipped, a
    /// larger connection left to the API.
    package var streamEventBytes = 1 << 20

    /// Events a second that one viewer is sent. The surplus is skipped and counted, the newest kept.
    package var streamEventsPerSecond = 1000

    /// How often a stream says that it lives.
    package var streamComment = Duration.seconds(15)

    /// How often connections are looked at for changes, while there are viewers.
    package var connectionsPoll = Duration.milliseconds(500)

    /// Bytes of JSON in one page of events or connections, about; a page ends early once it is past it.
    package var pageBytes = 16 << 20

    /// What the regular expressions of one search may do, as a multiple of what they may do on one event; about a
    /// second of work.
    package var searchWork = 100.0

    package init() {}
}
