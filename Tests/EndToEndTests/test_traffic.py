"""What is not Socket.IO passes: plain HTTP, streamed, and other WebSockets."""

import hashlib
import json
import os

import pytest
import requests
from wire import BINARY, CLOSE, TEXT, RawWebSocket, dial, head, http, read_head, read_message


def test_a_get_with_its_query_and_headers(siphon):
    answer = http(siphon.port, "GET", "/reflect?a=%20b&a=2&empty=&%C3%A4", [("X-Custom", "yes"), ("Cookie", "a=b")])
    assert answer.status == 200
    assert answer.get("x-upstream") == "yes"
    seen = json.loads(answer.text)
    assert seen["method"] == "GET" and seen["target"] == "/reflect?a=%20b&a=2&empty=&%C3%A4"
    headers = [(name.lower(), value) for name, value in seen["headers"]]
    assert ("x-custom", "yes") in headers and ("cookie", "a=b") in headers
    assert not [name for name, _ in headers if name.startswith("x-forwarded") or name == "via"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
def test_a_body_of_known_length(siphon, method):
    answer = http(siphon.port, method, "/reflect", [("Content-Type", "text/csv")], b"a,b\r\n1,2")
    seen = json.loads(answer.text)
    assert (seen["method"], seen["body"]) == (method, "a,b\r\n1,2")


def test_a_chunked_body(siphon):
    answer = http(
        siphon.port,
        "POST",
        "/reflect",
        [("Transfer-Encoding", "chunked")],
        b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n",
    )
    assert json.loads(answer.text)["body"] == "hello world"


def test_head_and_missing(siphon):
    answer = http(siphon.port, "HEAD", "/large?bytes=1000")
    assert (answer.status, answer.get("content-length"), answer.body) == (200, "1000", b"")
    assert http(siphon.port, "GET", "/missing").status == 404


def test_several_requests_on_one_connection(siphon):
    stream = dial(siphon.port)
    for number in range(5):
        assert http(siphon.port, "GET", f"/reflect?n={number}", stream=stream).status == 200
    both = head("GET", "/large?bytes=3", [], siphon.port) + head("GET", "/large?bytes=4", [], siphon.port)
    stream.send(both)
    assert [len(read_message(stream).body) for _ in range(2)] == [3, 4]
    stream.close()


def test_set_cookie_lines_stay_apart(siphon):
    answer = http(siphon.port, "GET", "/cookies")
    assert answer.all("set-cookie") == ["a=1; Path=/", "b=2; Path=/; HttpOnly"]


def test_redirects(siphon, upstream):
    assert http(siphon.port, "GET", "/redirect?to=/reflect").get("location") == "/reflect"
    own = http(siphon.port, "GET", f"/redirect?to={upstream.url}/reflect").get("location")
    assert own in (f"{siphon.url}/reflect", "/reflect")
    other = http(siphon.port, "GET", "/redirect?to=https://elsewhere.example/x").get("location")
    assert other == "https://elsewhere.example/x"


@pytest.mark.parametrize("kind", ["", "&chunked=1"], ids=["length", "chunked"])
def test_fifty_megabytes_in_constant_memory(siphon, kind):
    size = 50_000_000
    before = siphon.resident_bytes()
    digest, got, most = hashlib.sha256(), 0, 0
    with requests.get(f"{siphon.url}/large?bytes={size}{kind}", stream=True, timeout=30) as answer:
        for piece in answer.iter_content(1 << 16):
            digest.update(piece)
            got += len(piece)
            if got % (1 << 22) < len(piece):
                most = max(most, siphon.resident_bytes())
    assert got == size
    pattern = bytes(range(256)) * 256
    expected = hashlib.sha256((pattern * (size // len(pattern) + 1))[:size])
    assert digest.digest() == expected.digest()
    assert most - before < 24 << 20, f"grew by {most - before} bytes"


def test_an_upload_of_twenty_megabytes(siphon):
    content = os.urandom(20_000_000)
    before = siphon.resident_bytes()
    answer = requests.post(f"{siphon.url}/reflect", data=iter([content[:7], content[7:]]), timeout=30)
    assert answer.json()["body"].encode("latin-1") == content
    assert siphon.resident_bytes() - before < 48 << 20


def test_plain_http_is_counted_and_not_recorded(siphon):
    before = siphon.api.get("status")["http"]["requests"]
    for _ in range(3):
        http(siphon.port, "GET", "/reflect")
    assert siphon.api.get("status")["http"]["requests"] == before + 3
    assert siphon.connections() == []


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
    from wire import accept_key, frame

    def script(stream):
        request = read_head(stream)
        stream.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            + accept_key(request.get("sec-websocket-key")).encode()
            + b"\r\n\r\n"
            + frame(TEXT, b"at once", masked=False)
        )
        stream.rest()

    siphon = start_siphon(raw_upstream(script).url)
    websocket = RawWebSocket(siphon.port, "/other")
    assert websocket.receive() == (TEXT, b"at once")
    websocket.stream.close()


def test_another_path_by_option(start_siphon, upstream, engine_upstream):
    from wire import EngineClient

    server = engine_upstream()
    siphon = start_siphon(server.url, "--path", "/realtime/")
    client = EngineClient(siphon.port, "websocket", path="/realtime/")
    client.join()
    assert server.session().handshake.target.startswith("/realtime/?")
    assert siphon.wait_for(kind="connect", sender="client")
    client.close()
