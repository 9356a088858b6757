import LosslessJSON
import SiphonCapture
import SiphonCore
import SiphonRules

enum EventRoutes {
    private static let root = "\(InspectorRoutes.root)/events"

    static let all = [
        Route("GET", root, list),
        Route("DELETE", root, clear),
        Route("GET", "\(root)/e*", one),
        Route("GET", "\(root)/e*/attachments/*", attachment),
    ]

    private static let list: Route.Handler = { request, _, services throws(InspectorError) in
        let query = try QueryParameters(request, known: ["filter", "after", "before", "limit"])
        let filter = try Filter.ofEvents(query["filter"], parameter: "filter")
        let after = try query.value("after", eventIDExpected) { EventID($0) }
        let before = try query.value("before", eventIDExpected) { EventID($0) }
        let limit = try query.integer("limit", in: 1...1000) ?? 100
        await services.settle()
        var search = EventSearch(filter, "'filter'", services.limits)
        let page = services.capture.events(after: after, before: before, limit: limit) { search.matches($0) }
        try search.check()
        return .json(EventPage(page, isForward: after != nil, bytesLimit: services.limits.pageBytes).json)
    }

    private static let eventIDExpected = "the id of an event, such as e42"

    private static let clear: Route.Handler = { request, _, services throws(InspectorError) in
        _ = try QueryParameters(request)
        await services.settle()
        services.capture.clear()
        return .noContent
    }

    private static let one: Route.Handler = { request, captures, services throws(InspectorError) in
        _ = try QueryParameters(request)
        let event = try await event(captures[0], services)
        return .json { event.write(into: &$0, detailed: true) }
    }

    /// A peer wrote these bytes: they are offered for saving, and a browser that opens them all the same does so in a
    /// sandbox and without guessing what they are.
    private static let attachment: Route.Handler = { request, captures, services throws(InspectorError) in
        _ = try QueryParameters(request)
        let event = try await event(captures[0], services)
        guard let index = Int(captures[1]), captures[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let bytes = event.attachmentBytes(index)
        else { throw InspectorError(.notFound, "there is no such attachment") }
        return InspectorResponse(
            status: 200,
            headers: [
                ("Content-Type", "application/octet-stream"),
                ("Content-Disposition", "attachment; filename=\"\(event.id)-\(index).bin\""),
                ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
            ], body: .bytes(bytes))
    }

    private static func event(
        _ id: Substring, _ services: InspectorServices
    ) async throws(InspectorError) -> StoredEvent {
        guard let id = EventID(id) else { throw .noSuchEvent }
        await services.settle()
        guard let event = services.capture.event(id) else { throw .noSuchEvent }
        return event
    }
}
