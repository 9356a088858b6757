/// Why the client could not do what it was asked to.
public struct SocketIOClientError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// What a peer sent, or a text, is not what was to be read from it.
        case decoding
        /// A value cannot be written in the form that goes over the wire.
        case encoding
    }

    public let code: Code
    /// One sentence, with the place in the value where there is one: `args[0].user.age: expected Int, found null`.
    public let message: String

    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
