/// Where a rule came from.
package enum RuleSource: String, Hashable, Sendable {
    /// The rule file: gone or back as it was with the file's next reading, whatever was done to it since.
    case file
    /// The API or the page: for this run.
    case api
}
