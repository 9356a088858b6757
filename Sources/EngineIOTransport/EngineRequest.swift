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
        var target = target
        var enginePath = enginePath
        let parsed = target.withUTF8 { target in enginePath.withUTF8 { Self(utf8: target, enginePath: $0) } }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Comes with every polling request, so it looks at bytes.
    private init?(utf8 target: UnsafeBufferPointer<UInt8>, enginePath: UnsafeBufferPointer<UInt8>) {
        let pathEnd = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        let path = target[..<pathEnd]
        guard path.starts(with: enginePath) || path.elementsEqual(enginePath.dropLast()) else { return nil }
        var version: String?
        var transport: String?
        var sid: String?
        var appQuery = ""
        var rest = target[min(pathEnd + 1, target.endIndex)...]
        while !rest.isEmpty {
            let parameter = rest.prefix { $0 != UInt8(ascii: "&") }
            rest = rest.dropFirst(parameter.count + 1)
            let name = parameter.prefix { $0 != UInt8(ascii: "=") }
            let value = parameter.dropFirst(name.count + 1)
            if name.isText("EIO") {
                version = version ?? Self.decode(value)
            } else if name.isText("transport") {
                transport = transport ?? Self.decode(value)
            } else if name.isText("sid") {
                sid = sid ?? Self.decode(value)
            } else if !parameter.isEmpty, !(name.isText("t") || name.isText("b64") || name.isText("j")) {
                appQuery += (appQuery.isEmpty ? "" : "&") + String(decoding: parameter, as: UTF8.self)
            }
        }
        guard version != nil || transport != nil else { return nil }
        self.path = String(decoding: path, as: UTF8.self)
        self.version = version
        self.transport = transport
        self.sid = sid
        self.appQuery = appQuery
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

    /// Resolves percent escapes; what is none stays.
    static func decode(_ value: some Collection<UInt8>) -> String {
        guard value.contains(UInt8(ascii: "%")) else { return String(decoding: value, as: UTF8.self) }
        var bytes: [UInt8] = []
        var rest = value[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), rest.count >= 2, let high = rest.first?.hexDigit,
                let low = rest.dropFirst().first?.hexDigit
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(high << 4 | low)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// RFC 3986, 2.3: what is not unreserved is escaped.
    private static func encode(_ value: String) -> String {
        guard !value.utf8.allSatisfy(\.isUnreserved) else { return value }
        var encoded = ""
        for byte in value.utf8 {
            if byte.isUnreserved {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}

extension Slice<UnsafeBufferPointer<UInt8>> {
    fileprivate func isText(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount
            && text.withUTF8Buffer { zip(self, $0).allSatisfy(==) }
    }
}

extension UInt8 {
    /// RFC 3986, 2.3.
    package var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    fileprivate var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
