/// A handler of whatever parameters and result, made into one that takes values and gives an ack.
struct EventHandler: Sendable {
    let run: HandlerRegistry.Handler

    init<each Argument: Decodable & Sendable>(
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) {
        run = { values in
            var reader = ArgumentReader(values)
            let arguments = (repeat try reader.next((each Argument).self))
            try await handler(repeat each arguments)
            return Ack()
        }
    }

    init<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Answer
    ) {
        run = { values in
            var reader = ArgumentReader(values)
            let arguments = (repeat try reader.next((each Argument).self))
            return Ack(answer: try await handler(repeat each arguments))
        }
    }
}

extension Ack {
    /// What a handler returned. An optional that holds nothing is no argument, as python's `None` is.
    fileprivate init(answer: some Encodable & Sendable) {
        if let ack = answer as? Ack {
            self = ack
        } else if let optional = answer as? any OptionalValue, optional.isNil {
            self.init()
        } else {
            self.init(answer)
        }
    }

    /// What an exception handler returned: nil is no ack at all.
    init?(ofException answer: some Encodable & Sendable) {
        if let optional = answer as? any OptionalValue, optional.isNil { return nil }
        self.init(answer: answer)
    }
}

/// An optional of whatever type.
private protocol OptionalValue {
    var isNil: Bool { get }
}

extension Optional: OptionalValue {
    fileprivate var isNil: Bool { self == nil }
}
