import Logging
import NIOCore
import Testing

@testable import SiphonProxy

@Suite("DescriptorShortage")
struct DescriptorShortageTests {
    @Test("is told once in five seconds, however often it is met")
    func interval() {
        let shortage = DescriptorShortage(log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let start = NIODeadline.uptimeNanoseconds(1)
        let told = [0, 1, 4999, 5000, 5001, 9999, 10_000].filter { shortage.note(at: start + .milliseconds($0)) }
        #expect(told == [0, 5000, 10_000])
    }
}
