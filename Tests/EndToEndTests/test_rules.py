"""Rules from a file and by REST: their effect on real peers, and what the capture says of it."""

import pytest
from processes import eventually

RULES = """
rules:
  - name: no gossip
    when: event:gossip
    then: drop
  - name: move everyone to staging
    when: event:join from:client
    then:
      - set: { "args[0].room": staging }
  - name: chat only
    when: event:echo ns:/chat from:upstream
    then: drop
"""


@pytest.fixture
def rules_file(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(RULES)
    return file


@pytest.fixture
def ruled(start_siphon, upstream, rules_file):
    return start_siphon(upstream.url, "--rules", str(rules_file))


def test_a_file_drops_and_sets(ruled, open_client, upstream, transports):
    client = open_client(ruled.url, transports)
    sid = client.sio.get_sid("/")
    client.emit("gossip", "psst")
    client.emit("join", {"room": "lobby", "n": 1})
    assert client.call("ask", "after") == "after"
    seen = upstream.log(what="event", sid=sid)
    assert [(each["name"], each["args"]) for each in seen] == [
        ("join", [{"room": "staging", "n": 1}]),
        ("ask", ["after"]),
    ]
    dropped = ruled.wait_for(name="gossip")[0]
    assert dropped["verdict"] == ["dropped"]
    assert dropped["args"] == ["psst"]
    changed = ruled.wait_for(name="join")[0]
    assert changed["verdict"] == ["modified", "forwarded"]
    assert changed["args"] == [{"room": "staging", "n": 1}]
    assert changed["original"]["args"] == [{"room": "lobby", "n": 1}]
    rules = {each["name"]: each for each in ruled.api.get("rules")["rules"]}
    assert dropped["rules"] == [rules["no gossip"]["id"]]
    assert changed["rules"] == [rules["move everyone to staging"]["id"]]
    assert rules["no gossip"]["hits"] == 1 and rules["no gossip"]["lastHit"]
    assert rules["chat only"]["hits"] == 0 and rules["chat only"]["lastHit"] is None


def test_by_namespace_and_direction(ruled, open_client, upstream):
    client = open_client(ruled.url, namespaces=["/", "/chat"])
    client.emit("echo", "lost on the way back", namespace="/chat")
    assert client.call("ask", 1, namespace="/chat") == 1
    assert client.args("echo", "/chat") == []
    assert upstream.wait_for(what="event", sid=client.sio.get_sid("/chat"), name="echo")
    client.emit("echo", "not lost")
    client.wait_for("echo")
    client.emit("join", {"room": "lobby"}, namespace="/chat")
    sid = client.sio.get_sid("/chat")
    assert upstream.wait_for(what="event", sid=sid, name="join")[0]["args"] == [{"room": "staging"}]


def test_by_rest(siphon, open_client, upstream):
    client = open_client(siphon.url)
    sid = client.sio.get_sid("/")
    rule = {
        "name": "by hand",
        "when": "event:chat from:client",
        "then": [{"set": {"args[0]": "changed", "args[1].a": 2}}],
    }
    made = siphon.api.post("rules", json=rule)
    assert made.status_code == 201, made.text
    identifier = made.json()["id"]
    client.emit("chat", ("kept?", {"a": 1, "b": 1}))
    assert upstream.wait_for(what="event", sid=sid)[0]["args"] == ["changed", {"a": 2, "b": 1}]
    listed = siphon.api.get("rules")
    assert listed["error"] is None
    assert [(each["id"], each["name"], each["hits"], each["enabled"]) for each in listed["rules"]] == [
        (identifier, "by hand", 1, True)
    ]

    changed = siphon.api.put(f"rules/{identifier}", json={**rule, "then": "drop"})
    assert changed.status_code in (200, 204), changed.text
    client.emit("chat", ("kept?", {}))
    assert client.call("ask", "fence") == "fence"
    assert len(upstream.log(what="event", sid=sid, name="chat")) == 1

    assert siphon.api.delete(f"rules/{identifier}").status_code == 204
    client.emit("chat", ("as it was", {}))
    assert upstream.wait_for(2, what="event", sid=sid, name="chat")[1]["args"] == ["as it was", {}]
    assert siphon.api.delete(f"rules/{identifier}").status_code == 404


def test_towards_the_client(siphon, open_client):
    client = open_client(siphon.url)
    rule = {"name": "r", "when": "event:echo from:upstream", "then": [{"set": {"args[0].n": 2}}]}
    assert siphon.api.post("rules", json=rule).status_code == 201
    client.emit("echo", {"n": 1, "file": b"\x01"})
    assert client.wait_for("echo") == [({"n": 2, "file": b"\x01"},)]
    event = siphon.wait_for(name="echo", sender="upstream")[0]
    assert event["verdict"] == ["modified", "forwarded"]


def test_setting_away_the_only_attachment(siphon, engine_upstream, start_siphon):
    """PX 92: the packet leaves as a plain event; a count of 0 would break real peers."""
    from wire import EngineClient

    upstream = engine_upstream()
    proxy = start_siphon(upstream.url)
    client = EngineClient(proxy.port, "websocket")
    client.join()
    rule = {"name": "r", "when": "event:up", "then": [{"set": {"args[0]": None}}]}
    assert proxy.api.post("rules", json=rule).status_code == 201
    client.send('451-["up",{"_placeholder":true,"num":0},1.0]')
    client.send(b"gone")
    client.send('42["after"]')
    session = upstream.session()
    messages = eventually(lambda: len(session.messages()) >= 3 and session.messages()[1:], what="both events")
    assert messages == ['42["up",null,1.0]', '42["after"]']
    client.close()


def test_a_file_is_read_again_and_a_bad_one_leaves_the_old_set(ruled, rules_file, open_client, upstream):
    client = open_client(ruled.url)
    sid = client.sio.get_sid("/")
    rules_file.write_text("rules:\n  - name: broken\n    when: event:x\n    then: explode\n")
    error = eventually(lambda: ruled.api.get("rules")["error"], what="the error in GET rules")
    assert error
    client.emit("gossip", 1)
    assert client.call("ask", 1) == 1
    assert upstream.log(what="event", sid=sid, name="gossip") == []

    rules_file.write_text("rules:\n  - name: other\n    when: event:other\n    then: drop\n")
    eventually(lambda: [each["name"] for each in ruled.api.get("rules")["rules"]] == ["other"], what="the new set")
    assert ruled.api.get("rules")["error"] is None
    client.emit("gossip", 2)
    assert upstream.wait_for(what="event", sid=sid, name="gossip")[0]["args"] == [2]


WRONG = {
    "unknown action": {"name": "r", "when": "event:x", "then": "explode"},
    "unknown key": {"name": "r", "when": "event:x", "then": "drop", "colour": "red"},
    "bad filter": {"name": "r", "when": "event:x and (", "then": "drop"},
    "no action": {"name": "r", "when": "event:x"},
}


for kind in ("open", "close", "upgrade", "ping", "pong", "handshake", "opaque"):
    WRONG[f"a kind that no rule sees: {kind}"] = {"name": "r", "when": f"kind:{kind}", "then": "drop"}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_rule_is_refused_with_a_reason(siphon, case):
    answer = siphon.api.post("rules", json=WRONG[case])
    assert answer.status_code == 422, answer.text
    assert answer.json()["message"]
    assert siphon.api.get("rules")["rules"] == []


def test_hits_count_each_event(siphon, open_client):
    client = open_client(siphon.url)
    made = siphon.api.post("rules", json={"name": "r", "when": "event:count", "then": "drop"}).json()
    for number in range(50):
        client.emit("count", number)
    client.call("fence")
    rule = siphon.api.get("rules")["rules"][0]
    assert (rule["id"], rule["hits"]) == (made["id"], 50)
