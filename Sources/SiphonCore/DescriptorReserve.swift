#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The last file descriptors that the process may open, which no connection gets.
///
/// They are for what cannot do without: Dispatch ends the process where it finds none to look at its own threads with.
package enum DescriptorReserve {
    /// Whether all but the last `count` that the limit of the process allows for are open, so that nothing more may be
    /// accepted or dialled.
    package static func isReached(_ count: Int = Limits.reservedDescriptors) -> Bool {
        // The system always gives the lowest that is free.
        let lowest = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard lowest >= 0 else { return errno == EMFILE || errno == ENFILE }
        close(lowest)
        return Int(lowest) >= limit - count
    }

    /// How many the process may open.
    package static var limit: Int { sysconf(CInt(_SC_OPEN_MAX)) }
}
