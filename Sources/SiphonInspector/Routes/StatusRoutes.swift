import LosslessJSON
import SiphonCapture
import SiphonCore
import SiphonRules

enum StatusRoutes {
    static let all = [
        Route("GET", "\(InspectorRoutes.root)/status") { request, _, services throws(InspectorError) in
            _ = try QueryParameters(request)
            let status = await services.control.status()
            return .json { write(status, services, into: &$0) }
        }
    ]

    private static func write(_ status: ProxyStatus, _ services: InspectorServices, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("version", services.version)
        writer.member("startedAt", Timestamp.text(nanoseconds: services.startedAt))
        writer.key("upstream")
        writer.beginObject()
        writer.member("url", status.upstreamURL)
        writer.key("reachable")
        if let reachable = status.upstreamReachable { writer.bool(reachable) } else { writer.null() }
        writer.endObject()
        writer.member("connections", status.connections)
        writer.key("eventsPerSecond")
        writer.number(services.capture.eventsPerSecond)
        writer.member("memoryBytes", services.capture.memoryBytes)
        writer.member("evicted", Int(clamping: services.capture.evicted))
        writer.key("http")
        writer.beginObject()
        writer.member("requests", status.httpRequests)
        writer.endObject()
        writer.key("rules")
        writer.beginObject()
        writer.member("active", services.rules.activeCount)
        writer.key("error")
        if let error = services.rules.firstProblem { writer.value(error.json) } else { writer.null() }
        writer.endObject()
        writer.endObject()
    }
}
