import LosslessJSON
import SiphonCapture
import SiphonCore
import SiphonRules

enum RuleRoutes {
    private static let root = "\(InspectorRoutes.root)/rules"

    static let all = [
        Route("GET", root) { request, _, services throws(InspectorError) in
            _ = try QueryParameters(request)
            return .json(services.rules.ruleJSON.encoded)
        },
        Route("POST", root, body: .json) { request, _, services throws(InspectorError) in
            _ = try QueryParameters(request)
            let json = try request.json()
            let id: RuleID
            do throws(RuleError) { id = try services.rules.add(json) } catch { throw InspectorError(error) }
            return try rule(id, services, status: 201)
        },
        Route("POST", "\(root)/test", body: .json, test),
        Route("PUT", "\(root)/order", body: .json, reorder),
        Route("POST", "\(root)/save", body: .emptyJSON, save),
        Route("PUT", "\(root)/r*", body: .json) { request, captures, services throws(InspectorError) in
            _ = try QueryParameters(request)
            let json = try request.json()
            guard let id = RuleID(captures[0]) else { throw .noSuchRule }
            let isKnown: Bool
            do throws(RuleError) { isKnown = try services.rules.replace(id, json) } catch {
                throw InspectorError(error)
            }
            guard isKnown else { throw .noSuchRule }
            return try rule(id, services, status: 200)
        },
        Route("DELETE", "\(root)/r*") { request, captures, services throws(InspectorError) in
            _ = try QueryParameters(request)
            guard let id = RuleID(captures[0]), services.rules.remove(id) else { throw .noSuchRule }
            return .noContent
        },
    ]

    /// `{"ids": ["r2", "r1"]}`, each rule once; answers the same.
    private static let reorder: Route.Handler = { request, _, services throws(InspectorError) in
        _ = try QueryParameters(request)
        let members = try JSONMembers(try request.json(), known: ["ids"])
        var ids: [RuleID] = []
        for (index, element) in (try members.list("ids")).enumerated() {
            guard let id = element.string.flatMap({ RuleID($0) }) else {
                throw InspectorError(.invalid, "ids[\(index)] must be the id of a rule, such as \"r1\"")
            }
            ids.append(id)
        }
        do throws(RuleError) { try services.rules.reorder(ids) } catch { throw InspectorError(error) }
        return .json(JSONValue.object([JSONMember("ids", .array(ids.map { JSONValue($0.description) }))]).encoded)
    }

    /// `{"rule": {…}, "filter": "", "limit": 100}`: takes the rule over those events of the capture that the filter
    /// matches, the oldest first, as if it had been in force alone. Answers how many were looked at and how many it
    /// acts on, with the newest `limit` of these, and as `problem` what it could not do.
    private static let test: Route.Handler = { request, _, services throws(InspectorError) in
        _ = try QueryParameters(request)
        let members = try JSONMembers(try request.json(), known: ["rule", "filter", "limit"])
        let filter = try Filter.ofEvents(try members.string("filter", default: ""), parameter: "filter")
        let limit = try members.integer("limit", in: 1...1000, default: 100)
        let json = try members.value("rule")
        let store = RuleStore()
        let when: Filter
        do throws(RuleError) {
            var rule = try RuleParser.rule(from: json)
            rule.enabled = true
            when = rule.when
            try store.add(rule)
        } catch { throw InspectorError(error) }
        await services.settle()
        var search = EventSearch(filter, "'filter'", services.limits)
        var trials = RecentTrials(
            store, EventSearch(when, "'rule'", services.limits), limit: limit, bytesLimit: services.limits.pageBytes)
        _ = services.capture.events(after: EventID(0), limit: 1) { event in
            if search.matches(event) { trials.add(event) }
            return false  // all of them are looked at, none is collected for a page
        }
        try search.check()
        try trials.search.check()
        return .json { trials.write(into: &$0) }
    }

    /// Answers `{"path": "rules.yaml", "rules": 3}`.
    private static let save: Route.Handler = { request, _, services throws(InspectorError) in
        _ = try QueryParameters(request)
        if !request.body.isEmpty { _ = try JSONMembers(try request.json(), known: []) }
        guard let file = services.ruleFile else {
            throw InspectorError(.noRuleFile, "there is no rule file to save to: start Siphon with --rules FILE")
        }
        let count: Int
        do throws(RuleFile.SaveError) { count = try await file.save() } catch {
            throw InspectorError(.conflict, error.description)
        }
        return .json(
            JSONValue.object([JSONMember("path", JSONValue(file.path)), JSONMember("rules", JSONValue(count))]).encoded)
    }

    private static func rule(
        _ id: RuleID, _ services: InspectorServices, status: UInt32
    ) throws(InspectorError) -> InspectorResponse {
        guard let rule = services.rules.status(of: id) else { throw .noSuchRule }
        return .json(rule.json.encoded, status: status)
    }
}

extension InspectorError {
    init(_ error: RuleError) { self.init(.invalid, error.description) }
}
