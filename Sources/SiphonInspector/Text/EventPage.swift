import LosslessJSON
import SiphonCapture
import SiphonCore

/// A page of events as JSON. It ends early where the events are large, at one event at least; which end is left off is
/// the one that the next page goes on from.
struct EventPage {
    let json: [UInt8]

    init(_ page: CapturePage, isForward: Bool, bytesLimit: Int) {
        var texts: [[UInt8]] = []
        var bytes = 0
        var next = page.next
        let ordered = isForward ? page.events : page.events.reversed()
        for (index, event) in ordered.enumerated() {
            guard index == 0 || bytes < bytesLimit else {
                next = ordered[index - 1].id
                break
            }
            var writer = JSONWriter()
            event.write(into: &writer, detailed: false)
            bytes += writer.bytes.count
            texts.append(writer.bytes)
        }
        if !isForward { texts.reverse() }

        var writer = JSONWriter()
        writer.beginObject()
        writer.key("events")
        writer.beginArray()
        for text in texts { writer.raw(text) }
        writer.endArray()
        writer.member("next", next?.description)
        writer.member("evicted", Int(clamping: page.evicted))
        writer.endObject()
        json = writer.bytes
    }
}
