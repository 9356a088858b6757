"""The command line: what it says, how it refuses, how it ends."""

import os
import re
import signal
import socket
import subprocess

import pytest
from processes import CRASH, eventually, siphon_binary
from wire import Ended, EngineClient, http

pytestmark = pytest.mark.usefixtures("binary")


def run(*arguments: str, timeout: float = 10) -> subprocess.CompletedProcess:
    """A run that must end by itself."""
    return subprocess.run(
        [str(siphon_binary()), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
    )


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
    "itself as upstream": ["http://127.0.0.1:41999", "--listen", "127.0.0.1:41999"],
    "itself by name": ["http://localhost:41999", "--listen", "127.0.0.1:41999"],
    "itself in another spelling": ["http://127.1:41999", "--listen", "127.0.0.1:41999"],
    "itself on all addresses": ["http://127.0.0.1:41999", "--listen", "0.0.0.0:41999"],
    "its inspector as upstream": [
        "http://127.0.0.1:41998",
        "--listen",
        "127.0.0.1:0",
        "--inspector",
        "127.0.0.1:41998",
    ],
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_usage_exits_64_with_one_line(case):
    ended = run(*WRONG[case])
    assert ended.returncode == 64, ended
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert len(ended.stderr) > 15


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
        assert ended.returncode in (1, 64), ended
        assert len(ended.stderr.splitlines()) == 1, ended.stderr


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_and_clients_are_told(upstream, tmp_path, signal_number):
    from processes import Siphon

    siphon = Siphon(upstream.url, stderr=tmp_path / "stderr")
    websocket = EngineClient(siphon.port, "websocket")
    polling = EngineClient(siphon.port, "polling")
    for client in (websocket, polling):
        client.join()
    stream = siphon.api.request("GET", "stream", stream=True)
    assert siphon.stop(signal_number) == 0
    assert websocket.websocket.close_code() in (1000, 1001, 1005, 1012)
    with pytest.raises((Ended, AssertionError, OSError)):
        polling.ask()
    stream.close()
    assert not CRASH.search(siphon.stderr_text())
    sids = {each["sid"] for each in upstream.log(what="connect")[-2:]}
    for sid in sids:
        upstream.wait_for(what="disconnect", sid=sid)


def test_it_starts_while_the_upstream_is_down(start_siphon):
    siphon = start_siphon("http://127.0.0.1:9")
    assert siphon.api.get("status")["upstream"]["url"] == "http://127.0.0.1:9"
    assert http(siphon.port, "GET", "/").status == 502


def test_only_loopback_listens_by_default(siphon):
    """Attack 3."""
    listening = []
    inodes = {
        os.readlink(f"/proc/{siphon.process.pid}/fd/{each}") for each in os.listdir(f"/proc/{siphon.process.pid}/fd")
    }
    for table in ("tcp", "tcp6"):
        for line in open(f"/proc/{siphon.process.pid}/net/{table}").readlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                listening.append(fields[1].split(":")[0])
    assert len(listening) == 2
    assert set(listening) <= {"0100007F", "00000000000000000000000001000000"}


def test_localhost_as_upstream(start_siphon, upstream):
    siphon = start_siphon(f"http://localhost:{upstream.port}")
    client = EngineClient(siphon.port, "websocket")
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
