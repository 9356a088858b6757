import SiphonCapture
import SiphonCore
import SiphonRules

/// What the routes are about.
struct InspectorServices: Sendable {
    let capture: Capture
    let rules: RuleStore
    /// Where rules are saved; nil for nowhere.
    let ruleFile: RuleFile?
    let control: any ProxyControl
    let version: String
    /// Nanoseconds since 1970, UTC.
    let startedAt: Int64
    let limits: InspectorLimits
    let connections: ConnectionFeed
    let viewers: ViewerCount

    init(
        capture: Capture, rules: RuleStore, ruleFile: RuleFile? = nil, control: any ProxyControl, version: String,
        startedAt: Int64, limits: InspectorLimits
    ) {
        self.capture = capture
        self.rules = rules
        self.ruleFile = ruleFile
        self.control = control
        self.version = version
        self.startedAt = startedAt
        self.limits = limits
        connections = ConnectionFeed(control: control, interval: limits.connectionsPoll)
        viewers = ViewerCount(limit: limits.streams)
    }

    /// Makes everything that has happened so far readable in the capture.
    func settle() async {
        await control.flushCapture()
        await capture.settle()
    }
}
