/// What an envelope alone says about a filter.
enum FilterLikelihood: Int, Comparable {
    case no
    /// The arguments decide.
    case maybe
    case yes

    var negated: Self {
        switch self {
        case .no: .yes
        case .maybe: .maybe
        case .yes: .no
        }
    }

    init(_ holds: Bool) { self = holds ? .yes : .no }

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
