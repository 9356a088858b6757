#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Times as the API writes them: ISO 8601, UTC, nine fraction digits.
package enum Timestamp {
    /// Nanoseconds since 1970, UTC, by the system's clock.
    package static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// - Parameter nanoseconds: since 1970, UTC, leap seconds not counted. An `Int64` reaches from 1677 to 2262.
    package static func text(nanoseconds: Int64) -> String {
        let (seconds, fraction) = floorDivide(nanoseconds, by: 1_000_000_000)
        let (days, second) = floorDivide(seconds, by: 86_400)
        let (year, month, day) = date(daysSince1970: days)
        var text: [UInt8] = []
        text.reserveCapacity(30)
        append(year, digits: 4, separator: "-", to: &text)
        append(month, digits: 2, separator: "-", to: &text)
        append(day, digits: 2, separator: "T", to: &text)
        append(second / 3600, digits: 2, separator: ":", to: &text)
        append(second / 60 % 60, digits: 2, separator: ":", to: &text)
        append(second % 60, digits: 2, separator: ".", to: &text)
        append(fraction, digits: 9, separator: "Z", to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The date in the Gregorian calendar. Counts in years that begin on 1 March, so that the leap day is the last,
    /// and in eras of 400 years, which all have 146 097 days.
    private static func date(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(daysSince1970 + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func append(_ value: Int64, digits: Int, separator: Unicode.Scalar, to text: inout [UInt8]) {
        var power: Int64 = 1
        for _ in 1..<digits { power *= 10 }
        while power > 0 {
            text.append(UInt8(value / power % 10) + 0x30)
            power /= 10
        }
        text.append(UInt8(ascii: separator))
    }
}
