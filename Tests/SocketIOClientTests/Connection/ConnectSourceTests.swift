import Testing

@testable import SocketIOClient

@Suite("ConnectSource")
struct ConnectSourceTests {
    private static let deep = (0..<600).reduce(SocketIOValue.null) { value, _ in [value] }

    @Test("an auth that cannot be sent is an error", arguments: [["key": .binary([1])], deep] as [SocketIOValue])
    func refuses(auth: SocketIOValue) async throws {
        let source = ConnectSource(url: { "" }, headers: { [:] }, auth: { auth })
        let error = await #expect(throws: SocketIOClientError.self) { _ = try await source.ask() }
        #expect(error?.code == .encoding)
    }

    @Test("any other is asked for", arguments: [nil, .null, ["token": "x"]] as [SocketIOValue?])
    func asks(auth: SocketIOValue?) async throws {
        let source = ConnectSource(url: { "" }, headers: { [:] }, auth: { auth })
        #expect(try await source.ask().auth == auth)
    }
}
