/// The guard in front of the routes.
struct InspectorService: HTTPService {
    let guardian: RequestGuard
    let table: RouteTable
    let services: InspectorServices

    func refusal(of head: InspectorRequest) -> InspectorResponse? {
        if let refusal = guardian.refusal(of: head) { return refusal }
        do throws(InspectorError) { try table.check(head) } catch { return error.response }
        return nil
    }

    func response(to request: InspectorRequest) async -> InspectorResponse {
        await table.response(to: request, services: services)
    }
}
