"""The filter language on real traffic: search, the stream and rules, and its help, which is one text."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from processes import siphon_binary

HELP = Path(__file__).resolve().parents[2] / "web/help/filters.txt"


def found(siphon, text: str) -> list:
    """The names of the events that the filter finds, in order; None for what has none."""
    page = siphon.api.get("events", params={"filter": text, "limit": 1000})
    return [event["name"] for event in page["events"]]


@pytest.fixture
def talked(siphon, open_client):
    """A proxy that has seen a few events, each answered."""
    client = open_client(siphon.url)
    client.call("join", {"room": "lobby", "tags": ["red", "blue"], "n": 7, "big": 2**53 + 1})
    client.call("say", ({"text": "Hello wörld", "room": "attic"}, None, True))
    client.call("upload", {"size": 12, "file": b"\x00" * 20_000})
    client.call("ask", {"ok": True, "b.c": [{"d": 1.5}]})
    siphon.wait_for(4, kind="ack")
    return siphon


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("kind:event args[0].room:lobby", ["join"]),
        ("kind:event args[0].room:*t*", ["say"]),
        ("kind:event args[0].room:lobby|attic", ["join", "say"]),
        ("args[0].tags[1]:blue", ["join"]),
        ("args[0].tags[*]:red", ["join"]),
        ('kind:event args[0]["b.c"][*].d:1..2', ["ask"]),
        ("kind:event args[0].n:>6 args[0].n:<=7", ["join"]),
        (f"args[0].big:>{2**53}", ["join"]),
        (f"args[0].big:{2**53}", []),
        ("args[0].text:/^h.llo w.rld$/i", ["say"]),
        ("args[0].text:/^h.llo/", []),
        ("args[1]:null args[2]:true", ["say"]),
        ("kind:event args[0].file:exists", ["upload"]),
        ("size:>10k", ["upload"]),
        ("kind:event size:<10Ki", ["join", "say", "ask"]),
        ("kind:event name:/^(join|ask)$/", ["join", "ask"]),
        ("kind:event ack.args[0].ok:true", ["ask"]),
        ("kind:ack ack.args[0].ok:true", [None]),
        ("kind:event ack.args[0]:unknown", ["join", "say", "upload"]),
        ("kind:event latency:<1h", ["join", "say", "upload", "ask"]),
        ("latency:>1h", []),
        ("kind:event time:>-10m", ["join", "say", "upload", "ask"]),
        ("time:<-10m", []),
        ("kind:event -(args[0].room:exists or size:>10k)", ["ask"]),
    ],
)
def test_search(talked, text, names):
    assert found(talked, text) == names


def test_times_are_local_unless_they_say_more(start_siphon, upstream, open_client, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    siphon = start_siphon(upstream.url)
    client = open_client(siphon.url)
    client.call("ask", 1)
    siphon.wait_for(1, kind="ack")
    now = datetime.now(UTC)
    there = now + timedelta(hours=5, minutes=30)
    for clock, zone in ((there, ""), (there, "+05:30"), (now, "Z")):
        before, after = (f"{clock + timedelta(hours=hours):%Y-%m-%dT%H:%M}{zone}" for hours in (-1, 1))
        assert found(siphon, f"event:ask time:{before}..{after}") == ["ask"]
        assert found(siphon, f"event:ask time:>{after}") == []
        assert found(siphon, f"event:ask time:<{before}") == []


def test_an_expression_that_would_take_long_is_refused_with_the_event(siphon, open_client, witness):
    client = open_client(siphon.url, transports=["websocket"])
    client.call("ask", "a" * 500_000 + "!")
    siphon.wait_for(1, kind="ack", name=None)
    long = next(event for event in siphon.events(name="ask") if event["sizeBytes"] > 500_000)
    answer = siphon.api.request("GET", "events", params={"filter": "event:ask args[0]:/(a+)+$/"})
    assert answer.status_code == 422
    assert answer.json()["message"].startswith(
        f"'filter': the regular expression /(a+)+$/ takes too much work on {long['id']}"
    )
    assert found(siphon, "event:ask args[0]:/(a+)+$/ size:<10k") == []
    witness()


def test_a_rule_on_values(siphon, open_client, upstream):
    rule = {"when": "args[0].room:lobby args[0].text:/^h.llo$/i from:client", "then": {"set": {"args[0].n": 1}}}
    assert siphon.api.post("rules", json=rule).status_code == 201
    client = open_client(siphon.url)
    for room, text in (("lobby", "HELLO"), ("lobby", "help"), ("attic", "hello")):
        client.call("say", {"room": room, "text": text})
    seen = upstream.log(what="event", sid=client.sio.get_sid("/"), name="say")
    assert [each["args"][0].get("n") for each in seen] == [1, None, None]


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("latency:>1s", "latency: is known when the ack has come"),
        ("is:answered", "is:answered is decided after the rules"),
        ("args[0].n:>x", "column 12: cannot read x"),
        ("arg[0].n:1", "did you mean args[0].n?"),
    ],
)
def test_a_rule_that_asks_what_it_cannot(siphon, when, says):
    answer = siphon.api.post("rules", json={"when": when, "then": "drop"})
    assert answer.status_code == 422
    assert says in answer.json()["message"]


def test_the_help_is_one_text(siphon):
    text = HELP.read_text()
    ended = subprocess.run(
        [str(siphon_binary()), "help", "filters"], capture_output=True, text=True, timeout=10, check=True
    )
    assert ended.stdout == text
    page = siphon.api.request("GET", siphon.api.base.removesuffix("/api/v1/") + "/help/filters.txt")
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert page.text == text
