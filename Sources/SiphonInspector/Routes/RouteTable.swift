/// All that the inspector answers. Whether a request may be heard at all is `RequestGuard`'s to say, for every path
/// alike, so that no route can be left open by mistake.
struct RouteTable: Sendable {
    let routes: [Route]

    init(_ routes: [Route]) { self.routes = routes }

    struct Match: Sendable {
        let route: Route
        let captures: RouteCaptures
    }

    /// Finds the route. HEAD goes to the route of GET.
    func match(_ request: InspectorRequest) throws(InspectorError) -> Match {
        let path = request.path
        let method = request.method == "HEAD" ? "GET" : request.method
        var allowed: [String] = []
        for route in routes {
            guard let captures = route.captures(in: path) else { continue }
            if route.method == method { return Match(route: route, captures: captures) }
            allowed += route.method == "GET" ? ["GET", "HEAD"] : [route.method]
        }
        guard allowed.isEmpty else {
            throw InspectorError(.methodNotAllowed, "this path does not take that method", allowed: allowed)
        }
        throw InspectorError(.notFound, "there is nothing at this path")
    }

    /// Judges the head: path, method and the kind of body.
    func check(_ head: InspectorRequest) throws(InspectorError) {
        switch try match(head).route.body {
        case .none:
            guard !head.announcesBody else { throw InspectorError(.badRequest, "this request takes no body") }
        case .emptyJSON where !head.announcesBody: break
        case .json, .emptyJSON:
            let type = head.value(of: "content-type").map { $0.prefix { $0 != ";" }.lowercased() }
            guard type == "application/json" else {
                throw InspectorError(.unsupportedMediaType, "the body must be application/json, and say so")
            }
        }
    }

    func response(to request: InspectorRequest, services: InspectorServices) async -> InspectorResponse {
        do throws(InspectorError) {
            let match = try match(request)
            let response = try await match.route.handler(request, match.captures, services)
            return request.method == "HEAD" ? response.withoutStream : response
        } catch {
            return error.response
        }
    }
}

extension InspectorResponse {
    /// For HEAD, where nothing will ever read the stream.
    fileprivate var withoutStream: InspectorResponse {
        guard case .stream(let stream) = body else { return self }
        stream.close()
        return InspectorResponse(status: status, headers: headers)
    }
}
