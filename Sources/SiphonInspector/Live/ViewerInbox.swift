import SiphonCore

/// What a viewer is to be told besides events.
struct ViewerInbox {
    /// The newest state of each connection that changed.
    private var connections: [ConnectionID: [UInt8]] = [:]
    /// In order of their first change.
    private var order: ArraySlice<ConnectionID> = []
    private var owesComment = false

    mutating func take(_ changes: [ConnectionFeed.Change]) {
        for change in changes where connections.updateValue(change.json, forKey: change.id) == nil {
            order.append(change.id)
        }
    }

    mutating func askForComment() { owesComment = true }

    /// Whether a comment was asked for since the last call.
    mutating func takeComment() -> Bool {
        defer { owesComment = false }
        return owesComment
    }

    /// Takes out the connection that waits longest.
    mutating func nextConnection() -> [UInt8]? {
        guard let id = order.popFirst() else { return nil }
        if order.isEmpty { order = [] }
        return connections.removeValue(forKey: id)
    }
}
