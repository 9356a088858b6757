/// One request as it came, before anything of it was believed.
package struct InspectorRequest: Sendable {
    package var method: String
    /// The request target as the client wrote it, nothing decoded.
    package var target: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        method: String, target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// The target up to its `?`. Percent escapes stay: no route has any, so an escaped spelling finds nothing.
    var path: Substring { target.prefix { $0 != "?" } }

    /// The target after its first `?`; nil without one.
    var rawQuery: Substring? {
        guard let mark = target.firstIndex(of: "?") else { return nil }
        return target[target.index(after: mark)...]
    }

    /// Every value of a header field, in order. `name` in lower case.
    func values(of name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// The value of a header field that came once; nil where it is missing or came again.
    func value(of name: String) -> String? {
        let all = values(of: name)
        return all.count == 1 ? all[0] : nil
    }

    /// Whether the method promises to change nothing (RFC 9110, 9.2.1).
    var isSafe: Bool { method == "GET" || method == "HEAD" || method == "OPTIONS" }

    /// The length that the head announces; nil for none or for a chunked body.
    var announcedLength: UInt64? { value(of: "content-length").flatMap { UInt64($0) } }

    var announcesBody: Bool { !values(of: "transfer-encoding").isEmpty || (announcedLength ?? 0) > 0 }
}
