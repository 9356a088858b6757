"""What is not Socket.IO passes: plain HTTP, as its peers would have it without a proxy."""

import json
import os
import socket
import threading

import pytest
import requests
from wire import Stream, chunk, dial, head, http, raw_exchange, read_head, read_message


@pytest.fixture
def in_front_of(raw_upstream, start_siphon):
    """in_front_of(script) -> a proxy whose upstream runs `script(stream)` for each connection."""
    return lambda script: start_siphon(raw_upstream(script).url)


def answering(*pieces: bytes, seen: list | None = None):
    """A script that reads one request and answers with these bytes, in a packet each."""

    def script(stream: Stream):
        request = read_message(stream)
        if seen is not None:
            seen.append(request)
        for piece in pieces:
            stream.send(piece)

    return script


HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def test_a_get_with_its_query_and_headers(siphon):
    answer = http(siphon.port, "GET", "/reflect?a=%20b&a=2&empty=&%C3%A4", [("X-Custom", "yes"), ("Cookie", "a=b")])
    assert answer.status == 200
    assert answer.get("x-upstream") == "yes"
    seen = json.loads(answer.text)
    assert seen["method"] == "GET" and seen["target"] == "/reflect?a=%20b&a=2&empty=&%C3%A4"
    headers = [(name.lower(), value) for name, value in seen["headers"]]
    assert ("x-custom", "yes") in headers and ("cookie", "a=b") in headers
    assert not [name for name, _ in headers if name.startswith("x-forwarded") or name == "via"]


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


METHODS = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "MKCALENDAR", "PURGE", "QUERY",
    "M-SEARCH",
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_any_method(in_front_of, method):
    """With a body of known length, and the target as it was; a method is any token (RFC 9110, 9.1)."""
    seen: list = []
    siphon = in_front_of(answering(HELLO, seen=seen))
    body = b"" if method == "TRACE" else b"a,b\r\n1,2"
    answer = http(siphon.port, method, "/any/%2e%2E//path?q=%20&q", [("Content-Type", "text/csv")], body)
    assert (answer.status, answer.text) == (200, "hello")
    assert seen[0].start == f"{method} /any/%2e%2E//path?q=%20&q HTTP/1.1"
    assert (seen[0].body, seen[0].get("content-type")) == (body, "text/csv")


def test_a_method_that_nobody_registered_is_refused(siphon):
    """RFC 9110 would let any token pass; NIO's parser knows those of the registry."""
    assert http(siphon.port, "BREW", "/").status == 400


def test_chunks_and_trailers_both_ways(in_front_of):
    seen: list = []
    answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, X-Late\r\n\r\n"
        + chunk(b"hello") + chunk(b" back") + b"0\r\nX-Sum: 7\r\nX-Late: yes\r\n\r\n"
    )  # fmt: skip
    siphon = in_front_of(answering(answer, seen=seen))
    headers = [("Transfer-Encoding", "chunked"), ("TE", "trailers"), ("Trailer", "X-Check")]
    body = b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nX-Check: 5\r\n\r\n"
    stream = dial(siphon.port)
    for _ in range(2):
        got = http(siphon.port, "POST", "/", headers, body, stream=stream)
        assert got.body == b"hello back"
        assert got.trailers == [("X-Sum", "7"), ("X-Late", "yes")]
        assert got.get("trailer") == "X-Sum, X-Late"
    stream.close()
    for request in seen:
        assert request.body == b"hello world"
        assert request.trailers == [("X-Check", "5")]
        assert request.get("trailer") == "X-Check"
        assert request.all("transfer-encoding") == ["chunked"] and request.get("content-length") is None


def test_a_response_as_it_came(in_front_of):
    """Status, order, case and repetition of the fields, and a body whose coding is none of our business."""
    body = bytes(range(256))
    fields = [("X-One", "1"), ("x-two", "2"), ("X-One", "3"), ("Content-Encoding", "br")]
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields).encode()
    siphon = in_front_of(answering(b"HTTP/1.1 299 Custom\r\n" + lines + b"Content-Length: 256\r\n\r\n" + body))
    answer = http(siphon.port, "GET", "/")
    assert answer.status == 299
    assert answer.headers[: len(fields)] == fields
    assert answer.body == body


LOST = pytest.mark.xfail(strict=True, reason="NIO reads field values as UTF-8 and loses what is none")
ODD_VALUES = [
    pytest.param("ü🎉".encode(), id="UTF-8"),
    pytest.param(b"caf\xe9.pdf", id="Latin-1", marks=LOST),
    pytest.param(b"a\x80\xff\xfez", id="no text", marks=LOST),
]


@pytest.mark.parametrize("value", ODD_VALUES)
def test_field_values_are_bytes(in_front_of, value):
    """RFC 9110, 5.5: what is not ASCII is opaque, and passes."""
    seen: list = []
    siphon = in_front_of(answering(HELLO.replace(b"\r\n", b"\r\nX-Odd: " + value + b"\r\n", 1), seen=seen))
    answer = http(siphon.port, "GET", "/", [("X-Odd", value.decode("latin-1"))])
    assert seen[0].get("x-odd").encode("latin-1") == value
    assert answer.get("x-odd").encode("latin-1") == value


RANGES = ["bytes=10-19", "bytes=-10", "bytes=100-", "bytes=99999999-"]


@pytest.mark.parametrize("wanted", RANGES)
def test_ranges(siphon, upstream, wanted):
    direct, answer = (
        http(port, "GET", "/socket.io.min.js", [("Range", wanted)]) for port in (upstream.port, siphon.port)
    )
    assert answer.status in (206, 416)
    assert (answer.status, answer.body) == (direct.status, direct.body)
    for name in ("content-range", "content-length", "etag", "last-modified", "accept-ranges"):
        assert answer.all(name) == direct.all(name)


def test_a_file_that_did_not_change(siphon):
    """304: no body, and the connection lives on."""
    stream = dial(siphon.port)
    first = http(siphon.port, "GET", "/socket.io.min.js", stream=stream)
    for _ in range(3):
        answer = http(siphon.port, "GET", "/socket.io.min.js", [("If-None-Match", first.get("etag"))], stream=stream)
        assert (answer.status, answer.get("etag")) == (304, first.get("etag"))
    stream.close()


# MARK: framing

BODILESS = {
    "HEAD, length": ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
    "HEAD, chunked": ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "HEAD, neither": ("HEAD", b"HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n"),
    "204": ("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n"),
    "304": ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n"),
    "empty": ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
}


@pytest.mark.parametrize("case", BODILESS)
def test_a_response_without_a_body_keeps_the_connection(in_front_of, case):
    method, answer = BODILESS[case]

    def script(stream: Stream):
        request = read_message(stream)
        stream.send(HELLO if request.target == "/next" else answer)

    siphon = in_front_of(script)
    stream = dial(siphon.port)
    for _ in range(3):
        stream.send(head(method, "/", [], siphon.port))
        got = read_head(stream)
        assert got.start == answer.split(b"\r\n")[0].decode()
        assert got.get("content-length") == ("1000" if b"1000" in answer else "0" if case == "empty" else None)
        assert http(siphon.port, "GET", "/next", stream=stream).text == "hello"
    stream.close()


UNTIL_THE_END = {
    "HTTP/1.1": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n",
}


@pytest.mark.parametrize("case", UNTIL_THE_END)
def test_a_body_that_ends_with_the_upstreams_connection(in_front_of, case):
    siphon = in_front_of(answering(UNTIL_THE_END[case], b"one ", b"two"))
    stream = dial(siphon.port)
    for _ in range(2):
        assert http(siphon.port, "GET", "/", stream=stream).text == "one two"
    stream.close()


BROKEN_OFF = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
    "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello",
}


@pytest.mark.parametrize("case", BROKEN_OFF)
def test_a_body_that_breaks_off_is_not_taken_for_whole(in_front_of, case):
    siphon = in_front_of(answering(BROKEN_OFF[case]))
    got = raw_exchange(siphon.port, head("GET", "/", [], siphon.port))
    assert got.startswith(b"HTTP/1.1 200 ")
    assert not got.endswith(b"0\r\n\r\n")
    assert b"Content-Length: 10" in got or b"chunked" in got


def test_a_client_of_http_1_0(in_front_of):
    """No chunks and no Host: the body ends with the connection, or where its length says so with `keep-alive`."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"hel") + chunk(b"lo") + chunk(b"")

    def script(stream: Stream):
        request = read_message(stream)
        assert len(request.all("host")) == 1
        stream.send(chunked if request.target == "/chunked" else HELLO)

    siphon = in_front_of(script)
    for target in ("/chunked", "/length"):
        got = raw_exchange(siphon.port, f"GET {target} HTTP/1.0\r\n\r\n".encode())
        top, _, body = got.partition(b"\r\n\r\n")
        assert body == b"hello" and b"transfer-encoding" not in top.lower()
    stream = dial(siphon.port)
    for _ in range(3):
        stream.send(b"GET /length HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        answer = read_message(stream)
        assert (answer.text, answer.get("connection")) == ("hello", "keep-alive")
    stream.close()


def test_a_connection_that_is_to_close_closes(in_front_of):
    siphon = in_front_of(answering(HELLO))
    got = raw_exchange(siphon.port, head("GET", "/", [("Connection", "close")], siphon.port))
    assert got.startswith(b"HTTP/1.1 200 ") and got.endswith(b"\r\n\r\nhello")
    assert b"connection: close" in got.lower()


def test_pipelined_requests_are_answered_in_their_order(in_front_of):
    """Although the first waits longest, and bodies lie between them."""
    others_came = threading.Event()

    def script(stream: Stream):
        request = read_message(stream)
        if request.target == "/first":
            others_came.wait(5)
        body = f"{request.method} {request.target} {request.text}".encode()
        stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    siphon = in_front_of(script)
    stream = dial(siphon.port)
    stream.send(
        head("GET", "/first", [], siphon.port)
        + head("POST", "/second", [("Content-Length", "4")], siphon.port) + b"body"
        + head("POST", "/third", [("Transfer-Encoding", "chunked")], siphon.port) + chunk(b"in chunks") + chunk(b"")
        + head("HEAD", "/fourth", [], siphon.port) + head("GET", "/fifth", [("Connection", "close")], siphon.port)
    )  # fmt: skip
    others_came.set()
    answers = [read_message(stream, no_body=number == 3) for number in range(5)]
    assert [answer.text for answer in answers] == [
        "GET /first ", "POST /second body", "POST /third in chunks", "", "GET /fifth ",
    ]  # fmt: skip
    assert stream.rest() == b""
    stream.close()


def test_a_client_that_closes_its_half_gets_its_answer(in_front_of):
    """And the upstream sees the end of the input, as it would without a proxy."""

    def script(stream: Stream):
        request = read_message(stream)
        rest = stream.rest()
        body = request.body + b" and " + (rest or b"the end")
        stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    siphon = in_front_of(script)
    for method, body in (("GET", b""), ("POST", b"all")):
        stream = dial(siphon.port)
        length = [("Content-Length", str(len(body)))] if body else []
        stream.send(head(method, "/", length, siphon.port) + body)
        stream.sock.shutdown(socket.SHUT_WR)
        assert stream.rest().endswith(body + b" and the end")
        stream.close()


# MARK: words before the answer


def test_the_upstream_tells_the_client_to_go_on(in_front_of):
    """`Expect: 100-continue`: the 100 is the upstream's own, and the body waits for it."""
    may_continue = threading.Event()

    def script(stream: Stream):
        request = read_head(stream)
        assert request.get("expect").lower() == "100-continue"
        assert stream.buffer == b""
        may_continue.wait(5)
        stream.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert stream.exactly(5) == b"hello"
        stream.send(HELLO)

    siphon = in_front_of(script)
    stream = dial(siphon.port)
    for _ in range(2):
        may_continue.clear()
        stream.send(head("PUT", "/", [("Expect", "100-continue"), ("Content-Length", "5")], siphon.port))
        stream.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            stream.until(b"\r\n\r\n")
        stream.sock.settimeout(10)
        may_continue.set()
        assert read_head(stream).start.startswith("HTTP/1.1 100")
        stream.send(b"hello")
        assert read_message(stream).text == "hello"
    stream.close()


@pytest.mark.parametrize("status", ["417 Expectation Failed", "401 Unauthorized", "200 OK"])
def test_the_upstream_answers_instead_of_asking_for_the_body(in_front_of, status):
    def script(stream: Stream):
        read_head(stream)
        stream.send(f"HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\nno, x".encode())
        assert stream.rest() == b""

    siphon = in_front_of(script)
    stream = dial(siphon.port)
    stream.send(head("PUT", "/", [("Expect", "100-continue"), ("Content-Length", "50000000")], siphon.port))
    answer = read_message(stream)
    assert (answer.start, answer.text) == (f"HTTP/1.1 {status}", "no, x")
    assert stream.rest() == b""  # what follows could be the body or a request: the connection ends
    stream.close()


def test_early_hints_pass(in_front_of):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    siphon = in_front_of(answering(hints, hints, HELLO))
    stream = dial(siphon.port)
    for _ in range(2):
        stream.send(head("GET", "/", [], siphon.port))
        for _ in range(2):
            hint = read_head(stream)
            assert (hint.status, hint.get("link")) == (103, "</style.css>; rel=preload")
            assert hint.get("transfer-encoding") is None
        assert read_message(stream).text == "hello"
    stream.close()


def test_what_follows_a_response_is_no_answer_to_the_next_request(in_front_of):
    numbers = iter(range(10))

    def script(stream: Stream):
        read_message(stream)
        body = b"answer %d" % next(numbers)
        stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + body + HELLO.replace(b"hello", b"false"))

    siphon = in_front_of(script)
    stream = dial(siphon.port)
    assert [http(siphon.port, "GET", "/", stream=stream).text for _ in range(3)] == ["answer 0", "answer 1", "answer 2"]
    stream.close()
