import NIOCore
import Testing

@testable import EngineIOTransport

@Suite("Pressure")
struct PressureTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    /// What is allowed at each of those times, in order.
    private func answers(_ pressure: inout Pressure, _ asked: [(isCongested: Bool, after: TimeAmount)]) -> [Bool] {
        asked.map { pressure.mayRead(isCongested: $0.isCongested, at: start + $0.after) }
    }

    @Test("holds reading back while the other side takes nothing, for ten seconds at most")
    func holds() {
        var pressure = Pressure()
        #expect(answers(&pressure, [(false, .zero), (true, .zero)]) == [true, false])
        #expect(pressure.deadline == start + .seconds(10))
        #expect(answers(&pressure, [(true, .nanoseconds(9_999_999_999)), (true, .seconds(10))]) == [false, true])
        #expect(pressure.isHolding && pressure.deadline == nil)
    }

    @Test("begins anew once the other side has taken what waited")
    func beginsAnew() {
        var pressure = Pressure()
        _ = answers(&pressure, [(true, .zero), (true, .seconds(10)), (false, .seconds(11))])
        #expect(!pressure.isHolding)
        #expect(answers(&pressure, [(true, .seconds(12))]) == [false])
    }

    @Test(
        "pauses for half of the ping timeout, for ten seconds at most",
        arguments: [
            (TimeAmount.seconds(20), TimeAmount.seconds(10)), (.seconds(60), .seconds(10)), (.seconds(2), .seconds(1)),
        ]
    )
    func pause(pingTimeout: TimeAmount, expected: TimeAmount) {
        var pressure = Pressure()
        pressure.longestPause = Pressure.longestPause(pingTimeout: pingTimeout)
        _ = answers(&pressure, [(true, .zero)])
        #expect(pressure.deadline == start + expected)
    }
}
