import Dispatch
import EngineIOCore
import LosslessJSON
import NIOCore
import SiphonCapture
import SiphonCore
import SocketIOCore
import Testing

/// Collects values from any thread.
final class Collector<Value: Sendable>: @unchecked Sendable {
    private let queue = DispatchQueue(label: "collector")
    private var collected: [Value] = []  // on `queue` only

    func add(_ value: Value) { queue.sync { collected.append(value) } }

    var values: [Value] { queue.sync { collected } }
}

@Suite("Capture")
struct CaptureTests {
    @Test("reads back what was recorded")
    func readsBack() throws {
        let capture = Capture()
        var record = try EventRecord.packet(
            #"52-/n,3["f",1]"#, attachments: [[1, 2, 3], []], from: .upstream, connection: 9, time: 77,
            verdicts: [.held, .modified, .forwarded])
        record.engineVersion = 3
        record.rules = [RuleID(4), RuleID(5)]
        record.transport = .polling
        record.original = try SocketPacket(#"51-/n,3["g",1]"#, attachments: [[9]])
        let event = try #require(capture.take(record))
        #expect(event.id == EventID(1))
        #expect(event.connection == ConnectionID(9))
        #expect(event.time == 77)
        #expect(event.from == .upstream)
        #expect(event.kind == .event)
        #expect(event.transport == .polling)
        #expect(event.engineVersion == 3)
        #expect(event.verdicts == [.held, .modified, .forwarded])
        #expect(event.rules == [RuleID(4), RuleID(5)])
        #expect(event.namespace == "/n")
        #expect(event.name == "f")
        #expect(event.ackID == "3")
        #expect(event.wantsAck)
        #expect(!event.injected)
        #expect(event.hasOriginal)
        #expect(event.sizeBytes == 17)
        #expect(event.withPayload { Array($0) } == Array(#"["f",1]"#.utf8))
        #expect(event.attachments.map(\.sizeBytes) == [3, 0])
        #expect(event.attachmentBytes(0) == [1, 2, 3])
        #expect(event.attachmentBytes(1) == [])
        #expect(event.attachmentBytes(2) == nil)
        #expect(event.attachmentBytes(-1) == nil)
        #expect(try event.json()["original"]?["attachments"]?.text == #"[{"index":0,"sizeBytes":1}]"#)
    }

    @Test(
        "a forwarded packet without a record reads as with one",
        arguments: [
            #"2["a",1]"#, #"2/n,17["a",{"b":2}]"#, "317[]", #"0{"token":1}"#, "1", #"4{"message":"no"}"#,
            "2" + String(repeating: "x", count: 1000), "2" + String(repeating: "y", count: 100_000),
        ], [[], [[1, 2, 3]]])
    func recordsForwarded(text: String, attachments: [[UInt8]]) throws {
        let capture = Capture(limits: CaptureLimits { $0.chunkBytes = 2048 })
        let recorder = capture.makeRecorder()
        let packet = try SocketPacket(text, attachments: attachments)
        for transport in [EngineTransport.polling, .webSocket] {
            for side in Side.allCases {
                let context = EventContext(
                    connection: ConnectionID(3), from: side, transport: transport, engineVersion: 3,
                    at: Moment(monotonic: .uptimeNanoseconds(1), wall: 42))
                recorder.recordForwarded(packet, context: context)
                recorder.record(EventRecord(forwarded: packet, context: context))
            }
        }
        recorder.flush()
        capture.drain()
        let events = capture.events(limit: 100).events
        #expect(events.count == 8)
        for index in stride(from: 0, to: 8, by: 2) {
            let (short, long) = (events[index], events[index + 1])
            #expect(short.kind == EventKind(packet.kind))
            #expect(short.verdicts == [.forwarded])
            #expect(short.connection == ConnectionID(3) && short.time == 42 && short.engineVersion == 3)
            #expect(short.from == long.from && short.transport == long.transport)
            #expect(short.withRaw { Array($0) } == long.withRaw { Array($0) })
            #expect(short.attachmentBytes(0) == attachments.first)
            #expect(short.wantsAck == long.wantsAck)
        }
        #expect(events.map(\.from) == [.client, .client, .upstream, .upstream, .client, .client, .upstream, .upstream])
        #expect(
            events.map(\.transport) == Array(repeating: .polling, count: 4) + Array(repeating: .webSocket, count: 4))
    }

    @Test("reads back records of every size round the bounds of a chunk and of sharing")
    func readsSizes() throws {
        let capture = Capture(
            limits: CaptureLimits {
                $0.chunkBytes = 512
                $0.sharedPayloadBytes = 700
                $0.pendingBatches = .max
            })
        let recorder = capture.makeRecorder()
        let sizes = Array(0...1600)
        for size in sizes {
            recorder.record(try .packet("2" + String(repeating: "x", count: size)))
            recorder.record(try .packet("51-[]", attachments: [[UInt8](repeating: UInt8(size % 251), count: size)]))
        }
        recorder.flush()
        capture.drain()
        let events = capture.events(limit: .max).events
        #expect(events.map(\.id.number) == Array(1...UInt64(2 * sizes.count)))
        for size in sizes {
            #expect(events[2 * size].withRaw(\.count) == size + 1)
            #expect(events[2 * size].withRaw { $0.last } == (size == 0 ? 0x32 : 0x78))
            #expect(events[2 * size + 1].attachmentBytes(0) == [UInt8](repeating: UInt8(size % 251), count: size))
        }
    }

    @Test("shows the ack of an event that was answered, and only then")
    func showsAck() throws {
        let capture = Capture()
        let event = try #require(capture.take(try .packet("21[\"a\",0]")))
        let silent = try #require(capture.take(try .packet("2[\"a\",0]")))
        #expect(event.withAckPayload { Array($0) } == nil)
        let ack = try #require(capture.take(try .packet("31[\"yes\"]", from: .upstream, time: 2_500_000)))
        #expect(event.withAckPayload { Array($0) } == Array("[\"yes\"]".utf8))
        #expect(event.ackLatencyNanoseconds == 2_500_000)
        #expect(silent.withAckPayload { Array($0) } == nil)
        #expect(silent.ackLatencyNanoseconds == nil)
        #expect(ack.withAckPayload { Array($0) } == nil)
        #expect(ack.ackLatencyNanoseconds == nil)
        capture.clear()
        #expect(event.withAckPayload { Array($0) } == nil)
    }

    @Test("keeps a large payload as it was though the sender's buffer changes")
    func keepsLargePayload() throws {
        let capture = Capture()
        var buffer = ByteBuffer(repeating: 0x20, count: 100_000)
        buffer.setInteger(UInt8(0x32), at: 0)
        let packet = SocketPacket(
            envelope: try buffer.withUnsafeReadableBytes { bytes throws(SocketIOError) in
                try PacketEnvelope(scanning: bytes, attachmentLimit: 0)
            }, text: EngineMessage(.text, buffer))
        var record = EventRecord.packet(packet)
        record.original = try SocketPacket("2[]")
        let event = try #require(capture.take(record))
        buffer.setRepeatingByte(0x21, count: 50_000, at: 10)
        #expect(event.withRaw { Array($0.prefix(20)) } == [0x32] + [UInt8](repeating: 0x20, count: 19))
        #expect(try event.json(detailed: true)["original"]?["raw"] == "2[]")
    }

    @Test("counts the whole memory that a shared payload keeps, and copies a small part of a large buffer")
    func countsSharedMemory() throws {
        func memory(of bytes: ByteBuffer) throws -> Int {
            let capture = Capture()
            let envelope = try PacketEnvelope(
                scanning: UnsafeRawBufferPointer(start: nil, count: 0), attachmentLimit: 0)
            capture.take(.packet(SocketPacket(envelope: envelope, text: EngineMessage(.text, bytes))))
            return capture.memoryBytes
        }
        _ = memory
        let large = ByteBuffer(repeating: 0x32, count: 1 << 20)
        let capture = Capture()
        capture.take([.opaque(EngineMessage(.text, large))])
        #expect((large.storageCapacity...large.storageCapacity + 200).contains(capture.memoryBytes))
        capture.clear()
        let part = try #require(large.getSlice(at: 0, length: 100_000))
        capture.take([.opaque(EngineMessage(.text, part))])
        #expect((100_000...200_000).contains(capture.memoryBytes))
    }

    @Test("a recorder that goes hands over what it has")
    func flushesAtTheEnd() throws {
        let capture = Capture()
        var recorder: CaptureRecorder? = capture.makeRecorder()
        recorder?.record(try .packet("2[]"))
        recorder = nil
        capture.drain()
        #expect(capture.ids == [1])
    }

    @Test("flush gives the last id, and nothing where nothing was recorded")
    func flushes() throws {
        let capture = Capture()
        let recorder = capture.makeRecorder()
        #expect(!recorder.hasRecords)
        #expect(recorder.flush() == nil)
        for _ in 1...3 { recorder.record(try .packet("2[]")) }
        #expect(recorder.hasRecords)
        #expect(recorder.flush() == EventID(3))
        #expect(!recorder.hasRecords)
        recorder.record(.opaque(.binary([UInt8](repeating: 0, count: 100_000))))
        #expect(recorder.hasRecords)
        #expect(recorder.flush() == EventID(4))
        #expect(recorder.flush() == nil)
        capture.drain()
        #expect(capture.ids == [1, 2, 3, 4])
    }

    @Test("gives each record of several recorders its own id, in the order of each recorder")
    func numbersConcurrently() async throws {
        let capture = Capture(
            limits: CaptureLimits {
                $0.chunkBytes = 4096
                $0.pendingBatches = .max
            })
        await withTaskGroup(of: Void.self) { group in
            for loop in 1...4 as ClosedRange<UInt64> {
                group.addTask {
                    let recorder = capture.makeRecorder()
                    for number in 0..<2000 {
                        recorder.record(.list(.open, "[\(number)]", connection: loop))
                        if number % 7 == 0 { recorder.flush() }
                    }
                    recorder.flush()
                }
            }
            group.addTask {
                for _ in 0..<200 { _ = capture.events(limit: 50, where: { $0.withPayload(\.count) > 3 }) }
            }
        }
        await capture.settle()
        let events = capture.events(limit: .max).events
        #expect(events.map(\.id.number) == Array(1...8000))
        for loop in 1...4 as ClosedRange<UInt64> {
            let payloads = events.filter { $0.connection == ConnectionID(loop) }.map { event in
                event.withPayload { String(decoding: $0, as: UTF8.self) }
            }
            #expect(payloads == (0..<2000).map { "[\($0)]" })
        }
    }

    @Test("readers see whole events while recorders write, acks are paired and memory is used again")
    func readsConcurrently() async throws {
        let capture = Capture(
            limits: CaptureLimits {
                $0.chunkBytes = 2048
                $0.events = 200
                $0.sharedPayloadBytes = 1000
            })
        let texts = try (0..<50).map { number in
            try SocketPacket("2\(number)[\"name\(number)\",\"\(String(repeating: "x", count: number * 40))\"]")
        }
        let acks = try (0..<50).map { try SocketPacket("3\($0)[]") }
        let damaged = Collector<EventID>()
        await withTaskGroup(of: Void.self) { group in
            for loop in 1...2 as ClosedRange<UInt64> {
                group.addTask {
                    let recorder = capture.makeRecorder()
                    for round in 0..<4000 {
                        let index = round % 50
                        recorder.record(.packet(texts[index], connection: loop))
                        recorder.record(.packet(acks[index], from: .upstream, connection: loop))
                        if round % 11 == 0 { recorder.flush() }
                    }
                }
            }
            for _ in 1...2 {
                group.addTask {
                    for round in 0..<150 {
                        for event in capture.events(limit: 100, where: { $0.ackState != .pending }).events {
                            guard event.kind == .event, let id = event.ackID else { continue }
                            if event.name != "name\(id)" { damaged.add(event.id) }
                            if (try? event.json()) == nil { damaged.add(event.id) }
                        }
                        if round % 50 == 49 { capture.clear() }
                    }
                }
            }
        }
        await capture.settle()
        #expect(damaged.values.isEmpty)
        #expect(capture.count + Int(capture.evicted) <= 16_000)
        #expect(capture.take([try .packet("2[]")]) == EventID(16_001))
    }

    @Test("clear forgets events and awaited acks, keeps counting ids and does not count as eviction")
    func clears() throws {
        let capture = Capture()
        let kept = try #require(capture.take(.packet(#"21["a"]"#)))
        capture.take([try .packet("2[]")])
        capture.clear()
        #expect(capture.count == 0)
        #expect(capture.memoryBytes == 0)
        #expect(capture.evicted == 0)
        #expect(capture.newest == nil)
        #expect(capture.oldest == nil)
        #expect(capture.event(EventID(1)) == nil)
        #expect(kept.name == "a")
        let ack = try #require(capture.take(.packet("31[]", from: .upstream)))
        #expect(ack.id == EventID(3))
        #expect(ack.ackState == .unknown)
        #expect(capture.ids == [3])
    }

    @Test("tells observers the newest id until they cancel or are let go")
    func observes() throws {
        let capture = Capture()
        let first = Collector<EventID>()
        let second = Collector<EventID>()
        let observation = capture.observe { first.add($0) }
        var held: CaptureObservation? = capture.observe { second.add($0) }
        capture.take([try .packet("2[]"), try .packet("2[]")])
        #expect(first.values == [EventID(2)])
        #expect(second.values == [EventID(2)])
        held = nil
        capture.take([try .packet("2[]")])
        observation.cancel()
        capture.take([try .packet("2[]")])
        #expect(first.values == [EventID(2), EventID(3)])
        #expect(second.values == [EventID(2)])
        #expect(held == nil)
    }

    @Test("an observer can read what it is told of")
    func observerReads() throws {
        let capture = Capture()
        let names = Collector<String?>()
        let observation = capture.observe { names.add(capture.event($0)?.name) }
        capture.take([try .packet(#"2["a"]"#)])
        capture.take([try .packet(#"2["b"]"#)])
        observation.cancel()
        #expect(names.values == ["a", "b"])
    }

    @Test("a reader keeps the memory of what it holds while the capture goes on")
    func readerKeepsMemory() throws {
        let capture = Capture(
            limits: CaptureLimits {
                $0.events = 10
                $0.chunkBytes = 256
            })
        let kept = try #require(capture.take(.packet(#"21["kept"]"#)))
        for number in 0..<1000 { capture.take([try .packet("2[\"other\(number)\"]")]) }
        #expect(capture.event(kept.id) == nil)
        #expect(kept.name == "kept")
        #expect(kept.ackState == .pending)
    }
}
