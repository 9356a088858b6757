import LosslessJSON
import SiphonCore

/// What has been read of one event by the filters that looked at it, so that nothing is read twice however many they
/// are, and nothing that none of them asks for.
///
/// It belongs to one event: `forget()` comes between two events, and after the packet was changed. A value of one
/// thread.
package struct EventReading {
    /// What relative times, such as `time:>-5m`, count from: nanoseconds since 1970, UTC.
    package let now: Int64
    /// What kept the filter that looked last from an answer; nil where it could be answered.
    package private(set) var fault: FilterFault?

    private var searchable: SearchableText?
    private var arguments = JSONReading()
    private var acknowledgement = JSONReading()
    /// Where strings with escapes are decoded.
    private var scratch: [UInt8] = []
    /// What regular expressions may still do for the filter that looks now.
    private var work = RegularExpression.Limits.work
    private var workBefore = 0

    package init(now: Int64) { self.now = now }

    /// Forgets what was read. Memory is kept for what comes.
    package mutating func forget() {
        searchable = nil
        arguments.isRead = false
        acknowledgement.isRead = false
        fault = nil
    }

    /// What the regular expressions of all filters have done with this value, as a share of what one filter may do on
    /// one event.
    package var expressionWork: Double {
        Double(workBefore + RegularExpression.Limits.work - max(0, work)) / Double(RegularExpression.Limits.work)
    }

    /// Another filter looks.
    mutating func begin() {
        fault = nil
        workBefore += RegularExpression.Limits.work - max(0, work)
        work = RegularExpression.Limits.work
    }

    mutating func searchableText(of event: some EventView) -> SearchableText {
        if let searchable { return searchable }
        let text = event.withPayload { SearchableText($0) }
        searchable = text
        return text
    }

    /// False also where it cannot be told: then there is a fault.
    mutating func matches(_ expression: RegularExpression, _ text: UnsafeRawBufferPointer) -> Bool {
        guard fault == nil else { return false }
        if let isFound = expression.isFound(in: text, work: &work) { return isFound }
        fault = FilterFault(expression: expression.text)
        return false
    }

    // MARK: Values

    /// Whether a value at `path` is one of `values`.
    mutating func holds(_ event: some EventView, at path: FilterPath, _ values: [FilterValue]) -> Bool {
        switch path.root {
        case .name:
            guard var name = event.name else { return false }
            return name.withUTF8 { name in
                values.contains { $0.matches(.string, UnsafeRawBufferPointer(name), &self) }
            }
        case .acknowledgement where event.kind != .ack:
            return event.withAckPayload { payload in
                if !acknowledgement.isRead { acknowledgement.read(payload, skipsName: false) }
                return holds(acknowledgement, payload, path.elements, values)
            } ?? false
        case .arguments, .acknowledgement:
            return event.withPayload { payload in
                if !arguments.isRead { arguments.read(payload, skipsName: event.kind == .event) }
                return holds(arguments, payload, path.elements, values)
            }
        }
    }

    private mutating func holds(
        _ json: JSONReading, _ payload: UnsafeRawBufferPointer, _ elements: [JSONPathPattern.Element],
        _ values: [FilterValue]
    ) -> Bool {
        json.containsArgument(at: elements, in: payload) { node in
            // Taken out, since whoever matches may change the rest.
            var scratch = self.scratch
            self.scratch = []
            defer { self.scratch = scratch }
            return json.index.withText(of: node, in: payload, scratch: &scratch) { text in
                values.contains { $0.matches(json.index[node].kind, text, &self) }
            }
        }
    }
}

/// The JSON of an event, or of an ack, once it was asked for.
private struct JSONReading {
    var isRead = false
    /// Empty where the text is no JSON.
    private(set) var index = JSONIndex()
    /// How many elements of the list are no arguments.
    private var skipped = 0

    /// - Parameter skipsName: whether a string at the head of the list is a name.
    mutating func read(_ text: UnsafeRawBufferPointer, skipsName: Bool) {
        isRead = true
        skipped = 0
        guard !text.isEmpty, (try? index.read(text)) != nil else {
            index.clear()
            return
        }
        guard skipsName, let root = index.root, let first = index.element(0, of: root) else { return }
        skipped = index[first].kind == .string ? 1 : 0
    }

    /// Calls `body` with each value that the path leads to, until it returns true; whether it did. What is JSON but no
    /// list is the only argument.
    func containsArgument(
        at elements: [JSONPathPattern.Element], in text: UnsafeRawBufferPointer, where body: (Int) -> Bool
    ) -> Bool {
        guard let root = index.root else { return false }
        let rest = elements.dropFirst()
        guard index[root].kind == .list else {
            guard elements.first == .index(0) || elements.first == .each else { return false }
            return index.contains(at: rest, from: root, in: text, where: body)
        }
        switch elements.first {
        case .index(let number):
            let (place, overflows) = number.addingReportingOverflow(skipped)
            guard !overflows, let argument = index.element(place, of: root) else { return false }
            return index.contains(at: rest, from: argument, in: text, where: body)
        case .each:
            for argument in index.children(of: root).dropFirst(skipped)
            where index.contains(at: rest, from: argument, in: text, where: body) {
                return true
            }
            return false
        case .key, nil: return false
        }
    }
}
