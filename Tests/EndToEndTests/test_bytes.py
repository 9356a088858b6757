"""What was not edited leaves byte for byte as it came, both ways, on every transport."""

import base64
import itertools

import pytest
from processes import eventually
from wire import EngineClient

PACKETS = {
    "numbers": r'42["n",12345678901234567890,1.0,1e3,-0,0.10,1E+2,1e400,"\ud83d"]',
    "spaces": '42[ "n" ,\t{ "a" : 1 } , [ ] ]\n',
    "key order and duplicates": '42["n",{"b":1,"a":2,"b":3,"__proto__":{"x":1},"constructor":null}]',
    "escapes": r'42["n","\u0041\/\b\u001e\uD83D\uDE00","😀é\u2028"]',
    "escaped name": r'42["\u006e",1]',
    "placeholder in plain data": '42["n",{"_placeholder":true,"num":0}]',
    "root namespace spelled out": '42/,["n"]',
    "ack id with zeros": '42007["n"]',
    "large ack id": '422147483647["n"]',
    "ack id above 15 digits": '4212345678901234567890["n"]',
    "ack": "437[1.0,2e5]",
    "number as name": "42[1,2]",
    "empty event": "42[]",
    "no event": '42{"a":1}',
    "not JSON": "42[nope",
    "unknown kind": "49x",
    "auth": '40{"token":1.0,"b":"\\u0062"}',
    "error": '44{"message":"no","data":1e3}',
    "query in a namespace": '42/a?token=1,["n"]',
    "no comma": '42/custom["n"]',
    "reserved": '42["disconnect"]',
}
SIDES = list(itertools.product(["polling", "websocket", "upgrade"], ["client", "upstream"]))


def starter(request, engine_upstream, clients, through: str = "siphon"):
    def start(transport: str, *options: str, **upstream_options):
        upstream = engine_upstream(**upstream_options)
        siphon = request.getfixturevalue("start_siphon")(upstream.url, *options) if through == "siphon" else None
        port = siphon.port if siphon else upstream.port
        client = EngineClient(port, "websocket" if transport == "websocket" else "polling")
        clients.append(client)
        client.join()
        if transport == "upgrade":
            client.upgrade()
        return client, upstream.session(), siphon

    return start


@pytest.fixture
def clients():
    opened = []
    yield opened
    for client in opened:
        client.close()


@pytest.fixture
def pair(request, start_siphon, engine_upstream, clients):
    """pair(transport, *options) -> (raw client, session at the raw upstream, proxy), namespace `/` joined."""
    return starter(request, engine_upstream, clients)


@pytest.fixture(params=["direct", "siphon"])
def any_pair(request, engine_upstream, clients):
    """As `pair`, once without a proxy to prove the test itself."""
    return starter(request, engine_upstream, clients, request.param)


def pass_through(client, session, sender: str, packet):
    """Sends one packet from one side and returns what the other got."""
    if sender == "upstream":
        session.send(packet)
        return client.receive()
    before = len(session.messages())
    client.send(packet)
    return eventually(lambda: session.messages()[before:], what=f"{packet!r:.60} at the upstream")[0]


@pytest.mark.parametrize(("transport", "sender"), SIDES)
def test_text_arrives_as_it_left(any_pair, transport, sender):
    client, session, siphon = any_pair(transport)
    for name, packet in PACKETS.items():
        assert pass_through(client, session, sender, packet) == packet, name
    if siphon is None:
        return
    raw = {siphon.api.get(f"events/{event['id']}")["raw"] for event in siphon.events(sender=sender)}
    for name, packet in PACKETS.items():
        assert packet in raw or packet[1:] in raw, f"{name}: {packet} is not among {raw}"


def test_numbers_keep_their_text_in_the_api(pair):
    client, session, siphon = pair("websocket")
    pass_through(client, session, "client", PACKETS["numbers"])
    siphon.wait_for(name="n")
    text = siphon.api.request("GET", "events", params={"limit": 1000}).text
    assert r"12345678901234567890,1.0,1e3,-0,0.10,1E+2,1e400" in text.replace(" ", "")


@pytest.mark.parametrize(("transport", "sender"), SIDES)
@pytest.mark.parametrize("count", [1, 3, 10, 11, 1000])
def test_attachments_arrive_as_they_left(any_pair, transport, sender, count):
    if count == 1000 and transport == "polling":
        pytest.skip("one request for each attachment in this raw client")
    client, session, siphon = any_pair(transport)
    places = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in range(count))
    packet = f'45{count}-["up", {places}]'
    binaries = [bytes([number % 256]) * (number % 300) for number in range(count)]
    if sender == "client":
        before = len(session.messages())
        for each in [packet, *binaries]:
            client.send(each)
        got = eventually(lambda: len(session.messages()) > before + count and session.messages()[before:], timeout=10)
    else:
        for each in [packet, *binaries]:
            session.send(each)
        got = [client.receive() for _ in range(count + 1)]
    assert got == [packet, *binaries]
    if siphon is None:
        return
    event = siphon.wait_for(name="up")[0]
    assert len(event["attachments"]) == count
    answer = siphon.api.request("GET", f"events/{event['id']}/attachments/{count - 1}")
    assert answer.status_code == 200 and answer.content == binaries[-1]


def test_nothing_comes_between_a_packet_and_its_attachments(pair):
    """PX 100: an injected event waits for the unit in transit."""
    client, session, siphon = pair("websocket")
    connection = siphon.connections()[0]["id"]
    client.send('453-["up",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}]')
    client.send(b"0")
    answer = siphon.api.inject(connection, "upstream", "between", [{"$binary": base64.b64encode(b"own").decode()}])
    assert answer.status_code == 200
    client.send(b"1")
    client.send(b"2")
    got = eventually(lambda: len(session.messages()) == 7 and session.messages()[1:], what="both units")
    own = [packet for packet in got if isinstance(packet, str) and "between" in packet]
    at = got.index(own[0])
    assert at in (0, 4), "before or behind the other unit"
    assert got[at + 1] == b"own"
    rest = got[:at] + got[at + 2 :]
    assert rest[0].startswith("453-") and rest[1:] == [b"0", b"1", b"2"]


def test_a_packet_by_polling_and_its_attachment_by_websocket(any_pair):
    """§4.3: reassembly belongs to the connection and survives an upgrade in between."""
    client, session, _ = any_pair("polling")
    before = len(session.messages())
    client.send('451-["up",{"_placeholder":true,"num":0}]')
    client.upgrade()
    client.send(b"late")
    got = eventually(lambda: len(session.messages()) >= before + 2 and session.messages()[before:], what="the unit")
    assert got == ['451-["up",{"_placeholder":true,"num":0}]', b"late"]


def test_a_thousand_packets_both_ways_across_the_upgrade(any_pair):
    """SRV 46: nothing lost, doubled or out of order."""
    client, session, _ = any_pair("polling")
    total = 1000
    before = len(session.messages())
    for start in range(0, total // 2, 10):
        client.post("\x1e".join(f'42["c",{number}]' for number in range(start, start + 10)))
        session.send(*[f'42["s",{number}]' for number in range(start, start + 10)])
    client.upgrade()
    for number in range(total // 2, total):
        client.send(f'42["c",{number}]')
        session.send(f'42["s",{number}]')
    got = [client.receive() for _ in range(total)]
    assert got == [f'42["s",{number}]' for number in range(total)]
    arrived = eventually(lambda: len(session.messages()) >= before + total and session.messages()[before:], timeout=10)
    assert arrived == [f'42["c",{number}]' for number in range(total)]


def test_the_upstream_transport_mirrors_the_clients(pair):
    for transport in ("polling", "websocket"):
        client, session, _ = pair(transport)
        pass_through(client, session, "client", '42["x"]')
        assert session.received[-1][0] == transport
    client, session, _siphon = pair("upgrade")
    eventually(lambda: session.websocket, timeout=5, what="the upstream's upgrade")
    pass_through(client, session, "client", '42["x"]')
    assert session.received[-1][0] == "websocket"


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_disconnect_then_close_reaches_the_upstream_in_that_order(pair, transport):
    client, session, siphon = pair(transport)
    client.send('42["last"]')
    client.send("41")
    if transport == "polling":
        client.send("1")
    else:
        client.websocket.close(1000)
    eventually(lambda: session.ended, what="the end at the upstream")
    assert session.messages()[-2:] == ['42["last"]', "41"]
    closed = eventually(lambda: siphon.connections()[0]["closedAt"] and siphon.connections()[0], what="closedAt")
    assert closed["closeReason"]
