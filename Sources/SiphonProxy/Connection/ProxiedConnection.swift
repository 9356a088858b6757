import SiphonCore

/// A connection as the inspector sees it, of whatever protocol.
protocol ProxiedConnection: AnyObject {
    var id: ConnectionID { get }
    var isClosed: Bool { get }
    func snapshot(withHeaders: Bool) -> ConnectionSnapshot
    func disconnect(abruptly: Bool, reason: String)
}
