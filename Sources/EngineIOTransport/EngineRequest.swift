package import EngineIOCore

/// What the target of a request says to Engine.IO (protocol v4, URL).
package struct EngineRequest: Hashable, Sendable {
    /// The path as it came, such as `/socket.io/`.
    package let path: String
    /// `EIO`; nil where it is missing.
    package let version: String?
    /// `transport`; nil where it is missing.
    package let transport: String?
    package let sid: String?
    /// The parameters that belong to the app, in the encoding and order in which they came, without `?`.
    package let appQuery: String

    /// Nil for a request that is none of Engine.IO's: another path, or neither `EIO` nor `transport` in its query
    /// (the client's own script lies under the same path).
    package init?(target: String, enginePath: String) {
        let (path, query) = Self.split(target)
        guard path.hasPrefix(enginePath) || path == enginePath.dropLast() else { return nil }
        var version: String?
        var transport: String?
        var sid: String?
        var rest: [Substring] = []
        for parameter in query.split(separator: "&") {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? Self.decode(parts[1]) : ""
            switch parts[0] {
            case "EIO": version = version ?? value
            case "transport": transport = transport ?? value
            case "sid": sid = sid ?? value
            case "t", "b64", "j": break
            default: rest.append(parameter)
            }
        }
        guard version != nil || transport != nil else { return nil }
        self.path = path
        self.version = version
        self.transport = transport
        self.sid = sid
        appQuery = rest.joined(separator: "&")
    }

    /// Of requests that are made here.
    package init(path: String, appQuery: String = "") {
        self.path = path
        self.appQuery = appQuery
        version = EngineVersion.four.parameter
        transport = nil
        sid = nil
    }

    /// The target of a request with the same path and the same parameters of the app.
    package func target(transport: EngineTransport, sid: String?) -> String {
        var query = appQuery.isEmpty ? "" : appQuery + "&"
        query += "EIO=4&transport=\(transport.rawValue)"
        if let sid { query += "&sid=\(Self.encode(sid))" }
        return "\(path)?\(query)"
    }

    /// Path and query of a target in origin form.
    package static func split(_ target: String) -> (path: String, query: Substring) {
        guard let mark = target.firstIndex(of: "?") else { return (target, "") }
        return (String(target[..<mark]), target[target.index(after: mark)...])
    }

    private static func decode(_ value: Substring) -> String {
        guard value.utf8.contains(UInt8(ascii: "%")) else { return String(value) }
        var bytes: [UInt8] = []
        var rest = value.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), let code = UInt8(Substring(rest.prefix(2)), radix: 16), rest.count >= 2
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func encode(_ value: String) -> String {
        var encoded = ""
        for byte in value.utf8 {
            let scalar = Unicode.Scalar(byte)
            if byte < 0x80,
                scalar.properties.isAlphabetic || (0x30...0x39).contains(byte) || "-_.~".unicodeScalars.contains(scalar)
            {
                encoded.unicodeScalars.append(scalar)
            } else {
                encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}
