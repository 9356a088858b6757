"""A python-socketio client against a python-socketio server: through Siphon as without it."""

import json

import pytest
import socketio
from conftest import Target
from processes import eventually

TEXTS = {
    "text": ["hello"],
    "unicode": ["Grüße, 世界 🎉 e\u0301 \u2028 \u202e \x1e \x00"],
    "several": [1, "two", None, True, 2.5],
    "nested": [{"a": [1, {"b": [[], {}, {"c": None}]}], "": "empty key"}],
    "nothing": [],
    "20 KB": ["ä€x" * 3_400],
}
BINARIES = {
    "one": [b"\x00\x01\xfe\xff"],
    "several": [b"first", "between", b"second", b"third"],
    "nested": [{"deep": [{"file": b"\x89PNG"}, b"second"]}, b"third"],
    "empty": [b""],
    "3 KB": [bytes(range(256)) * 12],
}


def without_binary(value):
    """As the capture shows it: attachments by number, in the order in which they are met."""
    count = iter(range(1000))

    def walk(value):
        if isinstance(value, bytes):
            return {"$binary": {"attachment": next(count)}}
        if isinstance(value, list):
            return [walk(each) for each in value]
        if isinstance(value, dict):
            return {key: walk(each) for key, each in value.items()}
        return value

    return walk(value)


def attachments(value) -> list[bytes]:
    if isinstance(value, bytes):
        return [value]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [one for child in children for one in attachments(child)]


def check_both_ways(target: Target, transport: str, name: str, args: list):
    """The echo was seen once from each side, forwarded, with these arguments, on this transport."""
    for sender in ("client", "upstream"):
        found = target.captured(1, kind="event", sender=sender, name=name)
        if found is None:
            return
        event = found[0]
        assert event["args"] == without_binary(args)
        assert event["namespace"] == "/"
        assert event["verdict"] == ["forwarded"]
        assert event["transport"] == transport
        assert event["original"] is None and event["rules"] == [] and event["injected"] is False
        sizes = [each["sizeBytes"] for each in event["attachments"]]
        assert sizes == [len(each) for each in attachments(args)]


@pytest.mark.parametrize("case", TEXTS)
def test_echo(target, transports, client_kind, open_client, case):
    client = open_client(target.url, transports, client_kind)
    assert client.transport() == transports[-1]
    args = TEXTS[case]
    client.emit("echo", tuple(args))
    assert client.wait_for("echo") == [tuple(args)]
    check_both_ways(target, transports[-1], "echo", args)


@pytest.mark.parametrize("case", BINARIES)
def test_binary(target, transports, open_client, case):
    client = open_client(target.url, transports)
    args = BINARIES[case]
    client.emit("echo", tuple(args))
    assert client.wait_for("echo") == [tuple(args)]
    check_both_ways(target, transports[-1], "echo", args)


@pytest.mark.parametrize("content", ["x" * 500_000, b"\x07" * 500_000], ids=["text", "binary"])
def test_half_a_megabyte_by_websocket(target, client_kind, open_client, content):
    if client_kind == "sync" and isinstance(content, bytes):
        pytest.skip("the sync client does not keep the order of a packet and its attachment")
    client = open_client(target.url, ["websocket"], client_kind)
    client.emit("echo", content)
    assert client.wait_for("echo") == [(content,)]
    check_both_ways(target, "websocket", "echo", [content])


def test_200_kilobytes_by_polling(start_siphon, start_upstream, open_client):
    """On a server other than aiohttp, which reads such a body in part."""
    upstream = start_upstream("--uvicorn")
    client = open_client(start_siphon(upstream.url).url, ["polling"])
    client.emit("echo", "y" * 200_000)
    assert client.wait_for("echo") == [("y" * 200_000,)]


def test_ack_from_the_server(target, transports, client_kind, open_client):
    client = open_client(target.url, transports, client_kind)
    assert client.call("ask", ("a", 1)) == ("a", 1)
    assert client.call("ask", {"bytes": b"\x01\x02"}) == {"bytes": b"\x01\x02"}
    assert client.call("ask", ()) is None

    asked = target.captured(3, kind="event", sender="client", name="ask")
    if asked is None:
        return
    acks = target.captured(3, kind="ack", sender="upstream")
    for event, ack in zip(asked, acks, strict=True):
        assert event["wantsAck"] is True and event["ackId"] == ack["ackId"]
        assert event["ack"]["event"] == ack["id"] and ack["answers"] == event["id"]
        assert 0 < event["ack"]["latencyMilliseconds"] < 5000
        assert ack["args"] == event["args"]
        assert ack["verdict"] == ["forwarded"]


def test_ack_by_callback(target, transports, open_client):
    client = open_client(target.url, transports)
    answers = []
    for number in range(5):
        client.emit("ask", number, callback=lambda *args: answers.append(args))
    eventually(lambda: len(answers) == 5, what="five callbacks")
    assert answers == [(number,) for number in range(5)]
    target.captured(5, kind="ack", sender="upstream")


def test_ack_from_the_client(target, transports, client_kind, open_client):
    client = open_client(target.url, transports, client_kind)
    assert client.call("ask-me", ("x", {"n": 1})) == ("answered", ["x", {"n": 1}])
    assert client.args("question") == [("x", {"n": 1})]

    found = target.captured(1, kind="event", sender="upstream", name="question")
    if found is None:
        return
    ack = target.captured(1, kind="ack", sender="client")[0]
    assert found[0]["ack"]["event"] == ack["id"] and ack["answers"] == found[0]["id"]
    assert ack["args"] == ["answered", ["x", {"n": 1}]]


def test_namespaces_with_auth(target, transports, client_kind, open_client, upstream):
    client = open_client(
        target.url, transports, client_kind, namespaces=["/", "/chat", "/admin"], auth={"token": "secret"}
    )
    for namespace in ("/", "/chat", "/admin"):
        assert client.call("ask", f"in {namespace}", namespace=namespace) == f"in {namespace}"
        sid = client.sio.get_sid(namespace)
        assert upstream.wait_for(what="connect", sid=sid)[0]["auth"] == {"token": "secret"}

    if target.siphon is None:
        return
    for namespace in ("/", "/chat", "/admin"):
        sent = target.captured(1, kind="connect", sender="client", namespace=namespace)
        assert sent[0]["args"] == [{"token": "secret"}]
        answered = target.captured(1, kind="connect", sender="upstream", namespace=namespace)
        assert answered[0]["args"] == [{"sid": client.sio.get_sid(namespace)}]
    joined = target.siphon.connections()[0]["namespaces"]
    expected = [(each, client.sio.get_sid(each)) for each in ("/", "/admin", "/chat")]
    assert sorted((each["name"], each["sid"]) for each in joined) == expected


@pytest.fixture(scope="session")
def pinging_upstream(tmp_path_factory):
    """With short heartbeats: python-engineio leaves a poll open until its next ping when a client leaves."""
    from processes import SocketIOServer

    log = tmp_path_factory.mktemp("pinging") / "stderr.log"
    server = SocketIOServer("--ping-interval", "2", "--ping-timeout", "2", log=log)
    yield server
    server.kill()


@pytest.fixture(params=["direct", "siphon"])
def pinging(request, pinging_upstream):
    if request.param == "direct":
        return Target(pinging_upstream.url, None)
    one = request.getfixturevalue("start_siphon")(pinging_upstream.url)
    return Target(one.url, one)


REFUSALS = {
    "by data": ("/admin", {"token": "wrong"}, {"message": "denied", "data": {"code": 7}}),
    "by message": ("/", {"refuse": ["go away"]}, {"message": "go away"}),
    "with several values": ("/", {"refuse": ["no", 1, {"two": 2}]}, {"message": "no", "data": [1, {"two": 2}]}),
    "without a message": ("/", {"refuse": []}, {"message": "Connection rejected by server"}),
    "unknown namespace": ("/nowhere", None, "Unable to connect"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusal_by_the_server(pinging, transports, client_kind, open_client, case):
    namespace, auth, expected = REFUSALS[case]
    client = open_client(pinging.url, transports, client_kind, namespaces=[namespace], auth=auth, connect=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect()
    assert client.wait_for("connect_error", namespace=namespace) == [(expected,)]
    found = pinging.captured(1, kind="connect_error", sender="upstream", namespace=namespace)
    if found:
        assert found[0]["args"] == [expected]


def test_the_server_disconnects(pinging, transports, client_kind, open_client, pinging_upstream):
    client = open_client(pinging.url, transports, client_kind, namespaces=["/", "/chat"])
    sid = client.sio.get_sid("/chat")
    client.emit("leave", namespace="/chat")
    assert client.wait_for("disconnect", namespace="/chat") == [("server disconnect",)]
    assert pinging_upstream.wait_for(what="disconnect", sid=sid)[0]["reason"] == "server disconnect"
    assert client.call("ask", "still here") == "still here"
    pinging.captured(1, kind="disconnect", sender="upstream", namespace="/chat", args=[])


def test_the_client_disconnects(pinging, transports, client_kind, open_client, pinging_upstream):
    """On a WebSocket python's clients may close before their own `41` is written: then the reason is the close, of the
    WebSocket or, where the upstream's hop has not upgraded yet, of its session. Between the two of them alone a
    polling client now and then does not write it at all."""
    client = open_client(pinging.url, transports, client_kind)
    sid = client.sio.get_sid("/")
    client.disconnect()
    assert client.wait_for("disconnect") == [("client disconnect",)]
    reason = pinging_upstream.wait_for(what="disconnect", sid=sid)[0]["reason"]
    reasons = ["client disconnect"]
    if transports[-1] == "websocket":
        reasons.append("transport close")
    elif not pinging.siphon:
        reasons.append("ping timeout")
    assert reason in reasons
    if pinging.siphon:
        connection = pinging.captured(1, kind="close")[0]["connection"]
        left = pinging.siphon.events(kind="disconnect", sender="client", namespace="/")
        closed = eventually(
            lambda: [c for c in pinging.siphon.connections() if c["closedAt"] and c["id"] == connection],
            what="closedAt",
        )
        has_said_so = reason == "client disconnect" and closed[0]["upstream"]["transport"] == transports[-1]
        assert len(left) == (1 if has_said_so else 0)


def test_heartbeats_keep_both_hops_alive(pinging, transports, open_client):
    """Longer than an interval and a timeout together, with nothing else sent."""
    import time

    client = open_client(pinging.url, transports)
    time.sleep(4.5)
    assert client.call("ask", "still here") == "still here"
    assert client.args("disconnect") == []


def test_thousand_events_to_the_server_in_order(target, transports, open_client, upstream):
    client = open_client(target.url, transports)
    total = 1000
    before_fence = 8 if transports == ["polling"] else 200
    for number in range(total):
        client.emit("count", number)
        if number % before_fence == before_fence - 1:
            client.call("fence")
    sid = client.sio.get_sid("/")
    counted = upstream.wait_for(total, timeout=10, what="event", name="count", sid=sid)
    assert [entry["args"][0] for entry in counted] == list(range(total))
    found = target.captured(total, kind="event", sender="client", name="count")
    if found:
        assert [event["args"][0] for event in found] == list(range(total))


def test_thousand_events_to_the_client_in_order(target, transports, open_client):
    client = open_client(target.url, transports)
    total = 1000
    client.emit("burst", (total, 8 if transports == ["polling"] else 200))
    ticks = client.wait_for("tick", total, timeout=20)
    assert [args[0] for args in ticks] == list(range(total))
    found = target.captured(total, kind="event", sender="upstream", name="tick")
    if found:
        assert [event["args"][0] for event in found] == list(range(total))


def test_at_most_16_packets_a_payload_towards_either_side(siphon, open_client, upstream, engine_upstream, start_siphon):
    """PX 38, 39: what would end a python peer without a proxy arrives whole and in order."""
    from wire import EngineClient

    raw = EngineClient(siphon.port, "polling")
    sid = json.loads(raw.join().removeprefix("40"))["sid"]
    assert raw.post("\x1e".join(f'42["count",{number}]' for number in range(40))).status == 200
    assert [e["args"][0] for e in upstream.wait_for(40, what="event", sid=sid)] == list(range(40))
    raw.close()

    server = engine_upstream()
    client = open_client(start_siphon(server.url).url, ["polling"])
    server.session().send(*[f'42["tick",{number}]' for number in range(40)])
    assert [args[0] for args in client.wait_for("tick", 40)] == list(range(40))


@pytest.mark.parametrize("through", ["direct", "siphon"])
def test_reconnection_after_the_upstream_restarts(
    request, through, transports, client_kind, open_client, start_upstream
):
    upstream = start_upstream()
    siphon = request.getfixturevalue("start_siphon")(upstream.url) if through == "siphon" else None
    url = siphon.url if siphon else upstream.url
    fast = {"reconnection_delay": 0.2, "reconnection_delay_max": 0.5, "randomization_factor": 0}
    client = open_client(url, transports, client_kind, reconnection=True, **fast)
    first = client.sio.get_sid("/")
    upstream.restart()
    client.wait_for("disconnect")
    assert client.args("disconnect") == [("transport error",)]
    client.wait_for("connect", 2, timeout=15)
    assert client.sio.get_sid("/") != first
    assert client.call("ask", "back") == "back"
    if siphon:
        assert len(siphon.wait_for(2, kind="connect", sender="upstream")) == 2
        old = [each for each in siphon.connections() if each["closedAt"]]
        assert len(old) >= 1 and old[0]["closeReason"]


def test_two_clients_with_equal_ack_ids_do_not_cross(target, transports, open_client):
    """PX 98."""
    clients = [open_client(target.url, transports) for _ in range(2)]
    answers = {0: [], 1: []}
    for number in range(10):
        for index, client in enumerate(clients):
            client.emit("ask", f"{index}-{number}", callback=lambda value, index=index: answers[index].append(value))
    eventually(lambda: all(len(each) == 10 for each in answers.values()), what="all answers")
    for index in (0, 1):
        assert answers[index] == [f"{index}-{number}" for number in range(10)]
