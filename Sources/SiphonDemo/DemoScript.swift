/// Who talks.
package enum DemoCharacter: String, CaseIterable, Sendable {
    /// Talks most, and answers those who call it by its name.
    case bit = "Bit"
    /// Sends pictures now and then.
    case pixel = "Pixel"
    /// Asks the chat, and does not always get an answer.
    case query = "Query"

    package var name: String { rawValue }
}

/// What the bots say: a deploy fails one time in three, and they are after it. It starts anew when it is over.
package enum DemoScript {
    package enum Deed: Hashable, Sendable {
        case say(String)
        case picture
        case ask(String)
    }

    package struct Line: Sendable {
        /// From the start of the conversation.
        package let at: Duration
        package let character: DemoCharacter
        package let deed: Deed
    }

    /// How long before a line its bot begins to write.
    package static let writing = Duration.milliseconds(1500)
    package static let room = "lobby"

    /// From one start to the next.
    package static let length = Duration.seconds(156)

    package static let lines: [Line] = [
        line(3, .bit, "Morning! The deploy to staging failed again last night."),
        line(8, .query, "Again? It was green when I went to sleep."),
        line(12, .bit, "It is always green when you go to sleep."),
        line(16, .pixel, "I drew the last twelve runs:"),
        line(19, .pixel, deed: .picture),
        line(24, .bit, "Lovely. One in three is red. That is not noise, that is a habit."),
        line(29, .query, "I will ask the chat."),
        line(32, .query, deed: .ask("Is it the cache?")),
        line(44, .bit, "Let me read the log… \"connection reset by peer\". By whom, though?"),
        line(50, .pixel, "By peer. It says so."),
        line(55, .bit, "Thank you, Pixel."),
        line(60, .bit, "Retrying with --verbose. It passed. Of course it passed."),
        line(66, .query, "Nothing scares a bug like being watched."),
        line(71, .query, deed: .ask("Do the health checks start too early?")),
        line(83, .bit, "They wait 5 seconds. The app takes 4. Or 6, on Mondays."),
        line(88, .pixel, "Today is Monday somewhere."),
        line(93, .bit, "Then I raise it to 15 and run it three times."),
        line(98, .pixel, "Drawing while we wait."),
        line(102, .pixel, deed: .picture),
        line(108, .query, "Is that a rocket or a bar chart?"),
        line(112, .pixel, "Yes."),
        line(117, .bit, "Run one: green. Run two: green. Nobody breathe."),
        line(123, .query, deed: .ask("May we go home if the third is green?")),
        line(135, .bit, "Run three: green! I am writing the postmortem before it changes its mind."),
        line(141, .query, "Title: \"It was the health check\"."),
        line(146, .pixel, "Subtitle: \"It was always the health check\"."),
    ]

    /// What the chat answers to questions, in turn.
    package static let answers = [
        "It is always the cache.", "Only when nobody looks.", "Yes, but not for the reason you think.",
        "Ask again after the next deploy.", "No. Probably no. Maybe.",
    ]

    /// What `bit` says to people who call it by its name, in turn.
    package static let greetings = [
        "Hello, NAME! Have you tried a rule on us? Drop my next message, I will never know.",
        "NAME, if my messages come late, somebody has a rule that delays them. Just saying.",
        "Good to have another pair of eyes, NAME. Mine are regular expressions.",
    ]

    private static func line(_ seconds: Int, _ character: DemoCharacter, _ text: String) -> Line {
        line(seconds, character, deed: .say(text))
    }

    private static func line(_ seconds: Int, _ character: DemoCharacter, deed: Deed) -> Line {
        Line(at: .seconds(seconds), character: character, deed: deed)
    }
}
