import SocketIOClient

/// The classic first program: `swift run Examples http://localhost:5000`.
@main
enum FirstProgram {
    static func main() async throws {
        let client = Client()

        client.event.connect {
            print("I'm connected!")
        }

        try await client.connect(CommandLine.arguments.dropFirst().first ?? "http://localhost:5000")
        try await client.emit("my event", ["data": "Hello, world!"])
        try await client.disconnect()
    }
}
