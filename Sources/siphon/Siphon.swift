/// The command `siphon`: reads the words of the command line and runs what they name.
@main
enum Siphon {
    static let version = "0.1.0"

    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        do throws(CommandError) {
            switch try Command(parsing: words) {
            case .help(let topic): try Help.show(topic)
            case .version: Terminal.print("siphon \(version)")
            case .proxy(let options): try await ProxyCommand(options).run()
            case .demo(let options): try await DemoCommand(options).run()
            case .client(let options): try await ClientCommand(options, environment: Environment.current).run()
            case .rules(let options): try await RulesCommand(options, environment: Environment.current).run()
            }
        } catch {
            error.tell()
            Terminal.exit(error.status)
        }
    }
}

/// Why a command ended, in one line.
struct CommandError: Error, Equatable {
    let message: String
    /// 64 for wrong usage (`sysexits.h`), 1 for what the machine refused.
    let status: Int32

    static func usage(_ message: String) -> CommandError { CommandError(message: message, status: 64) }

    static func failure(_ message: String) -> CommandError { CommandError(message: message, status: 1) }

    /// For a command that has said itself what failed.
    static let said = CommandError(message: "", status: 1)

    /// Says it, in one line whatever others had to do with its text.
    func tell() {
        if !message.isEmpty { Terminal.printError("siphon: \(TerminalText.plain(message))") }
    }
}
