import LosslessJSON
import SocketIOCore
import Testing

@testable import SiphonDemo

@Suite("Tests/Vectors/demo-events.json")
struct EventCatalogueTests {
    private let catalogue = EventCatalogue.shared

    @Test("names the events that the chat knows, and no others")
    func names() {
        #expect(catalogue.names(from: "client").sorted() == DemoClientEvent.allCases.map(\.rawValue).sorted())
        #expect(catalogue.names(from: "server").sorted() == DemoServerEvent.allCases.map(\.rawValue).sorted())
        for event in DemoServerEvent.allCases {
            #expect(catalogue.entry(from: "server", event.rawValue)?["namespace"]?.string == event.namespace)
        }
    }

    @Test("has the chat's constants")
    func constants() {
        let limits = catalogue.json["limits"]
        #expect(limits?["nameCharacters"]?.int == DemoLimits.nameScalars)
        #expect(limits?["roomCharacters"]?.int == DemoLimits.roomScalars)
        #expect(limits?["messageCharacters"]?.int == DemoLimits.messageScalars)
        #expect(limits?["pictureBytes"]?.int == DemoLimits.pictureBytes)
        #expect(limits?["rooms"]?.int == DemoLimits.rooms)
        #expect(limits?["members"]?.int == DemoLimits.members)
        #expect(limits?["historyMessages"]?.int == DemoLimits.historyMessages)
        #expect(limits?.members?.count == 7)
        #expect(catalogue.json["adminToken"]?.string == DemoChat.adminToken)
        #expect(catalogue.json["rooms"]?.elements?.compactMap(\.string) == DemoChat.keptRooms)
    }

    /// The examples themselves are sent, so that the acks and all that follows have the shapes that stand there.
    @Test("has the shapes of what the chat sends and answers")
    func shapes() throws {
        let desk = ChatDesk()
        desk.open("Bit")
        desk.receive("0" + (catalogue.json["auth"]?["/"]?.text ?? ""), from: "Bit")
        desk.receive("0/admin," + (catalogue.json["auth"]?["/admin"]?.text ?? ""), from: "Bit")
        desk.receive(#"2["join",{"room":"lobby"}]"#, from: "Bit")
        desk.receive(#"2["say",{"room":"lobby","text":"Morning."}]"#, from: "Bit")
        desk.enter("Grace")
        var acknowledged: Set<String> = []
        for name in catalogue.names(from: "client") {
            let example = try #require(catalogue.entry(from: "client", name))
            let text = JSONValue.array([JSONValue(name)] + (example["args"]?.elements ?? [])).text
            let isPicture = name == "picture"
            let wire = text.replacing(#"{"bytes":"89504e47"}"#, with: #"{"_placeholder":true,"num":0}"#)
            let before = desk.sent.count
            desk.receive(
                (isPicture ? "51-1" : "21") + wire, attachments: isPicture ? [[0x89, 0x50, 0x4E, 0x47]] : [],
                from: "Grace")
            for (_, packet) in desk.sent[before...] where packet.kind == .ack {
                #expect(
                    EventCatalogue.shape(try packet.parsedPayload()) == EventCatalogue.shape(example["ack"]), "\(name)")
                acknowledged.insert(name)
            }
        }
        #expect(acknowledged == Set(catalogue.names(from: "client")).subtracting(["typing"]))
        desk.end("Grace")

        var seen: Set<String> = []
        for (_, packet) in desk.sent where packet.kind.isEvent {
            let payload = try packet.parsedPayload()
            let name = try #require(payload[0]?.string)
            let example = try #require(catalogue.entry(from: "server", name))
            #expect(EventCatalogue.shape(payload[1]) == EventCatalogue.shape(example["args"]?[0]), "\(name)")
            seen.insert(name)
        }
        #expect(seen == Set(DemoServerEvent.allCases.map(\.rawValue)))
    }

    @Test("has the shape of a failure")
    func failure() throws {
        let desk = ChatDesk()
        desk.enter("Ada")
        desk.receive(#"21["say",{"room":"lobby","text":"?"}]"#, from: "Ada")
        let ack = try #require(try desk.sent.last?.packet.parsedPayload())
        #expect(EventCatalogue.shape(ack[0]) == EventCatalogue.shape(catalogue.json["failure"]))
    }
}
