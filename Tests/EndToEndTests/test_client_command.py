"""`siphon client`: a conversation at a terminal, JSON lines in a pipe, and one event from the command line."""

import base64
import json
import os
import signal
import subprocess
import threading

import pytest
from processes import PATIENCE, LineReader, eventually, siphon_binary
from terminals import AtTerminal
from wire import WebSocketStream, agreement, read_head


def command(*arguments) -> list[str]:
    return [str(siphon_binary()), "client", *map(str, arguments)]


def run(*arguments, stdin="", timeout=20) -> subprocess.CompletedProcess:
    return subprocess.run(
        command(*arguments), input=stdin, capture_output=True, text=True, timeout=timeout * PATIENCE
    )  # fmt: skip


def done(*arguments, **options) -> str:
    ended = run(*arguments, **options)
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    return ended.stdout


def refused(*arguments, code=1, **options) -> str:
    """What it says in one line on stderr, without the name of the program."""
    ended = run(*arguments, **options)
    assert (ended.returncode, ended.stdout) == (code, ""), ended
    lines = ended.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("siphon: "), ended.stderr
    return lines[0].removeprefix("siphon: ")


def records(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


class Piped:
    """A client whose standard input and output are pipes."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            command(*arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.stdout = LineReader(self.process.stdout)
        self.stderr = LineReader(self.process.stderr)

    def write(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def wait_for(self, count: int = 1, **fields) -> list[dict]:
        def found():
            all_of_them = [json.loads(line) for line in list(self.stdout.lines)]
            fitting = [each for each in all_of_them if all(each.get(key) == value for key, value in fields.items())]
            return fitting if len(fitting) >= count else None

        return eventually(found, 10, f"{count} of {fields}")

    def end(self, timeout: float = 8) -> int:
        return self.process.wait(timeout * PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass


@pytest.fixture
def piped():
    started = []

    def start(*arguments) -> Piped:
        started.append(Piped(*arguments))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def at_terminal():
    started = []

    def start(*arguments, **options) -> AtTerminal:
        started.append(AtTerminal(command(*arguments), **options))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def talk(at_terminal):
    """A conversation whose prompt is there."""

    def start(url, *arguments, prompt="/> |", **options) -> AtTerminal:
        one = at_terminal(url, *arguments, **options)
        one.wait_for_cursor(prompt)
        return one

    return start


# One event


def test_one_shot_prints_the_ack(upstream):
    assert done(upstream.url, "--emit", "ask", "1.0", '{"b": [-3, "é"]}', "two words", "--ack") == (
        '1.0\n{"b":[-3,"é"]}\n"two words"\n'
    )
    assert done(upstream.url.removeprefix("http://"), "--emit", "ask", "--ack") == ""


def test_one_shot_as_json(upstream):
    (ack,) = records(done(upstream.url, "--namespace", "/chat", "--emit", "ask", "x", "--ack", "--json"))
    assert (ack["kind"], ack["namespace"], ack["name"], ack["args"]) == ("ack", "/chat", "ask", ["x"])
    assert 0 < ack["latencyMilliseconds"] < 5000 * PATIENCE and ack["from"] == "upstream"


def test_one_shot_without_ack_leaves_once_it_is_sent(upstream, transports):
    mark = f"one-shot-{'-'.join(transports)}"
    options = [word for each in transports for word in ("--transport", each)]
    assert done(upstream.url, *options, "--emit", "count", mark) == ""
    (event,) = upstream.wait_for(what="event", name="count", args=[mark])
    upstream.wait_for(what="disconnect", sid=event["sid"], reason="client disconnect")


def test_one_shot_takes_binary_and_what_looks_like_options(upstream):
    binary = json.dumps({"$binary": base64.b64encode(b"\0\1\xff").decode()})
    assert done(upstream.url, "--emit", "ask", binary, "--ack", "--", "--x") == '{"$binary":"AAH/"}\n"--x"\n'


def test_one_shot_that_nobody_acknowledges_fails(engine_upstream):
    silent = engine_upstream()
    assert "unanswered: no ack came within 0.3 s" in refused(
        silent.url, "--timeout", "0.3", "--emit", "unanswered", "--ack"
    )


def test_options_reach_the_server(upstream, tmp_path):
    file = tmp_path / "auth.json"
    file.write_text('{"token": "secret", "by": "one-shot"}')
    answer = done(
        f"{upstream.url}?color=green", "--namespace", "/admin", "--auth", f"@{file}", "--header", "X-Test: a: b",
        "--emit", "handshake", "--ack",
    )  # fmt: skip
    handshake = json.loads(answer)
    assert handshake["headers"]["x-test"] == "a: b" and "color=green" in handshake["query"]
    upstream.wait_for(what="connect", namespace="/admin", auth={"token": "secret", "by": "one-shot"})


def test_failing_to_connect_is_one_line(upstream, start_upstream):
    gone = start_upstream()
    gone.kill()
    for more in ([], ["--emit", "x"]):
        assert "nobody listens there" in refused(gone.url, *more)
        said = refused(upstream.url, "--namespace", "/", "--namespace", "/admin", *more)
        assert said == 'the server refused /admin: {"message":"denied","data":{"code":7}}'
        assert "TLS" in refused(upstream.url.replace("http", "https"), *more)
    assert "--namespace /x" in refused(f"{upstream.url}/x", code=64)
    assert "--nope" in refused(upstream.url, "--nope", code=64)


def test_help():
    text = subprocess.run([siphon_binary(), "help", "client"], capture_output=True, text=True, timeout=20).stdout
    assert "--emit sum 1 2 --ack" in text and '"$binary": "AQID"' in text
    assert max(map(len, text.splitlines())) <= 120


# In a pipe


def test_pipe_emits_lines_and_writes_what_happens(target):
    lines = [
        {"emit": "ask", "args": [1, {"$binary": "AQID"}, "\x1b[31m\u202e"], "ack": True, "id": "first"},
        {"emit": "echo", "args": [[], {}, None]},
        {"emit": "ask", "args": [2], "namespace": "chat", "ack": True},
        # The server asks back before it acknowledges, and acks are waited for.
        {"emit": "ask-me", "args": ["ready?"], "ack": True},
    ]
    text = "\n\n".join(json.dumps(line) for line in lines)
    output = done(target.url, "--namespace", "/", "--namespace", "/chat", stdin=text)
    assert "\x1b" not in output and "\u202e" not in output
    found = records(output)
    assert [each["kind"] for each in found[:2]] == ["connect", "connect"]
    assert {each["namespace"] for each in found[:2]} == {"/", "/chat"} and len(found[0]["args"][0]["sid"]) > 10
    acks = {each["answers"]: each for each in found if each["kind"] == "ack"}
    assert set(acks) == {"first", 5, 7}
    assert acks["first"]["args"] == [1, {"$binary": "AQID"}, "\x1b[31m\u202e"]
    assert (acks[5]["namespace"], acks[5]["args"], acks[7]["args"]) == ("/chat", [2], [])
    events = {each["name"]: each for each in found if each["kind"] == "event"}
    assert events["echo"]["args"] == [[], {}, None] and not events["echo"]["wantsAck"]
    assert events["question"]["args"] == ["ready?"] and events["question"]["wantsAck"]
    assert all(each["time"].endswith("Z") for each in found)
    for namespace in ("/", "/chat"):
        end = [each for each in found if each["namespace"] == namespace][-1]
        assert (end["kind"], end["reason"]) == ("disconnect", "client disconnect")
    target.captured(1, kind="event", sender="client", name="ask-me")


def test_pipe_says_what_is_wrong_and_fails_at_the_end(upstream):
    text = '{"emit": "count", "args": [1]}\nno\n{"emit": "x", "nope": 1}\n{"emit": "x", "namespace": "/nowhere"}\n'
    text += '{"emit": "connect"}\n{"emit": "ask", "ack": true}\n'
    ended = run(upstream.url, stdin=text)
    assert (ended.returncode, ended.stderr) == (1, "")
    found = records(ended.stdout)
    errors = {each["answers"]: each for each in found if each["kind"] == "error"}
    assert {number: each["error"] for number, each in errors.items()} == {
        2: "decoding", 3: "decoding", 4: "badNamespace", 5: "reservedEvent",
    }  # fmt: skip
    assert "line 2" in errors[2]["message"] and "not nope" in errors[3]["message"]
    assert [each["answers"] for each in found if each["kind"] == "ack"] == [6]


def test_pipe_takes_no_bytes_that_are_no_text(upstream):
    ended = subprocess.run(
        command(upstream.url), input=b'{"emit": "x", "args": ["\xff"]}\n', capture_output=True, timeout=20 * PATIENCE
    )
    assert ended.returncode == 1
    (error,) = [each for each in records(ended.stdout.decode()) if each["kind"] == "error"]
    assert error["message"] == "line 1: expected UTF-8"


def test_an_event_of_the_name_error_is_no_failure(upstream):
    ended = run(upstream.url, stdin='{"emit": "tell", "args": ["error", "oops"]}\n{"emit": "ask", "ack": true}\n')
    found = records(ended.stdout)
    assert [(each["name"], each["args"]) for each in found if each["kind"] == "event"] == [("error", ["oops"])]
    assert (ended.returncode, [each for each in found if each["kind"] == "error"]) == (0, [])


def test_pipe_says_which_ack_did_not_come(engine_upstream):
    silent = engine_upstream()
    ended = run(silent.url, "--timeout", "0.3", stdin='{"emit": "x", "ack": true, "id": 7}')
    assert ended.returncode == 1
    (error,) = [each for each in records(ended.stdout) if each["kind"] == "error"]
    assert (error["error"], error["answers"], error["name"]) == ("timeout", 7, "x")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_listening_ends_by_a_signal(upstream, piped, number):
    client = piped(upstream.url, "--listen", "--emit", "tell", "news", 1)
    (connected,) = client.wait_for(kind="connect")
    client.wait_for(kind="event", name="news", args=[1])
    client.process.stdin.close()
    client.process.send_signal(number)
    assert client.end() == 0
    client.wait_for(kind="disconnect", reason="client disconnect")
    upstream.wait_for(what="disconnect", sid=connected["args"][0]["sid"], reason="client disconnect")
    assert client.stderr.lines == []


def test_what_is_written_is_flushed_and_input_is_read_as_it_comes(upstream, piped):
    client = piped(upstream.url)
    for number in range(3):
        client.write(emit="ask", args=[number], ack=True)
        client.wait_for(kind="ack", args=[number], answers=number + 1)
    client.process.stdin.close()
    assert client.end() == 0


def test_pipe_ends_with_the_servers_disconnect(upstream, piped):
    client = piped(upstream.url)
    client.write(emit="leave")
    (end,) = client.wait_for(kind="disconnect")
    assert (end["reason"], end["from"], end["reconnecting"]) == ("server disconnect", "upstream", False)
    assert client.end() == 0


def test_pipe_ends_when_nobody_reads_any_more(upstream, piped):
    client = piped(upstream.url, "--listen")
    client.wait_for(kind="connect")
    reader, writer = os.pipe()
    lost = subprocess.Popen(command(upstream.url, "--listen"), stdin=reader, stdout=subprocess.PIPE)
    lost.stdout.readline()
    lost.stdout.close()
    os.write(writer, b'{"emit": "burst", "args": [3]}\n')
    assert lost.wait(8 * PATIENCE) == 0
    os.close(reader)
    os.close(writer)


def test_many_events_pass_in_order(upstream, transports):
    options = [word for each in transports for word in ("--transport", each)]
    text = "".join(json.dumps({"emit": "count", "args": [number]}) + "\n" for number in range(2000))
    # Its ack comes behind all that it emits.
    text += '{"emit": "burst", "args": [2000, 100], "ack": true}\n'
    found = records(done(upstream.url, *options, stdin=text, timeout=40))
    assert [each["args"][0] for each in found if each.get("name") == "tick"] == list(range(2000))
    counted = upstream.log(what="event", name="count", sid=found[0]["args"][0]["sid"])
    assert [each["args"][0] for each in counted] == list(range(2000))


def test_pipe_reconnects(start_upstream, piped):
    server = start_upstream()
    client = piped(server.url, "--listen", "--namespace", "/", "--namespace", "/chat")
    client.wait_for(2, kind="connect")
    server.kill()
    assert all(each["reconnecting"] for each in client.wait_for(2, kind="disconnect", reason="transport error"))
    client.wait_for(kind="connect_error", reconnecting=True)
    client.write(emit="ask", ack=True)
    client.wait_for(kind="error", error="notConnected", answers=1)
    server.start()
    client.wait_for(4, kind="connect")
    client.write(emit="ask", args=["back"], ack=True)
    client.wait_for(kind="ack", args=["back"])


# At a terminal


def test_conversation(target, talk):
    client = talk(target.url, "--namespace", "/", "--namespace", "/chat")
    client.wait_for("/chat connected by ")
    client.type('emit echo {"text": "hi there"} 1.0 wörd\r')
    client.wait_for(r' / -> echo \{"text":"hi there"\} 1\.0 "wörd"$')
    client.wait_for(r' / <- echo \{"text":"hi there"\} 1\.0 "wörd"$')
    client.type('call ask "漢字" 2\r')
    client.wait_for(r' / -> ask "漢字" 2 \(#1\)$')
    client.wait_for(r' / <- ack of #1 ask: "漢字" 2 \(\d+\.\d ms\)$')
    client.type("in chat\r")
    client.wait_for_cursor("/chat> |")
    client.type("emit tell-asking question ready?\r")
    client.wait_for(r'/chat <- question "ready\?" \(acknowledged with \[\]\)$')
    client.type("send hello\r")
    client.wait_for('/chat -> message "hello"')
    client.type("emit e {bad\r")
    client.wait_for("!! “{bad” is no JSON")
    client.wait_for(r"^/chat> emit e \{bad$")
    client.type("help\r")
    client.wait_for(r"^  call EVENT JSON… +the same")
    client.type("status\r")
    client.wait_for(r"^  /chat sid \S+$")
    client.type("connect\r")
    client.wait_for("!! there is a connection")
    client.type("disconnect /chat\r")
    client.wait_for("/chat disconnected: client disconnect")
    client.type("send gone\r")
    client.wait_for("!! /chat is not joined")
    client.type("disconnect\r")
    client.wait_for(" / disconnected: client disconnect")
    client.type("connect /chat\r")
    client.wait(lambda screen: sum("/chat connected" in line for line in screen.lines) == 2, what="the connection")
    client.type("call ask again\r")
    client.wait_for(r'ack of #2 ask: "again"')
    client.type("quit\r")
    assert client.end() == 0 and client.is_cooked
    target.captured(1, kind="ack", namespace="/chat", args=["again"])


def test_typing_goes_on_while_events_come(upstream, talk):
    client = talk(upstream.url, columns=40)
    client.type("emit burst 20\remit echo a line that goes over the edge 漢字 x\x1b[D\x1b[D")
    client.wait_for("<- tick 19")
    client.wait_for_cursor("dge 漢字| x")
    assert client.screen.lines[-2] == "/> emit echo a line that goes over the e"
    ticks = [line for line in client.screen.lines if "<- tick" in line]
    assert [int(line.split()[-1]) for line in ticks] == list(range(20))
    client.type("\x15\x0bsend ok\r")
    client.wait_for('-> message "ok"')
    assert not any("over the edge" in line for line in client.screen.lines), client.screen.lines


def test_editing_history_and_completion(upstream, talk):
    client = talk(upstream.url)
    client.type("emit echo 1\r")
    client.wait_for("<- echo 1")
    client.type("emit échx 漢\x7f\x1b[H\x1b[C")
    client.wait_for_cursor("/> e|mit échx")
    client.type("\x05\x17\x17\x15")
    client.wait_for_cursor("/> |")
    client.type("\x1b[A\x7f2")
    client.wait_for_cursor("/> emit echo 2|")
    client.type("\r\x1b[A\x1b[A\x1b[B")
    client.wait_for_cursor("/> emit echo 2|")
    client.type("\x03")
    client.wait_for(r"^/> emit echo 2\^C$")
    client.type("em\tec\t3\r")
    client.wait_for("<- echo 3")
    client.type("emit echoes\r")
    client.wait_for("-> echoes")
    client.type("call e\t\t")
    client.wait_for("^echo  echoes$")
    client.wait_for_cursor("/> call echo|")
    client.type("\x15history\r")
    client.wait_for("^  emit echo 3$")
    client.type("\x1b[200~emit echo\n[4,\n5]\x1b[201~")
    client.wait_for_cursor("/> emit echo [4, 5]|")
    client.type("\r")
    client.wait_for(r"<- echo \[4,5\]")
    client.type("\x04")
    assert client.end() == 0 and client.is_cooked


def test_a_server_cannot_command_the_terminal(upstream, talk):
    client = talk(upstream.url)
    for text in (r"\u001b[2J\u001b]0;title\u0007", r"\u009b31m", r"\u202etxt", r"\r\n\b", r"\u0000\u007f"):
        client.type(f'emit tell "{text}" {{"{text}": "{text}"}}\r')
    client.wait(lambda screen: sum("<- " in line for line in screen.lines) == 5, what="all five")
    client.type("emit \t")
    client.wait_for("^tell  |  tell$|  tell  ")
    # What else came shows when the fixture closes: the screen keeps everything that it does not know.
    assert client.screen.strange == []


def test_reconnecting_is_shown(start_upstream, talk):
    server = start_upstream()
    client = talk(server.url, columns=140)
    client.type("typed meanwhile")
    server.kill()
    client.wait_for("/ disconnected: transport error .* - reconnecting$")
    client.wait_for("no connection yet: nobody listens there.* - trying again$")
    client.wait_for_cursor("/> typed meanwhile|")
    client.type("\x15send x\r")
    client.wait_for("!! not connected; trying again")
    server.start()
    client.wait(lambda screen: sum("/ connected" in line for line in screen.lines) == 2, what="the connection")
    client.type("call ask back\r")
    client.wait_for('ack of #1 ask: "back"')


def test_an_ack_that_does_not_come_is_shown(engine_upstream, talk):
    silent = engine_upstream()
    client = talk(silent.url, "--timeout", "0.3")
    client.type("call x\r")
    client.wait_for(r"!! #1 x no ack came within 0\.3 s")


def test_another_size(upstream, talk):
    client = talk(upstream.url, columns=60)
    client.type("emit echo 1234567890 1234567890 1234567890")
    client.wait_for_cursor("/> emit echo 1234567890 1234567890 1234567890|")
    client.resize(50, 20)
    client.process.send_signal(signal.SIGWINCH)
    client.type(" 1234567890")
    client.wait_for_cursor("567890|")


def test_another_size_before_there_is_a_prompt(raw_upstream, at_terminal):
    asked, may_join = threading.Event(), threading.Event()

    def script(stream):
        stream.send(agreement(read_head(stream)))
        websocket = WebSocketStream(stream, masks=False)
        websocket.send('0{"sid":"x","upgrades":[],"pingInterval":60000,"pingTimeout":60000}')
        websocket.receive()
        asked.set()
        may_join.wait(20)
        websocket.send('40{"sid":"y"}')
        stream.rest()

    client = at_terminal(raw_upstream(script).url, "--transport", "websocket")
    assert asked.wait(10 * PATIENCE)
    client.resize(20, 20)
    client.process.send_signal(signal.SIGWINCH)
    may_join.set()
    client.wait_for_cursor("/> |")
    client.type("1234567890" * 3)
    client.wait_for_cursor("8901234567890|")


def test_no_other_size_is_missed(upstream, talk):
    """It draws once for each key, and once for each size."""
    client = talk(upstream.url)
    drawn = client.text.count("\x1b[J")
    for _ in range(20):
        drawn += 2
        client.process.send_signal(signal.SIGWINCH)
        client.type("x")
        client.wait(lambda _: client.text.count("\x1b[J") >= drawn, what=f"drawing number {drawn}")
    client.wait_for_cursor("/> xxxxxxxxxxxxxxxxxxxx|")


@pytest.mark.parametrize("end", ["\x04", "\x03", "quit\r", signal.SIGTERM])
def test_the_terminal_is_given_back(upstream, talk, end):
    client = talk(upstream.url)
    if isinstance(end, str):
        client.type(end)
    else:
        client.type("half a line")
        client.wait_for_cursor("/> half a line|")
        client.process.send_signal(end)
    assert client.end() == 0 and client.is_cooked
    client.wait_for("disconnected: client disconnect")


def test_what_cannot_be_stopped_goes_on(upstream, talk):
    """In a terminal without a shell ctrl-z stops nobody."""
    client = talk(upstream.url)
    client.type("call ask\x1a")
    client.type(" on\r")
    client.wait_for('ack of #1 ask: "on"')
    assert not client.is_cooked


def test_a_signal_ends_what_cannot_connect(raw_upstream, piped):
    reached, over = threading.Event(), threading.Event()

    def silent(stream):
        reached.set()
        over.wait(20)

    client = piped(raw_upstream(silent).url, "--timeout", "60")
    assert reached.wait(10 * PATIENCE)
    client.process.send_signal(signal.SIGTERM)
    assert client.end(5) == 0
    over.set()
    assert client.stdout.lines == []


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}])
def test_colours(upstream, talk, environment):
    client = talk(upstream.url, environment=environment)
    client.type("emit echo 1\r")
    client.wait_for("<- echo 1")
    assert ("\x1b[32m<-" in client.text) == (not environment)
    assert ("\x1b[36m/> \x1b[0m" in client.text) == (not environment)


def test_a_terminal_that_listens_only(upstream, at_terminal):
    client = at_terminal(upstream.url, "--listen", "--emit", "tell", "news", "1")
    client.wait_for(r" / <- news 1$")
    assert client.is_cooked
    client.process.send_signal(signal.SIGINT)
    assert client.end() == 0


def test_json_at_a_terminal(upstream, at_terminal):
    client = at_terminal(upstream.url, "--json", columns=300)
    client.wait_for('^{"kind":"connect"')
    client.type('{"emit": "echo", "args": ["\\u009b"]}\n')
    client.wait_for(r'"name":"echo","args":\["\\u009b"\]')
