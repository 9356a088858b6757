import Testing

@testable import enum EngineIOCore.CloseFrame

@Suite("CloseFrame")
struct CloseFrameTests {
    @Test("sends only codes that may be in a close frame, others and their reasons as none")
    func codes() {
        let sent = (0...UInt16.max).filter { CloseFrame.sendable(code: $0, reason: "x") == ($0, "x") }
        #expect(sent == Array(1000...1003) + Array(1007...1014) + Array(3000...4999))
        #expect(CloseFrame.sendable(code: 1006, reason: "x") == (nil, ""))
        #expect(CloseFrame.sendable(code: nil, reason: "x") == (nil, ""))
    }

    @Test(
        "cuts a reason at 123 bytes, between characters", arguments: [("x", 123, 123), ("x", 124, 123), ("é", 62, 61)])
    func reason(character: String, count: Int, expected: Int) {
        let frame = CloseFrame.sendable(code: 4000, reason: String(repeating: character, count: count))
        #expect(frame == (4000, String(repeating: character, count: expected)))
    }
}
