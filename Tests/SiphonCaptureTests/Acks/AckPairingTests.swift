import EngineIOCore
import LosslessJSON
import NIOCore
@testable import SiphonCapture
import SiphonCore
import SocketIOCore
import Testing

@Suite("The pairing of acks")
struct AckPairingTests {
    private let capture = Capture()

    private func event(_ id: UInt64) throws -> StoredEvent { try #require(capture.event(EventID(id))) }

    @Test("links an event and its ack, with the time between")
    func pairs() throws {
        capture.take([try .packet(#"21["a"]"#, time: 1000)])
        #expect(try event(1).ackState == .pending)
        #expect(try event(1).ack == nil)
        #expect(try event(1).json()["ack"] == .null)
        capture.take([try .packet("31[]", from: .upstream, time: 1_501_000)])
        #expect(try event(1).ackState == .answered)
        #expect(try event(1).ack?.event == EventID(2))
        #expect(try event(1).ack?.latencyNanoseconds == 1_500_000)
        #expect(try event(1).json()["ack"]?["latencyMilliseconds"]?.text == "1.5")
        #expect(try event(2).answers == EventID(1))
        #expect(try event(2).ackState == nil)
        #expect(try event(2).ack == nil)
        #expect(try event(2).json()["answers"] == "e1")
    }

    @Test("takes a clock that went back as no time")
    func clampsLatency() throws {
        capture.take([try .packet(#"21["a"]"#, time: .max), try .packet("31[]", from: .upstream, time: .min)])
        #expect(try event(1).ack?.latencyNanoseconds == 0)
    }

    @Test("says nothing of events that want no ack")
    func leavesOthers() throws {
        capture.take([try .packet(#"2["a"]"#), .list(.open), .opaque(.text("x"))])
        for id in 1...3 as ClosedRange<UInt64> { #expect(try event(id).ackState == nil) }
    }

    @Test("keeps equal ids apart by direction, namespace and connection")
    func separates() throws {
        let texts: [(String, Side, UInt64)] = [
            (#"25["a"]"#, .client, 1), (#"25["a"]"#, .upstream, 1), (#"2/n,5["a"]"#, .client, 1),
            (#"2/n,5["a"]"#, .upstream, 1), (#"25["a"]"#, .client, 2), (#"2/n,5["a"]"#, .client, 2),
        ]
        capture.take(try texts.map { try .packet($0.0, from: $0.1, connection: $0.2) })
        let acks = texts.map { ($0.0.replacing("2", with: "3", maxReplacements: 1), $0.1.other, $0.2) }
        capture.take(try acks.reversed().map { try .packet($0.0, from: $0.1, connection: $0.2) })
        for id in 1...6 as ClosedRange<UInt64> {
            #expect(try event(id).ack?.event == EventID(13 - id))
            #expect(try event(13 - id).answers == EventID(id))
        }
    }

    @Test("pairs an injected event like any other")
    func pairsInjected() throws {
        var injected = try EventRecord.packet(#"21073741824["a"]"#, from: .upstream, verdicts: [.injected])
        injected.injected = true
        capture.take([injected, try .packet("31073741824[1]", from: .client)])
        #expect(try event(1).ack?.event == EventID(2))
    }

    @Test("pairs binary events and acks")
    func pairsBinary() throws {
        let placeholder = #"{"_placeholder":true,"num":0}"#
        capture.take([
            try .packet(#"51-1["a",\#(placeholder)]"#, attachments: [[1]]),
            try .packet("61-1[\(placeholder)]", attachments: [[2]], from: .upstream),
        ])
        #expect(try event(1).ack?.event == EventID(2))
        #expect(try event(1).attachmentBytes(0) == [1])
        #expect(try event(2).attachmentBytes(0) == [2])
    }

    @Test(
        "pairs ids by value, and ids that no integer holds by their digits",
        arguments: [
            ("007", "7", true), ("18446744073709551615", "18446744073709551615", true),
            ("18446744073709551616", "18446744073709551616", true), ("18446744073709551616", "0", false),
            (String(repeating: "9", count: 64), String(repeating: "9", count: 64), true),
            (String(repeating: "9", count: 65), String(repeating: "9", count: 65), false),
        ])
    func pairsLongIDs(emitted: String, answered: String, isPaired: Bool) throws {
        capture.take([try .packet("2\(emitted)[\"a\"]"), try .packet("3\(answered)[]", from: .upstream)])
        #expect(try event(1).ackState == (isPaired ? .answered : .pending))
        #expect(try event(2).ackState == (isPaired ? nil : .unknown))
    }

    @Test("calls a second ack a duplicate, and keeps the first")
    func findsDuplicates() throws {
        capture.take([
            try .packet(#"21["a"]"#), try .packet("31[]", from: .upstream), try .packet("31[]", from: .upstream),
        ])
        #expect(try event(1).ack?.event == EventID(2))
        #expect(try event(3).ackState == .duplicate)
        #expect(try event(3).answers == EventID(1))
    }

    @Test("calls an ack for nothing unknown, also one from the sender's own side", arguments: Side.allCases)
    func findsUnknown(side: Side) throws {
        capture.take([try .packet(#"21["a"]"#, from: side), try .packet("31[]", from: side)])
        #expect(try event(1).ackState == .pending)
        #expect(try event(2).ackState == .unknown)
        #expect(try event(2).answers == nil)
    }

    @Test("leaves events unanswered when the connection closes, and of that connection only")
    func closes() throws {
        capture.take([
            try .packet(#"21["a"]"#), try .packet(#"2/n,1["a"]"#, from: .upstream),
            try .packet(#"21["a"]"#, connection: 2), try .packet(#"22["a"]"#), try .packet("32[]", from: .upstream),
            .list(.close), try .packet("31[]", from: .upstream),
        ])
        #expect(try [1, 2, 3, 4].map { try event($0).ackState } == [.unanswered, .unanswered, .pending, .answered])
        #expect(try event(7).ackState == .unknown)
    }

    @Test("leaves a namespace's events unanswered when it is left, and calls later acks late")
    func disconnects() throws {
        capture.take([
            try .packet(#"2/n,1["a"]"#), try .packet(#"21["a"]"#), try .packet("1/n,", from: .upstream),
            try .packet("3/n,1[]", from: .upstream),
        ])
        #expect(try event(1).ackState == .unanswered)
        #expect(try event(1).ack == nil)
        #expect(try event(2).ackState == .pending)
        #expect(try event(4).ackState == .late)
        #expect(try event(4).answers == EventID(1))
    }

    @Test("calls an ack after the namespace was left a duplicate where the event had been answered")
    func findsDuplicatesAfterDisconnect() throws {
        capture.take([
            try .packet(#"21["a"]"#), try .packet("31[]", from: .upstream), try .packet("1"), try .packet("1"),
            try .packet("31[]", from: .upstream), try .packet(#"21["b"]"#), try .packet("31[]", from: .upstream),
        ])
        #expect(try event(1).ackState == .answered)
        #expect(try event(5).ackState == .duplicate)
        #expect(try event(6).ack?.event == EventID(7))
    }

    @Test("does not take a dropped disconnect for one")
    func ignoresDroppedDisconnect() throws {
        capture.take([try .packet(#"21["a"]"#), try .packet("1", verdicts: [.dropped])])
        #expect(try event(1).ackState == .pending)
    }

    @Test("takes an ack for the last event that used the id")
    func reusesIDs() throws {
        capture.take([
            try .packet(#"21["a"]"#), try .packet(#"21["b"]"#), try .packet("31[]", from: .upstream),
            try .packet(#"21["c"]"#), try .packet("31[]", from: .upstream),
        ])
        #expect(try event(1).ackState == .unanswered)
        #expect(try event(2).ack?.event == EventID(3))
        #expect(try event(4).ack?.event == EventID(5))
    }

    @Test("pairs in as many namespaces of a connection as the limit says", arguments: [(3, true), (4, false)])
    func boundsNamespaces(number: Int, isPaired: Bool) throws {
        let capture = Capture(limits: CaptureLimits { $0.namespacesPaired = 3 })
        for index in 1...number { capture.take([try .packet("2/\(index),1[\"a\"]")]) }
        capture.take([try .packet("3/\(number),1[]", from: .upstream)])
        #expect(capture.event(EventID(UInt64(number)))?.ackState == (isPaired ? .answered : .pending))
        #expect(capture.newest.flatMap(capture.event)?.ackState == (isPaired ? nil : .unknown))
    }

    @Test("pairs in namespaces with names as long as the limit says", arguments: [(8, true), (9, false)])
    func boundsNamespaceNames(length: Int, isPaired: Bool) throws {
        let capture = Capture(limits: CaptureLimits { $0.namespaceBytesPaired = 8 })
        let name = "/" + String(repeating: "n", count: length - 1)
        capture.take([try .packet("2\(name),1[\"a\"]"), try .packet("3\(name),1[]", from: .upstream)])
        #expect(capture.event(EventID(1))?.ackState == (isPaired ? .answered : .pending))
    }

    @Test("forgets an event that is evicted: its ack is unknown")
    func forgetsEvicted() throws {
        let capture = Capture(limits: CaptureLimits { $0.events = 2 })
        capture.take([try .packet(#"21["a"]"#), try .packet(#"22["a"]"#), try .packet(#"2["b"]"#)])
        capture.take([try .packet("31[]", from: .upstream)])
        #expect(capture.event(EventID(4))?.ackState == .unknown)
        capture.take([try .packet(#"23["a"]"#), try .packet("33[]", from: .upstream)])
        #expect(capture.event(EventID(6))?.answers == EventID(5))
    }

    @Test("knows of no more events than are in memory")
    func forgetsAllEvicted() throws {
        let capture = Capture(limits: CaptureLimits { $0.events = 20 })
        for connection in 1...30 as ClosedRange<UInt64> {
            capture.take([
                try .packet("2/n\(connection % 3),1[\"a\"]", connection: connection),
                try .packet("22[\"a\"]", connection: connection % 4),
                try .packet("32[]", from: .upstream, connection: connection % 4),
            ])
            #expect(capture.pairedCount() <= capture.count)
        }
        #expect(capture.pairedCount() > 0)
        capture.take(try (1...20).map { _ in try .packet("2[]") })
        #expect(capture.pairedCount() == 0)
    }

    @Test("a namespace whose events are evicted makes room for another")
    func forgetsNamespaces() throws {
        let capture = Capture(
            limits: CaptureLimits {
                $0.namespacesPaired = 3
                $0.events = 3
            })
        for number in 1...20 {
            capture.take([try .packet("2/\(number),1[\"a\"]"), try .packet("3/\(number),1[]", from: .upstream)])
            #expect(capture.newest.flatMap(capture.event)?.answers == EventID(UInt64(2 * number - 1)))
        }
    }
}
