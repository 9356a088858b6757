@testable import SiphonCapture
import Testing

@Suite("RateMeter")
struct RateMeterTests {
    private func seconds(_ seconds: Double) -> Int64 { Int64(seconds * 1e9) }

    @Test("takes the rate over the last five whole seconds")
    func measures() {
        var meter = RateMeter(now: seconds(100))
        #expect(meter.rate(now: seconds(100.5)) == 0)
        meter.add(10, now: seconds(100.6))
        #expect(meter.rate(now: seconds(100.9)) == 10)
        #expect(meter.rate(now: seconds(101)) == 10)
        meter.add(20, now: seconds(101.5))
        #expect(meter.rate(now: seconds(102)) == 15)
        #expect(meter.rate(now: seconds(105)) == 6)
        #expect(meter.rate(now: seconds(106)) == 4)
        #expect(meter.rate(now: seconds(107)) == 0)
    }

    @Test("forgets all over a long pause, and bears a clock that goes back")
    func pauses() {
        var meter = RateMeter(now: 0)
        meter.add(1000, now: seconds(1))
        #expect(meter.rate(now: seconds(1_000_000)) == 0)
        meter.add(5, now: seconds(10))
        #expect(meter.rate(now: seconds(1_000_001)) == 1)
        #expect(meter.rate(now: .max) == 0)
    }
}
