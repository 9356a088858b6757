import NIOCore
import Testing
import WebSocketCodec

@Suite("WebSocketReader")
struct WebSocketReaderTests {
    @Test("has all vectors")
    func hasAllVectors() {
        #expect(WebSocketVector.all.count > 150)
        #expect(WebSocketVector.all.allSatisfy { ($0.error == nil) == ($0.expectedError == nil) })
    }

    @Test("reads each vector whole", arguments: WebSocketVector.all)
    func readsWhole(vector: WebSocketVector) {
        var reader = vector.reader
        let (inputs, error) = reader.read([vector.bytes[...]])
        #expect(inputs == vector.expectedInputs)
        #expect(error == vector.expectedError)
    }

    @Test("reads each vector cut at each byte", arguments: WebSocketVector.all)
    func readsCutInTwo(vector: WebSocketVector) {
        let bytes = vector.bytes
        let expected = vector.expectedInputs
        let cuts = bytes.count <= 600 ? Array(1..<bytes.count) : Array(1...20) + [bytes.count - 1]
        for cut in cuts {
            var reader = vector.reader
            let (inputs, error) = reader.read([bytes[..<cut], bytes[cut...]])
            #expect(inputs == expected, "cut at \(cut)")
            #expect(error == vector.expectedError, "cut at \(cut)")
        }
    }

    @Test("reads each vector byte by byte", arguments: WebSocketVector.all)
    func readsByteByByte(vector: WebSocketVector) {
        var reader = vector.reader
        let bytes = vector.bytes
        let (inputs, error) = reader.read(bytes.indices.map { bytes[$0...$0] })
        #expect(inputs == vector.expectedInputs)
        #expect(error == vector.expectedError)
    }

    @Test("reads each vector appended in two parts before the first is asked for", arguments: WebSocketVector.all)
    func readsTwoAppends(vector: WebSocketVector) {
        let bytes = vector.bytes
        var reader = vector.reader
        reader.append(ByteBuffer(bytes: bytes[..<(bytes.count / 2)]))
        let (inputs, error) = reader.read([bytes[(bytes.count / 2)...]])
        #expect(inputs == vector.expectedInputs)
        #expect(error == vector.expectedError)
    }

    @Test("reads bytes that do not start at the start of their buffer")
    func readsFromWithinABuffer() throws {
        var bytes = ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0x81, 0x02, 0x68, 0x69, 0x00])
        bytes.moveReaderIndex(forwardBy: 3)
        bytes.moveWriterIndex(to: 7)
        var reader = WebSocketReader(role: .client, messageBytesLimit: 10, fragmentsLimit: 1)
        reader.append(bytes)
        let frames = ByteBuffer(bytes: [0x81, 0x02, 0x68, 0x69])
        #expect(try reader.next() == .message(.text, payload: ByteBuffer(string: "hi"), frames: frames))
        #expect(try reader.next() == nil)
    }

    @Test("throws the same error again and ignores what comes after it")
    func staysFailed() {
        var reader = WebSocketReader(role: .client, messageBytesLimit: 10, fragmentsLimit: 1)
        let error = WebSocketError(.reservedOpcode, at: 2)
        #expect(reader.read([[0x89, 0x00, 0x83, 0x00][...]]).1 == error)
        let (inputs, again) = reader.read([[0x89, 0x00][...]])
        #expect(inputs.isEmpty && again == error)
        #expect(reader.bufferedBytes == 0)
    }

    @Test("says what it holds")
    func saysWhatItHolds() {
        var reader = WebSocketReader(role: .client, messageBytesLimit: 10, fragmentsLimit: 3)
        #expect(!reader.isMidMessage && reader.bufferedBytes == 0)
        #expect(reader.read([[0x02, 0x02, 1, 2, 0x80][...]]).0.isEmpty)
        #expect(reader.isMidMessage)
        #expect(reader.bufferedBytes == 2 + 4 + 1)
        #expect(reader.read([[0x01, 3][...]]).0.count == 1)
        #expect(!reader.isMidMessage && reader.bufferedBytes == 0)
    }

    @Test("closes with the code that names the fault")
    func closeCodes() {
        #expect(WebSocketError(.messageTooLarge, at: 0).closeCode == 1009)
        #expect(WebSocketError(.tooManyFragments, at: 0).closeCode == 1009)
        #expect(WebSocketError(.badUTF8, at: 0).closeCode == 1007)
        #expect(WebSocketError(.reservedBits, at: 0).closeCode == 1002)
        #expect(WebSocketError(.unmaskedClientFrame, at: 0).closeCode == 1002)
    }

    @Test("lets pass the close codes that may be sent and no others")
    func checksCloseCodes() {
        let allowed = Set<UInt16>(1000...1003).union(1007...1014).union(3000...4999)
        var passed: Set<UInt16> = []
        for code in UInt16.min ... .max {
            var reader = WebSocketReader(role: .client, messageBytesLimit: 0, fragmentsLimit: 1)
            let (inputs, error) = reader.read([[0x88, 0x02, UInt8(code >> 8), UInt8(code & 0xFF)][...]])
            if inputs == [.close(code: code, reason: ByteBuffer())], error == nil { passed.insert(code) }
            if inputs.isEmpty, error != WebSocketError(.badCloseCode, at: 0) { Issue.record("\(code)") }
        }
        #expect(passed == allowed)
    }

    @Test("never writes to a payload that somebody keeps", arguments: [WebSocketRole.server, .client])
    func keepsWhatWasHandedOut(role: WebSocketRole) throws {
        var reader = WebSocketReader(role: role, messageBytesLimit: 100_000, fragmentsLimit: 1)
        var wire = ByteBuffer()
        var written: [ByteBuffer] = []
        for index in 0..<200 {
            let payload = ByteBuffer(repeating: UInt8(index), count: index * 7 % 400)
            written.append(payload)
            WebSocketWriter.writeMessage(
                .binary, payload, mask: role == .server ? UInt32(index) &* 0x9E37_79B9 : nil, into: &wire)
        }
        // Reads of growing length end within headers, masks and payloads, and all share one storage.
        var kept: [ByteBuffer] = []
        var frames = ByteBuffer()
        let whole = wire
        var length = 1
        while wire.readableBytes > 0 {
            let part = wire.readSlice(length: min(length, wire.readableBytes))
            reader.append(try #require(part))
            length += 3
            while let input = try reader.next() {
                guard case .message(.binary, let payload, let frame) = input else { continue }
                kept.append(payload)
                frames.writeImmutableBuffer(frame)
            }
        }
        #expect(kept == written)
        #expect(frames == whole)
    }

    @Test("moves only what is left to a new buffer while somebody keeps what came before it")
    func movesOnlyTheRest() throws {
        var wire = ByteBuffer()
        WebSocketWriter.writeMessage(.binary, ByteBuffer(repeating: 1, count: 90_000), mask: nil, into: &wire)
        wire.writeInteger(UInt8(0x89))
        var reader = WebSocketReader(role: .client, messageBytesLimit: 90_000, fragmentsLimit: 1)
        let bytes = Array(wire.readableBytesView)
        let kept = reader.read([bytes[..<40_000], bytes[40_000...]]).0
        #expect(kept.count == 1 && reader.bufferedBytes == 1)
        #expect(reader.read([[0x01][...]]).0.isEmpty)
        #expect(reader.storageBytes <= 64)
        #expect(reader.read([[0x61][...]]).0 == [.ping(ByteBuffer(string: "a"))])
        withExtendedLifetime(kept) {}
    }

    @Test("does not reserve what is only announced")
    func doesNotReserve() {
        var reader = WebSocketReader(role: .client, messageBytesLimit: 1 << 30, fragmentsLimit: 1)
        #expect(reader.read([[0x82, 127, 0, 0, 0, 0, 0x40, 0, 0, 0][...], [1][...]]).1 == nil)
        #expect(reader.bufferedBytes == 11)
        #expect(reader.storageBytes <= 64)
    }

    @Test("holds a large message in few times its size while it comes, and lets go of it then")
    func readsLargeMessage() throws {
        var wire = ByteBuffer()
        let payload = ByteBuffer(bytes: (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
        WebSocketWriter.writeMessage(.binary, payload, mask: 0xA1B2_C3D4, into: &wire)
        var reader = WebSocketReader(role: .server, messageBytesLimit: 3_000_000, fragmentsLimit: 1)
        while wire.readableBytes > 65_536 {
            let part = wire.readBytes(length: 65_536)
            reader.append(ByteBuffer(bytes: try #require(part)))
            #expect(try reader.next() == nil)
            #expect(reader.storageBytes <= 4 * reader.bufferedBytes)
        }
        reader.append(wire)
        guard case .message(.binary, let read, _) = try reader.next() else {
            Issue.record("no message")
            return
        }
        #expect(read == payload)
        #expect(try reader.next() == nil)
        #expect(reader.storageBytes <= 4096)
    }
}
