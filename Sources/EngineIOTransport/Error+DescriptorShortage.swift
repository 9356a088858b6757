import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Error {
    /// Whether the process (EMFILE) or the machine (ENFILE) had no file descriptor left.
    package var isDescriptorShortage: Bool {
        guard let code = (self as? IOError)?.errnoCode else { return false }
        return code == EMFILE || code == ENFILE
    }
}

extension HTTPConnection.Failure {
    /// What a failed dial means.
    package init(dialling error: any Error) {
        self = error.isDescriptorShortage ? .noDescriptors : .unreachable
    }
}
