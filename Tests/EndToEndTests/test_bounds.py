"""What a peer can make the proxy keep: connections, descriptors and memory, counted."""

import socket
import threading

import pytest
from processes import eventually
from wire import PING, TEXT, EngineClient, RawWebSocket, Stream, dial, frame, head, http, read_message, statuses

POLLING = "/socket.io/?EIO=4&transport=polling"
MEBIBYTE = 1 << 20
#: What waits for one side of a connection at most (Limits.queuedBytes); the kernel's buffers hold some more.
QUEUE = 16 * MEBIBYTE


class Bystander:
    """Another connection through the same proxy to the same upstream, whose events pass whatever the others do."""

    def __init__(self, siphon, upstream):
        self.client = EngineClient(siphon.port, "websocket")
        self.client.join()
        self.session = upstream.session()
        self.count = 0

    def check(self):
        self.count += 1
        self.client.send(f'42["there",{self.count}]')
        eventually(lambda: self.session.messages()[1:][self.count - 1 :], what="the bystander's event at the upstream")
        assert self.session.messages()[-1] == f'42["there",{self.count}]'
        self.session.send(f'42["back",{self.count}]')
        assert self.client.receive() == f'42["back",{self.count}]'


@pytest.fixture
def start_bystander():
    started = []

    def start(siphon, upstream):
        one = Bystander(siphon, upstream)
        started.append(one)
        one.check()
        return one

    yield start
    for one in started:
        one.check()
        one.client.close()


def closed_connections(siphon) -> list[dict]:
    return [each for each in siphon.connections() if each["closedAt"]]


def flood(stream: Stream, piece: bytes, is_over, pieces: int):
    """Sends until the other side does not take it any more or `is_over`, and fails after so many pieces."""
    try:
        for _ in range(pieces):
            stream.send(piece)
            if is_over():
                return
    except OSError:
        eventually(is_over, what="an end on the proxy's own record")
        return
    raise AssertionError(f"{pieces * len(piece)} bytes were taken and nothing ended")


@pytest.mark.parametrize("reset", [False, True], ids=["close", "reset"])
def test_a_handshake_whose_body_never_comes_leaves_nothing(engine_upstream, start_siphon, reset):
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    request = head("GET", POLLING, [("Content-Length", "5")], siphon.port)
    assert siphon.connections() == []
    before = siphon.open_files()
    streams = [dial(siphon.port) for _ in range(20)]
    for stream in streams:
        stream.send(request + b"hel")
    eventually(lambda: siphon.open_files() >= before + 20, what="twenty connections at the proxy")
    assert siphon.connections() == []
    for stream in streams:
        stream.close(reset=reset)
    eventually(lambda: siphon.open_files() <= before, what="no descriptor more than before")
    assert siphon.connections() == []
    assert siphon.api.get("status")["connections"] == 0
    assert upstream.requests == []

    whole = http(siphon.port, "GET", POLLING, [("Content-Length", "5")], b"hello")
    assert whole.text.startswith("0{")
    assert len(upstream.sessions) == len(siphon.connections()) == 1


def test_thirty_thousand_pipelined_requests_that_are_refused(raw_upstream, start_siphon):
    """Each gets its answer; those behind one that waits for the upstream too."""
    may_answer = threading.Event()

    def script(stream: Stream):
        read_message(stream)
        may_answer.wait(20)
        stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    siphon = start_siphon(raw_upstream(script).url)
    refused = b"GET a://b HTTP/1.1\r\n\r\n" * 30_000
    stream = dial(siphon.port, timeout=30)

    def send():
        stream.send(refused)
        stream.send(head("GET", "/slow", [], siphon.port) + refused)
        may_answer.set()
        stream.sock.shutdown(socket.SHUT_WR)

    sending = threading.Thread(target=send)
    sending.start()
    # the kernel does not hold all of it: the request that waits is answered when its successors are on their way
    threading.Timer(1, may_answer.set).start()
    answers = statuses(stream.rest())
    sending.join(10)
    assert answers == [403] * 30_000 + [200] + [403] * 30_000
    stream.close()


def test_a_client_that_pipelines_and_reads_nothing_is_not_read(siphon, witness):
    before = siphon.resident_bytes()
    stream = dial(siphon.port, timeout=2)
    piece = b"GET http://elsewhere.example/ HTTP/1.1\r\nHost: x\r\n\r\n" * 20_000
    taken = 0
    try:
        while taken < 100 * MEBIBYTE:
            taken += stream.sock.send(piece)
    except TimeoutError:
        pass
    assert taken < 64 * MEBIBYTE
    witness()
    assert siphon.resident_bytes() - before < 24 * MEBIBYTE
    stream.close(reset=True)


def test_requests_that_passed_leave_nothing(raw_upstream, start_siphon):
    """Neither a descriptor nor memory, on a connection that lives on and with one connection a request."""

    def script(stream: Stream):
        read_message(stream)
        stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    siphon = start_siphon(raw_upstream(script).url)
    padding = [("X-Padding", "x" * 20_000)]
    kept = dial(siphon.port)
    http(siphon.port, "GET", "/", stream=kept)
    files = siphon.open_files()

    def ask(count: int, stream: Stream | None):
        for _ in range(count):
            assert http(siphon.port, "GET", "/", padding, stream=stream).text == "hi"

    ask(500, kept)
    ask(100, None)
    before = siphon.resident_bytes()
    ask(2000, kept)
    ask(500, None)
    assert siphon.resident_bytes() - before < 8 * MEBIBYTE
    eventually(lambda: siphon.open_files() <= files, what="no descriptor more than before")
    kept.close()


def test_sessions_that_ended_leave_nothing_but_their_record(engine_upstream, start_siphon):
    siphon = start_siphon(engine_upstream().url)
    siphon.connections()
    files = siphon.open_files()
    for _ in range(50):
        polling = EngineClient(siphon.port, "polling")
        polling.send("1")
        polling.close()
        websocket = EngineClient(siphon.port, "websocket")
        websocket.websocket.close(1000)
        websocket.close()
    eventually(lambda: len(closed_connections(siphon)) == 100, what="a hundred closed connections")
    eventually(lambda: siphon.open_files() <= files, what="no descriptor more than before")
    assert siphon.api.get("status")["connections"] == 0


def test_a_flood_of_pings_whose_answers_nobody_reads(siphon, witness):
    """It ends that connection, and that one alone."""
    client = EngineClient(siphon.port, "websocket")
    client.join()
    before = siphon.resident_bytes()
    client.websocket.stream.sock.settimeout(15)
    piece = frame(PING, b"x" * 125, masked=True) * 8000  # 1 MB
    flood(client.websocket.stream, piece, lambda: closed_connections(siphon), pieces=300)
    witness()
    assert len(closed_connections(siphon)) == 1
    assert siphon.resident_bytes() - before < QUEUE + 32 * MEBIBYTE
    client.websocket.stream.close(reset=True)


def test_a_flood_of_heartbeats_from_an_upstream_that_reads_nothing(engine_upstream, start_siphon, start_bystander):
    """Each wants an answer: that connection ends on both hops, and that one alone."""
    # the bystander answers no heartbeat, and a sanitizer makes the flood take a while
    upstream = engine_upstream(ping_interval=300_000)
    siphon = start_siphon(upstream.url)
    bystander = start_bystander(siphon, upstream)
    client = EngineClient(siphon.port, "websocket", query="&deaf=1")
    stream = upstream.session().websocket.stream
    stream.sock.settimeout(15)
    before = siphon.resident_bytes()
    piece = frame(TEXT, b"2" + b"x" * 100, masked=False) * 8000
    flood(stream, piece, lambda: closed_connections(siphon), pieces=300)
    bystander.check()
    client.websocket.close_code()
    assert len(closed_connections(siphon)) == 1
    assert siphon.resident_bytes() - before < QUEUE + 48 * MEBIBYTE
    client.close()


def test_a_flood_of_posts_towards_an_upstream_that_reads_nothing(engine_upstream, start_siphon, start_bystander):
    """A POST waits for the upstream; when the wait has to end, the session ends before it takes too much."""
    # the bystander answers no heartbeat
    upstream = engine_upstream(ping_interval=300_000, ping_timeout=2000)
    siphon = start_siphon(upstream.url, "--upstream-transport", "websocket", "--memory", "8MiB")
    bystander = start_bystander(siphon, upstream)
    client = EngineClient(siphon.port, "polling", query="&deaf=1")
    before = siphon.resident_bytes()
    message = '42["a","' + "x" * 50_000 + '"]'
    taken = 0
    while not closed_connections(siphon):
        assert taken < QUEUE + 16 * MEBIBYTE
        for _ in range(10):
            client.post(message)
            taken += len(message)
    bystander.check()
    assert client.poll().text.split("\x1e")[-1] == "1"
    assert client.poll().status == 400
    assert siphon.resident_bytes() - before < QUEUE + 48 * MEBIBYTE
    client.close()


def test_polls_of_an_upstream_towards_a_client_that_reads_nothing(raw_upstream, start_siphon):
    """The upstream is not asked for more than waits."""
    polls = 0
    opened = b'0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'

    def script(stream: Stream):
        nonlocal polls
        while True:
            request = read_message(stream)
            body = b"ok" if request.method == "POST" else opened
            if request.method == "GET" and "sid" in request.query:
                polls += 1
                body = b'42["large","' + b"x" * 900_000 + b'"]'
            stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    siphon = start_siphon(raw_upstream(script).url, "--upstream-transport", "polling", "--memory", "8MiB")
    before = siphon.resident_bytes()
    websocket = RawWebSocket(siphon.port, "/socket.io/?EIO=4&transport=websocket")
    seen: list[int] = []

    def stands():
        seen.append(polls)
        return len(seen) > 50 and len(set(seen[-50:])) == 1  # for a second at least

    eventually(stands, timeout=15, what="an upstream that is not asked")
    assert 0 < polls < 40
    assert siphon.resident_bytes() - before < QUEUE + 48 * MEBIBYTE
    websocket.stream.close(reset=True)
