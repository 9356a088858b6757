/// Where in the arguments of an injection a value stands. It becomes text where something is wrong and not before: a
/// body of a few megabytes can have millions of values, each of them deep down.
indirect enum ArgumentPlace {
    case argument(Int)
    case element(of: ArgumentPlace, Int)
    case member(of: ArgumentPlace, String)

    /// Such as `args[0].photo[1]`.
    var text: String {
        switch self {
        case .argument(let index): "args[\(index)]"
        case .element(let outer, let index): "\(outer.text)[\(index)]"
        case .member(let outer, let key): "\(outer.text).\(key.prefix(64))"
        }
    }
}
