/// Which codes and reasons may stand in a close frame (RFC 6455, sections 5.5 and 7.4).
enum CloseFrame {
    /// Most bytes of a reason: a control frame has 125, two of which are the code.
    static let reasonBytesLimit = 123
    static let internalError = UInt16(1011)

    /// The code and reason to send. What must not be sent (1005, 1006, 1015, reserved or unknown codes) becomes a
    /// frame without a code, and a reason without a code, which cannot be sent, is left out.
    static func sendable(code: UInt16?, reason: String) -> (code: UInt16?, reason: String) {
        guard let code, isSendable(code) else { return (nil, "") }
        guard reason.utf8.count > reasonBytesLimit else { return (code, reason) }
        var short = reason
        while short.utf8.count > reasonBytesLimit { short.unicodeScalars.removeLast() }
        return (code, short)
    }

    private static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
