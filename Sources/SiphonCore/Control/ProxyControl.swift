/// What the inspector may ask of the running proxy. Every function may be called from any task.
///
/// Errors come as a `Result`: optimised by Swift 6.3, a typed error thrown out of an asynchronous function into a task
/// group overwrote what the task had captured.
package protocol ProxyControl: Sendable {
    func status() async -> ProxyStatus

    /// The open connections and the closed ones that are still kept, ascending by id, without handshake headers.
    func connections() async -> [ConnectionSnapshot]

    /// One connection with its handshake headers.
    func connection(_ id: ConnectionID) async -> ConnectionSnapshot?

    func inject(_ injection: Injection, into id: ConnectionID) async -> Result<InjectionResult, ControlError>

    func disconnect(_ id: ConnectionID, how: DisconnectMethod) async -> Result<Void, ControlError>

    /// Makes every event that has been forwarded so far readable in the capture.
    func flushCapture() async
}
