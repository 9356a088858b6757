import LosslessJSON

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The types that are coded as they are, not by their own `encode(to:)` and `init(from:)`.
enum NativeCoding {
    enum Encoded {
        case value(SocketIOValue)
        /// What no JSON can say, and why.
        case unwritable(String)
        /// None of these types.
        case foreign
    }

    static func encode<T>(_ value: T) -> Encoded {
        let type: Any.Type = T.self
        if type == SocketIOValue.self, let value = value as? SocketIOValue { return .value(value) }
        if type == String.self, let string = value as? String { return .value(.string(string)) }
        if type == Int.self, let int = value as? Int { return .value(SocketIOValue(int)) }
        if type == Double.self, let double = value as? Double { return number(double) }
        if type == Bool.self, let bool = value as? Bool { return .value(.bool(bool)) }
        if type == [UInt8].self, let bytes = value as? [UInt8] { return .value(.binary(bytes)) }
        if type == [SocketIOValue].self, let list = value as? [SocketIOValue] { return .value(.array(list)) }
        if type == SocketIOObject.self, let object = value as? SocketIOObject { return .value(.object(object)) }
        if type == SocketIONumber.self, let number = value as? SocketIONumber { return .value(.number(number)) }
        if type == Float.self, let float = value as? Float { return number(float) }
        if type == Data.self, let data = value as? Data { return .value(.binary([UInt8](data))) }
        if type == Date.self, let date = value as? Date { return string(date) }
        if type == URL.self, let url = value as? URL { return .value(.string(url.absoluteString)) }
        if type == Decimal.self, let decimal = value as? Decimal {
            return SocketIONumber(text: decimal.description).map { .value(.number($0)) }
                ?? .unwritable("JSON has no number \(decimal)")
        }
        if isInteger(type), let integer = value as? any FixedWidthInteger {
            return .value(.number(SocketIONumber(integer)))
        }
        return .foreign
    }

    private static func isInteger(_ type: Any.Type) -> Bool {
        type == UInt8.self || type == Int32.self || type == UInt32.self || type == Int64.self || type == UInt64.self
            || type == UInt.self || type == Int8.self || type == Int16.self || type == UInt16.self
            || type == Int128.self || type == UInt128.self
    }

    private static func number(_ value: some BinaryFloatingPoint & CustomStringConvertible) -> Encoded {
        guard value.isFinite else { return .unwritable("JSON has no number \(value)") }
        return .value(.number(SocketIONumber(validated: value.description)))
    }

    /// With milliseconds, as JavaScript writes dates.
    private static func string(_ date: Date) -> Encoded {
        let seconds = date.timeIntervalSince1970
        guard years.contains(seconds) else { return .unwritable("the date lies outside of the years 1 to 9999") }
        // The style cuts off what is less than a millisecond.
        return .value(.string(Date(timeIntervalSince1970: seconds + 0.0005).formatted(style)))
    }

    private static let years = -62_135_596_800.0..<253_402_300_799.999
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    // MARK: Decoding

    /// What is wrong with a value.
    enum Fault: Error {
        /// Another kind of value was expected; what, in words.
        case mismatch(String)
        case corrupted(String)
    }

    /// Nil for none of these types, and for a value that the type's own `init(from:)` may read.
    static func decode<T>(_: T.Type, from value: SocketIOValue) throws(Fault) -> T? {
        let type: Any.Type = T.self
        if type == SocketIOValue.self { return value as? T }
        if type == String.self { return try string(value, for: "String") as? T }
        if type == Int.self { return try integer(value, as: Int.self) as? T }
        if type == Double.self { return try float(value, as: Double.self) as? T }
        if type == Bool.self {
            guard case .bool(let bool) = value else { throw .mismatch("Bool") }
            return bool as? T
        }
        if type == [UInt8].self { return try binary(value, for: "[UInt8]") as? T }
        if type == [SocketIOValue].self {
            guard case .array(let elements) = value else { throw .mismatch("a list") }
            return elements as? T
        }
        if type == SocketIOObject.self {
            guard case .object(let object) = value else { throw .mismatch("an object") }
            return object as? T
        }
        if type == SocketIONumber.self { return try number(value, for: "a number") as? T }
        if type == Float.self { return try float(value, as: Float.self) as? T }
        if type == Data.self { return try binary(value, for: "Data").map { Data($0) } as? T }
        if type == Date.self { return try date(value) as? T }
        if type == URL.self { return try url(value) as? T }
        if type == Decimal.self { return try decimal(value) as? T }
        if isInteger(type), let integer = type as? any FixedWidthInteger.Type {
            return try self.integer(value, as: integer) as? T
        }
        return nil
    }

    private static func string(_ value: SocketIOValue, for type: String) throws(Fault) -> String {
        guard case .string(let string) = value else { throw .mismatch(type) }
        return string
    }

    private static func number(_ value: SocketIOValue, for type: @autoclosure () -> String) throws(Fault)
        -> SocketIONumber
    {
        guard case .number(let number) = value else { throw .mismatch(type()) }
        return number
    }

    private static func integer<I: FixedWidthInteger>(_ value: SocketIOValue, as: I.Type) throws(Fault) -> I {
        let number = try number(value, for: "\(I.self)")
        if let integer = I(number.text) { return integer }
        guard let whole = number.wholeText else { throw .mismatch("\(I.self)") }
        guard let integer = I(whole) else { throw .corrupted("\(number.text.cut(to: 40)) does not fit \(I.self)") }
        return integer
    }

    private static func float<F: BinaryFloatingPoint & LosslessStringConvertible>(
        _ value: SocketIOValue, as: F.Type
    ) throws(Fault) -> F {
        let number = try number(value, for: "\(F.self)")
        guard let float = F(number.text), float.isFinite else {
            throw .corrupted("\(number.text.cut(to: 40)) does not fit \(F.self)")
        }
        return float
    }

    /// Nil for a list, whose numbers the type's own `init(from:)` reads one by one.
    private static func binary(_ value: SocketIOValue, for type: String) throws(Fault) -> [UInt8]? {
        switch value {
        case .binary(let bytes): return bytes
        case .array: return nil
        default: throw .mismatch("binary data for \(type)")
        }
    }

    private static func date(_ value: SocketIOValue) throws(Fault) -> Date {
        if case .number = value { return Date(timeIntervalSince1970: try float(value, as: Double.self)) }
        let text = try string(value, for: "Date")
        guard text.utf8.count <= 64, let date = try? Date(text, strategy: style) else {
            throw .corrupted("expected a Date as 2026-01-31T12:00:00Z, found \(value.found)")
        }
        return date
    }

    private static func url(_ value: SocketIOValue) throws(Fault) -> URL {
        guard let url = URL(string: try string(value, for: "URL")) else {
            throw .corrupted("expected a URL, found \(value.found)")
        }
        return url
    }

    private static func decimal(_ value: SocketIOValue) throws(Fault) -> Decimal {
        let number = try number(value, for: "Decimal")
        guard let decimal = Decimal(string: number.text), decimal.isFinite else {
            throw .corrupted("\(number.text.cut(to: 40)) does not fit Decimal")
        }
        return decimal
    }
}

extension SocketIONumber {
    /// The number written as an integer without point and exponent; nil where it is no whole number. One that no type
    /// holds is written shorter than it is, but still too long for any of them.
    var wholeText: String? {
        let parts = text.utf8.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 | 0x20 == UInt8(ascii: "e") }
        guard let mantissa = parts.first else { return nil }
        var digits: [UInt8] = []
        var decimals = 0
        var isBehindPoint = false
        for byte in mantissa {
            if byte == UInt8(ascii: ".") {
                isBehindPoint = true
            } else if byte != UInt8(ascii: "-") {
                digits.append(byte)
                if isBehindPoint { decimals += 1 }
            }
        }
        guard digits.contains(where: { $0 != 0x30 }) else { return "0" }
        let longest = 64
        var zeros = -decimals
        if parts.count == 2 {
            let exponent = String(decoding: parts[1], as: UTF8.self)
            guard let value = Int(exponent) else {
                return exponent.hasPrefix("-") ? nil : String(repeating: "9", count: longest)
            }
            let (sum, isOverflow) = value.subtractingReportingOverflow(decimals)
            guard !isOverflow else { return nil }
            zeros = sum
        }
        while zeros < 0 {
            guard digits.last == 0x30 else { return nil }
            digits.removeLast()
            zeros += 1
        }
        digits.append(contentsOf: repeatElement(0x30, count: min(zeros, longest)))
        return (text.hasPrefix("-") ? "-" : "") + String(decoding: digits, as: UTF8.self)
    }
}
