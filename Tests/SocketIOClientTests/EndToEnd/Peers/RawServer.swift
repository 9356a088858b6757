import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import WebSocketCodec

/// A server whose every byte is scripted: for what no Socket.IO server would say, or does not know.
final class RawServer: Sendable {
    private let listener: any Channel
    private let tasks: Task<Void, Never>

    var url: String {
        let address = listener.localAddress
        return "http://\(address?.ipAddress ?? ""):\(address?.port ?? 0)"
    }

    /// - Parameters:
    ///   - readsAtOnce: whether what clients send is read before `reads(true)`.
    ///   - script: runs for each connection, which is cut when it returns or throws.
    static func start(
        readsAtOnce: Bool = true,
        _ script: @escaping @Sendable (_ connection: RawConnection, _ number: Int) async throws -> Void
    ) async throws -> RawServer {
        let (stream, accepted) = AsyncStream.makeStream(of: RawConnection.self)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: readsAtOnce)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = RawConnection(channel)
                    try channel.pipeline.syncOperations.addHandler(InboxHandler(connection))
                    accepted.yield(connection)
                }
            }
            .bind(host: nextHost(), port: 0).get()
        let tasks = Task {
            await withDiscardingTaskGroup { group in
                var number = 0
                for await connection in stream {
                    number += 1
                    let count = number
                    group.addTask {
                        try? await script(connection, count)
                        connection.cut()
                    }
                }
            }
        }
        return Kept.untilTheTestEnds(RawServer(listener, tasks))
    }

    private static let lastHost = NIOLockedValueBox(0)

    /// An address of this machine of its own, where the system has them: a client that another test left behind and
    /// that goes on trying must not find this server at a port that was another's.
    private static func nextHost() -> String {
        #if os(Linux)
            let number = lastHost.withLockedValue { last in
                last += 1
                return last
            }
            return "127.1.\(number / 250 % 250).\(number % 250 + 1)"
        #else
            return "127.0.0.1"
        #endif
    }

    private init(_ listener: any Channel, _ tasks: Task<Void, Never>) {
        self.listener = listener
        self.tasks = tasks
    }

    deinit {
        tasks.cancel()
        listener.close(promise: nil)
    }
}

/// One connection to a `RawServer`. Reading throws where it ends first.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let inbox = NIOLockedValueBox(Inbox())

    private struct Inbox {
        var bytes = ByteBuffer()
        var isWebSocket = false
        var isEnded = false
    }

    fileprivate init(_ channel: any Channel) { self.channel = channel }

    fileprivate func received(_ bytes: ByteBuffer) {
        inbox.withLockedValue { _ = $0.bytes.writeImmutableBuffer(bytes) }
    }

    fileprivate func ended() { inbox.withLockedValue { $0.isEnded = true } }

    /// What `take` makes of the bytes that have come, once it makes something of them.
    private func read<Value>(_ what: String, _ take: (inout ByteBuffer) -> Value?) async throws -> Value {
        try await eventually(what) {
            try self.inbox.withLockedValue { inbox in
                var bytes = inbox.bytes
                if let value = take(&bytes) {
                    inbox.bytes = bytes
                    return value
                }
                if inbox.isEnded { throw Overdue(description: "\(what): the connection ended") }
                return nil
            }
        }
    }

    func send(_ text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }

    func send(bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    func cut() { channel.close(promise: nil) }

    /// Whether what the client sends is read.
    func reads(_ isReading: Bool) { _ = channel.setOption(.autoRead, value: isReading) }

    /// Reads, where it else does not, until so many bytes wait to be taken.
    func readOn(to count: Int) async throws {
        try await eventually("\(count) bytes") {
            let isEnough = self.inbox.withLockedValue { $0.bytes.readableBytes } >= count
            if !isEnough { self.channel.read() }
            return isEnough
        }
    }

    /// How many bytes the system has not taken yet of what was sent.
    var unsent: Int {
        get async throws { try await channel.getOption(.bufferedWritableBytes).get() }
    }

    /// Returns when the client has gone. Goes too where it closes a WebSocket.
    func end() async throws {
        try await eventually("the client's end") {
            self.inbox.withLockedValue { inbox in
                while inbox.isWebSocket, let message = Self.takeMessage(&inbox.bytes) {
                    if message.hasPrefix("<close") { self.cut() }
                }
                return inbox.isEnded
            }
        }
    }

    // MARK: HTTP

    /// The lines of the next request's head.
    func head() async throws -> [String] {
        try await read("the head of a request") { bytes in
            let text = String(buffer: bytes)
            guard let end = text.range(of: "\r\n\r\n") else { return nil }
            bytes.moveReaderIndex(forwardBy: text[..<end.upperBound].utf8.count)
            return text[..<end.lowerBound].split(separator: "\r\n").map(String.init)
        }
    }

    /// Takes a request of a polling session with its body, whose length is returned, and answers it.
    @discardableResult
    func takePost(fields: String = "") async throws -> Int {
        let length = try await head().first { $0.lowercased().hasPrefix("content-length:") }
        guard let count = length?.split(separator: " ").last.flatMap({ Int($0) }) else {
            throw Overdue(description: "no request with a body")
        }
        try await read("\(count) bytes of a body") { $0.readSlice(length: count).map { _ in } }
        answer("200 OK", body: "ok", fields: fields)
        return count
    }

    /// Answers a request.
    func answer(_ status: String, body: String = "", fields: String = "") {
        send("HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    // MARK: WebSocket

    /// What a server says that sends no heartbeats within a test.
    static let handshake =
        #"0{"sid":"engine","upgrades":[],"pingInterval":60000,"pingTimeout":60000,"maxPayload":1000000}"#

    /// Takes the request to open a WebSocket and says the handshake of Engine.IO.
    func open(handshake: String = RawConnection.handshake) async throws {
        try await acceptWebSocket()
        say(handshake)
    }

    func acceptWebSocket() async throws {
        let key = try await head().first { $0.lowercased().hasPrefix("sec-websocket-key:") }
        let words = key.map { $0.split(separator: " ") } ?? []
        guard words.count == 2 else { throw Overdue(description: "no request to open a WebSocket") }
        let fields = """
            Upgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Accept: \(WebSocketHandshake.accept(forKey: String(words[1])))\r\n
            """
        send("HTTP/1.1 101 Switching Protocols\r\n\(fields)\r\n")
        inbox.withLockedValue { $0.isWebSocket = true }
    }

    /// Opens the session and lets the client into `/`; returns its CONNECT.
    @discardableResult
    func join(sid: String = "s1") async throws -> String {
        try await open()
        let connect = try await hear()
        say(#"40{"sid":"\#(sid)"}"#)
        return connect
    }

    /// Sends a text message.
    func say(_ text: String) { send(frame: 0x81, Array(text.utf8)) }

    /// Sends a binary message.
    func say(binary: [UInt8]) { send(frame: 0x82, binary) }

    private func send(frame first: UInt8, _ payload: [UInt8]) {
        var bytes = [first]
        switch payload.count {
        case ..<126: bytes.append(UInt8(payload.count))
        case ..<65536: bytes += [126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default: bytes += [127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        }
        send(bytes: bytes + payload)
    }

    /// The next text message of the client; a binary one as `<binary 1,2,3>`.
    func hear() async throws -> String {
        try await read("a message of the client", Self.takeMessage)
    }

    /// Nil, and the bytes stay, where it is not whole.
    private static func takeMessage(_ all: inout ByteBuffer) -> String? {
        var bytes = all
        guard let first: UInt8 = bytes.readInteger(), let second: UInt8 = bytes.readInteger() else { return nil }
        var count = Int(second & 0x7F)
        if count == 126 {
            guard let longer: UInt16 = bytes.readInteger() else { return nil }
            count = Int(longer)
        } else if count == 127 {
            guard let longer: UInt64 = bytes.readInteger() else { return nil }
            count = Int(longer)
        }
        guard let mask = bytes.readBytes(length: 4), let masked = bytes.readBytes(length: count) else { return nil }
        all = bytes
        let payload = masked.enumerated().map { $1 ^ mask[$0 % 4] }
        let isText = first & 0x0F == 1
        return isText
            ? String(decoding: payload, as: UTF8.self)
            : "<\(first & 0x0F == 8 ? "close" : "binary") \(payload.map(String.init).joined(separator: ","))>"
    }
}

private final class InboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: RawConnection

    init(_ connection: RawConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.received(Self.unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) { connection.ended() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
