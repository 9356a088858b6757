import EngineIOCore
import LosslessJSON
import SiphonCore
import SiphonRules

enum ConnectionRoutes {
    private static let root = "\(InspectorRoutes.root)/connections"

    static let all = [
        Route("GET", root, list),
        Route("GET", "\(root)/c*", one),
        Route("DELETE", "\(root)/c*", disconnect),
    ]

    private static let list: Route.Handler = { request, _, services throws(InspectorError) in
        let query = try QueryParameters(request, known: ["filter", "after", "limit"])
        let filter = try Filter.ofConnections(query["filter"], parameter: "filter")
        let after = try query.value("after", "the id of a connection, such as c7") { ConnectionID($0) }
        let limit = try query.integer("limit", in: 1...1000) ?? 100
        let matching = await services.control.connections().filter { connection in
            (after.map { connection.id > $0 } ?? true) && filter.matches(connection)
        }
        return .json { writer in
            writer.beginObject()
            writer.key("connections")
            writer.beginArray()
            // A page ends early where clients gave their connections long names.
            var count = 0
            while count < min(limit, matching.count), count == 0 || writer.bytes.count < services.limits.pageBytes {
                matching[count].write(into: &writer, detailed: false)
                count += 1
            }
            writer.endArray()
            writer.member("next", count < matching.count ? matching[count - 1].id.description : nil)
            writer.endObject()
        }
    }

    private static let one: Route.Handler = { request, captures, services throws(InspectorError) in
        _ = try QueryParameters(request)
        guard let id = ConnectionID(captures[0]), let connection = await services.control.connection(id) else {
            throw .noSuchConnection
        }
        return .json { connection.write(into: &$0, detailed: true) }
    }

    /// `how` is `transport` where nothing is said: what a network loss does.
    private static let disconnect: Route.Handler = { request, captures, services throws(InspectorError) in
        let query = try QueryParameters(request, known: ["how", "namespace"])
        let how = query["how"] ?? "transport"
        guard query["namespace"] == nil || how == "namespace" else {
            throw InspectorError(.invalid, "'namespace' goes with how=namespace alone")
        }
        let method: DisconnectMethod
        switch how {
        case "transport": method = .transport
        case "server": method = .server
        case "namespace": method = .namespace(query["namespace"] ?? "/")
        default: throw InspectorError(.invalid, "'how' must be transport, namespace or server")
        }
        guard let id = ConnectionID(captures[0]) else { throw .noSuchConnection }
        try await services.control.disconnect(id, how: method).mapError(InspectorError.init).get()
        return .noContent
    }
}
