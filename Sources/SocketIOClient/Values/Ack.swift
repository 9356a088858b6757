/// The answer to an event that asks for one, with any number of values: `return Ack(1, "two", message)`.
///
/// A handler that answers with one value can return that value itself; one that returns nothing answers with none.
public struct Ack: Sendable, Encodable {
    private let result: Result<[SocketIOValue], SocketIOClientError>

    /// An answer without values, which only says that the event arrived.
    public init() { result = .success([]) }

    /// Encodes the values at once. If one cannot be encoded, `arguments` throws, so that a handler can return its
    /// answer without `try`.
    public init<each Argument: Encodable & Sendable>(_ arguments: repeat each Argument) {
        var values: [SocketIOValue] = []
        do throws(SocketIOClientError) {
            for argument in repeat each arguments {
                values.append(try SocketIOValue(encoding: argument, path: "args[\(values.count)]"))
            }
            result = .success(values)
        } catch {
            result = .failure(error)
        }
    }

    /// For a number of values that is known only at run time.
    public init(arguments: [SocketIOValue]) { result = .success(arguments) }

    /// The values in order.
    ///
    /// - Throws: `encoding` for the first value that could not be encoded.
    public var arguments: [SocketIOValue] {
        get throws(SocketIOClientError) { try result.get() }
    }

    /// Writes a list of the values.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for argument in try arguments { try container.encode(argument) }
    }
}
