"""Events injected by REST reach real peers, their answers come back to the caller and to nobody else."""

import base64
import json
import threading

import pytest
from processes import eventually
from wire import EngineClient


@pytest.fixture
def joined(siphon, open_client, transports):
    """A connected client, its connection id at the proxy, and its Socket.IO id."""
    client = open_client(siphon.url, transports)
    return client, siphon.connections()[0]["id"], client.sio.get_sid("/")


def test_to_the_client(siphon, joined):
    client, connection, _ = joined
    answer = siphon.api.inject(connection, "client", "notice", [{"a": 1.5}, "ü"])
    assert answer.status_code == 200
    assert answer.json()["ack"] is None
    assert client.wait_for("notice") == [({"a": 1.5}, "ü")]
    event = siphon.wait_for(name="notice")[0]
    assert event["id"] == answer.json()["event"]
    assert (event["from"], event["injected"], event["verdict"]) == ("upstream", True, ["injected", "forwarded"])
    assert event["args"] == [{"a": 1.5}, "ü"]


def test_to_the_upstream(siphon, joined, upstream):
    _client, connection, sid = joined
    answer = siphon.api.inject(connection, "upstream", "notice", ["x", None])
    assert answer.status_code == 200
    assert upstream.wait_for(what="event", sid=sid)[0]["args"] == ["x", None]
    event = siphon.wait_for(name="notice")[0]
    assert (event["from"], event["injected"]) == ("client", True)


def test_the_client_answers(siphon, joined, upstream):
    client, connection, _ = joined
    answer = siphon.api.inject(connection, "client", "question", ["why"], ack=True)
    assert answer.status_code == 200, answer.text
    assert answer.json()["ack"]["args"] == ["answered", ["why"]]
    assert 0 < answer.json()["ack"]["latencyMilliseconds"] < 5000
    event = siphon.api.get(f"events/{answer.json()['event']}")
    assert event["ack"]["latencyMilliseconds"] > 0
    assert client.call("ask", "undisturbed") == "undisturbed"


def test_the_server_answers(siphon, joined):
    client, connection, _ = joined
    answer = siphon.api.inject(connection, "upstream", "ask", [1, {"b": 2}], ack=True)
    assert answer.status_code == 200, answer.text
    assert answer.json()["ack"]["args"] == [1, {"b": 2}]
    assert client.call("ask", "undisturbed") == "undisturbed"


def test_in_a_namespace(siphon, open_client):
    client = open_client(siphon.url, ["websocket"], namespaces=["/chat"])
    connection = siphon.connections()[0]["id"]
    answer = siphon.api.inject(connection, "upstream", "ask", ["here"], ack=True, namespace="/chat")
    assert answer.json()["ack"]["args"] == ["here"]
    siphon.api.inject(connection, "client", "notice", ["there"], namespace="/chat")
    assert client.wait_for("notice", namespace="/chat") == [("there",)]


def test_binary_both_ways(siphon, joined, upstream):
    client, connection, _sid = joined
    content = {"deep": [{"$binary": base64.b64encode(b"\x00\xff").decode()}]}
    assert siphon.api.inject(connection, "client", "notice", [content, "end"]).status_code == 200
    assert client.wait_for("notice") == [({"deep": [b"\x00\xff"]}, "end")]
    event = siphon.wait_for(name="notice")[0]
    assert event["args"] == [{"deep": [{"$binary": {"attachment": 0}}]}, "end"]
    assert event["attachments"] == [{"index": 0, "sizeBytes": 2}]

    answer = siphon.api.inject(connection, "upstream", "ask", [content], ack=True)
    assert answer.status_code == 200, answer.text
    assert answer.json()["ack"]["args"][0]["deep"][0].keys() == {"$binary"}
    assert client.call("ask", b"undisturbed") == b"undisturbed"


def test_by_filter_to_many(siphon, open_client):
    clients = [open_client(siphon.url) for _ in range(3)]
    ids = [each["id"] for each in siphon.connections()]
    body = {"filter": "ns:/", "to": "client", "namespace": "/", "name": "question", "args": ["all"], "ack": True}
    answer = siphon.api.post("events", json=body)
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert sorted(each["connection"] for each in results) == sorted(ids)
    for client in clients:
        assert client.wait_for("question") == [("all",)]


def test_ids_never_collide_with_pending_ones(siphon, upstream):
    """PX 99: with many acks pending at the server, all sides still get their own answers only."""
    client = EngineClient(siphon.port, "websocket")
    client.join()
    client.send('42["park",20]')
    parked = [client.receive() for _ in range(20)]
    assert all('["parked",' in each for each in parked)
    connection = siphon.connections()[-1]["id"]
    answers = []

    def ask(number):
        answer = siphon.api.inject(connection, "client", "question", [number], ack=True)
        answers.append(answer.json()["ack"]["args"])

    callers = [threading.Thread(target=ask, args=(number,)) for number in range(10)]
    for each in callers:
        each.start()
    own = []
    while len(own) < 10:
        packet = client.receive()
        number, rest = packet[2 : packet.index("[")], packet[packet.index("[") :]
        own.append(int(number))
        assert json.loads(rest)[0] == "question"
        client.send(f"43{number}{json.dumps([json.loads(rest)[1]])}")
    for number in range(1, 11):
        client.send(f'42{number}["ask",{number}]')
        assert client.receive() == f"43{number}[{number}]"
    for each in callers:
        each.join(10)
    assert sorted(answers) == [[number] for number in range(10)]
    client.send('4299["parked-answers"]')
    assert client.receive() == "4399[[]]"

    real = {int(each[2 : each.index("[")]) for each in parked} | set(range(1, 11))
    assert len(set(own)) == 10 and not real & set(own)
    assert all(0 <= number <= 2147483647 for number in own)
    client.close()


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("to", ["client", "upstream"])
def test_the_answer_is_not_seen_by_the_other_side(engine_upstream, start_siphon, transport, to):
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    client = EngineClient(siphon.port, transport)
    client.join()
    session, connection = upstream.session(), siphon.connections()[0]["id"]
    outcome = []
    caller = threading.Thread(
        target=lambda: outcome.append(siphon.api.inject(connection, to, "q", ["\ud83d" * 0, 1.0], ack=True))
    )
    caller.start()
    if to == "client":
        asked = client.receive()
    else:
        asked = eventually(lambda: session.messages()[1:], what="the injected event")[0]
    number = int(asked[2:].split("[")[0])
    assert asked == f'42{number}["q","",1.0]'
    answer = f"43{number}[1.0,12345678901234567890]"
    if to == "client":
        client.send(answer)
        client.send(answer)  # a second one is swallowed too
        client.send('42["after"]')
        assert eventually(lambda: session.messages()[1:], what="the event after") == ['42["after"]']
    else:
        session.send(answer, answer, '42["after"]')
        assert client.receive() == '42["after"]'
    caller.join(10)
    assert "1.0,12345678901234567890" in outcome[0].text.replace(" ", "")
    client.close()


def test_no_answer_in_time(siphon):
    client = EngineClient(siphon.port, "websocket")
    client.join()
    connection = siphon.connections()[0]["id"]
    answer = siphon.api.inject(connection, "client", "unheard", [], ack=True, timeoutMilliseconds=200)
    assert answer.status_code == 504
    assert answer.json()["error"] and answer.json()["message"]
    assert answer.json()["event"].startswith("e")
    late = client.receive()
    client.send(f"43{late[2 : late.index('[')]}[1]")
    assert client.ask() == '42["echo","witness"]'
    client.close()


@pytest.mark.parametrize("leaver", ["client", "upstream"])
def test_no_answer_from_a_namespace_that_is_left(engine_upstream, start_siphon, leaver):
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    client = EngineClient(siphon.port, "websocket")
    client.join()
    session, connection = upstream.session(), siphon.connections()[0]["id"]
    outcome = []
    caller = threading.Thread(
        target=lambda: outcome.append(
            siphon.api.inject(connection, "client", "q", [], ack=True, timeoutMilliseconds=60_000)
        )
    )
    caller.start()
    assert client.receive().startswith("42")
    (client if leaver == "client" else session).send("41")
    caller.join(10)
    assert outcome and outcome[0].status_code == 409, "the caller waits on"
    client.close()


REFUSED = {
    "no such connection": (404, {}, "c999999"),
    "namespace not joined": (409, {"namespace": "/chat"}, None),
    "reserved name": (422, {"name": "connect"}, None),
    "another reserved name": (422, {"name": "newListener"}, None),
    "empty name": (422, {"name": ""}, None),
    "unknown side": (422, {"to": "nobody"}, None),
    "args not a list": (422, {"args": {"a": 1}}, None),
    "bad base64": (422, {"args": [{"$binary": "%%%"}]}, None),
    "binary with another key": (422, {"args": [{"$binary": "AAEC", "x": 1}]}, None),
    "name missing": (422, {"name": None}, None),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(siphon, open_client, case):
    status, changes, connection = REFUSED[case]
    client = open_client(siphon.url)
    connection = connection or siphon.connections()[0]["id"]
    body = {"to": "client", "namespace": "/", "name": "notice", "args": [], **changes}
    answer = siphon.api.post(f"connections/{connection}/events", json={k: v for k, v in body.items() if v is not None})
    assert answer.status_code == status, answer.text
    assert answer.json().keys() >= {"error", "message"}
    assert answer.json()["message"]
    assert client.call("ask", "undisturbed") == "undisturbed"
    assert client.args("notice") == []


def test_a_closed_connection_answers_409(siphon, open_client):
    client = open_client(siphon.url)
    connection = siphon.connections()[0]["id"]
    client.disconnect()
    eventually(lambda: siphon.connections()[0]["closedAt"], what="closedAt")
    answer = siphon.api.inject(connection, "client", "notice", [])
    assert answer.status_code == 409, answer.text


def test_too_large_for_the_peer(engine_upstream, start_siphon):
    """PX 106: refused with a message, the session unharmed."""
    upstream = engine_upstream(max_payload=10_000)
    siphon = start_siphon(upstream.url)
    client = EngineClient(siphon.port, "websocket")
    client.join()
    connection = siphon.connections()[0]["id"]
    answer = siphon.api.inject(connection, "upstream", "large", ["x" * 11_000])
    assert answer.status_code in (413, 422), answer.text
    client.send('42["fine"]')
    session = upstream.session()
    assert eventually(lambda: session.messages()[1:], what="the event after") == ['42["fine"]']
    client.close()


@pytest.mark.parametrize("how", ["transport", "namespace", "server"])
def test_disconnect_by_rest(siphon, open_client, upstream, how):
    client = open_client(siphon.url)
    connection, sid = siphon.connections()[0]["id"], client.sio.get_sid("/")
    parameters = {"how": how, **({"namespace": "/"} if how == "namespace" else {})}
    answer = siphon.api.delete(f"connections/{connection}", params=parameters)
    assert answer.status_code == 204, answer.text
    client.wait_for("disconnect")
    upstream.wait_for(what="disconnect", sid=sid)
    assert siphon.api.delete("connections/c999999", params={"how": how}).status_code == 404


def test_the_stream_shows_events_as_they_come(siphon, open_client):
    stream = siphon.api.request("GET", "stream", stream=True, timeout=10)
    assert stream.status_code == 200
    assert stream.headers["Content-Type"].startswith("text/event-stream")
    client = open_client(siphon.url)
    client.call("ask", "live")
    kind = None
    for line in stream.iter_lines(decode_unicode=True):
        if line.startswith("event:"):
            kind = line.split(":", 1)[1].strip()
        if line.startswith("data:") and kind == "siphon-event":
            event = json.loads(line[5:])
            if event.get("name") == "ask":
                assert event["args"] == ["live"]
                break
    stream.close()
