import SiphonCore

/// What a viewer is to be told besides events.
struct ViewerInbox {
    /// The newest state of each connection that changed, in order of their first change.
    var connections: [ConnectionID: [UInt8]] = [:]
    var order: [ConnectionID] = []
    var owesComment = false

    mutating func take(_ changes: [ConnectionFeed.Change]) {
        for change in changes where connections.updateValue(change.json, forKey: change.id) == nil {
            order.append(change.id)
        }
    }
}
