import LosslessJSON

extension SocketIOClientError {
    /// Says in one sentence what a coder, or the code of a user's type, threw.
    ///
    /// - Parameter root: the path of the value that was coded, such as `args[0]`; may be empty.
    init(_ error: any Error, code: Code, root: String) {
        switch error {
        case let error as SocketIOClientError: self = error
        case let error as DecodingError: self.init(error, root: root)
        case EncodingError.invalidValue(_, let context):
            self.init(code: code, path: context.codingPath, root: root, problem: context.debugDescription)
        default: self.init(code: code, path: [], root: root, problem: "\(error)")
        }
    }

    private init(_ error: DecodingError, root: String) {
        let context: DecodingError.Context
        var problem: String?
        switch error {
        case .keyNotFound(let key, let found):
            context = found
            problem = "the key \(SocketIOValue.string(key.stringValue.cut(to: 40))) is missing"
        case .typeMismatch(let type, let found), .valueNotFound(let type, let found):
            context = found
            if found.debugDescription.isEmpty { problem = "expected \(type)" }
        case .dataCorrupted(let found):
            context = found
            if found.debugDescription.isEmpty { problem = "this value cannot be read" }
        @unknown default:
            self.init(code: .decoding, path: [], root: root, problem: "\(error)")
            return
        }
        self.init(
            code: .decoding, path: context.codingPath, root: root, problem: problem ?? context.debugDescription)
    }

    private init(code: Code, path: [any CodingKey], root: String, problem: String) {
        let place = Self.place(of: path, root: root)
        self.init(code: code, message: place.isEmpty ? problem : "\(place): \(problem)")
    }

    /// `args[0].user["first name"][2]`
    private static func place(of path: [any CodingKey], root: String) -> String {
        let inside = JSONPath(
            path.map { key in key.elementIndex.map { .index($0) } ?? .key(key.stringValue.cut(to: 40)) }
        )
        .text
        guard !root.isEmpty, !inside.isEmpty, inside.utf8.first != UInt8(ascii: "[") else { return root + inside }
        return "\(root).\(inside)"
    }
}

extension CodingKey {
    /// Nil for the key of an object. Coders of other libraries write the places of elements as `Index 3`, too.
    fileprivate var elementIndex: Int? { intValue.flatMap { stringValue == "Index \($0)" ? $0 : nil } }
}
