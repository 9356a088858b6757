import CDashboard

/// What `siphon --help` and `siphon help <topic>` say.
enum Help {
    static func show(_ topic: String?) throws(CommandError) {
        guard let text = topic.map({ topics[$0] }) ?? overview else {
            throw .usage("no help on “\(topic ?? "")”; topics: \(topics.keys.sorted().joined(separator: ", "))")
        }
        Terminal.print(text)
    }

    private static let overview = """
        Siphon shows every Socket.IO event of an app with its answer, and changes it on the way.

        siphon [proxy] <upstream-url> [options]

        Point your app's client at the proxy in place of the server; open the inspector in a browser:

          siphon http://localhost:3000

        No app at hand? This brings a chat, three bots that talk in it, and the proxy in front, with the same options:

          siphon demo

        While one runs, this looks at its rules and changes them, and checks files of rules:

          siphon rules list|add|remove|enable|disable|order|save|check

        And this talks to a Socket.IO server itself, at a terminal or in a pipe:

          siphon client <url>

        --listen 127.0.0.1:4000           where clients connect; port 0 lets the kernel choose
        --inspector 127.0.0.1:4001        where the page and the REST API are
        --no-inspector                    without them
        --token TOKEN                     the inspector's token, 16 or more characters, in place of a random one
        --rules FILE                      rules in YAML; see `siphon help rules`
        --memory 64MiB                    how much of the traffic is kept
        --upstream-transport mirror       mirror, websocket or polling
        --path /socket.io/                the Socket.IO path
        --strict                          end a connection at a packet that is none, in place of passing it; broken
                                          JSON in the arguments passes all the same, as nobody parses them
        --preserve-host                   send the client's Host upstream
        --forwarded                       add X-Forwarded-For, -Proto and -Host
        --threads 1                       event loops
        --log-level notice                trace, debug, info, notice, warning, error or critical

        siphon help filters               the language that finds events
        siphon help rules                 how to drop and change them
        siphon help demo                  what to try in the demo
        siphon help client                how to talk to a server
        siphon --version
        """

    private static let topics = [
        "proxy": overview,
        "demo": """
        siphon demo [options]

        Starts a small chat app on a port of the kernel's choice, three bots that talk in it through the proxy, and the
        proxy in front of it. Options are those of the proxy but --path. Open the proxy's URL to chat yourself, and the
        inspector's to watch: one bot comes by polling, one by WebSocket, one upgrades; one event in three of the name
        `question` is never answered.

        Try in the inspector: the filter  event:question is:pending  and the rule
        {"name": "whisper", "when": "event:say", "then": {"set": {"args[0].text": "psst"}}}
        """,
        "filters": filters,
        "client": client,
        "rules": """
        A rule says what to do with the events that a filter finds. In a file for --rules:

          rules:
            - name: move everyone to staging
              when: event:join args[0].room:lobby from:client
              then:
                - set: { "args[0].room": staging }
            - name: the login server is down, twice
              when: event:login from:client
              times: 2
              then:
                - reply: [{ ok: false, error: maintenance }]

        then: one action, or a list of them, carried out in order:

          drop                              the event goes no further; drop: { ack: [] } answers its sender
          set: { "args[0].room": staging }  new values by path: args[0].a["b c"][1], name, ack.args[0]
          remove: ["args[0].token"]         takes values out
          rename: chat2                     another name
          replace: [1, { a: 2 }]            other arguments, all of them
          delay: { for: 300ms, jitter: 150ms }    or delay: 300ms
          throttle: { events: 10, per: 1s }  no more of a connection; others wait for their turn
          duplicate                         sent twice; duplicate: 5 sends it five times in all
          reorder: { window: 3, seed: 7 }   three wait for one another and leave in another order
          reply: [{ ok: false }]            acknowledges the event itself; it is not forwarded
          emit: { to: client, name: notice, args: ["{{args[0].user}}"], after: 1s }
          disconnect: transport             cuts the connection; namespace and server end it in good order
          mark: suspicious                  to find it again by mark:suspicious

        Values may hold binary, { $binary: AQID } in base64, and templates: {{args[0].user}} and {{name}} of the event,
        {{namespace}}, {{connection}}, {{counter}}, {{uuid}}, {{now}}. A template that is the whole of a string keeps
        its value's type; {{{{ stands for {{ as it is.

        Conditions, beside `when`: probability: 0.2 (with seed: 7 always the same), times: 3 (acts three times at most),
        after: 5 (lets the first five matches pass), every: 10 (acts on each tenth), for: 30s (from its first match on).

        Rules run in order, each on what those before it made of the event; `stop: true` ends with that rule once it has
        done something, `enabled: false` switches one off. A path that leads nowhere changes nothing and counts no hit;
        `set` makes the last key of a path, or the element behind the last, where it is missing. A delayed or throttled
        event holds up what comes behind it in its direction and namespace. Injected events go through no rule, emitted
        ones do. Acks, connects, connect errors and disconnects are events too: kind:ack, and so on. With connection
        state recovery, take care of the offset at the end of the arguments: `replace` drops it.

        The file is read again when it changes; one that is wrong leaves the rules as they are and says where. The page
        and POST /api/v1/rules take the same as JSON; rules made there are for this run, unless they are saved: that
        writes the rules in force into the file, and its comments stay where nothing changed.

        Commands, for the rules of a Siphon that runs:

          siphon rules list               a table; --json, or behind a pipe: each as JSON on a line
          siphon rules add RULE           a text as below, a file of one rule or of many, or - for standard input;
                                          prints their ids
          siphon rules remove ID…         and enable ID…, disable ID…
          siphon rules order ID…          these first, in this order
          siphon rules save               to the file of --rules
          siphon rules check FILE…        needs no Siphon that runs: says how many rules, or FILE:line:column: what is
                                          wrong, and exits 1

          --inspector URL                 where it is: what it printed at its start, with ?token=; otherwise that is in
                                          SIPHON_INSPECTOR, or http://127.0.0.1:4001
          --token TOKEN                   or SIPHON_TOKEN, where it is not in the URL

          siphon rules add '{ name: no gossip, when: event:gossip, then: drop }'
        """,
    ]

    private static let client = """
        siphon client <url> [options]

        Connects to a Socket.IO server (v3 or v4). At a terminal: a prompt, with what the server sends above it.

          $ siphon client localhost:3000 --namespace /chat --auth '{"token": "secret"}'
          /chat> emit join {"room": "lobby"}
          /chat> call sum 1 2               shows the ack and how long it took
          /chat> help                       lists the commands: emit call send in connect disconnect status history

        --namespace /chat                 which to join; several times for several; / by default
        --auth JSON                       what the server's connect handler gets; @FILE reads it from a file
        --transport polling|websocket     twice for the order; by default polling, then an upgrade to WebSocket
        --path /socket.io/                where Socket.IO listens
        --header "Name: value"            with every request; several times for several
        --insecure                        believe any certificate
        --trust FILE                      believe the certificates in this PEM file in place of the system's
        --proxy URL                       an HTTP proxy
        --timeout 10                      seconds that connecting may take, and each ack
        --emit EVENT [JSON…]              sends this one event and ends; a word that is no JSON is a string
        --ack                             waits for its ack and prints the arguments, each as JSON on a line;
                                          exits 1 where none comes
        --json                            writes JSON lines to a terminal, too
        --listen                          stays after --emit and at the end of the input, until ctrl-c; at a terminal
                                          it only prints

          $ siphon client localhost:3000 --emit sum 1 2 --ack
          3
          $ siphon client localhost:3000 --listen | jq -c 'select(.name == "chat").args'

        In a pipe each line of input is an event to emit; the namespace is the first of --namespace unless it says so:

          {"emit": "chat", "args": ["hi", {"$binary": "AQID"}], "namespace": "/chat", "ack": true, "id": 7}

        and each line of output is what happened: "kind" is event, ack, connect, disconnect, connect_error or error, and
        "time", "from" (upstream: the server), "namespace", "name" and "args" are those of the API. An ack names the
        "id" of its event as "answers", or the number of its line. At the end of the input the acks are waited for;
        exits 1 where one did not come or an event could not be sent.

        Through Siphon, to see both sides: start  siphon http://localhost:3000  and let the client connect to it.
        """

    /// What the page shows, too: one text, embedded with the page.
    private static var filters: String {
        var count = 0
        let files = UnsafeBufferPointer(start: siphon_dashboard_files(&count), count: count)
        guard let file = files.first(where: { String(cString: $0.path) == "/help/filters.txt" }) else { return "" }
        let text = String(decoding: UnsafeBufferPointer(start: file.bytes, count: file.length), as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
