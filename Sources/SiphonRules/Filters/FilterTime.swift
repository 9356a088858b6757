import SiphonCore

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A point in time as a filter names it.
package enum FilterTime: Hashable, Sendable, Comparable {
    /// Nanoseconds since 1970, UTC.
    case instant(Int64)
    /// Nanoseconds before now.
    case ago(Int64)

    static let expected = "a time such as 2026-01-31T10:00, 2026-01-31T10:00:00Z or -5m"

    /// Reads `2026-01-31`, `2026-01-31T10:00`, `…:30`, `…:30.25`, each local unless `Z` or `+01:00` follows, and `-5m`.
    ///
    /// - Parameter localTime: seconds since 1970 for a local time; nil for one that the clock never showed.
    init?(_ text: Substring, localTime: (tm) -> Int?) {
        if text.first == "-" {
            guard let duration = FilterDuration(text.dropFirst()) else { return nil }
            self = .ago(duration.nanoseconds)
            return
        }
        guard let instant = Self.instant(text, localTime) else { return nil }
        self = .instant(instant)
    }

    func nanoseconds(now: Int64) -> Int64 {
        switch self {
        case .instant(let time): return time
        case .ago(let duration):
            let (time, overflows) = now.subtractingReportingOverflow(duration)
            return overflows ? .min : time
        }
    }

    /// For what counts from different points, false both ways.
    package static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.instant(let left), .instant(let right)): left < right
        case (.ago(let left), .ago(let right)): left > right
        default: false
        }
    }

    var text: String {
        switch self {
        case .ago(let duration): return "-" + FilterDuration(nanoseconds: duration).text
        case .instant(let time):
            var text = Timestamp.text(nanoseconds: time).dropLast()
            while text.last == "0" { text.removeLast() }
            return (text.last == "." ? text.dropLast() : text) + "Z"
        }
    }

    // MARK: Reading

    private static func instant(_ text: Substring, _ localTime: (tm) -> Int?) -> Int64? {
        var scanner = Scanner(text.utf8)
        guard let date = scanner.date() else { return nil }
        var time = date
        var fraction: Int64 = 0
        if scanner.skip("T") || scanner.skip("t") {
            guard scanner.time(into: &time, &fraction) else { return nil }
        }
        guard isReal(time), let seconds = scanner.seconds(of: time, localTime) else { return nil }
        let (whole, overflows) = Int64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carries) = whole.addingReportingOverflow(fraction)
        return overflows || carries ? nil : sum
    }

    /// Whether the calendar has such a day, and the day such a second.
    private static func isReal(_ time: tm) -> Bool {
        var same = time
        timegm(&same)
        return same.tm_mon == time.tm_mon && same.tm_mday == time.tm_mday && same.tm_hour == time.tm_hour
            && same.tm_min == time.tm_min && same.tm_sec == time.tm_sec
    }

    /// What the system's time zone says.
    static func systemLocalTime(_ time: tm) -> Int? {
        var time = time
        time.tm_isdst = -1
        let seconds = mktime(&time)
        return seconds == -1 ? nil : Int(seconds)
    }

    private struct Scanner {
        private var rest: Substring.UTF8View

        init(_ text: Substring.UTF8View) { rest = text }

        mutating func skip(_ byte: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: byte) else { return false }
            rest.removeFirst()
            return true
        }

        private mutating func number(digits: Int) -> Int32? {
            let text = rest.prefix(digits)
            guard text.count == digits, text.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            rest.removeFirst(digits)
            return Int32(Substring(text))
        }

        mutating func date() -> tm? {
            guard let year = number(digits: 4), skip("-"), let month = number(digits: 2), skip("-"),
                let day = number(digits: 2)
            else { return nil }
            var date = tm()
            date.tm_year = year - 1900
            date.tm_mon = month - 1
            date.tm_mday = day
            return date
        }

        mutating func time(into time: inout tm, _ fraction: inout Int64) -> Bool {
            guard let hour = number(digits: 2), skip(":"), let minute = number(digits: 2) else { return false }
            time.tm_hour = hour
            time.tm_min = minute
            guard skip(":") else { return true }
            guard let second = number(digits: 2) else { return false }
            time.tm_sec = second
            guard skip(".") else { return true }
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard (1...9).contains(digits.count), let number = Int64(Substring(digits)) else { return false }
            rest.removeFirst(digits.count)
            fraction = (digits.count..<9).reduce(number) { number, _ in number * 10 }
            return true
        }

        /// Reads the zone, with which the text must end.
        mutating func seconds(of time: tm, _ localTime: (tm) -> Int?) -> Int? {
            guard !rest.isEmpty else { return localTime(time) }
            var time = time
            let utc = Int(timegm(&time))
            if skip("Z") || skip("z") { return rest.isEmpty ? utc : nil }
            let sign = rest.first == UInt8(ascii: "-") ? -1 : 1
            guard skip("+") || skip("-"), let hours = number(digits: 2) else { return nil }
            _ = skip(":")
            guard let minutes = number(digits: 2), rest.isEmpty, hours < 24, minutes < 60 else { return nil }
            return utc - sign * Int(hours * 3600 + minutes * 60)
        }
    }
}
