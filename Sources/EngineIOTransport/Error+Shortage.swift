import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Error {
    /// Whether the process (EMFILE) or the machine (ENFILE) had no file descriptor left, or only `DescriptorReserve`.
    package var isDescriptorShortage: Bool {
        guard let code = (self as? IOError)?.errnoCode else { return false }
        return code == EMFILE || code == ENFILE
    }

    /// Whether the machine had no memory for a socket (ENOBUFS, ENOMEM).
    var isMemoryShortage: Bool {
        guard let code = (self as? IOError)?.errnoCode else { return false }
        return code == ENOBUFS || code == ENOMEM
    }
}
