"""`siphon demo`: traffic on the screen with one command."""

import re
import subprocess

import pytest
import requests
from processes import ROOT, eventually, siphon_binary


@pytest.fixture
def demo(start_siphon):
    return start_siphon("demo")


def test_every_file_of_the_page_is_embedded():
    source = (ROOT / "Sources/CDashboard/demo.c").read_text()
    names = sorted(file.name for file in (ROOT / "web/demo").iterdir())
    assert sorted(re.findall(r'^#embed "../../web/demo/(.+)"$', source, re.MULTILINE)) == names
    assert sorted(re.findall(r'^    FILE_AT\("/(.+?)"', source, re.MULTILINE)) == names


@pytest.mark.parametrize("file", sorted(file.name for file in (ROOT / "web/demo").iterdir()))
def test_the_page_comes_through_the_proxy_as_it_is_here(demo, file):
    answer = requests.get(f"{demo.url}/{file}", timeout=5)
    assert answer.content == (ROOT / "web/demo" / file).read_bytes()
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_no_file_of_it_is_refused(demo):
    assert requests.get(f"{demo.url}/nothing", timeout=5).status_code == 404
    assert requests.post(f"{demo.url}/", data="x", timeout=5).status_code == 405
    assert requests.get(f"{demo.url}/..%2fjs/api.js", timeout=5).status_code == 404
    head = requests.head(f"{demo.url}/", timeout=5)
    assert (head.status_code, head.content) == (200, b"")


def test_three_bots_talk_by_three_ways_of_transport(demo):
    transports = eventually(
        lambda: three_that_settled(demo), 10, "a bot by polling, one by WebSocket and one that upgraded"
    )
    assert transports == ["polling", "upgraded", "websocket"]
    assert {each["namespace"] for each in demo.wait_for(4, kind="connect", sender="client")} == {"/", "/admin"}
    says = demo.wait_for(2, timeout=20, kind="event", sender="client", name="say")
    for said in says[:2]:
        answer = eventually(lambda said=said: demo.api.get(f"events/{said['id']}")["ack"], 5, "its ack")
        assert answer["latencyMilliseconds"] >= 0
    assert demo.token not in str(demo.events(limit=1000))


def three_that_settled(demo):
    upgraded = {each["connection"] for each in demo.events(kind="upgrade") if each["from"] == "client"}
    bots = [each for each in demo.connections() if "siphon-demo" in (each["client"]["userAgent"] or "")]
    ways = sorted("upgraded" if each["id"] in upgraded else each["client"]["transport"] for each in bots)
    return ways if len(ways) == 3 and "upgraded" in ways else None


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]], ids="-".join)
def test_another_client_joins_and_every_third_question_stays_unanswered(demo, open_client, transports):
    eve, bob = (open_client(demo.url, transports, auth={"name": name}) for name in ("Eve", "Bob"))
    hello = eve.wait_for("hello")[0][0]
    assert hello["name"] == "Eve" and hello["inspector"] == demo.inspector_base + "/"
    for client in (eve, bob):
        assert client.call("join", {"room": "quiet"})["ok"] is True
    assert eve.call("say", {"room": "quiet", "text": "hi"})["ok"] is True
    assert bob.wait_for("said")[-1][0]["text"] == "hi"
    picture = bytes(range(256)) * 300
    assert eve.call("picture", {"room": "quiet", "type": "image/png", "picture": picture})["ok"] is True
    assert bob.wait_for("picture")[-1][0]["picture"] == picture
    question = {"room": "quiet", "text": "so?"}
    for _ in range(3):
        eve.emit("question", question, callback=lambda *_: None)
    asked = [each["id"] for each in demo.wait_for(3, name="question", sender="client", args=[question])]

    def unanswered():
        return [each for each in asked if not demo.api.get(f"events/{each}")["ack"]]

    eve.call("say", {"room": "quiet", "text": "that was it"})  # behind every ack that comes
    # A bot may ask between these: of four in a row one or two are a third one.
    assert len(unanswered()) in (1, 2)
    pending = demo.api.get("events", params={"filter": "event:question is:pending"})["events"]
    assert {each["id"] for each in pending} >= set(unanswered())


@pytest.mark.parametrize(
    "words, expected",
    [
        (["http://localhost:3000"], "the demo brings its own upstream"),
        (["--path", "/x/"], "expected no --path"),
        (["--token", "short"], "expected a token of 16 to 256"),
        (["--nonsense"], "unknown option --nonsense"),
    ],
)
def test_wrong_usage(words, expected):
    command = [str(siphon_binary()), "demo", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL)
    assert done.returncode == 64 and done.stdout == ""
    assert expected in done.stderr and done.stderr.count("\n") == 1


def test_a_port_in_use_is_said_and_ends_it(demo):
    command = [str(siphon_binary()), "demo", "--listen", f"127.0.0.1:{demo.port}", "--inspector", "127.0.0.1:0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert "is in use by another program" in done.stderr
