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
            self.init(code, context.debugDescription, at: context.codingPath, root: root)
        default: self.init(code, "\(error)", at: [], root: root)
        }
    }

    private init(_ error: DecodingError, root: String) {
        let context: DecodingError.Context
        var problem: String?
        var expected = "it does not fit"
        switch error {
        case .keyNotFound(let key, let found):
            context = found
            problem = "the key \(SocketIOValue.string(key.stringValue.cut(to: 40))) is missing"
        case .typeMismatch(let type, let found), .valueNotFound(let type, let found):
            context = found
            expected = "expected \(type)"
            if found.debugDescription.isEmpty { problem = expected }
        case .dataCorrupted(let found):
            context = found
            if found.debugDescription.isEmpty { problem = "this value cannot be read" }
        @unknown default:
            self.init(.decoding, "\(error)", at: [], root: root)
            return
        }
        self.init(
            .decoding, problem ?? context.debugDescription, logged: expected, at: context.codingPath, root: root)
    }

    /// - Parameter logged: the problem without what the value holds; by default that it does not fit, since what a
    ///   user's type, or the standard library, says of a value may quote it. So do the keys on the way to it.
    private init(
        _ code: Code, _ problem: String, logged: String = "it does not fit", at path: [any CodingKey], root: String
    ) {
        let place = Self.place(of: path, root: root)
        self.init(
            code, place.isEmpty ? problem : "\(place): \(problem)",
            logged: root.isEmpty ? logged : "\(root): \(logged)")
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
