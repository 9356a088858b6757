"""How a connection begins: refusals, headers, cookies and failures of the upstream as its own client would see them."""

import json
import socket
import threading
import time

import pytest
from processes import eventually
from wire import EngineClient, RawWebSocket, Stream, agreement, dial, frame, head, http, read_message

POLLING = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"


def answering(answer: bytes, seen=None):
    """A script that reads one request and answers with these bytes."""

    def script(stream: Stream):
        request = read_message(stream)
        if seen is not None:
            seen.append(request)
        stream.send(answer)
        time.sleep(0.05)

    return script


def plain_answer(status: str, body: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", *headers]
    return "\r\n".join([*lines, "", body]).encode()


REFUSALS = {
    "403 of a JS server": ("403 Forbidden", '{"code":4,"message":"go away"}', "Content-Type: application/json"),
    "401 of python": ("401 Unauthorized", '"Unauthorized"', "Content-Type: text/plain"),
    "400 of a JS server": ("400 Bad Request", '{"code":5,"message":"x"}', "Content-Type: application/json"),
    "503 with cookies": ("503 Service Unavailable", "<b>busy</b>", "Set-Cookie: lb=1; Path=/", "Retry-After: 7"),
    "418 odd": ("418 I'm a teapot", "", "X-Odd: yes"),
}


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_passes_as_it_was(raw_upstream, start_siphon, transport, case):
    """PX 12, 13: status, body and headers."""
    status, body, *headers = REFUSALS[case]
    upstream = raw_upstream(answering(plain_answer(status, body, *headers)))
    siphon = start_siphon(upstream.url)
    if transport == "polling":
        answer = http(siphon.port, "GET", POLLING)
    else:
        answer = RawWebSocket(siphon.port, WEBSOCKET).refused
    assert answer.start.split(" ", 1)[1] == status or answer.status == int(status.split(" ")[0])
    assert answer.text == body
    for line in headers:
        name, value = line.split(": ", 1)
        assert answer.all(name) == [value]
    assert siphon.connections() == [] or siphon.connections()[0]["closedAt"]


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_an_unreachable_upstream(start_siphon, engine_upstream, transport):
    """PX 15: 502 with a sentence, quickly, and again a session when it is back."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    siphon = start_siphon(f"http://127.0.0.1:{port}")
    began = time.monotonic()
    if transport == "polling":
        answer = http(siphon.port, "GET", POLLING)
    else:
        answer = RawWebSocket(siphon.port, WEBSOCKET).refused
    assert answer.status == 502
    assert len(answer.text) > 20 and str(port) in answer.text
    assert time.monotonic() - began < 5
    engine_upstream(port=port)
    EngineClient(siphon.port, transport).close()


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_an_upstream_that_hangs(raw_upstream, start_siphon, transport):
    """PX 16: 504 before python's clients give up at 5 s, and the upstream attempt ends."""
    ended = threading.Event()

    def script(stream: Stream):
        read_message(stream)
        stream.rest()
        ended.set()

    siphon = start_siphon(raw_upstream(script).url)
    began = time.monotonic()
    answer = (
        http(siphon.port, "GET", POLLING) if transport == "polling" else RawWebSocket(siphon.port, WEBSOCKET).refused
    )
    assert answer.status == 504
    assert len(answer.text) > 20
    assert 0.5 < time.monotonic() - began < 5
    assert ended.wait(2), "the upstream attempt was left open"


def test_an_upstream_that_upgrades_and_then_hangs(raw_upstream, start_siphon):
    """The client's 101 waits for the open packet, not for the upstream's 101."""

    def script(stream: Stream):
        stream.send(agreement(read_message(stream)))
        stream.rest()

    siphon = start_siphon(raw_upstream(script).url)
    assert RawWebSocket(siphon.port, WEBSOCKET).refused.status == 504


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_a_client_that_gives_up_ends_the_upstream_session(raw_upstream, start_siphon, transport):
    """PX 17."""
    asked, ended = threading.Event(), threading.Event()

    def script(stream: Stream):
        read_message(stream)
        asked.set()
        stream.rest()
        ended.set()

    siphon = start_siphon(raw_upstream(script).url)
    stream = dial(siphon.port)
    headers = [] if transport == "polling" else [
        ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]  # fmt: skip
    stream.send(head("GET", POLLING if transport == "polling" else WEBSOCKET, headers))
    assert asked.wait(3)
    stream.close(reset=True)
    assert ended.wait(2), "the upstream attempt was left open"


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_query_headers_and_cookies_reach_the_upstream(engine_upstream, start_siphon, transport):
    """PX 19–21; §9.3."""
    upstream = engine_upstream(headers=[("X-A", "1"), ("Set-Cookie", "lb=1; Path=/"), ("Set-Cookie", "two=2")])
    siphon = start_siphon(upstream.url)
    query = "&token=%C3%A4%20b&x=1&x=2&empty=&t=abc&b64=1"
    headers = [
        ("X-Custom", "yes"), ("x-custom", "again"), ("Cookie", "own=5"), ("Authorization", "Bearer z"),
        ("User-Agent", "tester/1"), ("Accept-Language", "de"), ("Proxy-Authorization", "secret"),
    ]  # fmt: skip
    client = EngineClient(siphon.port, transport, query=query, headers=headers)
    client.join()
    client.send('42["x"]')
    session = upstream.session()
    eventually(lambda: len(session.messages()) == 2, what="the event")

    request = session.handshake
    target = request.target.split("?")[1].split("&")
    own = ("EIO=", "transport=", "t=", "sid=", "b64=")
    assert [each for each in target if not each.startswith(own)] == ["token=%C3%A4%20b", "x=1", "x=2", "empty="]
    assert "EIO=4" in target and f"transport={transport}" in target and "t=abc" not in target
    assert ", ".join(request.all("x-custom")) == "yes, again"
    assert request.all("cookie") == ["own=5"]
    assert request.all("authorization") == ["Bearer z"]
    assert request.all("user-agent") == ["tester/1"]
    assert request.all("accept-language") == ["de"]
    assert request.all("host") == [f"127.0.0.1:{upstream.port}"]
    assert request.all("proxy-authorization") == []
    assert [name for name, _ in request.headers if name.lower().startswith("x-forwarded")] == []

    answer = client.handshake
    assert answer.all("x-a") == ["1"]
    assert answer.all("set-cookie") == ["lb=1; Path=/", "two=2"]
    if transport == "polling":
        later = session.requests[1:]
        assert later
        for each in later:
            jar = set(each.get("cookie").split("; "))
            assert jar >= {"own=5", "lb=1", "two=2"}
            assert each.get("authorization") == "Bearer z"
    client.close()


ORIGINS = {
    "its own": ("http://127.0.0.1:{siphon}", "http://127.0.0.1:{upstream}"),
    "localhost": ("http://localhost:{siphon}", None),
    "foreign": ("https://elsewhere.example", "https://elsewhere.example"),
    "null": ("null", "null"),
}


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("case", ORIGINS)
def test_origin_and_referer(engine_upstream, start_siphon, transport, case):
    """§9.3: the proxy's own origin becomes the upstream's, any other stays."""
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    sent, expected = ORIGINS[case]
    sent = sent.format(siphon=siphon.port)
    expected = (expected or "http://127.0.0.1:{upstream}").format(upstream=upstream.port)
    authority = sent.split("//")[1] if case == "localhost" else f"127.0.0.1:{siphon.port}"
    client = EngineClient(siphon.port, transport, headers=[("Host", authority), ("Origin", sent)])
    assert upstream.session().handshake.all("origin") == [expected]
    client.close()


def test_a_server_that_checks_the_origin_accepts_the_proxys_own(start_upstream, start_siphon):
    """PX 22, with python-socketio's default."""
    upstream = start_upstream("--same-origin")
    siphon = start_siphon(upstream.url)
    for transport in ("polling", "websocket"):
        client = EngineClient(siphon.port, transport, headers=[("Origin", siphon.url)])
        client.join()
        client.close()
    answer = http(siphon.port, "GET", POLLING, [("Origin", "https://elsewhere.example")])
    assert answer.status == 400 and "not an accepted origin" in answer.text


def test_host_and_forwarded_by_option(engine_upstream, start_siphon):
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url, "--preserve-host", "--forwarded")
    client = EngineClient(siphon.port, "polling")
    request = upstream.session().handshake
    assert request.all("host") == [f"127.0.0.1:{siphon.port}"]
    assert request.all("x-forwarded-for") == ["127.0.0.1"]
    assert request.all("x-forwarded-proto") == ["http"]
    assert request.all("x-forwarded-host") == [f"127.0.0.1:{siphon.port}"]
    client.close()


def test_the_open_packet(engine_upstream, start_siphon):
    """§9.2.4: the upstream's heartbeat, the smaller of both payload limits."""
    upstream = engine_upstream(ping_interval=12_345, max_payload=7777)
    siphon = start_siphon(upstream.url)
    for transport, upgrades in (("polling", ["websocket"]), ("websocket", [])):
        client = EngineClient(siphon.port, transport)
        assert client.open["pingInterval"] == 12_345 and client.open["pingTimeout"] == 20_000
        assert client.open["maxPayload"] == 7777
        assert client.open["upgrades"] == upgrades
        client.close()


def test_an_upstream_that_refuses_inside_the_upgraded_stream(raw_upstream, start_siphon):
    """PX 14, the code 5 case of §2.4: HTTP text after a 101 becomes an HTTP error at the client."""

    def script(stream: Stream):
        stream.send(
            agreement(read_message(stream))
            + b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-type: text/html\r\nContent-Length: 28\r\n\r\n"
            b"Unsupported protocol version"
        )

    siphon = start_siphon(raw_upstream(script).url)
    answer = RawWebSocket(siphon.port, WEBSOCKET).refused
    assert answer is not None and 400 <= answer.status <= 599


@pytest.mark.parametrize(
    "first", [b"1", b'0{"sid":1}', b"0{", b"0[]", b"4hello", b"", b"\xff\xfe"], ids=lambda each: repr(each)
)
@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_an_upstream_whose_first_packet_is_not_an_open_packet(raw_upstream, start_siphon, transport, first):
    def script(stream: Stream):
        request = read_message(stream)
        if transport == "polling":
            stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(first) + first)
        else:
            stream.send(agreement(request) + frame(1, first, masked=False))
        stream.rest()

    siphon = start_siphon(raw_upstream(script).url)
    answer = (
        http(siphon.port, "GET", POLLING) if transport == "polling" else RawWebSocket(siphon.port, WEBSOCKET).refused
    )
    assert answer is not None
    # an empty message may also count as none at all
    assert answer.status in ((502, 504) if first == b"" else (502,))
    assert len(answer.text) > 20


def test_a_redirect_to_the_upstream_is_led_to_the_proxy(raw_upstream, start_siphon):
    """PX 18."""
    box = []
    upstream = raw_upstream(
        lambda stream: answering(
            plain_answer("307 Temporary Redirect", "", f"Location: {box[0]}/other/socket.io/?EIO=4&transport=polling")
        )(stream)
    )
    box.append(upstream.url)
    siphon = start_siphon(upstream.url)
    answer = http(siphon.port, "GET", POLLING)
    assert answer.status == 307
    assert answer.get("location") in (
        f"{siphon.url}/other/socket.io/?EIO=4&transport=polling", "/other/socket.io/?EIO=4&transport=polling",
    )  # fmt: skip


def test_extra_packets_in_the_first_payload_reach_the_client(raw_upstream, start_siphon):
    """CLI 25."""
    body = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}\x1e42["early"]'

    def script(stream: Stream):
        read_message(stream)
        stream.send(plain_answer("200 OK", body))
        stream.rest()

    siphon = start_siphon(raw_upstream(script).url)
    client = EngineClient(siphon.port, "polling")
    assert client.receive() == '42["early"]'
    client.close()


BAD_REQUESTS = {
    "unknown transport": ("GET", "/socket.io/?EIO=4&transport=foo"),
    "missing transport": ("GET", "/socket.io/?EIO=4"),
    "post without sid": ("POST", POLLING),
    "put without sid": ("PUT", POLLING),
    "wrong version": ("GET", "/socket.io/?EIO=5&transport=polling"),
    "websocket without an upgrade": ("GET", WEBSOCKET),
}


@pytest.mark.parametrize("case", BAD_REQUESTS)
def test_a_bad_handshake_gets_what_the_upstream_says_or_a_servers_code(siphon, upstream, case):
    """SRV 3, 5–7: faithful to the upstream, or refused as a server would."""
    method, target = BAD_REQUESTS[case]
    body = b"" if method == "GET" else b"40"
    answer = http(siphon.port, method, target, body=body)
    direct = http(upstream.port, method, target, body=body)
    if direct.status == 200:
        assert answer.status == 200 and answer.text.startswith("0{")
    elif (answer.status, answer.text) != (direct.status, direct.text):
        assert answer.status == 400
        assert json.loads(answer.text).keys() >= {"code", "message"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_sid_gets_code_1(siphon, method):
    """SRV 8."""
    answer = http(siphon.port, method, POLLING + "&sid=unknown", body=b"40" if method == "POST" else b"")
    assert answer.status == 400
    assert json.loads(answer.text) == {"code": 1, "message": "Session ID unknown"}


def test_a_preflight_is_answered(siphon):
    """SRV 23."""
    headers = [
        ("Origin", "https://elsewhere.example"), ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "x-a"),
    ]  # fmt: skip
    answer = http(siphon.port, "OPTIONS", POLLING, headers)
    assert answer.status in (200, 204)
    assert answer.get("access-control-allow-origin") == "https://elsewhere.example"
    assert "x-a" in answer.get("access-control-allow-headers").lower()
    assert answer.get("access-control-allow-credentials") == "true"
