"""`siphon rules`: what it says of a running Siphon's rules, what it changes, and how it refuses."""

import json
import os
import pty
import re
import socket
import struct
import subprocess
import termios
import threading
from fcntl import ioctl

import pytest
from processes import eventually, siphon_binary

RULES = """\
# all
rules:
  - name: no gossip  # none
    when: event:gossip
    then: drop
  - name: staging
    when: event:join
    then:
      - set: { "args[0].room": staging, "args[0].n": 1.50 }
"""


def run(*arguments, stdin="", environment=None, timeout=15) -> subprocess.CompletedProcess:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("SIPHON_")}
    command = [str(siphon_binary()), "rules", *map(str, arguments)]
    return subprocess.run(
        command, input=stdin, env={**clean, **(environment or {})}, capture_output=True, text=True, timeout=timeout
    )


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


@pytest.fixture
def rules_file(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(RULES)
    return file


@pytest.fixture
def ruled(start_siphon, upstream, rules_file):
    return start_siphon(upstream.url, "--rules", str(rules_file))


@pytest.fixture
def rules(ruled):
    """Runs `siphon rules` on that Siphon; what it says on stdout."""
    environment = {"SIPHON_INSPECTOR": ruled.inspector_url}
    return lambda *arguments, **options: done(*arguments, environment=environment, **options)


def listed(rules) -> list[dict]:
    return [json.loads(line) for line in rules("list").splitlines()]


def ids(rules) -> list[str]:
    return [rule["id"] for rule in listed(rules)]


def test_list_behind_a_pipe_is_json_on_lines(ruled, rules):
    texts = rules("list").splitlines()
    assert [json.loads(text)["name"] for text in texts] == ["no gossip", "staging"]
    assert '"args[0].n":1.50' in texts[1]
    assert rules("list", "--json") == rules("list")
    assert json.loads(texts[0]) == ruled.api.get("rules")["rules"][0]


def test_add_takes_text_a_file_and_standard_input(rules, tmp_path):
    assert rules("add", '{"name": "json", "when": "a", "then": {"set": {"args[0]": 1.0}}}') == "r3\n"
    assert rules("add", "{ name: braces, when: event:a from:client, then: drop }") == "r4\n"
    assert rules("add", "name: lines\nwhen: a\nthen: [drop]") == "r5\n"
    one = tmp_path / "one.yaml"
    one.write_text("# one\nname: file\nwhen: a\nthen: drop\nenabled: false\n")
    assert rules("add", one) == "r6\n"
    assert rules("add", stdin="name: stdin\nwhen: a\nthen: drop\n") == "r7\n"
    assert rules("add", "-", stdin=RULES) == "r8\nr9\n"
    found = {rule["id"]: rule for rule in listed(rules)}
    names = ["json", "braces", "lines", "file", "stdin", "no gossip", "staging"]
    assert [found[f"r{number}"]["name"] for number in range(3, 10)] == names
    assert found["r6"]["enabled"] is False and found["r3"]["source"] == "api"
    assert '{"args[0]":1.0}' in rules("list")


def test_remove_enable_disable_and_order(ruled, rules, open_client):
    client = open_client(ruled.url)
    client.emit("gossip", 1)
    client.call("ask", "fence")
    assert rules("disable", "r1", "r2") == ""
    assert [rule["enabled"] for rule in listed(rules)] == [False, False]
    assert rules("enable", "r2") == "" and rules("enable", "r2") == ""
    first, second = listed(rules)
    assert (first["enabled"], first["hits"], second["enabled"]) == (False, 1, True)
    assert '"args[0].n":1.50' in rules("list"), "a number lost its text on the way"
    rules("add", "{ when: a, then: drop }")
    assert rules("order", "r3", "r2") == ""
    assert ids(rules) == ["r3", "r2", "r1"]
    assert rules("remove", "r2", "r3") == ""
    assert ids(rules) == ["r1"]


def test_save(ruled, rules, rules_file):
    rules("disable", "r1")
    rules("add", "{ name: new, when: event:new, then: drop }")
    assert rules("save") == f"{rules_file}: 3 rules\n"
    expected = RULES.replace("    then: drop\n", "    then: drop\n    enabled: false\n")
    assert rules_file.read_text() == expected + "  - name: new\n    when: event:new\n    then: drop\n"
    rules_file.write_text("rules: [\n")
    message = refused("save", environment={"SIPHON_INSPECTOR": ruled.inspector_url})
    assert "line 2, column 1" in message
    eventually(lambda: ruled.api.get("rules")["error"], what="the error")
    ended = run("list", environment={"SIPHON_INSPECTOR": ruled.inspector_url})
    assert ended.returncode == 0 and len(ended.stdout.splitlines()) == 3
    assert "rule file is not used: line 2, column 1" in ended.stderr


def test_save_without_a_rule_file(siphon):
    assert "--rules" in refused("save", environment={"SIPHON_INSPECTOR": siphon.inspector_url})


def test_where_the_inspector_is(siphon):
    base, token, url = siphon.inspector_base, siphon.token, siphon.inspector_url
    wrong = "0123456789abcdef"
    for arguments, environment in [
        (["--inspector", url], {}),
        ([f"--inspector={base}", "--token", token], {}),
        (["--inspector", base.removeprefix("http://")], {"SIPHON_TOKEN": token}),
        (["--inspector", base.replace("127.0.0.1", "localhost")], {"SIPHON_TOKEN": token}),
        ([], {"SIPHON_INSPECTOR": url}),
        ([], {"SIPHON_INSPECTOR": base, "SIPHON_TOKEN": token}),
        (["--token", token], {"SIPHON_INSPECTOR": f"{base}/?token={wrong}", "SIPHON_TOKEN": wrong}),
        (["--inspector", url], {"SIPHON_INSPECTOR": "http://127.0.0.1:1", "SIPHON_TOKEN": wrong}),
    ]:
        assert done("list", *arguments, environment=environment) == ""


def test_the_token_is_missing_or_wrong(siphon):
    missing = refused("list", "--inspector", siphon.inspector_base)
    assert "token" in missing and "--inspector" in missing and "SIPHON_INSPECTOR" in missing
    wrong = refused("list", "--inspector", siphon.inspector_base, "--token", "0123456789abcdef")
    assert "token is not that of the inspector" in wrong
    for message in (missing, wrong):
        assert siphon.token not in message and "0123456789abcdef" not in message


def test_nobody_is_there():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert f"nothing listens on 127.0.0.1:{port}" in refused("list", "--inspector", f"http://127.0.0.1:{port}")
    assert "no host named nohost.invalid" in refused("list", "--inspector", "http://nohost.invalid:4001")


@pytest.fixture
def foreign():
    """foreign(answer) -> (port, requests): a server that says this to each connection, and ends it."""
    servers = []

    def start(answer: bytes):
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)
        requests = []

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    requests.append(connection.recv(65536))
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return server.getsockname()[1], requests

    yield start
    for server in servers:
        server.close()


def http(status: str, body: str, *fields: str) -> bytes:
    body = body.encode()
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]).encode() + body


FOREIGN = {
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", "is no inspector"),
    "nothing": (b"", "ended the connection"),
    "half an answer": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "ended the connection"),
    "a page": (http("200 OK", "<html>"), "is no inspector"),
    "a redirect": (http("302 Found", "", "Location: http://127.0.0.1:1/"), "is no inspector (it answered 302)"),
    "escapes": (http("409 Conflict", '{"error":"conflict","message":"\\u001b[2Jboo\\nboo"}'), r"\u{1B}[2Jboo\nboo"),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_something_else_is_there(foreign, case):
    answer, message = FOREIGN[case]
    port, requests = foreign(answer)
    assert message in refused("list", "--inspector", f"http://127.0.0.1:{port}/?token=0123456789abcdef")
    assert len(requests) == 1, "neither a redirect is followed nor a request repeated"
    head = requests[0].decode()
    assert head.startswith("GET /api/v1/rules HTTP/1.1\r\n")
    assert "Authorization: Bearer 0123456789abcdef\r\n" in head and head.count("0123456789abcdef") == 1


def test_no_proxy_is_asked(siphon):
    proxies = {name: "http://127.0.0.1:1" for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy")}
    assert done("list", "--inspector", siphon.inspector_url, environment=proxies) == ""


def test_what_cannot_be_done(ruled, rules, tmp_path):
    environment = {"SIPHON_INSPECTOR": ruled.inspector_url}
    for verb in ("remove", "enable", "disable", "order"):
        assert "there is no rule r9; `siphon rules list`" in refused(verb, "r9", environment=environment)
    ended = run("remove", "r9", "r1", "r8", environment=environment)
    assert ended.returncode == 1 and len(ended.stderr.splitlines()) == 2
    assert ids(rules) == ["r2"], "what can be done is done"

    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("name: x\nwhen: evnt:a\nthen: drop\n")
    assert refused("add", wrong, environment=environment).startswith(f"{wrong}:2:7: when: column 1: unknown key evnt")
    assert "standard input:1:1: " in refused("add", stdin="drop", environment=environment)
    assert "line 1, column 18: then: " in refused("add", "{ when: a, then: drpo }", environment=environment)
    assert "then: unknown action drpo, did you mean drop?" in refused(
        "add", '{"when": "a", "then": "drpo"}', environment=environment
    )
    assert "nowhere.yaml: cannot be opened" in refused("add", tmp_path / "nowhere.yaml", environment=environment)
    assert ids(rules) == ["r2"]


WRONG_USAGE = [
    [], ["lst"], ["list", "x"], ["remove"], ["remove", "gossip"], ["check"], ["add", "a", "b"], ["list", "--colour"],
    ["list", "--inspector", "https://127.0.0.1:1"], ["list", "--token", "short"], ["list", "--inspector"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", WRONG_USAGE, ids=" ".join)
def test_wrong_usage(arguments):
    assert len(refused(*arguments, code=64)) > 15


@pytest.mark.parametrize("arguments", [["rules", "--help"], ["rules", "list", "--help"], ["help", "rules"]])
def test_help(arguments):
    ended = subprocess.run([str(siphon_binary()), *arguments], capture_output=True, text=True, timeout=10)
    assert ended.returncode == 0 and ended.stderr == ""
    for word in ("list", "add", "remove", "enable", "disable", "order", "save", "check", "SIPHON_INSPECTOR", "--token"):
        assert word in ended.stdout
    assert all(len(line) <= 120 for line in ended.stdout.splitlines())


# Files


def test_check(rules_file, tmp_path):
    assert done("check", rules_file) == f"{rules_file}: 2 rules\n"
    one = tmp_path / "one.yaml"
    one.write_text("rules: [{ when: a, then: drop }]")
    assert done("check", one, rules_file) == f"{one}: 1 rule\n{rules_file}: 2 rules\n"
    assert done("check", "-", stdin="rules: []") == "-: 0 rules\n"


def test_check_says_what_is_wrong_with_each_rule(tmp_path, rules_file):
    file = tmp_path / "wrong.yaml"
    file.write_text(
        "rules:\n- when: event:a\n  then: drpo\n- { when: b, then: drop }\n- whn: c\n  then: drop\n"
        '- when: d\n  then:\n  - set: { "arg[0]": 1 }\n- "\\e[2J": 1\n'
    )
    ended = run("check", file, rules_file)
    assert (ended.returncode, ended.stdout) == (1, f"{rules_file}: 2 rules\n")
    lines = ended.stderr.splitlines()
    places = [re.match(rf"{re.escape(str(file))}:(\d+):(\d+): (.*)", line) for line in lines]
    assert all(places), ended.stderr
    assert [(int(place[1]), int(place[2])) for place in places] == [(3, 9), (5, 3), (9, 12), (10, 3)]
    assert "did you mean drop?" in lines[0] and "did you mean when?" in lines[1] and "args[0]" in lines[2]
    assert "\x1b" not in ended.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", ":1:1: the file is empty"), (b"rules: [\n", ":2:1: not YAML"), (b"\xff", ": the file is not UTF-8"),
        (b"#" * 1_100_000, ": the file is larger than"), (None, ": cannot be opened: No such file"),
    ],
)  # fmt: skip
def test_check_of_what_is_no_rule_file(tmp_path, content, message):
    file = tmp_path / "rules.yaml"
    if content is not None:
        file.write_bytes(content)
    ended = run("check", file)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert len(ended.stderr.splitlines()) == 1 and ended.stderr.startswith(f"{file}{message}"), ended.stderr


# A terminal


def on_terminal(*arguments, columns: int, environment: dict) -> str:
    main, other = pty.openpty()
    ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("SIPHON_", "NO_COLOR"))}
    process = subprocess.Popen(
        [str(siphon_binary()), "rules", *arguments], stdin=subprocess.DEVNULL, stdout=other, stderr=other,
        env={**clean, "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(other)
    output = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:
            break
        if not part:
            break
        output += part
    os.close(main)
    assert process.wait(10) == 0
    return output.decode().replace("\r\n", "\n")


def test_a_table_on_a_terminal(ruled, rules):
    rule = {"name": "red \x1b[31m and \x9b2J", "when": "event:x", "then": "drop", "enabled": False}
    assert ruled.api.post("rules", json=rule).status_code == 201
    environment = {"SIPHON_INSPECTOR": ruled.inspector_url}
    for columns in (120, 79, 60, 40):
        text = on_terminal("list", columns=columns, environment=environment)
        plain = re.sub(r"\x1b\[\d+m", "", text)
        assert "\x1b" not in plain and "\x9b" not in plain
        lines = plain.splitlines()
        assert len(lines) == 4 and all(len(line) <= columns for line in lines), plain
        assert [line.split()[0] for line in lines] == ["ID", "r1", "r2", "r3"]
        assert lines[0].split()[:3] == ["ID", "ON", "HITS"] and lines[3].split()[1] == "off"
        assert "\x1b[31m" not in text and "\x1b[2mr3" in text
    wide = on_terminal("list", columns=120, environment=environment)
    assert re.search(r"^r1  on   0     -         no gossip +event:gossip  drop$", wide, re.MULTILINE)
    assert "\x1b" not in on_terminal("list", columns=120, environment={**environment, "NO_COLOR": "1"})
    assert "\x1b" not in on_terminal("list", columns=120, environment={**environment, "TERM": "dumb"})
    as_json = on_terminal("list", "--json", columns=40, environment=environment).splitlines()
    assert "\x1b" not in as_json[2] and "\x9b" not in as_json[2]
    assert json.loads(as_json[2])["name"] == rule["name"]


def test_no_rules_on_a_terminal(siphon):
    text = on_terminal("list", columns=80, environment={"SIPHON_INSPECTOR": siphon.inspector_url})
    assert text.startswith("no rules")
