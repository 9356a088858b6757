import LosslessJSON

/// What an event may be called.
package enum EventName {
    /// Socket.IO names that no peer may send as an event (Socket.IO v5 reference, reserved names).
    package static let reserved: Set = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    /// Whether that JSON text is a name.
    static func isAllowed(_ json: [UInt8]) -> Bool {
        guard json.first == UInt8(ascii: "\""), json.count > 2 else { return false }
        let escaped = String(decoding: json.dropFirst().dropLast(), as: UTF8.self)
        return !reserved.contains(JSONString(escapedOnWire: escaped).value)
    }
}
