import SocketIOClient
import SocketIOCore

/// One line of what is typed at the prompt.
enum Statement: Equatable {
    case nothing
    case emit(name: String, arguments: [SocketIOValue])
    case call(name: String, arguments: [SocketIOValue])
    case enter(namespace: String)
    /// Anew, and to those namespaces; none for the ones of before.
    case connect(namespaces: [String])
    /// Nil for all.
    case disconnect(namespace: String?)
    case status
    case history
    case help
    case quit

    /// Each command with what stands behind it and what it does.
    static let commands: [(name: String, arguments: String, meaning: String)] = [
        ("emit", "EVENT JSON…", "sends an event; a word that is no JSON is a string"),
        ("call", "EVENT JSON…", "the same, and shows the ack and how long it took"),
        ("send", "JSON…", "emits the event message"),
        ("in", "/NAMESPACE", "where the next ones go"),
        ("connect", "[/NAMESPACE…]", "connects again, to these namespaces or those of before"),
        ("disconnect", "[/NAMESPACE]", "leaves one namespace, or all"),
        ("status", "", "namespaces with their sids, transport, pending acks"),
        ("history", "", "what was typed"),
        ("help", "", "this"),
        ("quit", "", "as ctrl-d"),
    ]

    /// One sentence for people.
    struct Fault: Error, Equatable {
        let message: String

        init(_ message: String) { self.message = message }
    }

    init(parsing line: String) throws(Fault) {
        var words = StatementReader(line)
        guard let command = words.nextBare() else {
            self = .nothing
            return
        }
        switch command {
        case "emit", "call":
            let name = try words.nextName(after: command)
            let arguments = try words.arguments(of: "call \(Self.word(name))")
            self = command == "emit" ? .emit(name: name, arguments: arguments) : .call(name: name, arguments: arguments)
        case "send": self = .emit(name: "message", arguments: try words.arguments(of: "call message"))
        case "in":
            let names = words.bareRest()
            guard names.count == 1 else { throw Fault("expected one namespace, as in  in /chat") }
            self = .enter(namespace: try Self.namespace(names[0]))
        case "connect":
            var names: [String] = []
            for name in words.bareRest() { names.append(try Self.namespace(name)) }
            self = .connect(namespaces: names)
        case "disconnect":
            let names = words.bareRest()
            guard names.count <= 1 else { throw Fault("expected one namespace, or none to leave all") }
            self = .disconnect(namespace: try names.first.map { name throws(Fault) in try Self.namespace(name) })
        case "status", "history", "help", "quit":
            guard words.isAtEnd else { throw Fault("expected nothing behind \(command)") }
            self = command == "status" ? .status : command == "history" ? .history : command == "help" ? .help : .quit
        default:
            var again = StatementReader(line)
            let name = (try? again.nextName(after: command)) ?? command
            throw Fault(
                "no command “\(name)”: emit \(Self.word(name)) … sends an event of that name, help lists commands")
        }
    }

    private static func namespace(_ word: String) throws(Fault) -> String {
        guard let name = NamespaceName.parsed(word) else {
            throw Fault("expected a namespace such as /chat, not “\(word)”")
        }
        return name
    }

    /// A name as `emit` takes it: bare, or a JSON string where it has to be one.
    static func word(_ name: String) -> String {
        let isBare = name.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && !TerminalText.isHidden($0) }
        guard !isBare || name.isEmpty || name.first == "\"" else { return name }
        return TerminalText.json(text: SocketIOValue.string(name).jsonText)
    }
}

/// Takes a line apart into words and JSON. By scalars: a mark that combines with a quote does not hide it.
private struct StatementReader {
    private var left: Substring.UnicodeScalarView

    init(_ line: String) { left = line[...].unicodeScalars }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    private mutating func skipSpace() { left = left.drop(while: Self.isSpace) }

    var isAtEnd: Bool { left.allSatisfy(Self.isSpace) }

    /// The characters up to the next space.
    mutating func nextBare() -> String? {
        skipSpace()
        guard !left.isEmpty else { return nil }
        let word = left.prefix { !Self.isSpace($0) }
        left = left[word.endIndex...]
        return String(word)
    }

    mutating func bareRest() -> [String] {
        var words: [String] = []
        while let word = nextBare() { words.append(word) }
        return words
    }

    mutating func nextName(after command: String) throws(Statement.Fault) -> String {
        skipSpace()
        let fault = Statement.Fault("expected the name of an event, as in  \(command) chat {\"text\": \"hi\"}")
        guard left.first == "\"" else {
            guard let name = nextBare() else { throw fault }
            return name
        }
        guard let name = try nextValue()?.string, !name.isEmpty else { throw fault }
        return name
    }

    /// All values that are left.
    ///
    /// - Parameter call: the command that waits for an ack.
    mutating func arguments(of call: String) throws(Statement.Fault) -> [SocketIOValue] {
        var values: [SocketIOValue] = []
        var isOption = false
        while !isAtEnd {
            skipSpace()
            isOption = left.first == "-"
            guard let value = try nextValue() else { break }
            values.append(value)
        }
        guard !isOption || values.last != "--ack" else {
            throw .init("--ack is for the command line; here  \(call) …  waits for an ack, and \"--ack\" is the text")
        }
        return values
    }

    private mutating func nextValue() throws(Statement.Fault) -> SocketIOValue? {
        skipSpace()
        guard let first = left.first else { return nil }
        guard first == "{" || first == "[" || first == "\"" else {
            return nextBare().map { (try? SocketIOValue(json: $0)) ?? .string($0) }
        }
        let end = endOfJSON()
        let text = String(left[..<end])
        do throws(SocketIOClientError) {
            let value = try SocketIOValue(json: text)
            left = left[end...]
            return value
        } catch {
            throw .init("“\(text)” is no JSON: \(error.message)")
        }
    }

    /// Behind the bracket or quote that closes the first one, and what is stuck to that; the end where none does.
    private func endOfJSON() -> String.Index {
        var (depth, isInString, isEscaped) = (0, false, false)
        for index in left.indices {
            let scalar = left[index]
            if isInString {
                if !isEscaped, scalar == "\"" { isInString = false }
                isEscaped = scalar == "\\" && !isEscaped
            } else if scalar == "\"" {
                isInString = true
            } else if scalar == "{" || scalar == "[" {
                depth += 1
            } else if scalar == "}" || scalar == "]" {
                depth -= 1
            }
            guard depth > 0 || isInString else {
                let rest = left[left.index(after: index)...]
                return rest.firstIndex(where: Self.isSpace) ?? left.endIndex
            }
        }
        return left.endIndex
    }
}
