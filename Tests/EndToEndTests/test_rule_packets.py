"""Rules on what is no event: acks, connects, their refusals and disconnects (protocol reference, bridging)."""

import base64
import json
import time

import pytest
from pairs import plain, shown, sized
from processes import eventually
from wire import EngineClient

NEW = b"\xff\x00new"
NEW_JSON = {"$binary": base64.b64encode(NEW).decode()}
OTHER = {"client": "upstream", "upstream": "client"}
KINDS = {"text": "hello", "binary": b"\x00\x01\xfe"}


@pytest.fixture
def own(proxy):
    """own(transports, **options) -> a pair of this test alone, and a filter for its connection."""

    def start(transports, **options):
        pair = proxy.open(transports, **options)
        return pair, f"conn:{pair.connection['id']}"

    return start


# --- acks

ACKS = {
    # then: the arguments as they arrive, of a value; the verdict; whether the rule does anything
    "set": ({"set": {"args[0]": "changed"}}, lambda v: ["changed", v], "modified forwarded"),
    "set, by its other name": ({"set": {"ack.args[0]": "changed"}}, lambda v: ["changed", v], "modified forwarded"),
    "set, binary": ({"set": {"args[0]": NEW_JSON}}, lambda v: [NEW, v], "modified forwarded"),
    "remove": ({"remove": "args[1]"}, lambda v: ["answered"], "modified forwarded"),
    "replace": ({"replace": ["{{args[1]}}", 1, 2]}, lambda v: [v, 1, 2], "modified forwarded"),
    "replace by nothing": ({"replace": []}, lambda v: [], "modified forwarded"),
    "drop": ("drop", None, "dropped"),
    "drop with an ack": ({"drop": {"ack": ["never"]}}, None, "dropped"),
    "delay": ({"delay": "60ms"}, lambda v: ["answered", v], "delayed forwarded"),
    "mark": ({"mark": "odd"}, lambda v: ["answered", v], "forwarded"),
}
NOT_OF_ACKS = {
    "duplicate": "duplicate", "reorder": {"reorder": {"window": 2}}, "rename": {"rename": "other"},
    "reply": {"reply": ["never"]},
}  # fmt: skip


def answers_to(pair, asker: str, value) -> list:
    """What the asker hears in the end; the other side answers `["answered", [value]]`, as the capture has to show."""
    if asker == "client":
        answers = pair.ask("client", "ask", "answered", [value])
    else:
        answers = pair.ask("upstream", "question", value)
    pair.proxy.siphon.wait_for(1, kind="ack", connection=pair.connection["id"], sender=OTHER[asker])
    pair.settle()
    return answers()


@pytest.mark.parametrize("asker", ["client", "upstream"])
@pytest.mark.parametrize("value", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("case", ACKS.values(), ids=ACKS)
def test_an_ack(case, value, asker, transports, own, add, proxy):
    then, becomes, verdict = case
    pair, here = own(transports)
    rule = add(f"{here} kind:ack from:{OTHER[asker]}", then, times=1)
    expected = [] if becomes is None else [plain(becomes([value]))]
    assert answers_to(pair, asker, value) == expected
    ack = proxy.siphon.wait_for(1, kind="ack", rules=[rule])[0]
    assert ack["verdict"] == verdict.split()
    assert ack["answers"]
    before = ["answered", [value]]
    assert shown(ack["args"], ack["attachments"]) == sized(before if becomes is None else becomes([value]))
    if "modified" in verdict:
        attachments = ack["original"].get("attachments", ack["attachments"])
        assert shown(ack["original"]["args"], attachments) == sized(before)
    pair.close()


@pytest.mark.parametrize("asker", ["client", "upstream"])
@pytest.mark.parametrize("then", NOT_OF_ACKS.values(), ids=NOT_OF_ACKS)
def test_what_only_events_can_suffer_leaves_an_ack_alone(then, asker, own, add, proxy):
    pair, here = own(["websocket"])
    rule = add(f"{here} kind:ack from:{OTHER[asker]}", then)
    assert answers_to(pair, asker, 1) == [["answered", [1]]]
    assert proxy.rule(rule)["hits"] == 0


# --- connects

TOKEN = {"token": "secret"}  # what /admin wants


@pytest.mark.parametrize(
    ("auth", "then", "arrives"),
    [
        ({"token": "x", "user": 1.0}, {"set": {"args[0].token": "secret"}}, {"token": "secret", "user": 1.0}),
        ({"user": 1}, {"set": {"args[0].token": "secret"}}, {"user": 1, "token": "secret"}),
        (None, {"set": {"args[0]": TOKEN}}, TOKEN),  # which python sends as {}
        ({"user": 1}, {"replace": [TOKEN]}, TOKEN),
        ({**TOKEN, "spy": 1}, {"remove": "args[0].spy"}, TOKEN),
    ],
    ids=["set", "add", "set all", "replace", "remove"],
)
def test_the_auth_of_a_connect(auth, then, arrives, transports, add, proxy):
    rule = add("kind:connect from:client ns:/admin", then)
    pair = proxy.open(transports, namespaces=["/admin"], auth=auth)
    assert proxy.upstream.log(what="connect", namespace="/admin")[-1]["auth"] == arrives
    assert pair.client.call("ask", "in", namespace="/admin") == "in"
    event = proxy.siphon.wait_for(1, kind="connect", rules=[rule])[0]
    assert event["args"] == [arrives]
    assert event["original"]["args"] == [auth or {}]
    assert event["verdict"] == ["modified", "forwarded"]
    pair.close()


def test_a_connect_without_a_payload(add, proxy):
    """A place is created only where what it is in is there."""
    before = len(proxy.upstream.log(what="connect"))
    rules = [
        add(f"kind:connect from:client ns:{where}", {"set": {place: value}})
        for where, place, value in [("/", "args[0].token", "secret"), ("/admin", "args[0]", TOKEN)]
    ]
    client = EngineClient(proxy.siphon.port, "websocket")
    client.join()
    client.join("/admin")
    assert [each["auth"] for each in proxy.upstream.log(what="connect")[before:]] == [None, TOKEN]
    assert [proxy.rule(each)["hits"] for each in rules] == [0, 1]
    assert proxy.siphon.wait_for(1, kind="connect", rules=rules[1:])[0]["original"]["args"] == []
    client.close()


@pytest.mark.parametrize("then", ["drop", {"drop": {"ack": ["never"]}}])
def test_a_dropped_connect_is_never_answered(then, add, proxy):
    """The client waits for its namespace as long as it likes; its others live on, and nothing can be sent there."""
    add("kind:connect from:client ns:/chat", then)
    before = len(proxy.upstream.log(what="connect"))
    client = EngineClient(proxy.siphon.port, "websocket")
    client.send("40/chat,")
    client.join()
    client.send('42/chat,1["ask",1]')
    assert client.ask('422["ask",2]') == "432[2]"
    assert [each["namespace"] for each in proxy.upstream.log(what="connect")[before:]] == ["/"]
    connection = proxy.siphon.connections()[-1]
    assert [each["name"] for each in connection["namespaces"]] == ["/"]
    refused = proxy.siphon.api.inject(connection["id"], "upstream", "x", [], namespace="/chat")
    assert refused.status_code == 409
    client.close()


def test_the_answer_to_a_connect_is_changed(add, own, proxy):
    add("kind:connect from:upstream ns:/", {"set": {"args[0].sid": "of-a-rule"}})
    client = EngineClient(proxy.siphon.port, "websocket")
    assert client.join() == '40{"sid":"of-a-rule"}'
    assert proxy.siphon.connections()[-1]["namespaces"] == [{"name": "/", "sid": "of-a-rule"}]
    client.close()


@pytest.mark.parametrize("then", ["drop", {"delay": "100ms"}])
def test_the_answer_to_a_connect_that_does_not_come_at_once(then, add, proxy):
    """No event of the namespace gets before it; where it never comes, the server sends all the same."""
    add("kind:connect from:upstream ns:/", then)
    client = EngineClient(proxy.siphon.port, "websocket")
    client.send("40")
    client.send('42["echo",1]')
    got = [client.receive()]
    if then != "drop":
        got.append(client.receive())
        assert got[0].startswith('40{"sid":')
    assert got[-1] == '42["echo",1]'
    client.close()


def test_a_delayed_connect(add, transports, proxy):
    add("kind:connect from:client ns:/chat", {"delay": "200ms"})
    start = time.monotonic()
    pair = proxy.open(transports, namespaces=["/", "/chat"])
    assert 0.2 <= time.monotonic() - start
    assert pair.client.call("ask", "in", namespace="/chat") == "in"
    pair.close()


def test_a_greeting(add, transports, proxy):
    """What a rule emits because of the answer to a connect comes behind it; because of the connect itself it would come
    too early, and goes nowhere."""
    early = add("kind:connect from:client ns:/chat", {"emit": {"to": "client", "name": "early"}})
    rule = add("kind:connect from:upstream ns:/chat", {"emit": {"to": "client", "name": "hello", "args": [NEW_JSON]}})
    pair = proxy.open(transports, namespaces=["/chat"])
    assert pair.client.wait_for("hello", namespace="/chat") == [(NEW,)]
    assert pair.client.names() == ["connect", "hello"]
    dropped = proxy.siphon.wait_for(1, name="early", rules=[early])[0]
    assert dropped["verdict"] == ["injected", "dropped"]
    assert proxy.rule(rule)["hits"] == 1
    pair.close()


def test_a_client_that_leaves_while_its_connect_is_delayed(add, proxy):
    """What waits goes on before the other side hears of the end."""
    rule = add("kind:connect from:client", {"delay": "1h"})
    client = EngineClient(proxy.siphon.port, "websocket")
    client.send("40")
    client.send('42["late",1]')
    proxy.siphon.wait_for(0)
    client.close()
    event = proxy.siphon.wait_for(1, kind="connect", rules=[rule])[0]
    assert event["verdict"] == ["delayed", "forwarded"]
    sid = proxy.upstream.log(what="connect")[-1]["sid"]
    proxy.upstream.wait_for(1, what="disconnect", sid=sid)


# --- connect_error

REFUSED = {"message": "denied", "data": {"code": 7}}


@pytest.mark.parametrize(
    ("then", "arrives"),
    [
        ({"set": {"args[0].data.code": 8}}, {"message": "denied", "data": {"code": 8}}),
        ({"set": {"args[0]": "a text"}}, "a text"),
        ({"remove": "args[0].data"}, {"message": "denied"}),
        ({"replace": [{"message": "{{args[0].data.code}}!"}]}, {"message": "7!"}),
        ({"mark": "m"}, REFUSED),
        ({"remove": "args[0]"}, REFUSED),
        ({"set": {"args[0]": 5}}, REFUSED),
    ],
)
def test_a_refusal(then, arrives, add, proxy):
    rule = add("kind:connect_error ns:/admin", then)
    client = EngineClient(proxy.siphon.port, "websocket")
    client.send("40/admin,")
    answer = client.receive()
    assert answer.startswith("44/admin,")
    assert json.loads(answer[len("44/admin,") :]) == arrives
    assert proxy.rule(rule)["hits"] == (arrives != REFUSED or "mark" in then)
    client.close()


def test_a_dropped_refusal(add, proxy):
    add("kind:connect_error ns:/admin", "drop")
    client = EngineClient(proxy.siphon.port, "websocket")
    client.send("40/admin,")
    client.join()
    assert client.ask() == '42["echo","witness"]'
    client.close()


# --- disconnect


def test_a_dropped_disconnect_of_the_client(add, proxy):
    """The server goes on sending to who has left."""
    add("kind:disconnect from:client ns:/chat", "drop")
    client = EngineClient(proxy.siphon.port, "websocket")
    client.join("/chat")
    client.join()
    client.send("41/chat,")
    assert client.ask('42/chat,["echo",1]') == '42/chat,["echo",1]'
    client.close()


def test_a_dropped_disconnect_of_the_server(add, proxy):
    """The client goes on sending to where it is no more, which python's server ignores."""
    rule = add("kind:disconnect from:upstream ns:/chat", "drop")
    client = EngineClient(proxy.siphon.port, "websocket")
    client.join("/chat")
    client.join()
    client.send('42/chat,["leave"]')
    proxy.siphon.wait_for(1, kind="disconnect", rules=[rule])
    client.send('42/chat,1["ask",1]')
    assert client.ask() == '42["echo","witness"]'
    client.close()


def test_a_disconnect_has_nothing_to_change(add, proxy):
    rule = add("kind:disconnect ns:/chat", [{"set": {"args[0]": 1}}, {"replace": [1]}, {"rename": "x"}, "duplicate"])
    client = EngineClient(proxy.siphon.port, "websocket")
    client.join("/chat")
    client.join()
    client.send('42/chat,["leave"]')
    assert client.receive() == "41/chat,"
    assert proxy.rule(rule)["hits"] == 0
    client.close()


def test_what_the_client_says_last_leaves_in_order(add, engine_upstream, start_siphon):
    """Events that wait for one another leave before the disconnect, and what comes behind it stays behind."""
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    for when, then in [("event:group", {"reorder": {"window": 5}}), ("kind:disconnect", {"delay": "100ms"})]:
        assert siphon.api.post("rules", json={"when": when, "then": then}).status_code == 201
    client = EngineClient(siphon.port, "websocket")
    client.join("/chat")
    client.join()
    sent = ['42/chat,["group"]', '42/chat,["group"]', "41/chat,", "40/chat,", '42/chat,["new"]']
    for packet in sent:
        client.send(packet)
    client.send('42["other lane"]')
    session = upstream.session()
    eventually(lambda: len(session.messages()) == 8, what="every packet at the upstream")
    assert session.messages()[2:] == [*sent[:2], '42["other lane"]', *sent[2:]]
    client.close()


def test_what_the_server_says_last_leaves_in_order(add, proxy, name):
    add(f"event:{name} from:upstream", {"reorder": {"window": 5, "seed": 1}})
    add("kind:disconnect from:upstream ns:/chat", {"delay": "100ms"})
    client = EngineClient(proxy.siphon.port, "websocket")
    client.join("/chat")
    client.join()
    for number in range(2):
        client.send(f'42/chat,["tell","{name}",{number}]')
    client.send('42/chat,["leave"]')
    start = time.monotonic()
    client.send('42["echo","other lane"]')
    got = [client.receive() for _ in range(4)]
    assert sorted(got[:2]) == [f'42/chat,["{name}",0]', f'42/chat,["{name}",1]']
    assert got[2:] == ['42["echo","other lane"]', "41/chat,"]
    assert time.monotonic() - start >= 0.1
    client.close()
