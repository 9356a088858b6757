@testable import SocketIOClient

/// SplitMix64, so that a failure comes again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Random trees with every kind of value, odd numbers, odd strings, doubled keys.
struct RandomValues {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(state: seed) }

    mutating func value(depth: Int = 4) -> SocketIOValue {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2, 3: return .number(number())
        case 4: return .string(text())
        case 5: return .binary((0..<Int.random(in: 0..<9, using: &generator)).map { _ in byte() })
        case 6, 7: return .array((0..<Int.random(in: 0..<5, using: &generator)).map { _ in value(depth: depth - 1) })
        default:
            var object = SocketIOObject()
            for _ in 0..<Int.random(in: 0..<5, using: &generator) {
                object.append(key: text(), value: value(depth: depth - 1))
            }
            return .object(object)
        }
    }

    private mutating func byte() -> UInt8 { UInt8.random(in: 0...255, using: &generator) }

    private mutating func number() -> SocketIONumber {
        let texts = ["0", "-0", "1.0", "1e3", "1.10", "12345678901234567890", "-1E+5", "0.1", "1e400", "-7"]
        return SocketIONumber(text: texts.randomElement(using: &generator) ?? "0") ?? 0
    }

    private mutating func text() -> String {
        let parts = [
            "a", "", "\"", "\\", "\u{0}", "\u{1F}", "é", "e\u{301}", "😀", "\u{2028}", "_placeholder", "num", "/",
        ]
        return (0..<Int.random(in: 0..<4, using: &generator))
            .map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
    }
}

/// A list in a list in a list…
func nest(_ depth: Int, inObjects: Bool = false) -> SocketIOValue {
    var value = SocketIOValue.null
    for _ in 0..<depth { value = inObjects ? ["a": value] : [value] }
    return value
}

/// Calls `body` with a list in a list…, and takes it apart from the outside then: released whole it would go as deep on
/// the stack as it is nested.
func withNested(_ depth: Int, inObjects: Bool, _ body: (SocketIOValue) throws -> Void) rethrows {
    var value = nest(depth, inObjects: inObjects)
    defer { while let inner = value[0] ?? value["a"] { value = inner } }
    try body(value)
}

/// What `body` says is wrong; nil where it throws nothing.
func fault<Value>(of body: () throws(SocketIOClientError) -> Value) -> SocketIOClientError? {
    do throws(SocketIOClientError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
