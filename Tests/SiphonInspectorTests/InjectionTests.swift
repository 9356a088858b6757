import LosslessJSON
import NIOConcurrencyHelpers
import SiphonCore
import Testing

@testable import SiphonInspector

@Suite("Injection")
struct InjectionTests {
    private let inspector = TestInspector()

    private func inject(_ body: String) async -> InspectorResponse {
        await inspector.answer("POST", "connections/c1/events", body)
    }

    @Test("passes on what was asked, numbers as they were written")
    func passes() async throws {
        let body = #"""
            {"to": "upstream", "namespace": "/a", "name": "chat", "args": [1.0, {"b": [true]}], "ack": true,
             "timeoutMilliseconds": 250}
            """#
        let response = await inject(body)
        #expect(response.status == 200 && response.text == #"{"event":"e99","ack":null}"#)
        let (injection, id) = try #require(inspector.control.state.withLockedValue { $0.injections.first })
        #expect(id == ConnectionID(1) && injection.to == .upstream && injection.namespace == "/a")
        #expect(injection.name == "chat" && injection.wantsAck && injection.timeout == .milliseconds(250))
        #expect(JSONValue.array(injection.arguments).text == #"[1.0,{"b":[true]}]"#)
        #expect(injection.attachments.isEmpty)
    }

    @Test("leaves out what has a default")
    func defaults() async throws {
        #expect(await inject(#"{"to": "client", "name": "n"}"#).status == 200)
        let (injection, _) = try #require(inspector.control.state.withLockedValue { $0.injections.first })
        #expect(injection.namespace == "/" && !injection.wantsAck && injection.arguments.isEmpty)
        #expect(injection.to == .client && injection.timeout == .seconds(5))
    }

    @Test("numbers binary values depth first")
    func binary() async throws {
        let body = #"""
            {"to": "client", "name": "n", "args": [{"a": {"$binary": "AQ=="}, "b": [{"$binary": ""}]}, {"$binary": "AgM="}]}
            """#
        #expect(await inject(body).status == 200)
        let (injection, _) = try #require(inspector.control.state.withLockedValue { $0.injections.first })
        #expect(injection.attachments == [[1], [], [2, 3]])
        let placeholders = (0...2).map { #"{"_placeholder":true,"num":\#($0)}"# }
        #expect(
            JSONValue.array(injection.arguments).text
                == #"[{"a":\#(placeholders[0]),"b":[\#(placeholders[1])]},\#(placeholders[2])]"#)
    }

    @Test("takes 1000 binary values and refuses one more", arguments: [(1000, UInt32(200)), (1001, 422)])
    func binaryLimit(count: Int, status: UInt32) async {
        let values = Array(repeating: #"{"$binary":"AA=="}"#, count: count).joined(separator: ",")
        #expect(await inject(#"{"to": "client", "name": "n", "args": [\#(values)]}"#).status == status)
    }

    @Test(
        "refuses with what and where",
        arguments: [
            ("nonsense", "byte 1"), ("", "byte 0"), ("[]", "map"), (#"{"name": "n"}"#, "'to'"),
            (#"{"to": "server", "name": "n"}"#, "'to'"), (#"{"to": 1, "name": "n"}"#, "'to'"),
            (#"{"to": "client"}"#, "'name'"), (#"{"to": "client", "name": ""}"#, "empty"),
            (#"{"to": "client", "name": 5}"#, "'name'"), (#"{"to": "client", "name": "n", "args": {}}"#, "'args'"),
            (#"{"to": "client", "name": "n", "args": "x"}"#, "'args'"),
            (#"{"to": "client", "name": "n", "colour": 1}"#, "colour"),
            (#"{"to": "client", "name": "n", "filter": ""}"#, "filter"),
            (#"{"to": "client", "name": "n", "name": "m"}"#, "twice"),
            (#"{"to": "client", "name": "n", "ack": 1}"#, "'ack'"),
            (#"{"to": "client", "name": "n", "namespace": "a"}"#, "namespace"),
            (#"{"to": "client", "name": "n", "namespace": "/a,b"}"#, "namespace"),
            (#"{"to": "client", "name": "n", "namespace": "/a\u0000"}"#, "namespace"),
            (#"{"to": "client", "name": "n", "timeoutMilliseconds": 0}"#, "timeoutMilliseconds"),
            (#"{"to": "client", "name": "n", "timeoutMilliseconds": 600001}"#, "timeoutMilliseconds"),
            (#"{"to": "client", "name": "n", "timeoutMilliseconds": 1.5}"#, "timeoutMilliseconds"),
            (#"{"to": "client", "name": "n", "args": [1, {"$binary": "A"}]}"#, "args[1]"),
            (#"{"to": "client", "name": "n", "args": [{"a": [{"$binary": "AQ"}]}]}"#, "args[0].a[0]"),
            (#"{"to": "client", "name": "n", "args": [{"$binary": {"attachment": 0}}]}"#, "args[0]"),
            (#"{"to": "client", "name": "n", "args": [{"_placeholder": true, "num": 0}]}"#, "args[0]"),
        ])
    func refuses(body: String, part: String) async {
        let response = await inject(body)
        #expect(response.status == 422)
        #expect(response.value["error"] == "invalid")
        #expect(response.value["message"]?.string?.contains(part) == true)
        #expect(inspector.control.state.withLockedValue { $0.injections.isEmpty })
    }

    @Test(
        "refuses reserved names",
        arguments: ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"])
    func reserved(name: String) async {
        let response = await inject(#"{"to": "client", "name": "\#(name)"}"#)
        #expect(response.status == 422 && response.value["message"]?.string?.contains(name) == true)
    }

    @Test("takes a timeout at its bounds", arguments: [1, 600_000])
    func timeout(milliseconds: Int) async {
        #expect(
            await inject(#"{"to": "client", "name": "n", "timeoutMilliseconds": \#(milliseconds)}"#).status == 200)
    }

    @Test(
        "says why the proxy would not",
        arguments: [
            (ControlError.noSuchConnection, UInt32(404), "not_found"), (.connectionClosed, 409, "conflict"),
            (.namespaceNotJoined("/a"), 409, "conflict"), (.invalid("no"), 422, "invalid"),
            (.ackTimeout(event: EventID(7)), 504, "ack_timeout"), (.tooManyPending, 429, "too_many"),
        ])
    func controlErrors(error: ControlError, status: UInt32, code: String) async {
        inspector.control.state.withLockedValue {
            $0.result = .failure(error)
            $0.disconnectError = error
        }
        let response = await inject(#"{"to": "client", "name": "n"}"#)
        #expect(response.status == status && response.value["error"]?.string == code)
        #expect(response.value["event"]?.string == (status == 504 ? "e7" : nil))
        #expect(await inspector.answer("DELETE", "connections/c1").status == status)
    }

    @Test("shows the ack as the peer wrote it, binary values in place and each once")
    func ack() async {
        let binary = #"{"_placeholder":true,"num":0}"#
        let arguments = #"[1.0, {"z":1,"a":\#(binary)}, \#(binary)]"#
        inspector.control.state.withLockedValue {
            $0.result = .success(
                InjectionResult(
                    event: EventID(5),
                    ack: .init(arguments: Array(arguments.utf8), attachments: [[255]], latency: .microseconds(3200))))
        }
        let response = await inject(#"{"to": "client", "name": "n", "ack": true}"#)
        #expect(
            response.text
                == #"{"event":"e5","ack":{"args":[1.0,{"z":1,"a":{"$binary":"/w=="}},\#(binary)],"latencyMilliseconds":3.2}}"#
        )
    }

    @Test("shows an ack that is no JSON as text")
    func brokenAck() async {
        inspector.control.state.withLockedValue {
            $0.result = .success(
                InjectionResult(event: EventID(5), ack: .init(arguments: Array(#"["a"#.utf8), latency: .zero)))
        }
        let response = await inject(#"{"to": "client", "name": "n", "ack": true}"#)
        #expect(response.value["ack"]?["args"]?[0] == #"["a"#)
    }

    @Test("injects into every open connection that the filter matches, each with its own result")
    func many() async {
        inspector.control.state.withLockedValue {
            $0.connections = [
                .sample(1), .sample(2, closedAt: 5), .sample(3, namespaces: ["/x"]), .sample(4), .sample(5),
            ]
        }
        let body = #"{"to": "client", "name": "n", "filter": "conn:c1,c4 or conn:c2"}"#
        let response = await inspector.answer("POST", "events", body.replacing("c1,c4", with: "c1 or conn:c4"))
        #expect(
            response.text == #"{"results":[{"connection":"c1","event":"e99","ack":null},"#
                + #"{"connection":"c4","event":"e99","ack":null}]}"#)
    }

    @Test("gives many results in the order of the connections, refusals among them")
    func manyOrdered() async {
        inspector.control.state.withLockedValue {
            $0.connections = (1...200).map { .sample($0) }
            $0.result = .failure(.ackTimeout(event: EventID(3)))
        }
        let response = await inspector.answer("POST", "events", #"{"to": "client", "name": "n", "filter": ""}"#)
        let results = response.value["results"]?.elements ?? []
        #expect(results.map { $0["connection"]?.string } == (1...200).map { "c\($0)" })
        #expect(results.allSatisfy { $0["error"] == "ack_timeout" && $0["event"] == "e3" && $0["message"] != nil })
    }

    @Test(
        "refuses a filter that asks for more than connections, and none",
        arguments: [#", "filter": "event:a""#, #", "filter": "(""#, ""])
    func manyFilter(filter: String) async {
        let response = await inspector.answer("POST", "events", #"{"to": "client", "name": "n"\#(filter)}"#)
        #expect(response.status == 422 && response.value["message"]?.string?.contains("filter") == true)
    }
}
