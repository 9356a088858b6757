import NIOHTTP1
import Testing

@testable import EngineIOTransport

@Suite("CookieJar")
struct CookieJarTests {
    @Test("begins with the client's cookies and follows what the upstream sets")
    func jar() {
        var jar = CookieJar(clientHeaders: ["Cookie": "a=1; b=x=y"])
        jar.update(["Set-Cookie": "lb=7; Path=/; HttpOnly"])
        jar.update(["Set-Cookie": "a=2"])
        #expect(jar.header == "a=2; b=x=y; lb=7")
        #expect(CookieJar(clientHeaders: [:]).header == nil)
    }

    @Test("keeps as many cookies as allowed and not one more")
    func limit() {
        var jar = CookieJar(clientHeaders: [:])
        for number in 0...CookieJar.limit { jar.update(["Set-Cookie": "c\(number)=1"]) }
        #expect(jar.header?.split(separator: ";").count == CookieJar.limit)
    }
}
