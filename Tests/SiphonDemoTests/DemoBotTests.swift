import EngineIOCore
import LosslessJSON
import NIOCore
import SocketIOCore
import Testing

@testable import SiphonDemo

/// A bot that is in the room: `run` gives what it says, one line a deed, with the second.
private struct Stage {
    var bot: DemoBot
    var answersQuestions = true
    private(set) var lastPackets: [SocketPacket] = []

    init(_ character: DemoCharacter, isIn: Bool = true) {
        bot = DemoBot(character)
        guard isIn else { return }
        _ = bot.opened()
        _ = receive(#"0{"sid":"a"}"#)
        _ = receive(#"30[{"ok":true}]"#)
    }

    mutating func receive(_ text: String, at now: Duration = .zero) -> [String] {
        var decoder = SocketPacketDecoder(attachmentLimit: 10, attachmentBytesLimit: 1000)
        guard let packet = (try? decoder.receive(.text(text))) ?? nil else { return ["no packet: \(text)"] }
        return bot.receive(packet, at: now).map { String(buffer: $0.text.bytes) }
    }

    /// Lets time pass from deadline to deadline.
    mutating func run(until end: Duration) -> [String] {
        var lines: [String] = []
        while bot.deadline <= end {
            let now = bot.deadline
            let packets = bot.advance(to: now)
            for packet in packets {
                guard let payload = try? packet.parsedPayload(), let name = payload[0]?.string else { continue }
                let text = payload[1]?["text"]?.string ?? payload[1]?["isTyping"]?.text ?? ""
                lines.append("\(now.components.seconds) \(name) \(text)")
                if name == "question", answersQuestions, let ackID = packet.ackID {
                    _ = receive(#"3\#(ackID)[{"ok":true,"answer":"Yes."}]"#, at: now + .seconds(1))
                }
            }
            lastPackets = packets
        }
        return lines
    }
}

@Suite("DemoBot")
struct DemoBotTests {
    @Test("connects, Bit to /admin too, joins, and speaks only when it is let in")
    func connects() {
        var bit = Stage(.bit, isIn: false), pixel = Stage(.pixel, isIn: false)
        #expect(
            bit.bot.opened().map { String(buffer: $0.text.bytes) }
                == [#"0{"name":"Bit"}"#, #"0/admin,{"token":"siphon-demo"}"#])
        #expect(pixel.bot.opened().count == 1)
        #expect(bit.receive(#"0/admin,{"sid":"x"}"#) == [])
        #expect(bit.run(until: .seconds(10)) == [])
        #expect(bit.receive(#"0{"sid":"y"}"#) == [#"20["join",{"room":"lobby"}]"#])
        #expect(bit.receive(#"30[{"ok":false,"error":"no"}]"#) == [])
        #expect(bit.run(until: .seconds(20)) == [])
        #expect(bit.receive(#"0{"sid":"y"}"#) == [#"21["join",{"room":"lobby"}]"#])
        #expect(bit.receive(#"31[{"ok":true}]"#) == [])
        #expect(bit.run(until: .seconds(23)) == ["22 typing true"])
    }

    @Test("writes, then says its line")
    func says() {
        var bit = Stage(.bit)
        #expect(
            bit.run(until: .seconds(4))
                == ["1 typing true", "3 typing false", "3 say Morning! The deploy to staging failed again last night."])
    }

    @Test("follows its whole part, and starts anew", arguments: DemoCharacter.allCases)
    func wholePart(character: DemoCharacter) {
        var stage = Stage(character)
        let lines = DemoScript.lines.filter { $0.character == character }.count
        func deeds(_ lines: [String]) -> Int {
            lines.count { !$0.contains(" typing ") && !$0.contains("chat has spoken") }
        }
        #expect(deeds(stage.run(until: DemoScript.length)) == lines)
        #expect(deeds(stage.run(until: DemoScript.length * 2)) == lines)
        #expect(lines > 2)
    }

    @Test("sends pictures as attachments, each another one")
    func pictures() throws {
        var pixel = Stage(.pixel)
        _ = pixel.run(until: .seconds(19))
        let first = try #require(pixel.lastPackets.last)
        #expect(first.kind == .binaryEvent)
        #expect(try first.parsedPayload()[1]?["picture"]?.text == #"{"_placeholder":true,"num":0}"#)
        _ = pixel.run(until: .seconds(102))
        let second = try #require(pixel.lastPackets.last)
        #expect(second.attachments.count == 1)
        #expect(first.attachments != second.attachments)
        #expect(second.sizeBytes < DemoLimits.pictureBytes)
    }

    @Test("says so when its question is answered, and when it is not within its patience")
    func questions() {
        var query = Stage(.query)
        #expect(query.run(until: .seconds(36)).last == "35 say The chat has spoken. I feel hardly any wiser.")
        query.answersQuestions = false
        #expect(query.run(until: .seconds(75)).last == "71 question Do the health checks start too early?")
        #expect(query.run(until: .seconds(76)).last == "76 say No answer. I would have settled for a no.")
    }

    @Test("greets a person who calls Bit by its name, and no bot")
    func greets() {
        var bit = Stage(.bit)
        func said(_ from: String, _ text: String) -> String { #"2["said",{"from":"\#(from)","text":"\#(text)"}]"# }
        #expect(bit.receive(said("Pixel", "Thanks, Bit"), at: .seconds(4)) == [])
        #expect(bit.receive(said("Ada", "a bitter pill"), at: .seconds(4)) == [])
        _ = bit.run(until: .seconds(4))
        #expect(bit.run(until: .seconds(9)) == [])
        #expect(bit.receive(said("Ada", "Hello, BIT!"), at: .seconds(9)) == [])
        #expect(bit.run(until: .milliseconds(11_100)).contains { $0.hasPrefix("11 say Hello, Ada! ") })
        var pixel = Stage(.pixel)
        _ = pixel.receive(said("Ada", "Bit and Pixel"), at: .seconds(4))
        #expect(pixel.run(until: .seconds(9)) == [])
    }

    @Test("acknowledges what somebody injects with an ack")
    func acknowledges() {
        var pixel = Stage(.pixel)
        #expect(pixel.receive(#"27["said",{"from":"x"}]"#) == [#"37[{"ok":true,"name":"Pixel"}]"#])
        #expect(pixel.receive(#"2/admin,8["x"]"#) == [#"3/admin,8[{"ok":true,"name":"Pixel"}]"#])
        #expect(pixel.receive(#"2["x"]"#) == [])
    }

    @Test("makes up for nothing that was due while it was away, even for long")
    func isLate() {
        var bit = Stage(.bit)
        bit.bot.ended()
        #expect(bit.bot.advance(to: .seconds(100)).isEmpty)
        _ = bit.bot.opened()
        _ = bit.receive(#"0{"sid":"b"}"#)
        _ = bit.receive(#"31[{"ok":true}]"#)
        #expect(bit.run(until: .seconds(117)).last == "117 say Run one: green. Run two: green. Nobody breathe.")
        let week = DemoScript.length * 4000
        #expect(bit.bot.advance(to: week + .seconds(10)).count <= 2)
        #expect(bit.bot.deadline > week + .seconds(10))
    }

    @Test(
        "survives what no chat would send",
        arguments: [
            "2[]", "2{}", "3", "30", "30[]", "30[null]", #"2["said"]"#, #"2["said",{"from":1,"text":[]}]"#, "4{}", "1",
            #"0[]"#, "2/x,1[]",
        ])
    func survives(text: String) {
        for character in DemoCharacter.allCases {
            var stage = Stage(character)
            _ = stage.receive(text, at: .seconds(1))
            _ = stage.run(until: DemoScript.length)
        }
    }
}

@Suite("DemoScript")
struct DemoScriptTests {
    @Test("is in order, leaves time to write, and every text may be said")
    func isSound() {
        let times = DemoScript.lines.map(\.at)
        #expect(times == times.sorted())
        #expect(Set(times).count == times.count)
        #expect(times.last.map { $0 + DemoBot.patience < DemoScript.length } == true)
        for line in DemoScript.lines {
            #expect(line.at > DemoScript.writing)
            switch line.deed {
            case .say(let text), .ask(let text): #expect(DemoText.fits(text, scalars: DemoLimits.messageScalars))
            case .picture: break
            }
        }
        for character in DemoCharacter.allCases {
            let own = DemoScript.lines.filter { $0.character == character }.map(\.at)
            for (one, next) in zip(own, own.dropFirst()) { #expect(next - one > DemoScript.writing) }
        }
    }
}

@Suite("PixelPicture")
struct PixelPictureTests {
    @Test("computes the check sums of their specifications")
    func checkSums() {
        #expect(PixelPicture.crc32(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(PixelPicture.adler32(Array("Wikipedia".utf8)) == 0x11E6_0398)
    }

    @Test("is a PNG with the pixels in one stored block")
    func png() {
        var picture = PixelPicture(width: 2, height: 2, palette: [[0, 0, 0], [255, 255, 255]])
        picture.fill(1..<9, -3..<1, colour: 1)
        #expect(
            Array(buffer: picture.png).hexadecimal
                == "89504e470d0a1a0a"
                + "0000000d49484452000000020000000208030000004568fd16"
                + "00000006504c5445000000ffffffa5d99fdd"
                + "00000011494441547801010600f9ff000001000000000a0002f06dfdba"
                + "0000000049454e44ae426082")
    }
}

extension [UInt8] {
    fileprivate var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
