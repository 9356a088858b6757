/// Which numbers a close frame may carry (RFC 6455, section 7.4, and IANA's registry of close codes).
package enum WebSocketCloseCode {
    /// 1004 is reserved; 1005, 1006 and 1015 say something to an application and never stand on the wire; 1016–2999
    /// are for later versions of the protocol. 1012–1014 were registered after the RFC. 3000–4999 belong to libraries
    /// and applications.
    package static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
