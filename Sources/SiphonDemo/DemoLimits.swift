/// Every bound of the chat that a client can push against, with what happens there. The numbers stand in
/// `Tests/Vectors/demo-events.json` too, for the page.
package enum DemoLimits {
    /// Unicode scalars of a name. Past it the name is cut. (Characters would be no bound: one may have any number of
    /// combining marks.)
    package static let nameScalars = 24

    /// Unicode scalars of a room's name. Past it the join is refused.
    package static let roomScalars = 24

    /// Unicode scalars of a message or question. Past it the message is refused.
    package static let messageScalars = 1000

    /// Bytes of a picture. Past it the picture is refused.
    package static let pictureBytes = 200_000

    /// Rooms at a time. Past it a join that would make another is refused. One that is left by its last member goes,
    /// but those of `DemoChat.keptRooms` stay.
    package static let rooms = 20

    /// Members at a time. Past it the connect to `/` is refused.
    package static let members = 100

    /// Connections that may be open, members or not. Past it a new one is closed.
    package static let connections = 200

    /// Messages that a room remembers for those who come. Past it the oldest is forgotten.
    package static let historyMessages = 30

    /// Bytes of a namespace's name. Past it the connection is closed.
    package static let namespaceBytes = 100
}
