import LosslessJSON

/// The members of a request's JSON object, each at most once and each one known.
struct JSONMembers {
    private var values: [String: JSONValue] = [:]

    /// - Parameter known: what the route takes; anything else is refused by name, never ignored.
    init(_ json: JSONValue, known: Set<String>) throws(InspectorError) {
        guard let members = json.members else {
            throw InspectorError(.invalid, "the body must be a map, not \(json.kindName)")
        }
        for member in members {
            let key = member.key.value
            guard known.contains(key) else {
                throw InspectorError(.invalid, "there is no '\(key.prefix(64))' here")
            }
            guard values.updateValue(member.value, forKey: key) == nil else {
                throw InspectorError(.invalid, "'\(key)' is there twice")
            }
        }
    }

    func value(_ key: String) throws(InspectorError) -> JSONValue {
        guard let value = values[key] else { throw InspectorError(.invalid, "'\(key)' is missing") }
        return value
    }

    func string(_ key: String, default standard: String? = nil) throws(InspectorError) -> String {
        guard let value = values[key] else {
            guard let standard else { throw InspectorError(.invalid, "'\(key)' is missing") }
            return standard
        }
        guard let string = value.string else {
            throw InspectorError(.invalid, "'\(key)' must be a string, not \(value.kindName)")
        }
        return string
    }

    func bool(_ key: String, default standard: Bool) throws(InspectorError) -> Bool {
        guard let value = values[key] else { return standard }
        guard let bool = value.bool else {
            throw InspectorError(.invalid, "'\(key)' must be true or false, not \(value.kindName)")
        }
        return bool
    }

    func integer(_ key: String, in range: ClosedRange<Int>, default standard: Int) throws(InspectorError) -> Int {
        guard let value = values[key] else { return standard }
        guard let number = value.int, range.contains(number) else {
            throw InspectorError(
                .invalid, "'\(key)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func list(_ key: String, default standard: [JSONValue]? = nil) throws(InspectorError) -> [JSONValue] {
        guard let value = values[key] else {
            guard let standard else { throw InspectorError(.invalid, "'\(key)' is missing") }
            return standard
        }
        guard let elements = value.elements else {
            throw InspectorError(.invalid, "'\(key)' must be a list, not \(value.kindName)")
        }
        return elements
    }
}

extension InspectorRequest {
    /// The body as JSON; what is no JSON is refused with the place where it ends to be.
    func json() throws(InspectorError) -> JSONValue {
        do { return try JSONValue(parsing: body) } catch {
            throw InspectorError(.invalid, "the body is no JSON: \(error.code.rawValue) at byte \(error.offset)")
        }
    }
}
