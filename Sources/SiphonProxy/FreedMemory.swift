#if canImport(Glibc)
    import Glibc
#endif

/// When memory that connections have freed is given back to the system, and how. By itself glibc keeps every page of
/// it that lies below one still in use: after five thousand connections, nearly all.
struct FreedMemory {
    /// So many connections less are worth the work, where they were half of all or more.
    static let worthwhileCount = 500

    private var peak = 0
    private var isReturning = false

    mutating func note(connections: Int) { peak = max(peak, connections) }

    /// Whether to give back now; the next time is not before `returned`.
    mutating func shouldReturn(connections: Int) -> Bool {
        guard !isReturning, peak - connections >= Self.worthwhileCount, connections <= peak / 2 else { return false }
        isReturning = true
        return true
    }

    mutating func returned(connections: Int) {
        isReturning = false
        peak = connections
    }

    /// Blocks for some milliseconds. `malloc_trim` is in no header that Swift imports, and in glibc alone.
    static func giveBack() {
        #if canImport(Glibc)
            guard let symbol = dlsym(nil, "malloc_trim") else { return }
            _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> CInt).self)(0)
        #endif
    }
}
