import CPCRE2
import NIOConcurrencyHelpers

/// A regular expression (PCRE2), compiled once and asked from any thread, which no text can make work for long.
///
/// What it may do at most stands in `Limits`. Work is counted, not timed, so that one text always has one answer:
/// before each item of the expression that is tried PCRE2 calls out, and each call takes a step off the work, and so do
/// bytes that an item passes over. That holds for its machine code as for its interpreter, and where the match limit,
/// which is counted anew at each place of the text, lets quadratic work pass. Counts (`{1000}`) above `countLimit`,
/// back references and `\X` do work within an item that nothing counts, and are refused.
///
/// `@unchecked Sendable`: compiled code is never written again.
package final class RegularExpression: @unchecked Sendable {
    /// All bounds of matching, and of what may be compiled.
    enum Limits {
        /// Bytes of the expression.
        static let lengthBytes = 1000
        /// Largest number in `{…}`.
        static let count = 1000
        /// Expressions of one filter.
        static let expressionsPerFilter = 20
        /// Steps for all the texts that one filter asks of one event; about 10 ms.
        static let work = 2_000_000
        /// What each text takes off it at once.
        static let workPerText = 30
        /// Of the interpreter and the machine code, for each place of the text that a match is tried at.
        static let matches: UInt32 = 2_000_000
        /// Of the interpreter: nested points to return to, and memory for them.
        static let depth: UInt32 = 100_000
        static let heapKibibytes: UInt32 = 16 << 10
        /// Of the machine code: the stack that it may use once the 32 KiB it has by itself are too few.
        static let stackBytes = 1 << 20
        /// Sets of the memory above that are kept for use.
        static let scratches = 4
    }

    /// What is wrong with an expression, and where, in bytes.
    struct Invalid: Error, Hashable {
        let offset: Int
        let message: String
        let expected: String
    }

    static let allFlags = "imsx"

    /// Without the slashes.
    let source: String
    /// Each once, in the order of `allFlags`.
    let flags: String
    private let code: OpaquePointer
    private let step: Int

    init(_ source: String, flags: some StringProtocol, usesMachineCode: Bool = true) throws(Invalid) {
        let bytes = Array(source.utf8)
        step = 1 + (try Self.largestCount(in: bytes)) / 16
        try Self.refuseUncountable(bytes)
        var options: Int32 = 0
        for (place, flag) in Self.allFlags.enumerated() where flags.contains(flag) { options |= 1 << Int32(place) }
        var error: Int32 = 0
        var offset = 0
        guard let code = siphon_pcre2_compile(bytes, bytes.count, options, usesMachineCode ? 1 : 0, &error, &offset)
        else { throw Invalid(offset: offset, message: Self.message(error), expected: "a regular expression (PCRE2)") }
        self.code = code
        self.source = source
        self.flags = Self.allFlags.filter { flags.contains($0) }
        guard siphon_pcre2_back_references(code) == 0 else {
            throw Invalid(
                offset: 0, message: "a reference back to what a group has matched", expected: "an expression without")
        }
    }

    deinit { siphon_pcre2_free(code) }

    /// As it stands in a filter.
    var text: String { "/\(source)/\(flags)" }

    var hasMachineCode: Bool { siphon_pcre2_has_jit(code) != 0 }

    /// Whether it is found in `text`, which is UTF-8 or not; nil where that would take more than `work`, or more memory
    /// than the limits allow. `work` is what is left afterwards.
    func isFound(in text: UnsafeRawBufferPointer, work: inout Int) -> Bool? {
        work -= Limits.workPerText
        guard work >= 0 else { return nil }
        let result = RegularExpressionScratch.withOne { scratch in
            // PCRE2 wants an address even for nothing.
            let bytes = text.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return withUnsafePointer(to: 0 as UInt8) {
                siphon_pcre2_match(code, bytes ?? $0, text.count, scratch, step, &work)
            }
        }
        guard let result, result >= 0 else { return nil }
        return result > 0
    }

    // MARK: Compiling

    private static func message(_ error: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        siphon_pcre2_message(error, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func largestCount(in bytes: [UInt8]) throws(Invalid) -> Int {
        var largest = 0
        for (place, byte) in bytes.enumerated() where byte == UInt8(ascii: "{") {
            let counts = bytes[(place + 1)...].prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ",") }
            for digits in counts.split(separator: UInt8(ascii: ",")) {
                guard let count = Int(String(decoding: digits, as: UTF8.self)), count <= Limits.count else {
                    throw Invalid(
                        offset: place, message: "a count is too large", expected: "at most \(Limits.count)")
                }
                largest = max(largest, count)
            }
        }
        return largest
    }

    private static func refuseUncountable(_ bytes: [UInt8]) throws(Invalid) {
        var index = 0
        while index < bytes.count {
            guard bytes[index] == 0x5C else {
                index += 1
                continue
            }
            guard index + 1 >= bytes.count || bytes[index + 1] != UInt8(ascii: "X") else {
                throw Invalid(offset: index, message: #"\X cannot be used"#, expected: "an expression without")
            }
            index += 2
        }
    }
}

extension RegularExpression: Hashable {
    package static func == (left: RegularExpression, right: RegularExpression) -> Bool {
        left.source == right.source && left.flags == right.flags
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(source)
        hasher.combine(flags)
    }
}

/// What matching needs besides the compiled code, used by one thread at a time and then by the next.
private struct RegularExpressionScratch: @unchecked Sendable {
    private let pointer: UnsafeMutablePointer<siphon_pcre2_scratch>

    private static let free = NIOLockedValueBox<[RegularExpressionScratch]>([])

    private init?() {
        typealias Limits = RegularExpression.Limits
        let pointer = siphon_pcre2_scratch_create(
            Limits.matches, Limits.depth, Limits.heapKibibytes, Limits.stackBytes)
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    /// Nil where memory is short.
    static func withOne<Result>(_ body: (UnsafeMutablePointer<siphon_pcre2_scratch>) -> Result) -> Result? {
        guard let scratch = free.withLockedValue({ $0.popLast() }) ?? RegularExpressionScratch() else { return nil }
        defer {
            let isKept = free.withLockedValue { free in
                guard free.count < RegularExpression.Limits.scratches else { return false }
                free.append(scratch)
                return true
            }
            if !isKept { siphon_pcre2_scratch_free(scratch.pointer) }
        }
        return body(scratch.pointer)
    }
}
