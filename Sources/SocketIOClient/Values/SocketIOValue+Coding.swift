extension SocketIOValue {
    /// Encodes any `Encodable` value.
    ///
    /// Structures, classes and dictionaries become objects, sequences become lists, and nil becomes null (an optional
    /// property that is nil is omitted). `[UInt8]` and `Data` become bytes in a binary message of their own. A `URL` or
    /// `UUID` becomes a string, a `Decimal` a number, and a `Date` an ISO 8601 string with milliseconds, as in
    /// JavaScript.
    ///
    /// - Parameter path: where the value is, for error messages.
    /// - Throws: `encoding` for a number that JSON cannot write (infinity, not a number), for anything nested more than
    ///   512 deep, and for whatever the type's own `encode(to:)` throws.
    public init(encoding value: some Encodable, path: String = "") throws(SocketIOClientError) {
        do {
            self = try ValueEncoder.encoded(value, at: nil, depth: 0)
        } catch {
            throw SocketIOClientError(error, code: .encoding, root: path)
        }
    }

    /// Decodes any `Decodable` type, the reverse of `init(encoding:)`.
    ///
    /// A whole number may be written in any way: `2`, `2.0` and `2e0` are all an `Int`. `[UInt8]` and `Data` are read
    /// from bytes or from a list of numbers from 0 to 255, a `Date` from an ISO 8601 string with a time zone or from a
    /// number of seconds since 1970. Of duplicate members, the last one counts.
    ///
    /// - Parameter path: where the value is, for error messages, such as `args[0]`.
    /// - Throws: `decoding`; the message says where and what: `args[0].user.age: expected Int, found the string "x"`.
    public func decode<T: Decodable>(
        _ type: T.Type = T.self, path: String = ""
    ) throws(SocketIOClientError) -> T {
        do {
            return try ValueDecoder.decode(type, from: self, at: nil, depth: 0)
        } catch {
            throw SocketIOClientError(error, code: .decoding, root: path)
        }
    }
}
