import LosslessJSON

/// An answer that refuses, written `{"error": code, "message": …}`.
package struct InspectorError: Error, Equatable, Sendable {
    package enum Code: String, Sendable {
        case badRequest = "bad_request"
        case unauthorized
        case forbidden
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case conflict
        case noRuleFile = "no_rule_file"
        case tooLarge = "too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case invalid
        case tooMany = "too_many"
        case stopping
        case ackTimeout = "ack_timeout"

        var status: UInt32 {
            switch self {
            case .badRequest: 400
            case .unauthorized: 401
            case .forbidden: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .conflict, .noRuleFile: 409
            case .tooLarge: 413
            case .unsupportedMediaType: 415
            case .invalid: 422
            case .tooMany: 429
            case .stopping: 503
            case .ackTimeout: 504
            }
        }
    }

    package var code: Code
    /// What is wrong and where, as a sentence.
    package var message: String
    /// A member that the answer has besides, such as the id of an event that was sent.
    package var event: String?
    /// Where a filter is wrong: the character, counted from 1.
    package var column: Int?
    /// Methods for the `Allow` field of a 405.
    package var allowed: [String]

    package init(_ code: Code, _ message: String, event: String? = nil, column: Int? = nil, allowed: [String] = []) {
        self.code = code
        self.message = message
        self.event = event
        self.column = column
        self.allowed = allowed
    }

    var response: InspectorResponse {
        var response = InspectorResponse.json(status: code.status) { writer in
            writer.beginObject()
            write(into: &writer)
            writer.endObject()
        }
        if !allowed.isEmpty { response.headers.append(("Allow", allowed.joined(separator: ", "))) }
        if code == .unauthorized { response.headers.append(("WWW-Authenticate", "Bearer")) }
        return response
    }

    /// The members, into an object that is open.
    func write(into writer: inout JSONWriter) {
        writer.key("error")
        writer.string(code.rawValue)
        writer.key("message")
        writer.string(message)
        if let column {
            writer.key("column")
            writer.number(column)
        }
        if let event {
            writer.key("event")
            writer.string(event)
        }
    }
}
