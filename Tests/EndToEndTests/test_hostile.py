"""Hostile peers on both legs: a clear error or a clean close, a witness that never notices."""

import json
import os
import random
import socket
import struct
import threading
import time

import pytest
from processes import eventually
from wire import (
    BINARY,
    CLOSE,
    PING,
    TEXT,
    Ended,
    EngineClient,
    RawWebSocket,
    Stream,
    WebSocketStream,
    agreement,
    dial,
    frame,
    head,
    http,
    raw_exchange,
    read_message,
    statuses,
)  # fmt: skip

POLLING = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"
MEBIBYTE = 1 << 20


# MARK: the client's leg, HTTP

GARBAGE = {
    "zeros": b"\x00" * 5000,
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
    "random": random.Random(7).randbytes(20_000),
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "bare LF": b"GET / HTTP/1.1\nHost: x\n\n",
    "space before colon": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "CR in a value": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
    "NUL in a value": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "two hosts": b"GET /reflect HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "no host": b"GET /reflect HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("case", GARBAGE)
def test_garbage_instead_of_http(siphon, witness, case):
    """Attack 21: refused by ourselves (4xx or a close); nothing of it is passed on as a request."""
    stream = dial(siphon.port, timeout=8)
    try:
        stream.send(GARBAGE[case])
        stream.sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    answer = stream.rest()
    assert all(400 <= status < 500 for status in statuses(answer)), answer[:200]
    assert b"smuggled" not in answer
    assert len(statuses(answer)) <= 1
    stream.close()


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LAST_CHUNK = b"0\r\n\r\n"
#: A request's framing and body. Read another way than it is meant, what is behind it would be its body, or the reverse.
AMBIGUOUS = {
    "signed length": (b"Content-Length: +5\r\n", b"hello"),
    "negative length": (b"Content-Length: -5\r\n", b"hello"),
    "length in hexadecimal": (b"Content-Length: 0x5\r\n", b"hello"),
    "length with a space within": (b"Content-Length: 5 5\r\n", b"hello"),
    "empty length": (b"Content-Length:\r\n", b""),
    "two lengths": (b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello"),
    "two lengths in a line": (b"Content-Length: 5, 6\r\n", b"hello"),
    "huge length": (b"Content-Length: 99999999999999999999\r\n", b"hello"),
    "length, then chunked": (b"Content-Length: 6\r\n" + CHUNKED, LAST_CHUNK),
    "chunked, then length": (CHUNKED + b"Content-Length: 6\r\n", LAST_CHUNK),
    "chunked in disguise": (b"Transfer-Encoding: xchunked\r\n", LAST_CHUNK),
    "chunked in quotes": (b'Transfer-Encoding: "chunked"\r\n', LAST_CHUNK),
    "chunked and more": (b"Transfer-Encoding: chunked, identity\r\n", LAST_CHUNK),
    "chunked twice": (CHUNKED + b"Transfer-Encoding: identity\r\n", LAST_CHUNK),
    "chunked behind a tab": (b"Transfer-Encoding:\x0bchunked\r\n", LAST_CHUNK),
    "chunked with a space before the colon": (b"Transfer-Encoding : chunked\r\n", LAST_CHUNK),
    "chunked on a folded line": (b"Transfer-Encoding:\r\n chunked\r\n", LAST_CHUNK),
    "chunked behind a bare CR": (b"X: y\rTransfer-Encoding: chunked\r\n", LAST_CHUNK),
    "chunked behind a bare LF": (b"Content-Length: 5\r\nX: y\n" + CHUNKED, LAST_CHUNK),
    "bad chunk": (CHUNKED, b"zz\r\nhello\r\n" + LAST_CHUNK),
    "huge chunk": (CHUNKED, b"ffffffffffffffffff\r\nx"),
    "chunk with 0x": (CHUNKED, b"0x5\r\nhello\r\n" + LAST_CHUNK),
    "chunk with a sign": (CHUNKED, b"+5\r\nhello\r\n" + LAST_CHUNK),
    "chunk longer than it says": (CHUNKED, b"3\r\nhello\r\n" + LAST_CHUNK),
    "chunks with bare LF": (CHUNKED, b"5\nhello\n0\n\n"),
    "chunk extension with a bare LF": (CHUNKED, b"5;a\nhello\r\n" + LAST_CHUNK),
    "chunk extension with a bare CR": (CHUNKED, b"5;a\rb\r\nhello\r\n" + LAST_CHUNK),
}


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_a_request_that_could_be_read_two_ways_is_refused(raw_upstream, start_siphon, case):
    """And whatever reaches the upstream of it is no second request (RFC 9112, 11.2)."""
    reached = bytearray()

    def script(stream: Stream):
        while True:
            stream._more()
            reached.extend(stream.buffer)
            stream.buffer.clear()

    siphon = start_siphon(raw_upstream(script).url)
    fields, body = AMBIGUOUS[case]
    stream = dial(siphon.port, timeout=8)
    try:
        stream.send(b"POST /first HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n" + body + SMUGGLED)
    except OSError:
        pass
    answers = statuses(stream.rest())
    assert answers in ([400], []) or (len(answers) == 1 and 400 <= answers[0] < 500)
    assert b"/smuggled" not in reached
    stream.close()


FOLLOWED = {
    "a body of a GET": (b"GET", b"Content-Length: %d\r\n" % len(SMUGGLED), SMUGGLED),
    "a body of a POST": (b"POST", b"Content-Length: %d\r\n" % len(SMUGGLED), SMUGGLED),
    "a chunk": (b"POST", CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)),
    "an equal length twice": (b"POST", b"Content-Length: %d\r\n" % len(SMUGGLED) * 2, SMUGGLED),
    "a body of a HEAD": (b"HEAD", b"Content-Length: %d\r\n" % len(SMUGGLED), SMUGGLED),
    "a body of an OPTIONS": (b"OPTIONS", CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)),
}


@pytest.mark.parametrize("case", FOLLOWED)
def test_a_request_in_a_body_stays_there(raw_upstream, start_siphon, case):
    """Both sides of the proxy agree where the request ends: the next begins behind it, and nowhere else."""
    seen: list = []

    def script(stream: Stream):
        request = read_message(stream)
        seen.append((request.target, request.body))
        stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        assert stream.rest() == b""

    siphon = start_siphon(raw_upstream(script).url)
    method, fields, body = FOLLOWED[case]
    second = b"GET /second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answers = statuses(
        raw_exchange(siphon.port, method + b" /first HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n" + body + second)
    )
    if answers != [400]:
        assert answers == [200, 200]
        assert seen == [("/first", SMUGGLED), ("/second", b"")]


HEADS = {
    "20000 headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\n",
    "1 MB header": b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"y" * 1_000_000 + b"\r\n\r\n",
    "1 MB target": b"GET /" + b"y" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "1 MB method": b"G" * 1_000_000 + b" / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a head without an end": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 400_000,
}


@pytest.mark.parametrize("kind", ["plain", "handshake", "upgrade"])
@pytest.mark.parametrize("case", HEADS)
def test_oversized_heads(siphon, witness, case, kind):
    """Attack 20; CVE-2024-37890."""
    data = HEADS[case]
    if kind == "handshake":
        data = data.replace(b"GET / ", b"GET " + POLLING.encode() + b" ")
    if kind == "upgrade":
        data = data.replace(b"GET / ", b"GET " + WEBSOCKET.encode() + b" ").replace(
            b"Host: x\r\n",
            b"Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        )
    before = siphon.resident_bytes()
    answer = raw_exchange(siphon.port, data)
    assert all(status in (400, 414, 431, 501) for status in statuses(answer)), answer[:200]
    assert siphon.resident_bytes() - before < 16 * MEBIBYTE


def test_the_proxy_port_reaches_neither_the_inspector_nor_itself(siphon, witness):
    """Attack 1, 2: absolute targets, CONNECT and spellings of loopback."""
    inspector = siphon.inspector_base.rsplit(":", 1)[1]
    hosts = ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:7f00:1]", "127.1", "2130706433", "127.0.0.1."]
    token = [("Authorization", f"Bearer {siphon.token}")]
    for host in hosts:
        for port in (inspector, siphon.port):
            answer = http(siphon.port, "GET", f"http://{host}:{port}/api/v1/status", token)
            assert answer.status in (400, 403), f"{host}:{port} {answer}"
            connect = f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
            assert statuses(raw_exchange(siphon.port, connect.encode()))[0] in (400, 403, 405, 501)
    for headers in ([("Host", f"127.0.0.1:{inspector}")], [("X-Forwarded-Host", f"127.0.0.1:{inspector}")]):
        answer = http(siphon.port, "GET", "/reflect?target=http://127.0.0.1:" + inspector, headers)
        assert answer.status in (200, 403)
        if answer.status == 200:
            assert json.loads(answer.text)["target"].startswith("/reflect")
    assert http(siphon.port, "GET", "/api/v1/status", token).status == 404


def test_slow_heads_do_not_stop_others(siphon, witness):
    """Attack 22."""
    streams = [dial(siphon.port) for _ in range(200)]
    for stream in streams:
        stream.send(b"GET / HTTP/1.1\r\nHo")
    witness()
    for stream in streams:
        stream.close()


# MARK: the client's leg, WebSocket


def joined_websocket(siphon) -> EngineClient:
    client = EngineClient(siphon.port, "websocket")
    client.join()
    return client


FRAMES = {
    "2 GB announced": (frame(TEXT, b"x", masked=True, announce=2 << 30), 1009),
    "2^63 announced": (frame(BINARY, b"x", masked=True, announce=1 << 63), (1002, 1009)),
    "2^62 announced": (frame(BINARY, b"x", masked=True, announce=1 << 62), 1009),
    "unmasked": (frame(TEXT, b"42[]", masked=False), 1002),
    "first reserved bit": (frame(TEXT, b"42[]", masked=True, reserved=4), 1002),
    "last reserved bit": (frame(TEXT, b"42[]", masked=True, reserved=1), 1002),
    "unknown opcode": (frame(3, b"", masked=True), 1002),
    "unknown control opcode": (frame(11, b"", masked=True), 1002),
    "bad UTF-8": (frame(TEXT, b'42["\xff\xfe"]', masked=True), 1007),
    "half a character": (frame(TEXT, b'42["\xe2\x82', masked=True), 1007),
    "surrogate in UTF-8": (frame(TEXT, b'42["\xed\xa0\x80"]', masked=True), 1007),
    "fragmented ping": (frame(PING, b"", masked=True, fin=False), 1002),
    "large ping": (frame(PING, b"x" * 126, masked=True), 1002),
    "continuation of nothing": (frame(0, b"x", masked=True), 1002),
    "text within a text": (frame(TEXT, b"4", masked=True, fin=False) + frame(TEXT, b"4", masked=True), 1002),
    "close with one byte": (frame(CLOSE, b"\x03", masked=True), 1002),
    "close with 1005": (frame(CLOSE, struct.pack(">H", 1005), masked=True), 1002),
    "close with a bad reason": (frame(CLOSE, struct.pack(">H", 1000) + b"\xff", masked=True), 1007),
}


@pytest.mark.parametrize("case", FRAMES)
def test_bad_frames(siphon, witness, upstream, case):
    """Attack 20; RFC 6455: the connection fails with the code of the fault, and the upstream is told."""
    data, codes = FRAMES[case]
    client = joined_websocket(siphon)
    sid = upstream.log(what="connect")[-1]["sid"]
    before = siphon.resident_bytes()
    client.websocket.stream.send(data)
    code = client.websocket.close_code()
    assert code in (codes if isinstance(codes, tuple) else (codes,))
    upstream.wait_for(what="disconnect", sid=sid)
    assert siphon.resident_bytes() - before < 16 * MEBIBYTE
    client.close()


def test_a_message_over_the_limit(engine_upstream, start_siphon):
    """SRV 64: one byte too many."""
    upstream = engine_upstream()
    client = EngineClient(start_siphon(upstream.url).port, "websocket")
    client.join()
    assert client.open["maxPayload"] == 1_000_000
    session = upstream.session()
    client.send('42["' + "x" * 999_994 + '"]')
    eventually(lambda: [len(each) for each in session.messages()[1:]] == [1_000_000], what="the message at the limit")
    try:
        client.send("4" + "x" * 1_000_000)
    except OSError:
        pass
    assert client.websocket.close_code() == 1009
    client.close()


FRAGMENTS = {"of one byte": (b"x", 300), "of nothing": (b"", 400)}


@pytest.mark.parametrize("case", FRAGMENTS)
def test_fragments_without_end(siphon, witness, case):
    """CVE-2026-48779: a cost for each fragment that is not its byte alone must stay bounded."""
    payload, rounds = FRAGMENTS[case]
    client = joined_websocket(siphon)
    before = siphon.resident_bytes()
    piece = b"".join(frame(0, payload, masked=True, fin=False) for _ in range(1000))
    try:
        client.websocket.stream.send(frame(TEXT, b"4" if payload else b"", masked=True, fin=False))
        for _ in range(rounds):
            client.websocket.stream.send(piece)
    except OSError:
        pass
    witness()
    assert siphon.resident_bytes() - before < 32 * MEBIBYTE
    client.close()


def test_control_frames_within_fragments(siphon, witness):
    """SRV 65."""
    client = joined_websocket(siphon)
    client.websocket.send('42["echo"', fin=False)
    client.websocket.send(b"hello", PING)
    client.websocket.send(',"split"]', 0)
    assert client.websocket.receive_frame() == (True, 10, b"hello")
    assert client.receive() == '42["echo","split"]'
    client.close()


def test_an_extension_is_declined(siphon, witness):
    offer = "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame"
    websocket = RawWebSocket(siphon.port, WEBSOCKET, [("Sec-WebSocket-Extensions", offer)])
    assert websocket.answer.status == 101
    assert websocket.answer.all("sec-websocket-extensions") == []
    websocket.stream.close()


HANDSHAKES = {
    "no key": ({"Sec-WebSocket-Key": None}, (400,)),
    "short key": ({"Sec-WebSocket-Key": "abc"}, (400,)),
    "old version": ({"Sec-WebSocket-Version": "8"}, (400, 426)),
    "no version": ({"Sec-WebSocket-Version": None}, (400, 426)),
    "extension of 15 kB": ({"Sec-WebSocket-Extensions": "a;" * 7000}, (101, 400, 431)),
}


@pytest.mark.parametrize("case", HANDSHAKES)
def test_bad_websocket_handshakes(siphon, witness, case):
    changes, allowed = HANDSHAKES[case]
    headers = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", **changes,
    }  # fmt: skip
    stream = dial(siphon.port)
    stream.send(head("GET", WEBSOCKET, [(k, v) for k, v in headers.items() if v is not None], siphon.port))
    assert int(stream.until(b"\r\n").split(b" ")[1]) in allowed
    stream.close()


# MARK: Engine.IO and Socket.IO


def test_an_upgrade_never_finished(siphon, witness, upstream):
    """SRV 51: after 10 s that WebSocket alone closes; polling goes on, before and after."""
    client = EngineClient(siphon.port, "polling")
    client.join()
    silent = RawWebSocket(siphon.port, client.target("websocket"), timeout=14)
    half = EngineClient(siphon.port, "polling")
    half.join()
    probing = RawWebSocket(siphon.port, half.target("websocket"), timeout=14)
    probing.send("2probe")
    assert probing.receive() == (TEXT, b"3probe")
    began = time.monotonic()
    probing.close_code()
    assert 8 < time.monotonic() - began < 13
    silent.close_code()
    assert time.monotonic() - began < 13
    for each in (client, half):
        assert each.ask() == '42["echo","witness"]'
        each.close()


@pytest.mark.parametrize("wrong", ['42["echo","x"]', "2", "2other", b"binary", "9"], ids=repr)
def test_a_probe_that_is_none(siphon, witness, wrong):
    """SRV 50."""
    client = EngineClient(siphon.port, "polling")
    client.join()
    websocket = RawWebSocket(siphon.port, client.target("websocket"), timeout=5)
    assert not websocket.refused
    websocket.send(wrong)
    websocket.close_code()
    websocket.stream.close()
    assert client.ask() == '42["echo","witness"]'
    client.close()


def test_polling_after_the_upgrade_and_a_second_upgrade(siphon, witness):
    """SRV 52."""
    client = EngineClient(siphon.port, "polling")
    client.join()
    client.upgrade()
    for method in ("GET", "POST"):
        answer = http(siphon.port, method, client.target("polling"), body=b"42[]" if method == "POST" else b"")
        assert answer.status == 400
        assert json.loads(answer.text)["code"] == 3
    second = RawWebSocket(siphon.port, client.target("websocket"))
    if not second.refused:
        second.close_code()
    assert client.ask() == '42["echo","witness"]'
    client.close()


def test_a_second_get(siphon, witness, upstream):
    """SRV 30: the new one is refused, the session ends, the first is answered."""
    client = EngineClient(siphon.port, "polling")
    client.join()
    sid = upstream.log(what="connect")[-1]["sid"]
    first: list = []
    waiting = threading.Thread(target=lambda: first.append(http(siphon.port, "GET", client.target("polling"))))
    waiting.start()
    time.sleep(0.6)
    assert http(siphon.port, "GET", client.target("polling")).status == 400
    waiting.join(5)
    assert first[0].text == "1"
    assert http(siphon.port, "GET", client.target("polling")).status == 400
    upstream.wait_for(what="disconnect", sid=sid)
    client.close()


def test_a_second_post(siphon, witness):
    """SRV 31."""
    client = EngineClient(siphon.port, "polling")
    client.join()
    slow = dial(siphon.port)
    slow.send(head("POST", client.target("polling"), [("Content-Length", "100")], siphon.port) + b"42[")
    time.sleep(0.6)
    assert client.post('42["echo","x"]').status == 400
    answer = http(siphon.port, "POST", client.target("polling"), body=b"42[]")
    assert answer.status == 400 and json.loads(answer.text)["code"] == 1
    slow.close()
    client.close()


def test_a_poll_that_is_aborted_ends_the_session(siphon, witness, upstream):
    """SRV 37."""
    client = EngineClient(siphon.port, "polling")
    client.join()
    sid = upstream.log(what="connect")[-1]["sid"]
    stream = dial(siphon.port)
    stream.send(head("GET", client.target("polling"), [], siphon.port))
    time.sleep(0.6)
    stream.close(reset=True)
    upstream.wait_for(what="disconnect", sid=sid, timeout=10)
    client.close()


@pytest.mark.parametrize("kind", ["length", "chunked", "announced"])
def test_a_post_over_the_limit(siphon, witness, kind):
    """SRV 33, 34: 413, and the session stays."""
    client = EngineClient(siphon.port, "polling")
    client.join()
    body = b"4" + b"x" * 1_000_000
    stream = dial(siphon.port)
    if kind == "length":
        request = head("POST", client.target("polling"), [("Content-Length", str(len(body)))], siphon.port) + body
    elif kind == "announced":
        request = head("POST", client.target("polling"), [("Content-Length", str(50 << 30))], siphon.port) + b"4"
    else:
        chunks = b"".join(b"10000\r\n" + b"x" * 65536 + b"\r\n" for _ in range(17))
        request = head("POST", client.target("polling"), [("Transfer-Encoding", "chunked")], siphon.port) + chunks
    try:
        stream.send(request)
    except OSError:
        pass
    assert int(stream.until(b"\r\n").split(b" ")[1]) == 413
    stream.close()
    assert client.ask() == '42["echo","witness"]'
    client.close()


ENDING = {
    "unknown packet": b"9",
    "not a packet": b"abc",
    "bad base64": b"b%%%",
    "heartbeat in the wrong direction": b"2",
    "empty": b"",
    "an empty packet": b"\x1e",
    "bad UTF-8": b'42["\xff"]',
}


@pytest.mark.parametrize("case", ENDING)
def test_a_payload_that_ends_the_session(siphon, witness, case):
    """SRV 35, 36, 60; attack 19."""
    client = EngineClient(siphon.port, "polling")
    client.join()
    data = ENDING[case]
    stream = dial(siphon.port)
    stream.send(head("POST", client.target("polling"), [("Content-Length", str(len(data)))], siphon.port) + data)
    assert read_message(stream).status in (200, 400)
    stream.close()
    eventually(lambda: http(siphon.port, "GET", client.target("polling")).status == 400, what="the end of the session")
    client.close()


def test_a_million_tiny_packets(siphon, witness):
    client = EngineClient(siphon.port, "polling")
    client.join()
    before = siphon.resident_bytes()
    answer = client.post(b"\x1e".join([b"6"] * 499_000))
    assert answer.status in (200, 400, 413)
    witness()
    assert siphon.resident_bytes() - before < 64 * MEBIBYTE
    client.close()


TOLERATED = {
    "attachments announced by the billion": '45999999999-["x"]',
    "digits without end": "42" + "9" * 500_000 + '["x"]',
    "ack with a huge id": "43" + "9" * 900_000,
    "no count": '45-["x"]',
    "no attachments in an attachment packet": '450-["x"]',
    "deep JSON": '42["x",' + "[" * 100_000 + "]" * 100_000 + "]",
    "deep JSON without an end": '42["x",' + "[" * 300_000,
    "deep objects": '42["x",' + '{"a":' * 60_000 + "1" + "}" * 60_000 + "]",
    "a name of 900 kB": '42["' + "n" * 900_000 + '"]',
    "a namespace of 900 kB": "42/" + "n" * 900_000 + ',["x"]',
    "lone surrogates": r'42["\ud83d","\udc00\ud800"]',
    "not JSON": "42[nope",
    "prototype": '42["x",{"__proto__":{"polluted":1}}]',
}


@pytest.mark.parametrize("case", TOLERATED)
def test_packets_that_cannot_be_read_are_relayed_and_recorded(engine_upstream, start_siphon, case):
    """SRV 125, 126; attack 18. Forwarded as it came or refused by ending that connection, nothing in between."""
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    other = EngineClient(siphon.port, "websocket")
    other.join()
    witness_session = upstream.session()
    client = EngineClient(siphon.port, "websocket")
    client.join()
    session = upstream.session()
    before = siphon.resident_bytes()
    client.send(TOLERATED[case])
    siphon.api.get("events", params={"limit": 1000})
    assert eventually(lambda: session.messages()[1:] or session.ended, what="the packet or an end at the upstream")
    if not session.ended:
        assert session.messages()[1] == TOLERATED[case]
        client.send('42["after"]')
        eventually(lambda: session.messages()[2:] == ['42["after"]'], what="the event after")
    for event in siphon.events():
        siphon.api.get(f"events/{event['id']}")
    other.send('42["still"]')
    eventually(lambda: witness_session.messages()[1:] == ['42["still"]'], what="the witness's event")
    assert siphon.resident_bytes() - before < 96 * MEBIBYTE
    client.close()
    other.close()


def test_an_attachment_that_never_comes(engine_upstream, start_siphon):
    """`451-` and nothing after it: bounded, and others go on. Text in its place passes as it came."""
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    client = EngineClient(siphon.port, "websocket")
    client.join()
    session = upstream.session()
    client.send('452-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
    client.send(b"first")
    client.send('42["text instead"]')
    assert eventually(lambda: len(session.messages()) >= 4 or session.ended, what="a decision")
    if not session.ended:
        assert session.messages()[1:4] == [
            '452-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', b"first", '42["text instead"]',
        ]  # fmt: skip
    client.close()


def test_what_is_not_whole_at_the_end_is_shown(engine_upstream, start_siphon):
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    client = EngineClient(siphon.port, "websocket")
    client.join()
    client.send('452-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
    client.send(b"first")
    client.close()
    lost = siphon.wait_for(count=2, kind="opaque")
    assert [event["verdict"] for event in lost] == [["dropped"], ["dropped"]]


def test_a_flood_from_the_client_towards_a_slow_upstream(raw_upstream, start_siphon):
    """Back-pressure: an upstream that stops reading must not fill the proxy."""
    blocked = threading.Event()

    def script(stream: Stream):
        opened = b'0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
        stream.send(agreement(read_message(stream)) + frame(TEXT, opened, masked=False))
        blocked.wait(20)

    siphon = start_siphon(raw_upstream(script).url, "--memory", "8MiB")
    client = EngineClient(siphon.port, "websocket")
    before = siphon.resident_bytes()
    client.websocket.stream.sock.settimeout(3)
    sent = 0
    try:
        for _ in range(300):  # 150 MB
            client.send("4" + "x" * 500_000)
            sent += 500_000
    except OSError:
        pass
    assert siphon.resident_bytes() - before < 96 * MEBIBYTE, f"after {sent} bytes"
    blocked.set()
    client.close()


def test_a_slow_reader_with_a_fast_upstream(engine_upstream, start_siphon):
    """SRV 127: the upstream is held back, and what it sent is neither lost nor kept in memory without bound."""
    count, size = 300, 400_000  # 120 MB
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url, "--memory", "8MiB")
    other = EngineClient(siphon.port, "websocket")
    other.join()
    others_session = upstream.session()
    client = EngineClient(siphon.port, "websocket")
    client.join()
    session = upstream.session()
    before = siphon.resident_bytes()
    sent = 0

    def flood():
        nonlocal sent
        for number in range(count):
            session.send(f'42["flood",{number},"{"x" * size}"]')
            sent += 1

    sending = threading.Thread(target=flood, daemon=True)
    sending.start()
    seen: list[int] = []

    def stands():
        seen.append(sent)
        return len(seen) > 50 and len(set(seen[-50:])) == 1  # for a second at least

    eventually(stands, timeout=15, what="an upstream that cannot send on")
    assert 0 < sent < count // 2
    assert siphon.resident_bytes() - before < 64 * MEBIBYTE
    other.send('42["still"]')
    eventually(lambda: others_session.messages()[1:] == ['42["still"]'], what="the event of another connection")
    for number in range(count):
        assert client.receive().startswith(f'42["flood",{number},')
    sending.join(5)
    assert sent == count
    for each in (client, other):
        each.close()


# MARK: the upstream's leg


OPEN = b'0{"sid":"a","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'

UPGRADE_ANSWERS = {
    "200": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", (200, 502)),
    "302": (b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n", (302,)),
    "401": (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno", (401,)),
    "garbage": (b"\x00\x01\x02 what is this\r\n\r\n" * 100, (502,)),
    "nothing": (b"", (502,)),
    "half a head": (b"HTTP/1.1 101 Switch", (502,)),
    "wrong accept": (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n" + frame(TEXT, OPEN, masked=False),
        (502,),
    ),
    "20000 headers": (b"HTTP/1.1 200 OK\r\n" + b"X-Many: y\r\n" * 20_000 + b"\r\n", (502,)),
    "length and chunked": (
        b"HTTP/1.1 403 No\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", (403, 502),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UPGRADE_ANSWERS)
def test_odd_answers_to_an_upgrade(raw_upstream, start_siphon, case):
    """Attack 20."""
    answer, allowed = UPGRADE_ANSWERS[case]

    def script(stream: Stream):
        read_message(stream)
        stream.send(answer)

    siphon = start_siphon(raw_upstream(script).url)
    websocket = RawWebSocket(siphon.port, WEBSOCKET)
    assert websocket.refused is not None and websocket.refused.status in allowed
    assert http(siphon.port, "GET", POLLING).status in (200, 302, 401, 403, 502)


UPSTREAM_FRAMES = {
    "2 GB announced": frame(TEXT, b"x", masked=False, announce=2 << 30),
    "masked": frame(TEXT, b"42[]", masked=True),
    "reserved bit": frame(TEXT, b"42[]", masked=False, reserved=4),
    "bad UTF-8": frame(TEXT, b"4\xff", masked=False),
    "unknown opcode": frame(5, b"", masked=False),
    "unknown packet": frame(TEXT, b"9", masked=False),
    "empty text": frame(TEXT, b"", masked=False),
}


@pytest.mark.parametrize("case", UPSTREAM_FRAMES)
def test_bad_frames_from_the_upstream(raw_upstream, start_siphon, case):
    """A fault of the upstream ends that connection on both hops; the proxy and its other connections go on."""
    told = threading.Event()

    def script(stream: Stream):
        request = read_message(stream)
        stream.send(agreement(request) + frame(TEXT, OPEN, masked=False) + frame(TEXT, b"40", masked=False))
        if "hostile" in request.target:
            stream.send(UPSTREAM_FRAMES[case])
            stream.rest()
            told.set()
        else:
            websocket = WebSocketStream(stream, masks=False)
            while (message := websocket.receive())[0] == TEXT:
                websocket.send(message[1], TEXT)

    siphon = start_siphon(raw_upstream(script).url)
    other = EngineClient(siphon.port, "websocket")
    assert other.receive() == "40"
    client = EngineClient(siphon.port, "websocket", query="&hostile=1")
    client.websocket.close_code()
    assert told.wait(3), "the upstream was not closed"
    witness = EngineClient(siphon.port, "websocket")
    assert witness.receive() == "40"
    for each in (other, witness):
        assert each.ask() == '42["echo","witness"]'
    for each in (client, witness, other):
        each.close()


def test_a_second_open_packet_from_the_upstream_ends_its_connection(engine_upstream, start_siphon):
    """It would mean another session. Nothing of it, or of what comes behind it, reaches the client; others go on."""
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    other = EngineClient(siphon.port, "websocket")
    other.join()
    others_session = upstream.session()
    client = EngineClient(siphon.port, "websocket")
    client.join()
    session = upstream.session()
    session.send('42["before"]', OPEN.decode(), '42["after"]')
    assert client.receive() == '42["before"]'
    with pytest.raises(Ended):
        client.receive()
    eventually(lambda: session.ended, what="the end at the upstream")
    closed = [each for each in siphon.connections() if each["closedAt"]]
    assert len(closed) == 1 and "unexpectedHandshake" in closed[0]["closeReason"]
    other.send('42["still"]')
    eventually(lambda: others_session.messages()[1:] == ['42["still"]'], what="the event of another connection")
    other.close()


def test_the_upstream_closes_with_a_code(raw_upstream, start_siphon):
    """PX 68, §9.9: the same code and reason, after what was sent before."""

    def script(stream: Stream):
        request = read_message(stream)
        code = int(request.query["code"])
        closing = b"" if code == 1005 else struct.pack(">H", code) + b"because"
        stream.send(
            agreement(request) + frame(TEXT, OPEN, masked=False) + frame(TEXT, b'42["last"]', masked=False)
            + frame(CLOSE, closing, masked=False)
        )  # fmt: skip
        stream.rest()

    siphon = start_siphon(raw_upstream(script).url)
    for code in (1000, 1001, 1005, 1011, 4001):
        client = EngineClient(siphon.port, "websocket", query=f"&code={code}")
        assert client.receive() == '42["last"]'
        opcode, payload = client.websocket.receive()
        assert (opcode, payload) == (CLOSE, b"" if code == 1005 else struct.pack(">H", code) + b"because")
        client.close()


def test_the_upstreams_tcp_reset_is_no_close_frame_at_the_client(engine_upstream, start_siphon):
    """PX 69, §9.9."""
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    client = EngineClient(siphon.port, "websocket")
    client.join()
    upstream.session().websocket.stream.close(reset=True)
    assert client.websocket.close_code() is None
    polling = EngineClient(siphon.port, "polling")
    polling.join()
    client.close()
    polling.close()


def test_the_upstream_is_killed_mid_session(start_siphon, start_upstream, open_client, transports):
    """The client sees the loss and comes back when the server does."""
    upstream = start_upstream()
    siphon = start_siphon(upstream.url)
    fast = {"reconnection_delay": 0.2, "reconnection_delay_max": 0.5, "randomization_factor": 0}
    client = open_client(siphon.url, transports, reconnection=True, **fast)
    upstream.kill()
    assert client.wait_for("disconnect", timeout=5) == [("transport error",)]
    closed = eventually(lambda: [each for each in siphon.connections() if each["closedAt"]], what="a closed connection")
    assert closed[0]["closeReason"]
    assert http(siphon.port, "GET", POLLING).status == 502
    upstream.start()
    client.wait_for("connect", 2, timeout=15)
    assert client.call("ask", "back") == "back"


def test_a_polling_upstream_that_fails_mid_session(raw_upstream, start_siphon):
    """§9.9: status and body of the failing poll reach the client's pending one."""

    def script(stream: Stream):
        while True:
            request = read_message(stream)
            if "sid" not in request.query:
                stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(OPEN) + OPEN)
            elif request.method == "POST":
                stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            else:
                time.sleep(0.6)
                body = b'{"code":1,"message":"Session ID unknown"}'
                stream.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    siphon = start_siphon(raw_upstream(script).url)
    client = EngineClient(siphon.port, "polling")
    answer = client.poll()
    assert answer.status == 400
    assert json.loads(answer.text)["code"] == 1
    client.close()


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_the_client_is_killed(siphon, witness, upstream, transport):
    """The upstream is told at once, not after a heartbeat."""
    client = EngineClient(siphon.port, transport)
    client.join()
    sid = upstream.log(what="connect")[-1]["sid"]
    if transport == "websocket":
        client.websocket.stream.close(reset=True)
    else:
        stream = dial(siphon.port)
        stream.send(head("GET", client.target("polling"), [], siphon.port))
        time.sleep(0.6)
        stream.close(reset=True)
    # Long before a heartbeat is missed.
    left = upstream.wait_for(what="disconnect", sid=sid, timeout=10)
    assert left[0]["reason"] in ("transport close", "transport error", "client disconnect")


def test_a_compressed_or_endless_answer_to_the_handshake(raw_upstream, start_siphon):
    """A body without end must not be collected without bound."""

    def script(stream: Stream):
        read_message(stream)
        stream.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        for _ in range(2000):  # 131 MB
            stream.send(b"4" + b"x" * 65535)

    siphon = start_siphon(raw_upstream(script).url)
    before = siphon.resident_bytes()
    assert http(siphon.port, "GET", POLLING).status in (502, 504)
    assert siphon.resident_bytes() - before < 64 * MEBIBYTE


def test_random_bytes_at_every_stage(siphon, witness):
    """A little fuzzing of the whole process; the parsers have their own."""
    rng = random.Random(int(os.environ.get("SIPHON_SEED", "4711")))
    for _ in range(60):
        client = joined_websocket(siphon)
        try:
            for _ in range(20):
                kind = rng.randrange(3)
                data = rng.randbytes(rng.randrange(200))
                if kind == 0:
                    client.websocket.stream.send(data)
                elif kind == 1:
                    client.websocket.send(data)
                else:
                    text = rng.choice(["42", "45", "43", "40", "41", "2", "5", "1"]) + data.decode("latin-1")
                    client.websocket.send(text)
        except (OSError, Ended):
            pass
        client.close()


def test_many_connections_come_and_go(siphon, witness):
    """Connections that closed leave nothing behind in the proxy's tables but their record."""

    def still_open():
        return [each for each in siphon.connections() if not each["closedAt"]]

    for _ in range(5):
        clients = [EngineClient(siphon.port, transport) for transport in ("polling", "websocket") for _ in range(20)]
        for client in clients:
            if not client.websocket:
                client.send("1")
            client.close()
    eventually(
        lambda: sorted(each["client"]["transport"] for each in still_open()) == ["polling", "websocket"],
        timeout=10,
        what="the two witnesses alone",
    )
    assert len(siphon.connections()) == 202
    witness()
