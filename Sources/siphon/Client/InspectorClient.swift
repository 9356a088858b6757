import LosslessJSON
import NIOHTTP1

/// Asks the REST API of a running Siphon. What it refuses becomes one line that says what to do.
struct InspectorClient {
    let address: InspectorAddress

    /// - Parameters:
    ///   - path: behind `/api/v1/`, with its query.
    ///   - missing: what to say where the API says 404.
    /// - Returns: the answer's body; null where it has none.
    @discardableResult
    func call(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil, missing: String? = nil
    ) async throws(CommandError) -> JSONValue {
        var call = HTTPCall(method, "/api/v1/" + path)
        call.headers = [("Accept", "application/json")]
        if let body {
            call.headers.append(("Content-Type", "application/json"))
            call.body = body.encoded
        }
        let answer: HTTPCall.Answer
        do throws(HTTPCall.Failure) { answer = try await call.send(to: address) } catch {
            throw .failure(sentence(error))
        }
        let json = answer.body.isEmpty ? JSONValue.null : try? JSONValue(parsing: answer.body)
        guard (200..<300).contains(answer.status), let json else {
            throw .failure(refusal(answer.status, json, missing))
        }
        return json
    }

    private func sentence(_ failure: HTTPCall.Failure) -> String {
        let hint = "--inspector takes the URL that Siphon printed"
        switch failure {
        case .unknownHost: return "there is no host named \(address.host); \(hint)"
        case .refused: return "nothing listens on \(address.authority): is Siphon running? \(hint)"
        case .unreachable(let reason): return "\(address.authority) cannot be reached: \(reason)"
        case .timedOut: return "\(address.authority) did not answer in time"
        case .brokeOff: return "\(address.authority) ended the connection before it answered; \(hint)"
        case .tooLarge: return "the answer of \(address.authority) is too large"
        case .notHTTP: return "what listens on \(address.authority) is no inspector; \(hint)"
        }
    }

    private func refusal(_ status: UInt, _ json: JSONValue?, _ missing: String?) -> String {
        guard let code = json?["error"]?.string, let message = json?["message"]?.string else {
            return "what listens on \(address.authority) is no inspector (it answered \(status)); "
                + "--inspector takes the URL that Siphon printed"
        }
        switch code {
        case "unauthorized" where address.token == nil:
            return
                "the inspector at \(address.url) wants its token: give the URL that Siphon printed, with ?token=, to "
                + "--inspector or in SIPHON_INSPECTOR"
        case "unauthorized":
            return "the token is not that of the inspector at \(address.url): Siphon printed it when it started"
        case "not_found": return missing ?? message
        default: return message
        }
    }
}
