"""The command line: what it says, how it refuses, how it ends."""

import os
import re
import signal
import socket
import subprocess
import textwrap
import threading

import pytest
from processes import CRASH, LineReader, Siphon, eventually, siphon_binary
from wire import EngineClient, Message, RawWebSocket, http

pytestmark = pytest.mark.usefixtures("binary")


def run(*arguments: str, timeout: float = 10) -> subprocess.CompletedProcess:
    """A run that must end by itself."""
    return subprocess.run(
        [str(siphon_binary()), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def assert_refused(ended: subprocess.CompletedProcess, code: int):
    """Ended with this code and one line, on stderr."""
    assert ended.returncode == code, ended
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert len(ended.stderr) > 15


def test_every_example_of_help_rules_is_a_rule(start_siphon, upstream, tmp_path):
    text = run("help", "rules").stdout
    example = text[text.index("  rules:") :].split("\nthen:")[0]
    table = text.split("carried out in order:")[1].split("\n\n")[1]
    actions = [re.split(r" {2,}", line.strip())[0] for line in table.splitlines()]
    assert len(actions) == 13
    file = tmp_path / "rules.yaml"
    file.write_text(textwrap.dedent(example) + "".join(f"  - when: ''\n    then:\n    - {one}\n" for one in actions))
    siphon = start_siphon(upstream.url, "--rules", str(file))
    listed = siphon.api.get("rules")
    assert listed["error"] is None and len(listed["rules"]) == 2 + len(actions)


def test_the_first_two_lines_on_stdout(siphon, upstream):
    lines = siphon.stdout.lines
    assert lines[0] == f"proxy http://127.0.0.1:{siphon.port} -> {upstream.url}"
    assert re.fullmatch(r"inspector http://127\.0\.0\.1:\d+/\?token=[A-Za-z0-9_-]{22,}", lines[1])
    assert len(lines) == 2


def test_every_start_has_a_token_of_its_own(start_siphon, upstream):
    assert start_siphon(upstream.url).token != start_siphon(upstream.url).token


def test_a_token_of_the_users(start_siphon, upstream):
    siphon = start_siphon(upstream.url, "--token", "chosen-by-the-user")
    assert siphon.token == "chosen-by-the-user"
    assert siphon.api.get("status")["upstream"]["url"] == upstream.url


def test_no_inspector(start_siphon, upstream):
    siphon = start_siphon(upstream.url, inspector=False)
    client = EngineClient(siphon.port, "websocket")
    client.join()
    assert client.ask() == '42["echo","witness"]'
    assert len(siphon.stdout.lines) == 1 or "inspector" not in siphon.stdout.lines[1]
    client.close()


def test_the_word_proxy_may_be_written(upstream):
    command = [str(siphon_binary()), "proxy", upstream.url, "--listen", "127.0.0.1:0", "--inspector", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("proxy http://127.0.0.1:")
    process.terminate()
    assert process.wait(5) == 0


WRONG = {
    "nothing": [],
    "no url": ["--listen", "127.0.0.1:0"],
    "unknown option": ["http://127.0.0.1:1", "--colour", "red"],
    "option without a value": ["http://127.0.0.1:1", "--listen"],
    "bad listen address": ["http://127.0.0.1:1", "--listen", "nonsense"],
    "port too large": ["http://127.0.0.1:1", "--listen", "127.0.0.1:65536"],
    "unknown scheme": ["ftp://127.0.0.1:1"],
    "not a url": ["127.0.0.1:3000"],
    "a path": ["http://127.0.0.1:1/app"],
    "a query": ["http://127.0.0.1:1?x=1"],
    "two urls": ["http://127.0.0.1:1", "http://127.0.0.1:2"],
    "bad memory": ["http://127.0.0.1:1", "--memory", "lots"],
    "bad threads": ["http://127.0.0.1:1", "--threads", "0"],
    "token and no inspector's address": ["http://127.0.0.1:1", "--inspector", "0.0.0.0:0"],
    "inspector on all of IPv6": ["http://127.0.0.1:1", "--inspector", "[::]:0"],
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_usage_exits_64_with_one_line(case):
    assert_refused(run(*WRONG[case]), 64)


TOKENS = {
    "empty": "",
    "15 characters": "Zq7-Zq7_Zq7.Zq7",
    "a space": "Zq7Zq7Zq7 Zq7Zq7Zq7",
    "a slash": "Zq7Zq7Zq7/Zq7Zq7Zq7",
    "a plus": "Zq7Zq7Zq7+Zq7Zq7Zq7",
    "an equals sign": "Zq7Zq7Zq7Zq7Zq7Zq7=",
    "a percent sign": "Zq7Zq7Zq7%20Zq7Zq7Zq7",
    "an ampersand": "Zq7Zq7Zq7&a=Zq7Zq7Zq7",
    "a semicolon": "Zq7Zq7Zq7;Zq7Zq7Zq7",
    "a line break": "Zq7Zq7Zq7\r\nZq7Zq7Zq7",
    "a letter that is not ASCII": "Zq7Zq7Zq7éZq7Zq7Zq7",
}


@pytest.mark.parametrize("case", TOKENS)
def test_a_token_that_is_too_short_or_would_need_quoting_is_refused(case):
    ended = run("http://127.0.0.1:1", "--listen", "127.0.0.1:0", "--inspector", "127.0.0.1:0", "--token", TOKENS[case])
    assert_refused(ended, 64)
    assert "Zq7" not in ended.stderr, "the token was told"


def test_a_token_of_sixteen_of_the_allowed_characters(start_siphon, upstream):
    assert start_siphon(upstream.url, "--token", "aZ09-._~aZ09-._~").api.get("status")


OWN_NAMES = [
    "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "127.0.0.2", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "this machine's name",
]  # fmt: skip


@pytest.mark.parametrize("listener", ["proxy", "proxy on all addresses", "inspector"])
@pytest.mark.parametrize("name", OWN_NAMES)
def test_its_own_listener_as_upstream_is_refused(name, listener):
    """Attack 1: it would be its own client, without end, or open the inspector to the proxy's clients."""
    if name == "this machine's name":
        name = socket.gethostname()
        try:
            socket.getaddrinfo(name, 80)
        except OSError:
            pytest.skip(f"{name} has no address")
    port = free_port()
    options = {
        "proxy": ["--listen", f"127.0.0.1:{port}", "--inspector", "127.0.0.1:0"],
        "proxy on all addresses": ["--listen", f"0.0.0.0:{port}", "--inspector", "127.0.0.1:0"],
        "inspector": ["--listen", "127.0.0.1:0", "--inspector", f"127.0.0.1:{port}"],
    }
    assert_refused(run(f"http://{name}:{port}", *options[listener], timeout=5), 64)


@pytest.mark.parametrize("option", ["--listen", "--inspector"])
def test_a_port_in_use_exits_1_with_one_line(option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        other = "--inspector" if option == "--listen" else "--listen"
        ended = run("http://127.0.0.1:1", option, address, other, "127.0.0.1:0")
    assert ended.returncode == 1, ended
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert address.split(":")[1] in ended.stderr


def test_an_address_that_is_not_ours_exits_1():
    ended = run("http://127.0.0.1:1", "--listen", "192.0.2.1:0", "--inspector", "127.0.0.1:0")
    assert ended.returncode == 1, ended
    assert len(ended.stderr.splitlines()) == 1, ended.stderr


def test_a_rules_file_that_is_missing_or_wrong_is_told_at_the_start(tmp_path):
    bad = tmp_path / "rules.yaml"
    bad.write_text("rules: [{name: r, when: 'event:x', then: explode}]")
    for file in (tmp_path / "missing.yaml", bad):
        ended = run("http://127.0.0.1:1", "--listen", "127.0.0.1:0", "--inspector", "127.0.0.1:0", "--rules", str(file))
        assert_refused(ended, 1)


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_and_clients_are_told(upstream, tmp_path, signal_number):
    siphon = Siphon(upstream.url, stderr=tmp_path / "stderr")
    websocket = EngineClient(siphon.port, "websocket")
    polling = EngineClient(siphon.port, "polling")
    for client in (websocket, polling):
        client.join()
    polled: list[Message] = []
    pending = threading.Thread(target=lambda: polled.append(polling.poll()))
    pending.start()
    pending.join(0.3)
    assert pending.is_alive(), f"answered before the signal: {polled}"
    stream = siphon.api.request("GET", "stream", stream=True)
    assert siphon.stop(signal_number) == 0
    assert websocket.websocket.close_code() in (1000, 1001, 1005, 1012)
    pending.join(5)
    assert [(each.status, each.text) for each in polled] == [(200, "1")]
    stream.close()
    assert not CRASH.search(siphon.stderr_text())
    sids = {each["sid"] for each in upstream.log(what="connect")[-2:]}
    for sid in sids:
        upstream.wait_for(what="disconnect", sid=sid)


def test_no_signal_is_lost(upstream, tmp_path):
    """Whatever the threads of the process do just then: one that is lost in twenty shows here."""
    for number in range(80):
        siphon = Siphon(upstream.url, stderr=tmp_path / "stderr")
        assert siphon.stop(signal.SIGTERM) == 0, f"start {number}"


def test_it_starts_while_the_upstream_is_down(start_siphon):
    siphon = start_siphon("http://127.0.0.1:9")
    assert siphon.api.get("status")["upstream"]["url"] == "http://127.0.0.1:9"
    assert http(siphon.port, "GET", "/").status == 502


def listeners(pid: int) -> set[tuple[str, int]]:
    """What a process listens on, as (address in hexadecimal, port)."""
    files = {os.readlink(f"/proc/{pid}/fd/{each}") for each in os.listdir(f"/proc/{pid}/fd")}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in open(f"/proc/{pid}/net/{table}").readlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in files:
                address, port = fields[1].split(":")
                found.add((address, int(port, 16)))
    return found


def test_only_loopback_listens_by_default(upstream):
    """Attack 3."""
    for port in (4000, 4001):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError as error:
            pytest.skip(f"the default port {port} is not free: {error}")
    process = subprocess.Popen([siphon_binary(), upstream.url], stdout=subprocess.PIPE, text=True)
    try:
        assert len(LineReader(process.stdout).wait_for_lines(2, timeout=10)) == 2
        assert listeners(process.pid) == {("0100007F", 4000), ("0100007F", 4001)}
    finally:
        process.terminate()
        assert process.wait(5) == 0


@pytest.mark.parametrize("first", ["polling", "websocket", "plain", "tunnel"])
def test_localhost_as_upstream(start_siphon, upstream, first):
    """The app listens by IPv4 alone, `localhost` is `::1` first: the very first request gets there, whatever it is."""
    siphon = start_siphon(f"http://localhost:{upstream.port}")
    if first == "plain":
        assert http(siphon.port, "GET", "/reflect").status == 200
    elif first == "tunnel":
        websocket = RawWebSocket(siphon.port, "/websocket")
        websocket.send("through")
        assert websocket.receive()[1] in (b"through", "through")
        websocket.stream.close()
    else:
        client = EngineClient(siphon.port, first)
        client.join()
        client.close()


def test_memory_bounds_the_capture(start_siphon, engine_upstream):
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url, "--memory", "4MiB")
    client = EngineClient(siphon.port, "websocket")
    client.join()
    for number in range(100):
        client.send(f'42["large",{number},"{"x" * 200_000}"]')
    client.send('42["last"]')
    siphon.wait_for(name="last", timeout=10)
    status = siphon.api.get("status")
    assert status["evicted"] > 50
    assert status["memoryBytes"] <= 4 << 20
    kept = [event["args"][0] for event in siphon.events(name="large")]
    assert kept == list(range(100 - len(kept), 100))
    eventually(lambda: len(upstream.session().messages()) == 102, what="all events at the upstream")
    client.close()
