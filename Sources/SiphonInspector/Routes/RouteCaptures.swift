/// What the stars of a route's pattern stood for, from left to right.
struct RouteCaptures: Sendable {
    let values: [Substring]

    subscript(_ index: Int) -> Substring { values.indices.contains(index) ? values[index] : "" }
}
