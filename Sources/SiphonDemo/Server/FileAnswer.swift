import CDashboard
import EngineIOTransport
import NIOCore
import NIOHTTP1

/// A request for a file of the demo's page.
final class FileAnswer: RequestReceiver {
    private static let headers: HTTPHeaders = [
        "Content-Security-Policy":
            "default-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache",
    ]

    private let head: HTTPRequestHead
    private let client: ClientHandler

    init(_ head: HTTPRequestHead, client: ClientHandler) {
        self.head = head
        self.client = client
    }

    func receiveHead() {}
    func receiveBody(_ bytes: ByteBuffer) {}

    func receiveEnd(_ trailers: HTTPHeaders?) {
        guard head.method == .GET || head.method == .HEAD else {
            return client.respond(.methodNotAllowed, headers: ["Allow": "GET, HEAD"], text: "")
        }
        guard let file = DemoFile.at(EngineRequest.split(head.uri).path) else {
            return client.respond(.notFound, text: "There is no such file in the demo.\n")
        }
        var headers = Self.headers
        headers.add(name: "Content-Type", value: file.contentType)
        client.respond(.ok, headers: headers, body: file.bytes)
    }
}

/// One file of `web/demo`, as it was when this was compiled.
struct DemoFile {
    let contentType: String
    let bytes: ByteBuffer

    private static let all: [String: DemoFile] = {
        var count = 0
        guard let files = siphon_demo_files(&count) else { return [:] }
        return Dictionary(
            uniqueKeysWithValues: UnsafeBufferPointer(start: files, count: count).map { file in
                (
                    String(cString: file.path),
                    DemoFile(
                        contentType: String(cString: file.content_type),
                        bytes: ByteBuffer(bytes: UnsafeRawBufferPointer(start: file.bytes, count: file.length)))
                )
            })
    }()

    /// The file at a path, where `/` is `/index.html`.
    static func at(_ path: String) -> DemoFile? { all[path == "/" ? "/index.html" : path] }
}
