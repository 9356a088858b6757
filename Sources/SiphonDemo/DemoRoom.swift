import LosslessJSON

/// One room of the chat.
struct DemoRoom {
    let name: String
    /// In the order in which they came.
    var members: [DemoMemberID] = []
    /// The newest messages, as `join` answers with them.
    private(set) var history: [JSONValue] = []

    init(_ name: String) { self.name = name }

    func others(than member: DemoMemberID) -> [DemoMemberID] { members.filter { $0 != member } }

    mutating func remember(_ message: JSONValue) {
        if history.count >= DemoLimits.historyMessages { history.removeFirst() }
        history.append(message)
    }
}
