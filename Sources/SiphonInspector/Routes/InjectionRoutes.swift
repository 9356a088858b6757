import LosslessJSON
import SiphonCore
import SiphonRules

enum InjectionRoutes {
    /// Injections of one `POST events` that are under way at once.
    private static let parallelism = 64

    static let all = [
        Route("POST", "\(InspectorRoutes.root)/connections/c*/events", body: .json, one),
        Route("POST", "\(InspectorRoutes.root)/events", body: .json, many),
    ]

    private static let one: Route.Handler = { request, captures, services throws(InspectorError) in
        _ = try QueryParameters(request)
        let injection = try InjectionBody.injection(from: JSONMembers(try request.json(), known: InjectionBody.keys))
        guard let id = ConnectionID(captures[0]) else { throw .noSuchConnection }
        let result = try await services.control.inject(injection, into: id).mapError(InspectorError.init).get()
        return .json { writer in
            writer.beginObject()
            result.write(into: &writer)
            writer.endObject()
        }
    }

    /// Into every open Socket.IO connection that the filter matches; each has a result of its own.
    private static let many: Route.Handler = { request, _, services throws(InspectorError) in
        _ = try QueryParameters(request)
        let members = try JSONMembers(try request.json(), known: InjectionBody.keys.union(["filter"]))
        let injection = try InjectionBody.injection(from: members)
        let filter = try Filter.ofConnections(try members.string("filter"), parameter: "filter")
        let targets = await services.control.connections().filter { connection in
            connection.protocolName == .socketIO && connection.closedAt == nil
                && filter.matches(connection, namespace: injection.namespace)
        }.map(\.id)
        let results = await inject(injection, into: targets, services.control)
        return .json { writer in
            writer.beginObject()
            writer.key("results")
            writer.beginArray()
            for (id, result) in zip(targets, results) { write(result, of: id, into: &writer) }
            writer.endArray()
            writer.endObject()
        }
    }

    /// The results in the order of `targets`.
    private static func inject(
        _ injection: Injection, into targets: [ConnectionID], _ control: any ProxyControl
    ) async -> [Result<InjectionResult, ControlError>] {
        await withTaskGroup(of: (Int, Result<InjectionResult, ControlError>).self) { group in
            var results = [Result<InjectionResult, ControlError>](
                repeating: .failure(.noSuchConnection), count: targets.count)
            for (index, target) in targets.enumerated() {
                if index >= parallelism, let (done, result) = await group.next() { results[done] = result }
                group.addTask { (index, await control.inject(injection, into: target)) }
            }
            for await (done, result) in group { results[done] = result }
            return results
        }
    }

    private static func write(
        _ result: Result<InjectionResult, ControlError>, of id: ConnectionID, into writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("connection", id.description)
        switch result {
        case .success(let result): result.write(into: &writer)
        case .failure(let error): InspectorError(error).write(into: &writer)
        }
        writer.endObject()
    }
}

extension InjectionResult {
    /// Writes the members `event` and `ack` into an object that is open.
    fileprivate func write(into writer: inout JSONWriter) {
        writer.member("event", event.description)
        writer.key("ack")
        if let ack { ack.write(into: &writer) } else { writer.null() }
    }
}
