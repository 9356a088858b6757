import EngineIOCore
import SiphonCore
import SiphonRules

extension Filter {
    /// - Parameter parameter: where the text was given, for the refusal.
    static func ofEvents(_ text: String?, parameter: String) throws(InspectorError) -> Filter {
        guard let text else { return .everything }
        do throws(FilterError) { return try Filter(parsing: text) } catch {
            throw InspectorError(.invalid, "'\(parameter)': \(error)", column: error.column)
        }
    }

    /// A filter that can be asked of a connection.
    static func ofConnections(_ text: String?, parameter: String) throws(InspectorError) -> Filter {
        let filter = try ofEvents(text, parameter: parameter)
        guard filter.onlyNamesConnections else {
            throw InspectorError(
                .invalid, "'\(parameter)' may ask a connection for conn, ns, transport, eio and parser alone")
        }
        return filter
    }

    /// Whether it matches the connection with one of its namespaces.
    func matches(_ connection: ConnectionSnapshot) -> Bool {
        let namespaces = connection.namespaces.isEmpty ? ["/"] : connection.namespaces.map(\.name)
        return namespaces.contains { matches(connection, namespace: $0) }
    }

    func matches(_ connection: ConnectionSnapshot, namespace: String) -> Bool {
        matchesConnection(
            connection.id, namespace: namespace, transport: connection.clientTransport,
            engineVersion: UInt8(clamping: connection.engineVersion ?? 0))
    }
}
