"""Bodies pass piece by piece, both ways, however large and however long they take."""

import os
import threading

import pytest
from processes import SANITIZER, eventually
from wire import Stream, chunk, dial, head, read_chunk, read_head

MEBIBYTE = 1 << 20
CHUNKED = [("Transfer-Encoding", "chunked")]


@pytest.fixture
def in_front_of(raw_upstream, start_siphon):
    """in_front_of(script) -> a proxy whose upstream runs `script(stream)` for each connection."""
    return lambda script: start_siphon(raw_upstream(script).url)


PIECES = [b"first", b"second piece", b"x" * 100_000, b"last"]
DOWN = {
    "length": (b"Content-Length: %d\r\n" % sum(map(len, PIECES)), False),
    "chunked": (b"Transfer-Encoding: chunked\r\n", True),
    "until the end": (b"", False),
}


@pytest.mark.parametrize("case", DOWN)
def test_each_piece_of_a_response_arrives_before_the_next_is_sent(in_front_of, case):
    field, is_chunked = DOWN[case]
    may_send = threading.Semaphore(0)

    def script(stream: Stream):
        read_head(stream)
        stream.send(b"HTTP/1.1 200 OK\r\n" + field + b"\r\n")
        for piece in PIECES:
            assert may_send.acquire(timeout=5)
            stream.send(chunk(piece) if is_chunked else piece)
        if is_chunked:
            stream.send(chunk(b""))

    siphon = in_front_of(script)
    stream = dial(siphon.port)
    stream.send(head("GET", "/", [], siphon.port))
    answer = read_head(stream)
    for piece in PIECES:
        may_send.release()
        got = b""
        while len(got) < len(piece):
            got += stream.exactly(len(piece)) if case == "length" else read_chunk(stream)
        assert got == piece
    if case != "length":
        assert answer.all("transfer-encoding") == ["chunked"]
        assert read_chunk(stream) == b""
    stream.close()


@pytest.mark.parametrize("case", ["length", "chunked"])
def test_each_piece_of_a_request_arrives_before_the_next_is_sent(in_front_of, case):
    has_come = threading.Semaphore(0)

    def script(stream: Stream):
        read_head(stream)
        for piece in PIECES:
            got = b""
            while len(got) < len(piece):
                got += stream.exactly(len(piece)) if case == "length" else read_chunk(stream)
            assert got == piece
            has_come.release()
        stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    siphon = in_front_of(script)
    stream = dial(siphon.port)
    length = [("Content-Length", str(sum(map(len, PIECES))))]
    stream.send(head("POST", "/", length if case == "length" else CHUNKED, siphon.port))
    for piece in PIECES:
        stream.send(piece if case == "length" else chunk(piece))
        assert has_come.acquire(timeout=5), "the piece waits for the next"
    if case == "chunked":
        stream.send(chunk(b""))
    assert read_head(stream).status == 200
    stream.close()


def test_question_and_answer_within_one_exchange(in_front_of):
    """The response begins before the request ends, and each waits for the other."""

    def script(stream: Stream):
        read_head(stream)
        stream.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while piece := read_chunk(stream):
            stream.send(chunk(b"echo of " + piece))
        stream.send(chunk(b"") + b"\r\n")

    siphon = in_front_of(script)
    stream = dial(siphon.port)
    stream.send(head("POST", "/", CHUNKED, siphon.port))
    assert read_head(stream).status == 200
    for number in range(20):
        stream.send(chunk(b"%d" % number))
        assert read_chunk(stream) == b"echo of %d" % number
    stream.send(chunk(b"") + b"\r\n")
    assert read_chunk(stream) == b""
    stream.close()


def test_an_answer_before_the_body_has_come(in_front_of):
    """A refusal in the middle of an upload reaches the client that still sends."""

    def script(stream: Stream):
        read_head(stream)
        stream.exactly(MEBIBYTE)
        stream.send(b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig")

    siphon = in_front_of(script)
    stream = dial(siphon.port)
    stream.send(head("POST", "/", [("Content-Length", str(1 << 40))], siphon.port))
    piece = b"x" * MEBIBYTE
    try:
        for _ in range(4096):
            stream.send(piece)
    except OSError:
        pass
    else:
        raise AssertionError("4 GB were taken after the answer")
    assert read_head(stream).status == 413
    assert stream.exactly(3) == b"big"
    stream.close()


# MARK: event streams


class EventSource:
    """An upstream of server-sent events: sends what it is told to, and notes that its client left."""

    def __init__(self, is_chunked: bool):
        self.is_chunked = is_chunked
        self.stream: Stream | None = None
        self.has_left = threading.Event()

    def script(self, stream: Stream):
        read_head(stream)
        framing = b"Transfer-Encoding: chunked\r\n" if self.is_chunked else b""
        stream.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n%b\r\n" % framing
        )
        self.stream = stream
        stream.rest()
        self.has_left.set()

    def tell(self, event: bytes):
        eventually(lambda: self.stream, what="a listener").send(chunk(event) if self.is_chunked else event)


@pytest.mark.parametrize("is_chunked", [True, False], ids=["chunked", "until the end"])
@pytest.mark.parametrize("reset", [False, True], ids=["close", "reset"])
def test_an_event_stream(in_front_of, is_chunked, reset):
    """Each event comes as it is told; a listener that leaves is noticed, though nothing is being said."""
    source = EventSource(is_chunked)
    siphon = in_front_of(source.script)
    siphon.connections()
    before = siphon.open_files()
    stream = dial(siphon.port)
    stream.send(head("GET", "/events", [("Accept", "text/event-stream")], siphon.port))
    answer = read_head(stream)
    assert answer.get("content-type") == "text/event-stream"
    for number in range(20):
        event = b"id: %d\ndata: {}\n\n" % number
        source.tell(event)
        assert read_chunk(stream) == event
    assert not source.has_left.is_set()
    stream.close(reset=reset)
    assert source.has_left.wait(5), "the upstream does not know that its client left"
    eventually(lambda: siphon.open_files() <= before, what="no descriptor more than before")


def test_an_upstream_that_never_reads_the_end_does_not_keep_a_client_that_left(in_front_of):
    """It writes on, as most servers of events do: what it writes then tells it."""
    failed = threading.Event()

    def script(stream: Stream):
        read_head(stream)
        stream.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        try:
            for _ in range(500):
                stream.send(b": still here\n\n")
                threading.Event().wait(0.01)
        except OSError:
            failed.set()

    siphon = in_front_of(script)
    stream = dial(siphon.port)
    stream.send(head("GET", "/events", [], siphon.port))
    assert read_head(stream).status == 200
    stream.close()
    assert failed.wait(4), "the upstream could go on for nobody"


# MARK: size

GIBIBYTE = 1 << 30
NOISE = os.urandom(MEBIBYTE)


class Sink:
    """Takes so many bytes of repeated `NOISE` and looks at the proxy's memory on the way."""

    def __init__(self, siphon):
        self.siphon = siphon
        self.before = siphon.resident_bytes()
        self.most = 0

    def take(self, stream: Stream, total: int):
        twice = NOISE + NOISE
        got = 0
        while got < total:
            piece = bytes(stream.buffer) or stream.sock.recv(MEBIBYTE)
            stream.buffer.clear()
            assert piece, f"the end after {got} bytes"
            at = got % MEBIBYTE
            assert twice[at : at + len(piece)] == piece, f"other bytes at {got}"
            if got >> 25 != (got + len(piece)) >> 25:
                self.most = max(self.most, self.siphon.resident_bytes())
            got += len(piece)
        assert got == total

    def check(self):
        assert self.most or SANITIZER, "never looked"
        grown = self.most - self.before
        assert grown < 40 * MEBIBYTE, f"grew by {grown} bytes"


def pour(stream: Stream, total: int):
    for _ in range(total // MEBIBYTE):
        stream.send(NOISE)


def test_a_gibibyte_down_in_constant_memory(in_front_of):
    def script(stream: Stream):
        read_head(stream)
        stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIBIBYTE)
        pour(stream, GIBIBYTE)

    siphon = in_front_of(script)
    stream = dial(siphon.port, timeout=30)
    sink = Sink(siphon)
    stream.send(head("GET", "/", [], siphon.port))
    assert read_head(stream).get("content-length") == str(GIBIBYTE)
    sink.take(stream, GIBIBYTE)
    sink.check()
    stream.close()


def test_a_gibibyte_up_in_constant_memory(in_front_of):
    sinks: list[Sink] = []

    def script(stream: Stream):
        assert read_head(stream).get("content-length") == str(GIBIBYTE)
        sinks[0].take(stream, GIBIBYTE)
        stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    siphon = in_front_of(script)
    stream = dial(siphon.port, timeout=30)
    sinks.append(Sink(siphon))
    stream.send(head("PUT", "/", [("Content-Length", str(GIBIBYTE))], siphon.port))
    pour(stream, GIBIBYTE)
    assert read_head(stream).status == 200
    sinks[0].check()
    stream.close()


@pytest.mark.parametrize("direction", ["down", "up"])
def test_a_side_that_reads_nothing_holds_the_other_back(in_front_of, direction):
    may_go_on = threading.Event()
    taken = 0

    def fill(stream: Stream):
        nonlocal taken
        stream.sock.settimeout(1.5)
        try:
            while taken < 200 * MEBIBYTE:
                taken += stream.sock.send(NOISE)
        except TimeoutError:
            pass
        may_go_on.set()

    def script(stream: Stream):
        read_head(stream)
        if direction == "down":
            stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIBIBYTE)
            fill(stream)
        else:
            may_go_on.wait(20)

    siphon = in_front_of(script)
    before = siphon.resident_bytes()
    stream = dial(siphon.port)
    length = [("Content-Length", str(GIBIBYTE))] if direction == "up" else []
    stream.send(head("PUT", "/", length, siphon.port))
    if direction == "up":
        fill(stream)
    assert may_go_on.wait(20)
    assert 0 < taken < 64 * MEBIBYTE
    assert siphon.resident_bytes() - before < 16 * MEBIBYTE
    stream.close(reset=True)
