#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Times as the API writes them.
enum APITime {
    /// Seconds since 1970 of `2026-11-22T10:00:00.123456789Z`, the fraction left out; nil for anything else.
    static func seconds(_ text: String) -> Int64? {
        let parts = text.utf8.prefix(19).split { !(0x30...0x39).contains($0) }
        let separators = text.utf8.prefix(19).filter { !(0x30...0x39).contains($0) }
        guard separators.elementsEqual("--T::".utf8), parts.map(\.count) == [4, 2, 2, 2, 2, 2], text.utf8.last == 0x5A
        else { return nil }
        let numbers = parts.compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
        var time = tm()
        (time.tm_year, time.tm_mon, time.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
        (time.tm_hour, time.tm_min, time.tm_sec) = (numbers[3], numbers[4], numbers[5])
        return Int64(timegm(&time))
    }
}
