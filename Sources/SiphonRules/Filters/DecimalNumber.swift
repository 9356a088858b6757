import LosslessJSON

/// A decimal number, exactly: what a filter compares the numbers of JSON with, whatever their size.
///
/// The value is 0.d₁d₂d₃… × 10^exponent. Equal numbers are equal however they were written: 10, 1e1 and 10.0.
package struct DecimalNumber: Hashable, Sendable {
    private let isNegative: Bool
    /// ASCII, without zeros at either end; empty for 0.
    private let digits: [UInt8]
    private let exponent: Int

    /// Reads a number as JSON writes it (RFC 8259, section 6); nil for anything else.
    init?(_ text: some StringProtocol) {
        let text = Array(text.utf8)
        let number: Self? = text.withUnsafeBytes { bytes in
            guard let scan = Scan(bytes), Scan.isJSON(bytes) else { return nil }
            return Self(scan, of: bytes)
        }
        guard let number else { return nil }
        self = number
    }

    private init(_ scan: Scan, of bytes: UnsafeRawBufferPointer) {
        var digits = bytes[scan.mantissa].filter { $0 != UInt8(ascii: ".") }
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        self.init(isNegative: scan.isNegative && !digits.isEmpty, digits: digits, exponent: scan.exponent)
    }

    private init(isNegative: Bool, digits: [UInt8], exponent: Int) {
        self.isNegative = isNegative
        self.digits = digits
        self.exponent = digits.isEmpty ? 0 : exponent
    }

    /// Times 10 to the `power`.
    func scaled(byPowerOfTen power: Int) -> Self {
        Self(isNegative: isNegative, digits: digits, exponent: exponent + power)
    }

    /// Nil where there are too many digits for it.
    func multiplied(by factor: Int64) -> Self? {
        guard digits.count <= 18, let integer = Int64(String(decoding: digits, as: UTF8.self)) else {
            return digits.isEmpty ? self : nil
        }
        let product = Self(String(Int128(integer) * Int128(factor)))?.scaled(byPowerOfTen: exponent - digits.count)
        guard let product else { return nil }
        return Self(isNegative: isNegative, digits: product.digits, exponent: product.exponent)
    }

    /// The value where it is an integer that fits.
    var integer: Int64? {
        guard !digits.isEmpty else { return 0 }
        guard exponent >= digits.count, exponent <= 19 else { return nil }
        let zeros = String(repeating: "0", count: exponent - digits.count)
        return Int64((isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self) + zeros)
    }

    /// As JSON writes it, with an exponent where it would be long without.
    var text: String {
        guard !digits.isEmpty else { return "0" }
        let sign = isNegative ? "-" : ""
        let digits = String(decoding: digits, as: UTF8.self)
        let zeros = exponent - digits.utf8.count
        if zeros >= 0, exponent <= 30 { return sign + digits + String(repeating: "0", count: zeros) }
        if zeros < 0, exponent > 0 { return sign + digits.prefix(exponent) + "." + digits.dropFirst(exponent) }
        if (-5...0).contains(exponent) { return sign + "0." + String(repeating: "0", count: -exponent) + digits }
        let fraction = digits.dropFirst()
        return sign + digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction) + "e\(exponent - 1)"
    }

    /// How the number that `json` holds stands to this one: negative where it is less, 0 where they are equal.
    /// Allocates nothing.
    ///
    /// - Parameter json: a number as JSON writes it.
    func order(of json: UnsafeRawBufferPointer) -> Int {
        guard let scan = Scan(json) else { return -1 }
        guard !scan.mantissa.isEmpty else { return digits.isEmpty ? 0 : isNegative ? 1 : -1 }
        guard !digits.isEmpty else { return scan.isNegative ? -1 : 1 }
        guard scan.isNegative == isNegative else { return isNegative ? 1 : -1 }
        let magnitudes = scan.exponent == exponent ? order(of: json[scan.mantissa]) : scan.exponent - exponent
        return isNegative ? -magnitudes : magnitudes
    }

    /// As `order(of:)` for the digits behind the point of 0.d₁d₂d₃….
    private func order(of mantissa: UnsafeRawBufferPointer.SubSequence) -> Int {
        var place = 0
        for byte in mantissa where byte != UInt8(ascii: ".") {
            let digit = place < digits.count ? digits[place] : UInt8(ascii: "0")
            guard byte == digit else { return byte < digit ? -1 : 1 }
            place += 1
        }
        return place < digits.count ? -1 : 0
    }
}

extension DecimalNumber: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        Array(left.text.utf8).withUnsafeBytes { right.order(of: $0) } < 0
    }
}

/// What is read of a number without building it.
private struct Scan {
    let isNegative: Bool
    /// From the first digit that is not 0 up to the exponent, a point perhaps among them; empty for 0.
    let mantissa: Range<Int>
    /// Where the point of 0.d₁d₂d₃… goes. What no number of bytes that was ever sent needs is cut off: it still
    /// compares as very large or very small.
    let exponent: Int

    private static let exponentLimit = 1 << 40

    /// Nil only for no digits at all; what follows no number is not noticed.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var index = 0
        isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { index = 1 }
        guard index < bytes.count else { return nil }
        var first: Int?
        var point: Int?
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: ".") {
                point = index
            } else if !(0x30...0x39).contains(byte) {
                break
            } else if byte != 0x30, first == nil {
                first = index
            }
            index += 1
        }
        let end = index
        guard let first else {
            mantissa = end..<end
            exponent = 0
            return
        }
        mantissa = first..<end
        let position = point ?? end
        // Digits between the first one that counts and the point; negative for zeros between the point and it.
        let digits = first < position ? position - first : position - first + 1
        exponent = digits + Self.exponent(bytes[end...])
    }

    private static func exponent(_ bytes: UnsafeRawBufferPointer.SubSequence) -> Int {
        var rest = bytes.dropFirst()
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        var exponent = 0
        for byte in rest { exponent = min(exponentLimit, exponent * 10 + Int(byte &- 0x30)) }
        return isNegative ? -exponent : exponent
    }

    static func isJSON(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let first = bytes.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else { return false }
        return (try? JSONParser.validate(bytes)) != nil && bytes.last.map { $0 > 0x20 } == true
    }
}
