import NIOCore
import NIOHTTP1
import NIOSSL

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension HTTPConnection.Failure {
    /// What a failed dial means.
    package init(dialling error: any Error) {
        if let failure = error as? Self {
            self = failure
        } else {
            self = error.isDescriptorShortage ? .noDescriptors : .unreachable(.init(error))
        }
    }

    /// What an error on an open connection means. A server that wants a certificate of the client may say so only
    /// here (RFC 8446, 4.4.2.4): TLS 1.3 is open to the client before its certificate is looked at.
    package init(reading error: any Error) {
        if error is HTTPParserError {
            self = .badResponse
        } else {
            self = TLSFault.sentence(error, peer: "server").map(Self.tls) ?? .brokeOff
        }
    }
}

extension HTTPConnection.Failure.Unreachable {
    init(_ error: any Error) {
        switch error {
        case is UnknownHost: self = .nameNotFound
        case ChannelError.connectTimeout: self = .timedOut
        case let error as IOError:
            switch error.errnoCode {
            case ECONNREFUSED: self = .connectionRefused
            case ETIMEDOUT: self = .timedOut
            default: self = .other(String(cString: strerror(error.errnoCode)))
            }
        default: self = .other("\(error)")
        }
    }
}
