"""Options of the proxying: how each changes what both peers see."""

import pytest
from processes import eventually
from wire import Ended, EngineClient

UNDECODABLE = {
    "an unknown kind of packet": "49",
    "a count of attachments without its dash": "451[]",
}


def has_ended(client: EngineClient) -> bool:
    """Reads until the end that must come: a close frame or packet, a refused poll, or an end of the stream."""
    try:
        return client.receive() == "1"
    except Ended:
        return True
    except AssertionError as refused:
        return " 400 " in str(refused)


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("sender", ["client", "upstream"])
@pytest.mark.parametrize("case", UNDECODABLE)
def test_strict_ends_both_hops_at_a_packet_that_cannot_be_decoded(
    engine_upstream, start_siphon, transport, sender, case
):
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url, "--strict")
    other = EngineClient(siphon.port, "websocket")
    other.join()
    others_session = upstream.session()
    client = EngineClient(siphon.port, transport)
    client.join()
    session = upstream.session()
    if sender == "client" and transport == "polling":
        assert client.post(UNDECODABLE[case]).status in (200, 400)
    else:
        (client if sender == "client" else session).send(UNDECODABLE[case])
    assert has_ended(client)
    eventually(lambda: session.ended, what="the end at the upstream")
    assert len(session.messages()) == 1, "the packet was passed on"
    closed = eventually(lambda: [each for each in siphon.connections() if each["closedAt"]], what="a closed connection")
    assert len(closed) == 1
    assert "--strict" in closed[0]["closeReason"]
    other.send('42["still"]')
    eventually(lambda: others_session.messages()[1:] == ['42["still"]'], what="the event of another connection")
    for each in (client, other):
        each.close()


@pytest.mark.parametrize("sender", ["client", "upstream"])
@pytest.mark.parametrize("case", UNDECODABLE)
def test_without_strict_it_passes(engine_upstream, start_siphon, sender, case):
    upstream = engine_upstream()
    client = EngineClient(start_siphon(upstream.url).port, "websocket")
    client.join()
    session = upstream.session()
    if sender == "client":
        client.send(UNDECODABLE[case])
        eventually(lambda: session.messages()[1:] == [UNDECODABLE[case]], what="the packet at the upstream")
    else:
        session.send(UNDECODABLE[case])
        assert client.receive() == UNDECODABLE[case]
    client.close()


@pytest.mark.parametrize("towards", ["polling", "websocket"])
@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_the_upstreams_transport_is_chosen(engine_upstream, start_siphon, transport, towards):
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url, "--upstream-transport", towards)
    client = EngineClient(siphon.port, transport)
    client.join()
    session = upstream.session()
    for packet in ('42["text","é"]', '451-["binary",{"_placeholder":true,"num":0}]', b"\x00\xff"):
        client.send(packet)
    expected = [(towards, '42["text","é"]'), (towards, '451-["binary",{"_placeholder":true,"num":0}]')]
    eventually(lambda: len(session.messages()) == 4, what="the packets at the upstream")
    assert session.received[1:] == [*expected, (towards, b"\x00\xff")]
    session.send('42["back"]')
    assert client.receive() == '42["back"]'
    (connection,) = siphon.connections()
    assert connection["client"]["transport"] == transport
    assert connection["upstream"]["transport"] == towards
    client.close()


@pytest.mark.parametrize("towards", ["polling", "websocket"])
def test_a_real_client_on_any_transport_with_a_chosen_one_upstream(
    start_siphon, upstream, open_client, transports, towards
):
    siphon = start_siphon(upstream.url, "--upstream-transport", towards)
    client = open_client(siphon.url, transports)
    assert client.call("ask", b"\x00\xff") == b"\x00\xff"
    assert client.call("ask-me", "why") == ("answered", ["why"])
    (connection,) = siphon.connections()
    assert connection["client"]["transport"] == transports[-1]
    assert connection["upstream"]["transport"] == towards


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_with_another_path_the_usual_one_is_not_decoded(engine_upstream, start_siphon, transport):
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url, "--path", "/realtime")
    client = EngineClient(siphon.port, transport, path="/realtime/")
    client.join()
    plain = EngineClient(siphon.port, transport)
    plain.join()
    assert [each["protocol"] for each in siphon.connections()].count("socket.io") == 1
    assert len(siphon.wait_for(kind="connect", sender="client")) == 1
    for each in (client, plain):
        each.close()


def test_another_path_by_option(start_siphon, upstream, engine_upstream):
    server = engine_upstream()
    siphon = start_siphon(server.url, "--path", "/realtime/")
    client = EngineClient(siphon.port, "websocket", path="/realtime/")
    client.join()
    assert server.session().handshake.target.startswith("/realtime/?")
    assert siphon.wait_for(kind="connect", sender="client")
    client.close()
