import SiphonCore
import SiphonRules

enum StreamRoutes {
    static let all = [
        Route("GET", "\(InspectorRoutes.root)/stream") { request, _, services throws(InspectorError) in
            let query = try QueryParameters(request, known: ["filter"])
            let filter = try Filter.ofEvents(query["filter"], parameter: "filter")
            let after = try lastEventID(of: request)
            var response = InspectorResponse(status: 200, headers: [("Content-Type", "text/event-stream")])
            guard request.method == "GET" else { return response }
            guard services.viewers.enter() else {
                throw InspectorError(.tooMany, "there are \(services.limits.streams) open streams already")
            }
            let viewer = Viewer(filter: filter, after: after, services: services)
            response.body = .stream(viewer.stream)
            let feed = await viewer.open()
            Task {
                await feed()
                services.viewers.leave()
            }
            return response
        }
    ]

    private static func lastEventID(of request: InspectorRequest) throws(InspectorError) -> EventID? {
        guard let text = request.values(of: "last-event-id").last else { return nil }
        guard let id = EventID(text) else {
            throw InspectorError(.invalid, "Last-Event-ID must be the id of an event, such as e42")
        }
        return id
    }
}
