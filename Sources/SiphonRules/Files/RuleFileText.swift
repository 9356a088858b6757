import LosslessJSON

/// The text of a rule file: YAML, `rules:` and a list.
package struct RuleFileText: Sendable {
    /// Largest file that is read, and written; without byte order mark.
    package static let bytesLimit = 1 << 20

    package let rules: [Rule]
    /// Without byte order mark.
    let text: String
    private let hasByteOrderMark: Bool

    /// Errors say the line and column where they can.
    package init(_ text: String) throws(RuleError) {
        try self.init(text, hasByteOrderMark: false)
    }

    package init(bytes: [UInt8]) throws(RuleError) {
        let (text, hasByteOrderMark) = try Self.decode(bytes)
        try self.init(text, hasByteOrderMark: hasByteOrderMark)
    }

    private init(_ text: String, hasByteOrderMark: Bool) throws(RuleError) {
        let document = try YAMLDocument(parsing: text)
        do { rules = try RuleParser.rules(from: document.value) } catch { throw document.locating(error) }
        self.text = text
        self.hasByteOrderMark = hasByteOrderMark
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private static func decode(_ bytes: [UInt8]) throws(RuleError) -> (text: String, hasByteOrderMark: Bool) {
        let hasByteOrderMark = bytes.starts(with: byteOrderMark)
        let content = bytes.dropFirst(hasByteOrderMark ? byteOrderMark.count : 0)
        guard content.count <= bytesLimit else {
            throw RuleError(path: "", message: "the file is larger than \(bytesLimit) bytes")
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw RuleError(path: "", message: "the file is not UTF-8")
        }
        return (text, hasByteOrderMark)
    }

    var bytes: [UInt8] { (hasByteOrderMark ? Self.byteOrderMark : []) + Array(text.utf8) }

    /// The file with other rules in it; comments stay where nothing changed.
    ///
    /// - Parameter origins: for each rule its index in `rules`; nil for a new one.
    func replacing(_ rules: [Rule], origins: [Int?]) throws(RuleError) -> RuleFileText {
        let isSame =
            origins == Array(self.rules.indices) && zip(rules, self.rules).allSatisfy { $0.json.means($1.json) }
        guard !isSame else { return self }
        let entries = zip(rules, origins).map { RuleFileEditor.Entry(rule: $0, origin: $1) }
        let text = try RuleFileEditor(text, rules: self.rules).text(for: entries)
        return try RuleFileText(text, hasByteOrderMark: hasByteOrderMark)
    }

    /// All that is wrong with a file: one error for each rule that is wrong. With none, how many rules there are.
    package static func check(_ bytes: [UInt8]) -> Result<Int, Faults> {
        do throws(RuleError) {
            let document = try YAMLDocument(parsing: try decode(bytes).text)
            do { return .success(try RuleParser.rules(from: document.value).count) } catch {
                let faults = RuleParser.faults(in: document.value)
                return .failure(Faults(errors: (faults.isEmpty ? [error] : faults).map(document.locating)))
            }
        } catch {
            return .failure(Faults(errors: [error]))
        }
    }

    /// At least one.
    package struct Faults: Error {
        package let errors: [RuleError]
    }
}

extension RuleParser {
    /// What is wrong with the rules of a file, each by itself; none where the fault is not within a rule.
    fileprivate static func faults(in json: JSONValue) -> [RuleError] {
        let path = RulePath.root.key("rules")
        guard json.members?.count == 1, let elements = json["rules"]?.elements, elements.count <= ruleLimit else {
            return []
        }
        return elements.enumerated().compactMap { index, element in
            do throws(RuleError) {
                _ = try RuleParser(allowsReportedKeys: false).rule(element, at: path.index(index))
                return nil
            } catch { return error }
        }
    }
}
