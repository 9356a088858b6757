import EngineIOCore
import Foundation
import LosslessJSON
import NIOConcurrencyHelpers
import SiphonCapture
import SiphonCore
import SiphonRules
import SocketIOCore
import Testing

@testable import SiphonInspector

@Suite("Routes")
struct RouteTests {
    private let inspector = TestInspector()

    @Test("every path of the contract answers 405 with Allow to other methods, and 404 is for the rest")
    func methods() throws {
        let table = InspectorRoutes.table
        for route in table.routes where !route.pattern.hasSuffix("rules/order") {
            let target = route.pattern.replacing("*", with: "1")
            #expect(throws: Never.self) { try table.match(InspectorRequest(method: route.method, target: target)) }
            let error = #expect(throws: InspectorError.self) {
                try table.match(InspectorRequest(method: "PATCH", target: target))
            }
            #expect(error?.code == .methodNotAllowed && error?.allowed.contains(route.method) == true)
            #expect(error?.response.header("Allow")?.isEmpty == false)
        }
    }

    @Test(
        "finds nothing at other spellings",
        arguments: [
            "/api/v1", "/api/v1/", "/api/v1/status/", "//api/v1/status", "/api/v1/%73tatus", "/api/v1/../v1/status",
            "/api/v1/events//attachments/0", "/api/v1/events/", "/API/v1/status", "/%00", "/..%2f..%2fetc/passwd",
            "/api/v1/openapi.json", "/metrics", "/api/v1/held", "/api/v1/export", "/api/v1/rules/test/x",
        ])
    func noOtherSpelling(target: String) {
        #expect(throws: InspectorError.self) {
            try InspectorRoutes.table.match(InspectorRequest(method: "GET", target: target))
        }
    }

    @Test(
        "what is not built is not there, whatever the method",
        arguments: [
            ("GET", "openapi.json"), ("GET", "held"), ("POST", "held/h1"), ("GET", "statistics"), ("GET", "export"),
            ("POST", "import"), ("POST", "replays"), ("GET", "diff"),
            ("DELETE", "rules/order/x"), ("GET", "../metrics"), ("PUT", "rules/r"),
            ("PUT", "rules/r1x"), ("DELETE", "connections/c-1"),
        ])
    func notBuilt(method: String, target: String) async {
        let response = await inspector.answer(method, target, Self.dropRule)
        #expect(response.status == 404)
        #expect(response.value["error"] == "not_found")
    }

    @Test("says what Siphon is doing")
    func status() async {
        let value = await inspector.answer("GET", "status").value
        #expect(
            value.text.hasPrefix(
                #"{"version":"1.2.3","startedAt":"1970-01-01T00:00:01.000000001Z","#
                    + #""upstream":{"url":"http://localhost:3000","reachable":null},"connections":2,"eventsPerSecond":"#
            ))
        #expect(value["http"]?.text == #"{"requests":5}"#)
        #expect(value["rules"]?.text == #"{"active":0,"error":null}"#)
        #expect(value["memoryBytes"]?.int == 0 && value["evicted"]?.int == 0)
    }

    // MARK: Connections

    @Test("lists connections in pages")
    func connections() async {
        inspector.control.state.withLockedValue { $0.connections = (1...5).map { .sample($0) } }
        let first = await inspector.answer("GET", "connections?limit=2").value
        #expect(first["connections"]?.elements?.map { $0["id"]?.string } == ["c1", "c2"])
        #expect(first["next"] == "c2")
        let last = await inspector.answer("GET", "connections?limit=3&after=c2").value
        #expect(last["connections"]?.elements?.map { $0["id"]?.string } == ["c3", "c4", "c5"])
        #expect(last["next"] == .null)
    }

    @Test("ends a page of connections early where they are large, and goes on from there")
    func largeConnections() async {
        var limits = InspectorLimits()
        limits.pageBytes = 1000
        let inspector = TestInspector(limits: limits)
        let name = "/" + String(repeating: "x", count: 900)
        inspector.control.state.withLockedValue {
            $0.connections = (1...5).map { .sample($0, namespaces: $0 == 3 ? [name, name] : ["/"]) }
        }
        var seen: [String] = []
        var pages = 0
        var cursor: String? = "c0"
        while let place = cursor {
            let page = await inspector.answer("GET", "connections?after=\(place)")
            #expect((page.bytes?.count ?? .max) < 3500)
            seen += page.value["connections"]?.elements?.compactMap { $0["id"]?.string } ?? []
            cursor = page.value["next"]?.string
            pages += 1
        }
        #expect(seen == ["c1", "c2", "c3", "c4", "c5"])
        #expect(pages > 1)
    }

    @Test("writes a connection as the contract has it, its handshake in the detail alone")
    func connection() async {
        inspector.control.state.withLockedValue { $0.connections = [.sample(7, closedAt: 2_000_000_000)] }
        let detail = await inspector.answer("GET", "connections/c7").text
        let list = await inspector.answer("GET", "connections").value["connections"]?[0]?.text
        let common =
            #"{"id":"c7","protocol":"socket.io","openedAt":"1970-01-01T00:00:01.000000001Z","#
            + #""closedAt":"1970-01-01T00:00:02.000000000Z","closeReason":"transport close","#
            + #""client":{"address":"127.0.0.1:5000","transport":"websocket","version":4,"userAgent":"test"},"#
            + #""upstream":{"transport":"polling","version":4,"sid":"abc"},"namespaces":[{"name":"/","sid":"s7"}],"#
            + #""counts":{"fromClient":3,"fromUpstream":4}"#
        #expect(list == common + "}")
        #expect(
            detail == common
                + #","handshake":{"target":"/socket.io/?EIO=4","headers":[{"name":"Cookie","value":"a=b"}]}}"#)
    }

    @Test(
        "filters connections",
        arguments: [
            ("conn:c2", ["c2"]), ("ns:/admin", ["c3"]), ("transport:websocket", ["c1", "c2", "c3"]), ("eio:3", []),
        ])
    func connectionFilter(filter: String, expected: [String]) async {
        inspector.control.state.withLockedValue {
            $0.connections = [.sample(1), .sample(2), .sample(3, namespaces: ["/", "/admin"])]
        }
        let value = await inspector.answer("GET", "connections?filter=\(filter)").value
        #expect(value["connections"]?.elements?.map { $0["id"]?.string ?? "" } == expected)
    }

    @Test(
        "disconnects as it is told",
        arguments: [
            ("", DisconnectMethod.transport), ("?how=transport", .transport), ("?how=server", .server),
            ("?how=namespace&namespace=%2Fadmin", .namespace("/admin")), ("?how=namespace", .namespace("/")),
        ])
    func disconnects(query: String, expected: DisconnectMethod) async {
        #expect(await inspector.answer("DELETE", "connections/c1\(query)").status == 204)
        let asked = inspector.control.state.withLockedValue { $0.disconnects }
        #expect(asked.count == 1 && asked[0].0 == ConnectionID(1) && asked[0].1 == expected)
    }

    // MARK: Queries

    @Test(
        "names the parameter that is wrong",
        arguments: [
            ("events?limit=0", "limit"), ("events?limit=1001", "limit"), ("events?limit=", "limit"),
            ("events?limit=+5", "limit"), ("events?limit=99999999999999999999", "limit"), ("events?after=42", "after"),
            ("events?after=c1", "after"), ("events?before=e", "before"), ("events?colour=red", "colour"),
            ("events?limit=1&limit=1", "limit"), ("events?filter=%zz", "filter"), ("events?filter=%00", "filter"),
            ("events?filter=%ff", "filter"), ("events?filter=(", "filter"), ("events?%ff=1", "name"),
            ("connections?after=e1", "after"), ("connections?filter=event:a", "filter"), ("status?x", "x"),
            ("stream?after=e1", "after"), ("stream?filter=kind:nonsense", "filter"), ("rules?x=1", "x"),
            ("events/e1?x=1", "x"), ("connections/c1?x=1", "x"), ("events/e1/attachments/0?x=1", "x"),
        ])
    func wrongParameters(target: String, name: String) async {
        let response = await inspector.answer("GET", target)
        #expect(response.status == 422)
        #expect(response.value["error"] == "invalid")
        #expect(response.value["message"]?.string?.contains(name) == true)
    }

    @Test("says at which column a filter is wrong")
    func filterColumn() async {
        let message = await inspector.answer("GET", "events?filter=event:a%20(").value["message"]?.string
        #expect(message?.contains("column") == true)
    }

    @Test(
        "takes each limit at its bounds", arguments: ["events?limit=1", "events?limit=1000", "connections?limit=1000"])
    func limitsAtBounds(target: String) async { #expect(await inspector.answer("GET", target).status == 200) }

    @Test(
        "refuses what is wrong with a disconnect",
        arguments: [
            ("c1?how=gently", UInt32(422)), ("c1?namespace=/", 422), ("c1?how=server&namespace=/", 422), ("x1", 404),
        ])
    func wrongDisconnects(target: String, status: UInt32) async {
        #expect(await inspector.answer("DELETE", "connections/\(target)").status == status)
        #expect(inspector.control.state.withLockedValue { $0.disconnects.isEmpty })
    }

    // MARK: Events

    @Test("lists events after everything that has happened is in")
    func events() async {
        inspector.record(#"2["a",1.0]"#, #"2["b"]"#, #"2["c"]"#)
        let newest = await inspector.answer("GET", "events?limit=2").value
        #expect(newest["events"]?.elements?.map { $0["name"]?.string } == ["b", "c"])
        #expect(newest["next"] == "e2" && newest["evicted"]?.int == 0)
        let older = await inspector.answer("GET", "events?limit=2&before=e2").value
        #expect(older["events"]?.elements?.map { $0["args"]?.text } == ["[1.0]"])
        #expect(older["next"] == .null)
        let after = await inspector.answer("GET", "events?limit=1&after=e1").value
        #expect(after["events"]?.elements?.map { $0["id"]?.string } == ["e2"])
        #expect(after["next"] == "e2")
        #expect(inspector.control.state.withLockedValue { $0.flushes } == 3)
    }

    @Test("filters events")
    func eventFilter() async {
        inspector.record(#"2["a"]"#, #"2/x,["b"]"#)
        let value = await inspector.answer("GET", "events?filter=ns%3A%2Fx+event%3Ab").value
        #expect(value["events"]?.elements?.map { $0["name"]?.string } == ["b"])
    }

    @Test(
        "filters events by what they say and became",
        arguments: [
            ("args[0].n:%3E1.5", ["b"]), ("args[*].n:%3C=1.50", ["a"]), ("args[0].text:/^H.llo$/i", ["a"]),
            ("not%20args[0].n:exists", ["c", nil]), ("size:%3E=30", ["a"]), ("time:%3C-5m%20event:a|c", ["a", "c"]),
            ("time:%3E-5m", []), ("ack.args[0].ok:true", ["c", nil]), ("latency:%3E=0s", ["c"]), ("mark:*", []),
        ] as [(String, [String?])])
    func eventFilterOnValues(filter: String, expected: [String?]) async {
        inspector.record(#"2["a",{"n":1.5,"text":"hello"}]"#, #"2["b",{"n":2}]"#, #"25["c",[1]]"#)
        let recorder = inspector.capture.makeRecorder()
        recorder.record(
            EventRecord(
                connection: ConnectionID(1), time: 1_000_000_003, from: .upstream, kind: .ack, transport: .webSocket,
                verdicts: [.forwarded],
                content: .packet(SocketPacket(kind: .ack, ackID: "5", payload: Array(#"[{"ok":true}]"#.utf8)))))
        recorder.flush()
        let value = await inspector.answer("GET", "events?filter=" + filter).value
        #expect(value["events"]?.elements?.map { $0["name"]?.string } == expected)
    }

    @Test("refuses a regular expression that takes too much work, and names the event")
    func eventFilterFault() async {
        inspector.record(#"2["a","b"]"#, #"2["b",""# + String(repeating: "a", count: 100_000) + #"!"]"#, #"2["c","b"]"#)
        let response = await inspector.answer("GET", "events?filter=-args[0]:/(a%2B)%2B$/")
        #expect(response.status == 422)
        #expect(
            response.value["message"]?.string
                == "'filter': the regular expression /(a+)+$/ takes too much work on e2; "
                + "a term beside it, such as size:<10k, leaves large events out")
        let rest = await inspector.answer("GET", "events?filter=size:%3C10k%20-args[0]:/(a%2B)%2B$/").value
        #expect(rest["events"]?.elements?.map { $0["name"]?.string } == ["a", "c"])
    }

    @Test("refuses a search whose regular expressions take too much work on all events together")
    func searchWork() async {
        var limits = InspectorLimits()
        limits.searchWork = 0.5
        let inspector = TestInspector(limits: limits)
        inspector.record((0..<100).map { "2[\"n\",\($0),\"\(String(repeating: "a", count: 12))!\"]" })
        #expect(await inspector.answer("GET", "events?filter=args[1]:/a!/").status == 200)
        let response = await inspector.answer("GET", "events?filter=args[1]:/(a%2B)%2B$/")
        #expect(response.status == 422)
        #expect(response.value["message"]?.string?.contains("too much work by e") == true)
    }

    @Test("ends a page early where the events are large, and goes on from there", arguments: [true, false])
    func largePages(isForward: Bool) async {
        var limits = InspectorLimits()
        limits.pageBytes = 500
        let inspector = TestInspector(limits: limits)
        inspector.record((0..<5).map { #"2["n",\#($0),"\#(String(repeating: "x", count: 300))"]"# })
        var seen: [Int] = []
        var cursor: String? = isForward ? "e0" : "e9"
        var pages = 0
        while let place = cursor {
            let value = await inspector.answer("GET", "events?\(isForward ? "after" : "before")=\(place)").value
            let numbers = value["events"]?.elements?.compactMap { $0["args"]?[0]?.int } ?? []
            seen = isForward ? seen + numbers : numbers + seen
            cursor = value["next"]?.string
            pages += 1
        }
        #expect(seen == [0, 1, 2, 3, 4])
        #expect(pages == 5 || pages == 3)
    }

    @Test("shows one event in detail")
    func event() async {
        inspector.record(#"2["a",1]"#)
        #expect(await inspector.answer("GET", "events/e1").value["raw"] == #"2["a",1]"#)
        #expect(inspector.control.state.withLockedValue { $0.flushes } == 1)
    }

    @Test(
        "404 for what is not there",
        arguments: [
            "events/e2", "events/x", "events/e", "events/e99999999999999999999999", "events/e1/attachments/1",
            "events/e1/attachments/-1", "events/e1/attachments/x", "events/e2/attachments/0",
            "events/e18446744073709551615", "connections/c9", "connections/9", "connections/c18446744073709551615",
        ])
    func notThere(target: String) async {
        inspector.record(#"51-["a",{"_placeholder":true,"num":0}]"#, attachments: [[1]])
        let response = await inspector.answer("GET", target)
        #expect(response.status == 404)
        #expect(response.value["error"] == "not_found")
    }

    @Test("hands out an attachment for saving, never to be opened")
    func attachment() async {
        let bytes = Array("<html><script>".utf8)
        inspector.record(#"51-["a",{"_placeholder":true,"num":0}]"#, attachments: [bytes])
        let response = await inspector.answer("GET", "events/e1/attachments/0")
        #expect(response.bytes == bytes)
        #expect(response.header("Content-Type") == "application/octet-stream")
        #expect(response.header("Content-Disposition") == #"attachment; filename="e1-0.bin""#)
        let headers = SecurityHeaders.added(to: response.headers)
        #expect(headers.filter { $0.name == "Content-Security-Policy" }.count == 1)
        #expect(headers.contains { $0.value.contains("sandbox") })
        #expect(headers.contains { $0.value == "nosniff" })
    }

    @Test("forgets all events")
    func clear() async {
        inspector.record(#"2["a"]"#)
        #expect(await inspector.answer("DELETE", "events").status == 204)
        #expect(inspector.capture.count == 0)
    }

    // MARK: Rules

    private static let dropRule = #"{"when": "event:a", "then": "drop"}"#

    @Test("tries a rule on the capture, as if it had been in force alone, and leaves the rules as they are")
    func triesRules() async {
        inspector.record(#"25["say",{"text":"a"}]"#, #"2["other"]"#, #"2["say",{"text":"b"}]"#, "31[]")
        func answer(_ then: String, _ more: String = "", of query: String = "") async -> JSONValue {
            let rule = #"{"when":"event:say","then":\#(then),"enabled":false\#(more)}"#
            return await inspector.answer("POST", "rules/test", #"{"rule":\#(rule)\#(query)}"#).value
        }
        let set = await answer(#"[{"set":{"args[0].text":"{{counter}}"}},{"mark":"m"},{"delay":"1s"}]"#)
        #expect(set["tested"] == 4)
        #expect(set["matched"] == 2)
        #expect(set["matches"]?.elements?.map { $0["event"]?["id"]?.string } == ["e1", "e3"])
        let becomes =
            #"{"verdict":["modified","delayed","forwarded"],"args":[{"text":1}],"sizeBytes":20,"marks":["m"],"delayMilliseconds":1000.0}"#
        #expect(set["matches"]?[0]?["becomes"]?.text == becomes)
        let reply = await answer(#"{"reply":[1.0]}"#)
        #expect(reply["matches"]?[0]?["becomes"]?.text == #"{"verdict":["dropped","replied"],"answer":[1.0]}"#)
        #expect(reply["matches"]?[1]?["becomes"]?.text == #"{"verdict":["dropped"]}"#)
        let emit = await answer(#"{"emit":{"to":"client","name":"n","args":[1]}}"#, #","times":1"#)
        #expect(emit["matched"] == 1)
        let emits = #"{"verdict":["forwarded"],"emits":[{"to":"client","namespace":"/","name":"n","args":[1]}]}"#
        #expect(emit["matches"]?[0]?["becomes"]?.text == emits)
        let limited = await answer(#""drop""#, of: #","limit":1,"filter":"event:say""#)
        #expect(limited["tested"] == 2 && limited["matched"] == 2)
        #expect(limited["matches"]?.elements?.map { $0["event"]?["id"]?.string } == ["e3"])
        let lacking = await answer(#"{"drop":{"ack":["{{args[3]}}"]}}"#)
        #expect(lacking["matched"] == 2 && lacking["problem"]?.string?.contains("no value") == true)
        let ended = await answer(#"[{"disconnect":"server"},{"delay":"1.5s"}]"#)
        let becomes2 = #"{"verdict":["delayed","forwarded"],"delayMilliseconds":1500.0,"disconnects":"server"}"#
        #expect(ended["matches"]?[0]?["becomes"]?.text == becomes2)
        #expect(inspector.rules.list().isEmpty)
    }

    @Test("adds, shows, replaces, orders and removes rules")
    func rules() async {
        let added = await inspector.answer("POST", "rules", Self.dropRule)
        #expect(added.status == 201 && added.value["id"] == "r1" && added.value["hits"]?.int == 0)
        #expect(added.value["source"] == "api")
        #expect(await inspector.answer("POST", "rules", Self.dropRule).value["id"] == "r2")
        let ordered = await inspector.answer("PUT", "rules/order", #"{"ids": ["r2", "r1"]}"#)
        #expect(ordered.status == 200 && ordered.text == #"{"ids":["r2","r1"]}"#)
        let replaced = await inspector.answer("PUT", "rules/r1", #"{"name": "n", "when": "", "then": "drop"}"#)
        #expect(replaced.status == 200 && replaced.value["name"] == "n")
        #expect(await inspector.answer("DELETE", "rules/r2").status == 204)
        let list = await inspector.answer("GET", "rules").value
        #expect(list["rules"]?.elements?.map { $0["id"]?.string } == ["r1"])
        #expect(list["error"] == .null)
    }

    @Test("saves the rules to their file, and says what is in the way")
    func savesRules() async throws {
        let none = await inspector.answer("POST", "rules/save")
        #expect(none.status == 409 && none.value["error"] == "no_rule_file")

        let url = FileManager.default.temporaryDirectory.appending(path: "siphon-routes-\(UUID()).yaml")
        defer { try? FileManager.default.removeItem(at: url) }
        try Data("rules: # all\n".utf8).write(to: url)
        let rules = RuleStore()
        let file = RuleFile(url.path, into: rules)
        try await file.load()
        let inspector = TestInspector(rules: rules, ruleFile: file)
        #expect(await inspector.answer("POST", "rules", Self.dropRule).status == 201)
        let saved = await inspector.answer("POST", "rules/save", "{}")
        #expect(saved.status == 200)
        #expect(saved.value == ["path": JSONValue(url.path), "rules": 1])
        #expect(try String(contentsOf: url, encoding: .utf8) == "rules: # all\n  - when: event:a\n    then: drop\n")
        #expect(await inspector.answer("GET", "rules").value["rules"]?[0]?["source"] == "file")

        try Data("rules: []\n".utf8).write(to: url)
        let changed = await inspector.answer("POST", "rules/save")
        #expect(changed.status == 409 && changed.value["error"] == "conflict")
        for body in ["[]", #"{"path":"/etc/passwd"}"#, "nonsense"] {
            #expect(await inspector.answer("POST", "rules/save", body).status == 422)
        }
        #expect(await inspector.answer("POST", "rules/save?path=x").status == 422)
    }

    @Test("takes a request to save with or without a body, but with none of another kind")
    func checksSaveBody() {
        func check(_ headers: [(name: String, value: String)]) throws(InspectorError) {
            try InspectorRoutes.table.check(
                InspectorRequest(method: "POST", target: "/api/v1/rules/save", headers: headers))
        }
        #expect(throws: Never.self) { try check([]) }
        #expect(throws: Never.self) { try check([("Content-Length", "0")]) }
        #expect(throws: Never.self) { try check([("Content-Length", "2"), ("Content-Type", "application/json")]) }
        #expect(throws: InspectorError.self) { try check([("Content-Length", "2"), ("Content-Type", "text/plain")]) }
        #expect(throws: InspectorError.self) { try check([("Transfer-Encoding", "chunked")]) }
    }

    @Test(
        "refuses what is no rule",
        arguments: [
            ("POST", "rules", "", UInt32(422)), ("POST", "rules", "[]", 422), ("POST", "rules", #"{"then": 5}"#, 422),
            ("POST", "rules", #"{"when": "(", "then": "drop"}"#, 422), ("PUT", "rules/r1", dropRule, 404),
            ("PUT", "rules/x", dropRule, 404), ("PUT", "rules/r1", "nonsense", 422), ("DELETE", "rules/r1", "", 404),
            ("PUT", "rules/order", "{}", 422), ("POST", "rules/test", "{}", 422),
            ("POST", "rules/test", #"{"rule": {"when": "", "then": "dorp"}}"#, 422),
            ("POST", "rules/test", #"{"rule": {"when": "", "then": "drop"}, "filter": "("}"#, 422),
            ("PUT", "rules/order", #"{"ids": [1]}"#, 422),
            ("PUT", "rules/order", #"{"ids": ["r1"]}"#, 422), ("PUT", "rules/order", #"{"ids": [], "x": 1}"#, 422),
        ])
    func wrongRules(method: String, target: String, body: String, status: UInt32) async {
        let response = await inspector.answer(method, target, body)
        #expect(response.status == status)
        #expect(response.value["message"]?.string?.isEmpty == false)
    }
}
