/// Every route of the inspector.
enum InspectorRoutes {
    static let root = "/api/v1"

    static var table: RouteTable {
        RouteTable(
            PageRoutes.all + StatusRoutes.all + ConnectionRoutes.all + EventRoutes.all + InjectionRoutes.all
                + RuleRoutes.all + StreamRoutes.all)
    }
}
