"""Other WebSockets pass as they are, and are shown as connections."""

import asyncio
import os
import socket
import threading

import aiohttp
import pytest
from processes import eventually
from wire import BINARY, CLOSE, TEXT, RawWebSocket, Stream, agreement, frame, http, read_head


def agree(stream: Stream, *headers: str, behind: bytes = b"", seen: list | None = None):
    """Answers a WebSocket handshake, which is in `seen` by then."""
    request = read_head(stream)
    if seen is not None:
        seen.append(request)
    stream.send(agreement(request, *headers) + behind)


def test_another_websocket_is_tunnelled(siphon):
    websocket = RawWebSocket(siphon.port, "/websocket?x=1", [("Sec-WebSocket-Protocol", "unknown, other.v1")])
    assert websocket.answer.status == 101
    assert websocket.answer.get("sec-websocket-protocol") == "other.v1"
    websocket.send("hello")
    assert websocket.receive() == (TEXT, b"hello")
    websocket.send(b"\x00\xff" * 100_000)
    assert websocket.receive() == (BINARY, b"\x00\xff" * 100_000)
    websocket.send("in ", fin=False)
    websocket.send("two pieces", 0)
    assert websocket.receive() == (TEXT, b"in two pieces")
    assert siphon.connections()[0]["protocol"] == "websocket"
    websocket.send("close")
    opcode, payload = websocket.receive()
    assert (opcode, payload[:2], payload[2:]) == (CLOSE, b"\x0f\xa1", b"as told")
    websocket.stream.close()


def test_frames_that_follow_a_101_at_once(raw_upstream, start_siphon):
    """Attack 20."""

    def script(stream: Stream):
        agree(stream, behind=frame(TEXT, b"at once", masked=False))
        stream.rest()

    siphon = start_siphon(raw_upstream(script).url)
    websocket = RawWebSocket(siphon.port, "/other")
    assert websocket.receive() == (TEXT, b"at once")
    websocket.stream.close()


def test_subprotocol_extension_and_fields_are_negotiated_end_to_end(raw_upstream, start_siphon):
    seen: list = []

    def script(stream: Stream):
        agree(
            stream, "Sec-WebSocket-Protocol: graphql-ws", "Sec-WebSocket-Extensions: permessage-deflate; x=1",
            "Set-Cookie: a=1; Path=/", "X-Upstream: yes", seen=seen,
        )  # fmt: skip
        stream.rest()

    siphon = start_siphon(raw_upstream(script).url)
    offer = [
        ("Sec-WebSocket-Protocol", "other, graphql-ws"), ("Sec-WebSocket-Extensions", "permessage-deflate; x=1"),
        ("Sec-WebSocket-Extensions", "x-own"), ("Cookie", "b=2"), ("Origin", siphon.url), ("X-Client", "yes"),
    ]  # fmt: skip
    websocket = RawWebSocket(siphon.port, "/graphql?a=%20", offer)
    assert websocket.answer.status == 101
    assert websocket.answer.all("sec-websocket-protocol") == ["graphql-ws"]
    assert websocket.answer.all("sec-websocket-extensions") == ["permessage-deflate; x=1"]
    assert websocket.answer.get("set-cookie") == "a=1; Path=/" and websocket.answer.get("x-upstream") == "yes"
    websocket.stream.close()
    assert seen[0].target == "/graphql?a=%20"
    assert seen[0].all("sec-websocket-protocol") == ["other, graphql-ws"]
    assert seen[0].all("sec-websocket-extensions") == ["permessage-deflate; x=1", "x-own"]
    assert seen[0].get("cookie") == "b=2" and seen[0].get("x-client") == "yes"
    assert seen[0].get("origin") == siphon.upstream_url


def test_real_peers_compress_through_it(siphon):
    """permessage-deflate of aiohttp on both ends, with a context that lives on from message to message."""

    async def talk() -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{siphon.url}/websocket", compress=15, max_msg_size=0) as websocket,
        ):
            for content in ("hello " * 10_000, "", "hello " * 10_000, "ü🎉"):
                await websocket.send_str(content)
                assert (await websocket.receive(5)).data == content
            noise = os.urandom(300_000)
            await websocket.send_bytes(noise)
            assert (await websocket.receive(5)).data == noise
            return websocket.compress

    assert asyncio.run(talk()) == 15


def test_odd_frames_pass_as_they_are(raw_upstream, start_siphon):
    """Reserved bits and opcodes, masks where none belong, not even frames: none of it is Siphon's to judge."""
    odd = frame(TEXT, b"\x01\xff", masked=True, reserved=7) + frame(5, b"x", masked=False) + os.urandom(10_000)

    def script(stream: Stream):
        agree(stream)
        assert stream.exactly(len(odd)) == odd
        stream.send(odd[::-1])
        stream.rest()

    siphon = start_siphon(raw_upstream(script).url)
    websocket = RawWebSocket(siphon.port, "/other")
    websocket.stream.send(odd)
    assert websocket.stream.exactly(len(odd)) == odd[::-1]
    websocket.stream.close()


LARGE = os.urandom(8 << 20)


@pytest.mark.parametrize("first", ["client", "upstream"])
def test_a_half_that_closes_loses_nothing_in_either_direction(raw_upstream, start_siphon, first):
    """What was sent before it arrives, and the other half goes on for as long as it likes."""
    got: dict[str, bytes] = {}
    upstream_has_all = threading.Event()

    def script(stream: Stream):
        agree(stream)
        if first == "upstream":
            stream.send(LARGE)
            stream.sock.shutdown(socket.SHUT_WR)
        got["upstream"] = stream.rest()
        upstream_has_all.set()
        if first == "client":
            stream.send(LARGE)

    siphon = start_siphon(raw_upstream(script).url)
    stream = RawWebSocket(siphon.port, "/other").stream
    if first == "client":
        stream.send(LARGE)
        stream.sock.shutdown(socket.SHUT_WR)
        assert upstream_has_all.wait(10)
    got["client"] = stream.rest()
    if first == "upstream":
        stream.send(LARGE)
        stream.sock.shutdown(socket.SHUT_WR)
        assert upstream_has_all.wait(10)
    assert got["upstream"] == LARGE
    assert got["client"] == LARGE
    eventually(lambda: siphon.connections()[0]["closedAt"], what="the end of the connection")
    stream.close()


def test_it_is_shown_with_its_counts(siphon):
    """A connection of protocol `websocket`, whose messages are counted in both directions."""
    websocket = RawWebSocket(siphon.port, "/websocket?x=1", [("User-Agent", "tester/1")])
    for number in range(3):
        websocket.send(f"message {number}")
        assert websocket.receive()[0] == TEXT
    shown = siphon.connections()
    assert [each["protocol"] for each in shown] == ["websocket"]
    assert (shown[0]["client"]["transport"], shown[0]["client"]["userAgent"]) == ("websocket", "tester/1")
    assert shown[0]["upstream"]["transport"] == "websocket"
    assert shown[0]["openedAt"] and not shown[0]["closedAt"]
    assert shown[0]["counts"] == {"fromClient": 3, "fromUpstream": 3}
    websocket.stream.close()


@pytest.mark.parametrize("who", ["client", "upstream", "api"])
def test_its_end_is_shown(raw_upstream, start_siphon, who):
    may_leave = threading.Event()

    def script(stream: Stream):
        agree(stream)
        if who == "upstream":
            may_leave.wait(5)
        else:
            stream.rest()

    siphon = start_siphon(raw_upstream(script).url)
    websocket = RawWebSocket(siphon.port, "/other")
    shown = siphon.connections()[0]
    if who == "client":
        websocket.stream.close()
    elif who == "upstream":
        may_leave.set()
        assert websocket.stream.rest() == b""  # it closed its half; the client's is the client's
        websocket.stream.close()
    else:
        assert siphon.api.delete(f"connections/{shown['id']}").status_code == 204
        assert websocket.stream.rest() == b""
    eventually(lambda: siphon.connections()[0]["closedAt"], what="the end of the connection")
    assert siphon.connections()[0]["closeReason"]
    assert siphon.api.get("status")["connections"] == 0
    websocket.stream.close()


def test_a_refusal_passes(raw_upstream, start_siphon):
    def script(stream: Stream):
        read_head(stream)
        stream.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\nX-Why: so\r\n\r\nno, x")

    siphon = start_siphon(raw_upstream(script).url)
    answer = RawWebSocket(siphon.port, "/other").refused
    assert (answer.status, answer.text, answer.get("x-why")) == (403, "no, x", "so")
    assert siphon.connections() == []


def test_an_upgrade_that_nobody_asked_for(raw_upstream, start_siphon):
    """A 101 to a plain request, and one to another protocol, open no tunnel."""

    def script(stream: Stream):
        read_head(stream)
        stream.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nraw")
        stream.rest()

    siphon = start_siphon(raw_upstream(script).url)
    assert http(siphon.port, "GET", "/").status == 502
    other = [("Connection", "Upgrade"), ("Upgrade", "h2c")]
    assert http(siphon.port, "GET", "/", other).status == 502
    assert siphon.connections() == []
