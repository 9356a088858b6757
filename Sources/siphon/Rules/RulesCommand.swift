import LosslessJSON
import NIOHTTP1
import SiphonCore
import SiphonRules

/// `siphon rules`: looks at the rules of a running Siphon and changes them, or checks a file of rules.
struct RulesCommand {
    private let options: RulesOptions
    private let environment: [String: String]

    init(_ options: RulesOptions, environment: [String: String]) {
        self.options = options
        self.environment = environment
    }

    func run() async throws(CommandError) {
        if case .check(let paths) = options.action { return try check(paths) }
        let client = InspectorClient(address: options.address ?? .standard)
        switch options.action {
        case .list(let asJSON): try await list(client, asJSON: asJSON)
        case .add(let source): try await add(source, client)
        case .remove(let ids):
            try await each(ids) { id async throws(CommandError) in
                try await client.call(.DELETE, "rules/\(id)", missing: Self.missing(id))
            }
        case .enable(let ids): try await setEnabled(true, ids, client)
        case .disable(let ids): try await setEnabled(false, ids, client)
        case .order(let ids): try await order(ids, client)
        case .save:
            let answer = try await client.call(.POST, "rules/save")
            Terminal.print(Self.count(answer["rules"]?.int ?? 0, in: answer["path"]?.string ?? ""))
        case .check: break
        }
    }

    private static func missing(_ id: RuleID) -> String { "there is no rule \(id); `siphon rules list` shows all" }

    private static func count(_ number: Int, in path: String) -> String {
        TerminalText.plain("\(path): \(number) \(number == 1 ? "rule" : "rules")")
    }

    /// Does it for all, also behind one that fails; throws the last failure and has said the ones before it.
    private func each(
        _ ids: [RuleID], _ body: (RuleID) async throws(CommandError) -> Void
    ) async throws(CommandError) {
        var failure: CommandError?
        for id in ids {
            do throws(CommandError) { try await body(id) } catch {
                if let failure { failure.tell() }
                failure = error
            }
        }
        if let failure { throw failure }
    }

    // MARK: Looking

    private func list(_ client: InspectorClient, asJSON: Bool) async throws(CommandError) {
        let answer = try await client.call(.GET, "rules")
        let rules = answer["rules"]?.elements ?? []
        if asJSON || !Terminal.isOutputSeen {
            for rule in rules { Terminal.print(TerminalText.json(rule)) }
        } else if rules.isEmpty {
            Terminal.print("no rules; `siphon help rules` says how to make one")
        } else {
            let table = RuleTable(
                rules, now: Timestamp.now(), columns: Terminal.columns, hasColors: Terminal.hasColors(environment))
            for line in table.lines { Terminal.print(line) }
        }
        if let error = RuleError(answer["error"]) {
            Terminal.printError("siphon: the rule file is not used: " + TerminalText.plain("\(error)"))
        }
    }

    private func rules(_ client: InspectorClient) async throws(CommandError) -> [(id: RuleID, rule: JSONValue)] {
        let elements = try await client.call(.GET, "rules")["rules"]?.elements ?? []
        return elements.compactMap { rule in rule["id"]?.string.flatMap { RuleID($0) }.map { ($0, rule) } }
    }

    // MARK: Changing

    private func add(_ source: String, _ client: InspectorClient) async throws(CommandError) {
        let input: RuleInput
        let isText = source.contains("{") || source.contains(": ") || source.contains("\n")
        let name = isText ? nil : source == "-" ? "standard input" : source
        do throws(RuleError) {
            input = try RuleInput(bytes: isText ? Array(source.utf8) : try InputFile.read(source))
        } catch {
            throw .failure(name.map { error.line(in: $0) } ?? "no rule: \(error)")
        }
        for rule in input.rules {
            let answer = try await client.call(.POST, "rules", rule)
            Terminal.print(TerminalText.plain(answer["id"]?.string ?? ""))
        }
    }

    private func setEnabled(_ enabled: Bool, _ ids: [RuleID], _ client: InspectorClient) async throws(CommandError) {
        let rules = try await rules(client)
        try await each(ids) { id async throws(CommandError) in
            guard let rule = rules.first(where: { $0.id == id })?.rule, let members = rule.members else {
                throw .failure(Self.missing(id))
            }
            guard rule["enabled"]?.bool != enabled else { return }
            let changed = members.map { $0.key.value == "enabled" ? JSONMember("enabled", .bool(enabled)) : $0 }
            try await client.call(.PUT, "rules/\(id)", .object(changed), missing: Self.missing(id))
        }
    }

    private func order(_ ids: [RuleID], _ client: InspectorClient) async throws(CommandError) {
        let all = try await rules(client).map(\.id)
        if let unknown = ids.first(where: { !all.contains($0) }) { throw .failure(Self.missing(unknown)) }
        let order = ids + all.filter { !ids.contains($0) }
        try await client.call(.PUT, "rules/order", ["ids": .array(order.map { JSONValue($0.description) })])
    }

    // MARK: Files

    private func check(_ paths: [String]) throws(CommandError) {
        var faults: [String] = []
        for path in paths {
            do throws(RuleError) {
                switch RuleFileText.check(try InputFile.read(path)) {
                case .success(let number): Terminal.print(Self.count(number, in: path))
                case .failure(let found): faults += found.errors.map { $0.line(in: path) }
                }
            } catch {
                faults.append(error.line(in: path))
            }
        }
        for fault in faults { Terminal.printError(TerminalText.plain(fault)) }
        if !faults.isEmpty { throw .said }
    }
}

extension RuleError {
    /// As compilers write it: `rules.yaml:3:9: message`.
    fileprivate func line(in name: String) -> String {
        let place = line.map { ":\($0):\(column ?? 1)" } ?? ""
        return "\(name)\(place): " + (path.isEmpty ? message : "\(path): \(message)")
    }

    /// As the API writes it; nil for null.
    fileprivate init?(_ json: JSONValue?) {
        guard let message = json?["message"]?.string else { return nil }
        self.init(
            path: json?["path"]?.string ?? "", message: message, line: json?["line"]?.int, column: json?["column"]?.int)
    }
}
