"""Several event loops: whichever accepts a client's next request, its session answers it."""

import pytest
from processes import eventually
from wire import EngineClient, RawWebSocket, dial, head, http, read_message


@pytest.mark.parametrize("transports", [["polling"], ["polling", "websocket"], ["websocket"]], ids="-".join)
def test_sessions_find_their_requests(start_siphon, upstream, open_client, transports):
    siphon = start_siphon(upstream.url, "--threads", "4")
    clients = [open_client(siphon.url, transports=transports) for _ in range(12)]
    for number, client in enumerate(clients):
        for turn in range(3):
            assert client.call("ask", {"client": number, "turn": turn}) is not None
    shown = siphon.connections()
    assert len(shown) == 12
    assert {each["client"]["transport"] for each in shown} == {transports[-1]}
    assert {each["upstream"]["transport"] for each in shown} == {transports[-1]}
    events = siphon.events(name="ask", kind="event")
    assert len(events) == 36
    assert all(each["ack"] for each in events)
    ids = [int(each["id"][1:]) for each in siphon.events()]
    assert ids == sorted(set(ids))


STREAMS = 8  # so that some of them are accepted by the loop that is not the session's


@pytest.fixture
def spread(engine_upstream, start_siphon):
    """A session by polling on one of two event loops, and clients' connections on both."""
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url, "--threads", "2")
    client = EngineClient(siphon.port, "polling")
    client.join()
    streams = [dial(siphon.port) for _ in range(STREAMS)]
    yield siphon, client, upstream.session(), streams
    for stream in streams:
        stream.close()
    client.close()


CUTS = {"its first byte": 1, "twenty bytes": 20, "all but one byte": -1, "all of it": None}


@pytest.mark.parametrize("case", CUTS)
def test_a_request_behind_one_that_moves_is_not_lost(spread, case):
    cut = CUTS[case]
    siphon, client, session, streams = spread
    for number, stream in enumerate(streams):
        body = b'42["moved",%d]' % number
        first = head("POST", client.target("polling"), [("Content-Length", str(len(body)))], siphon.port) + body
        second = head("DELETE", client.target("polling"), [], siphon.port)
        stream.send(first + second[:cut])
        assert read_message(stream).text == "ok"
        if cut:
            stream.send(second[cut:])
        assert read_message(stream).status == 405
    expected = [f'42["moved",{number}]' for number in range(STREAMS)]
    eventually(lambda: session.messages()[1:] == expected, what="every event, in order")


def test_a_body_behind_a_get_is_no_request(spread):
    """On whichever loop: it means nothing, and the next request begins behind it."""
    siphon, client, session, streams = spread
    inner = head("GET", "/smuggled", [], siphon.port)
    length = [("Content-Length", str(len(inner)))]
    for number, stream in enumerate(streams):
        session.send(f'42["poll",{number}]')
        answer = http(siphon.port, "GET", client.target("polling"), length, inner, stream=stream)
        assert answer.text == f'42["poll",{number}]'
        bogus = client.target("polling").replace("polling", "bogus")
        assert http(siphon.port, "GET", bogus, length, inner, stream=stream).status == 400
    for stream in streams:
        answer = http(siphon.port, "POST", client.target("polling"), body=b'42["in step"]', stream=stream)
        assert answer.text == "ok"
    eventually(lambda: session.messages()[1:] == ['42["in step"]'] * STREAMS, what="the events behind")
    assert all(request.target.startswith("/socket.io/") for request in session.requests)


@pytest.mark.parametrize("path", ["/socket.io/?EIO=4&transport=websocket", "/websocket"], ids=["socket.io", "other"])
def test_a_websocket_leaves_nothing_of_what_it_sent(start_siphon, upstream, path):
    """What is kept so that a request could move is kept no longer than that."""
    siphon = start_siphon(upstream.url, "--threads", "2", "--memory", "1MiB")
    websocket = RawWebSocket(siphon.port, path)
    if "socket.io" in path:
        websocket.send("40")
    before = siphon.resident_bytes()
    for _ in range(120):
        websocket.send('42["large","' + "x" * 500_000 + '"]')
        if "socket.io" not in path:
            websocket.receive()
    eventually(lambda: siphon.connections()[0]["counts"]["fromClient"] >= 120, 20, what="all of it")
    assert siphon.resident_bytes() < before + 30_000_000
    websocket.stream.close()


def test_a_blank_line_before_a_request_sends_none_twice(spread):
    """RFC 9112, 2.2. What was answered here is not answered again where the connection moves to."""
    siphon, client, _, streams = spread
    for stream in streams:
        stream.send(b"\r\n\r\n" + head("POST", "/order", [("Content-Length", "2")], siphon.port) + b"hi")
        first = read_message(stream).status
        stream.send(head("DELETE", client.target("polling"), [], siphon.port))
        assert (first, read_message(stream).status) == (first, 405)
