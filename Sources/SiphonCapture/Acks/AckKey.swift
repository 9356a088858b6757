import SiphonCore
import SocketIOCore

/// Names an event that wants an ack, within one namespace of one connection.
struct AckKey: Hashable {
    /// The side that answers.
    let answerer: Side
    /// The id where an integer holds it, without the zeros in front that no peer sends back.
    let number: UInt64
    /// The digits of any other id.
    let digits: String

    /// Most digits of an id that is paired.
    private static let digitLimit = 64

    /// Nil for no id and for one of more digits than any peer counts to.
    init?(_ digits: UnsafeRawBufferPointer.SubSequence, answerer: Side) {
        guard !digits.isEmpty, digits.count <= Self.digitLimit else { return nil }
        self.answerer = answerer
        var number: UInt64 = 0
        for digit in digits {
            let (product, overflows) = number.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(digit &- 0x30))
            guard !overflows, !carries else {
                self.number = 0
                self.digits = String(decoding: digits, as: UTF8.self)
                return
            }
            number = sum
        }
        self.number = number
        self.digits = ""
    }
}
