import SocketIOCore

/// Something that handles and emits events in a namespace: a `Client` in `/` unless another is named, a
/// `ClientNamespace` in its own.
public protocol NamespaceScope: Sendable {
    /// The client behind it and its namespace.
    var target: NamespaceTarget { get }
}

/// A namespace of a client, for what all kinds of `NamespaceScope` have in common.
public struct NamespaceTarget: Sendable {
    /// Nil if there is no client (yet).
    let core: ClientCore?
    let registry: HandlerRegistry
    let namespace: String
    /// Whether handlers are for this namespace alone.
    var isOnlyNamespace = false

    /// - Parameter namespace: what the caller names; nil for the scope's own.
    func resolve(_ namespace: String?) throws(SocketIOClientError) -> (core: ClientCore, namespace: String) {
        guard let core else {
            throw SocketIOClientError(
                .notConnected, "\(self.namespace) belongs to no client: call registerNamespace first")
        }
        return (core, self.namespace(namespace))
    }

    /// As `name`; the scope's own for nil and for an empty one.
    func namespace(_ namespace: String?) -> String {
        guard let namespace, !namespace.isEmpty else { return self.namespace }
        return Self.name(namespace)
    }

    /// As on the wire; `*` stands for all.
    static func name(_ namespace: String) -> String {
        namespace == "*" ? namespace : NamespaceName.completed(namespace)
    }
}
