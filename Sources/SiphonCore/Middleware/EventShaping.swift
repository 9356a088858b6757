package import NIOCore

/// What rules do to an event besides changing and dropping it.
package struct EventShaping: Hashable, Sendable {
    /// How long it, or its answer where it was dropped, is kept back, with all behind it in its direction and
    /// namespace.
    package var delay = TimeAmount.zero
    /// What it has to wait for besides, each in turn.
    package var throttles: [Throttle] = []
    /// The group that it waits for, to leave in another order.
    package var reordering: Reordering?
    /// How many times it is sent; 1 or more.
    package var copies = 1
    /// In order, each once.
    package var marks: [String] = []
    /// Events that are sent because of this one, behind it.
    package var emissions: [Emission] = []
    /// What ends once it has been sent.
    package var disconnection: Disconnection?

    package init() {}

    /// Of the events of a connection that a rule throttles no more than `events` leave within `per`.
    package struct Throttle: Hashable, Sendable {
        package let rule: RuleID
        package let events: Int
        package let per: TimeAmount

        package init(rule: RuleID, events: Int, per: TimeAmount) {
            self.rule = rule
            self.events = events
            self.per = per
        }
    }

    /// A place in a group of events that leave together, by rank.
    package struct Reordering: Hashable, Sendable {
        /// Whose group it is.
        package let rule: RuleID
        /// How many events make the group whole; 2 or more.
        package let window: Int
        package let rank: UInt64

        package init(rule: RuleID, window: Int, rank: UInt64) {
            self.rule = rule
            self.window = window
            self.rank = rank
        }
    }

    package struct Disconnection: Hashable, Sendable {
        package let rule: RuleID
        package let method: DisconnectMethod

        package init(rule: RuleID, method: DisconnectMethod) {
            self.rule = rule
            self.method = method
        }
    }

    /// Adds what a later step decided.
    package mutating func add(_ later: EventShaping) {
        delay = delay + later.delay
        throttles += later.throttles
        reordering = later.reordering ?? reordering
        copies = max(copies, later.copies)
        for mark in later.marks where !marks.contains(mark) { marks.append(mark) }
        emissions += later.emissions
        disconnection = later.disconnection ?? disconnection
    }
}
