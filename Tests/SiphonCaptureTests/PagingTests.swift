import SiphonCapture
import SiphonCore
import Testing

@Suite("Pages of the capture")
struct PagingTests {
    private func filled(_ count: Int, limits: CaptureLimits = CaptureLimits { $0.chunkBytes = 512 }) throws -> Capture {
        let capture = Capture(limits: limits)
        for number in 1...count { capture.take([try .packet("2[\"\(number % 2 == 0 ? "even" : "odd")\"]")]) }
        return capture
    }

    private func page(
        _ capture: Capture, after: UInt64? = nil, before: UInt64? = nil, limit: Int, name: String? = nil
    ) -> (ids: [UInt64], next: UInt64?) {
        let page = capture.events(after: after.map(EventID.init), before: before.map(EventID.init), limit: limit) {
            name == nil || $0.name == name
        }
        return (page.events.map(\.id.number), page.next?.number)
    }

    @Test("without a cursor come the newest, and next leads to the older ones")
    func newest() throws {
        let capture = try filled(10)
        #expect(page(capture, limit: 4) == ([7, 8, 9, 10], 7))
        #expect(page(capture, before: 7, limit: 4) == ([3, 4, 5, 6], 3))
        #expect(page(capture, before: 3, limit: 4) == ([1, 2], nil))
        #expect(page(capture, limit: 10) == (Array(1...10), nil))
        #expect(page(capture, limit: 9) == (Array(2...10), 2))
    }

    @Test("after a cursor come the next ones, and next leads on")
    func after() throws {
        let capture = try filled(10)
        #expect(page(capture, after: 0, limit: 4) == ([1, 2, 3, 4], 4))
        #expect(page(capture, after: 4, limit: 4) == ([5, 6, 7, 8], 8))
        #expect(page(capture, after: 8, limit: 4) == ([9, 10], nil))
        #expect(page(capture, after: 6, limit: 4) == ([7, 8, 9, 10], nil))
        #expect(page(capture, after: 10, limit: 4) == ([], nil))
        #expect(page(capture, after: .max, limit: 4) == ([], nil))
        #expect(page(capture, after: 99, limit: 4) == ([], nil))
    }

    @Test("both cursors bound the page")
    func both() throws {
        let capture = try filled(10)
        #expect(page(capture, after: 2, before: 6, limit: 2) == ([3, 4], 4))
        #expect(page(capture, after: 4, before: 6, limit: 2) == ([5], nil))
        #expect(page(capture, after: 6, before: 6, limit: 2) == ([], nil))
        #expect(page(capture, after: 7, before: 2, limit: 2) == ([], nil))
        #expect(page(capture, before: 0, limit: 2) == ([], nil))
    }

    @Test("next is nil where what follows does not match")
    func filters() throws {
        let capture = try filled(10)
        #expect(page(capture, limit: 2, name: "even") == ([8, 10], 8))
        #expect(page(capture, before: 8, limit: 3, name: "even") == ([2, 4, 6], nil))
        #expect(page(capture, after: 5, limit: 2, name: "even") == ([6, 8], 8))
        #expect(page(capture, after: 6, limit: 2, name: "even") == ([8, 10], nil))
        #expect(page(capture, limit: 2, name: "neither") == ([], nil))
    }

    @Test("nothing comes from an empty capture, and for no limit", arguments: [0, -1, 5])
    func empty(limit: Int) throws {
        #expect(page(Capture(), limit: limit) == ([], nil))
        #expect(page(Capture(), after: 3, limit: limit) == ([], nil))
        #expect(page(try filled(3), limit: min(limit, 0)) == ([], nil))
    }

    @Test("paging on while events are evicted neither repeats nor skips one that is there")
    func pagesWhileEvicting() throws {
        let capture = try filled(
            100,
            limits: CaptureLimits {
                $0.events = 60
                $0.chunkBytes = 512
            })
        var cursor: UInt64 = 0
        var seen: [UInt64] = []
        for _ in 0..<20 {
            let oldest = try #require(capture.oldest).number
            let (ids, _) = page(capture, after: cursor, limit: 7)
            #expect(ids.first == max(oldest, cursor + 1))
            seen += ids
            cursor = ids.last ?? cursor
            capture.take(try (0..<3).map { _ in try .packet("2[]") })
        }
        #expect(seen.first == 41)
        #expect(seen == Array(41...157))
    }

    @Test("a page says how many events were lost")
    func saysEvicted() throws {
        let capture = try filled(9, limits: CaptureLimits { $0.events = 5 })
        #expect(capture.events(limit: 1).evicted == 4)
        #expect(capture.events(limit: 0).evicted == 4)
    }
}
