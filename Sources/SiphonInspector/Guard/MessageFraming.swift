/// What libmicrohttpd lets pass although two readers could understand it in two ways (RFC 9112, 6.3 and 3.2).
enum MessageFraming {
    /// Says what is wrong with a head; nil for nothing.
    static func fault(in request: InspectorRequest) -> String? {
        guard request.headers.allSatisfy({ !$0.name.isEmpty && $0.name.utf8.allSatisfy(isTokenByte) }) else {
            return "a header name has a character that none may have"
        }
        guard request.headers.allSatisfy({ $0.value.utf8.allSatisfy(isValueByte) }) else {
            return "a header value has a control character"
        }
        guard request.values(of: "host").count == 1 else { return "there must be one Host" }
        let lengths = request.values(of: "content-length")
        let codings = request.values(of: "transfer-encoding")
        guard lengths.count <= 1 else { return "there is more than one Content-Length" }
        guard codings.count <= 1 else { return "there is more than one Transfer-Encoding" }
        guard lengths.isEmpty || codings.isEmpty else { return "there is a Content-Length and a Transfer-Encoding" }
        if let length = lengths.first {
            guard !length.isEmpty, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }), UInt64(length) != nil else {
                return "Content-Length is no number"
            }
        }
        if let coding = codings.first, coding.lowercased() != "chunked" { return "only chunked is understood" }
        guard request.target.utf8.first == UInt8(ascii: "/") else { return "the target must start with a slash" }
        guard request.target.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return "the target has a character that must be escaped"
        }
        return nil
    }

    /// RFC 9110, 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    private static func isValueByte(_ byte: UInt8) -> Bool { byte == 0x09 || (byte >= 0x20 && byte != 0x7F) }
}
