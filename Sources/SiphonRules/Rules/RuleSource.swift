/// Where a rule came from.
package enum RuleSource: String, Hashable, Sendable {
    /// The rule file: gone or back as it was once the file says something else, whatever was done to it since.
    case file
    /// The API or the page: for this run, unless it is saved.
    case api
}
