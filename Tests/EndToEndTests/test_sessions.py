"""What the requests of a session say to each other, and how it ends."""

import socket
import threading

import pytest
from processes import eventually
from wire import (
    CLOSE,
    EngineClient,
    EngineUpstream,
    Stream,
    WebSocketStream,
    agreement,
    dial,
    frame,
    head,
    http,
    read_head,
    read_message,
)  # fmt: skip

POLLING = "/socket.io/?EIO=4&transport=polling"
OPEN = b'0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'


@pytest.mark.parametrize("is_told", [True, False], ids=["Connection: close", "without a word"])
def test_an_upstream_that_closes_after_each_response_loses_no_message(raw_upstream, start_siphon, is_told):
    """As servers do that bound the requests of one connection."""
    total = 60
    received: list[bytes] = []
    polls = iter(range(total))

    def script(stream: Stream):
        request = read_message(stream)
        if "sid" not in request.query:
            body = OPEN
        elif request.method == "POST":
            received.extend(request.body.split(b"\x1e"))
            body = b"ok"
        else:
            number = next(polls, None)
            if number is None:
                return stream.rest()
            body = b'42["tick",%d]' % number
        closing = b"Connection: close\r\n" if is_told else b""
        stream.send(b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n" % (closing, len(body)) + body)

    client = EngineClient(start_siphon(raw_upstream(script).url).port, "polling")
    assert [client.receive() for _ in range(total)] == [f'42["tick",{number}]' for number in range(total)]
    if is_told:  # a POST must not be sent twice, so one on a connection that closes without a word may be lost
        for number in range(total):
            client.send(f'42["tock",{number}]')
        eventually(lambda: len(received) == total, what="all events at the upstream")
        assert received == [b'42["tock",%d]' % number for number in range(total)]
    client.close()


def test_a_close_frame_that_the_client_answers_ends_the_connection(engine_upstream, start_siphon):
    """RFC 6455, 7.1.1: the server closes at once. One that does not answer is waited for longer."""
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    clients = []
    for _ in range(2):
        client = EngineClient(siphon.port, "websocket")
        client.join()
        clients.append((client, upstream.session()))
    silent, answering = (client.websocket for client, _ in clients)
    for _, session in clients:
        session.websocket.close(1001, "away")
    for websocket in (silent, answering):
        assert websocket.receive() == (CLOSE, b"\x03\xe9away")
    answering.close(1001)
    assert answering.stream.rest() == b""
    silent.stream.sock.settimeout(0)
    with pytest.raises(BlockingIOError):
        silent.stream.sock.recv(1)
    silent.stream.sock.settimeout(10)
    assert silent.stream.rest() == b""
    for client, _ in clients:
        client.close()


def test_a_close_frame_that_the_upstream_answers_ends_the_connection(raw_upstream, start_siphon):
    """The same on the other hop: of two upstreams that are told to close, the one that answers is let go first."""
    silent_may_look = threading.Event()
    order: list[str] = []

    def script(stream: Stream):
        request = read_message(stream)
        answers = "answers" in request.query
        stream.send(agreement(request) + frame(1, OPEN, masked=False))
        websocket = WebSocketStream(stream, masks=False)
        assert websocket.receive()[0] == CLOSE
        if answers:
            silent_may_look.wait(5)
            websocket.close(1000)
        else:
            silent_may_look.set()
        stream.rest()
        order.append("answers" if answers else "silent")

    siphon = start_siphon(raw_upstream(script).url)
    clients = [EngineClient(siphon.port, "websocket", query=query) for query in ("&answers=1", "&silent=1")]
    for client in clients:
        client.websocket.close(1000)
    eventually(lambda: len(order) == 2, what="the end of both")
    assert order == ["answers", "silent"]
    for client in clients:
        client.close()


OFFER = [("Sec-WebSocket-Protocol", "first, second.v1"), ("Sec-WebSocket-Protocol", "third,fourth")]


@pytest.mark.parametrize("chosen", ["first", "second.v1", "fourth", None], ids=str)
def test_the_subprotocol_that_the_upstream_chose(engine_upstream, start_siphon, chosen):
    upstream = engine_upstream(subprotocol=chosen)
    client = EngineClient(start_siphon(upstream.url).port, "websocket", headers=OFFER)
    offered = ", ".join(upstream.session().handshake.all("sec-websocket-protocol"))
    assert offered.replace(" ", "") == "first,second.v1,third,fourth"
    assert client.handshake.all("sec-websocket-protocol") == ([chosen] if chosen else [])
    client.join()
    client.close()


@pytest.mark.parametrize("offer", [OFFER, []], ids=["some", "none"])
def test_a_subprotocol_on_the_upgrade_from_polling(engine_upstream, start_siphon, offer):
    """The upstream is asked once the client's own upgrade is complete, so its first is chosen, as by ws of Node.js."""
    upstream = engine_upstream(subprotocol="first")
    client = EngineClient(start_siphon(upstream.url).port, "polling")
    client.join()
    session = upstream.session()
    client.headers = list(offer)
    client.upgrade()
    assert client.websocket.answer.all("sec-websocket-protocol") == (["first"] if offer else [])
    eventually(lambda: session.websocket, what="the upstream's upgrade")
    (upgrade,) = [request for request in session.requests if request.get("upgrade")]
    offered = ",".join(upgrade.all("sec-websocket-protocol")).replace(" ", "")
    assert offered == ("first,second.v1,third,fourth" if offer else "")
    client.send('42["after"]')
    eventually(lambda: session.messages()[1:] == ['42["after"]'], what="the event after the upgrade")
    client.close()


# MARK: requests of a session


def test_a_post_that_waits_to_be_told_to_go_on(engine_upstream, start_siphon):
    """`Expect: 100-continue` (RFC 9110, 10.1.1)."""
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    client = EngineClient(siphon.port, "polling")
    client.join()
    stream = dial(siphon.port)
    body = b'42["patient"]'
    for _ in range(2):
        fields = [("Expect", "100-continue"), ("Content-Length", str(len(body)))]
        stream.send(head("POST", client.target("polling"), fields, siphon.port))
        assert read_head(stream).status == 100
        stream.send(body)
        answer = read_message(stream)
        assert (answer.status, answer.text) == (200, "ok")
    eventually(lambda: upstream.session().messages()[1:] == [body.decode()] * 2, what="the events at the upstream")
    assert all(request.get("expect") is None for request in upstream.requests)
    stream.close()
    client.close()


@pytest.mark.parametrize("case", ["too large", "unknown session"])
def test_a_post_that_is_refused_is_not_told_to_go_on(engine_upstream, start_siphon, case):
    siphon = start_siphon(engine_upstream().url)
    client = EngineClient(siphon.port, "polling")
    client.join()
    stream = dial(siphon.port)
    target = client.target("polling") if case == "too large" else POLLING + "&sid=unknown"
    length = 2_000_000 if case == "too large" else 5
    stream.send(head("POST", target, [("Expect", "100-continue"), ("Content-Length", str(length))], siphon.port))
    assert read_message(stream).status == (413 if case == "too large" else 400)
    stream.close()
    client.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_cookie_of_a_later_response_reaches_the_client(engine_upstream, start_siphon, method):
    """With the client's next response, once, for the proxy's host; and the upstream gets it back on its own hop."""
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    client = EngineClient(siphon.port, "polling")
    client.join()
    session = upstream.session()
    session.next_headers = [
        ("Set-Cookie", "later=3; Path=/; Domain=127.0.0.1; HttpOnly"),
        ("Set-Cookie", "foreign=4; Domain=elsewhere.example"),
    ]
    if method == "POST":
        client.send('42["fetch"]')
        eventually(lambda: session.next_headers == [], what="the upstream's answer to the POST")
    session.send('42["tick",1]')
    answers = [client.poll()]
    assert client.packets == ['42["tick",1]']
    for number in (2, 3):
        session.send(f'42["tick",{number}]')
        answers.append(client.poll())
    cookies = [answer.all("set-cookie") for answer in answers]
    first = next(each for each in cookies if each)
    assert first == ["later=3; Path=/; HttpOnly", "foreign=4; Domain=elsewhere.example"]
    assert sum(bool(each) for each in cookies) == 1
    eventually(lambda: "later=3" in (session.requests[-1].get("cookie") or ""), what="the cookie at the upstream")
    client.close()


# MARK: the end of a session by polling


class SlowPosts(EngineUpstream):
    """Answers the first POST of a session only when it may, and a GET with a noop or with 400, as told."""

    def __init__(self, **options):
        self.may_answer = threading.Event()
        self.has_post = threading.Event()
        super().__init__(joins=False, **options)

    def _post(self, stream, request, session):
        if not self.has_post.is_set():
            self.has_post.set()
            self.may_answer.wait(10)
        super()._post(stream, request, session)

    def _get(self, stream, session):
        if session.outgoing.get() == ("refused",):
            return self._answer(stream, b'{"code":1,"message":"Session ID unknown"}', "400 Bad Request")
        self._answer(stream, b"6")


@pytest.fixture
def slow_posts():
    one = SlowPosts()
    yield one
    one.close()
    assert not one.failures


@pytest.mark.parametrize("poll", ["pending", "noop", "refused"])
def test_a_close_behind_a_post_under_way_comes_after_it(slow_posts, start_siphon, poll):
    """What the client sent before it closed arrives, then the close."""
    siphon = start_siphon(slow_posts.url)
    client = EngineClient(siphon.port, "polling")
    client.send('42["one"]')
    assert slow_posts.has_post.wait(5)
    client.send('42["two"]\x1e42["three"]')
    client.send('42["four"]\x1e1')
    client.close()
    session = slow_posts.session()
    if poll != "pending":
        session.send(poll)
    slow_posts.may_answer.set()
    packets = ['42["one"]', '42["two"]', '42["three"]', '42["four"]', "1"]
    eventually(lambda: [packet for _, packet in session.received] == packets, what="all packets in order")
    eventually(lambda: siphon.connections()[0]["closedAt"], what="the end of the connection")


def test_a_client_that_leaves_with_its_websocket_has_sent_everything(slow_posts, start_siphon):
    """The same for a client by WebSocket in front of an upstream by polling."""
    siphon = start_siphon(slow_posts.url, "--upstream-transport", "polling")
    client = EngineClient(siphon.port, "websocket")
    client.send('42["one"]')
    assert slow_posts.has_post.wait(5)
    client.send('42["two"]')
    client.websocket.close(1000)
    slow_posts.may_answer.set()
    session = slow_posts.session()
    packets = ['42["one"]', '42["two"]', "1"]
    eventually(lambda: [packet for _, packet in session.received] == packets, what="all packets in order")
    client.close()


def test_a_poll_of_a_client_that_closed_its_half_ends_the_session(engine_upstream, start_siphon):
    """A session whose client cannot ask again is no session."""
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    client = EngineClient(siphon.port, "polling")
    client.join()
    stream = dial(siphon.port)
    stream.send(head("GET", client.target("polling"), [], siphon.port))
    stream.sock.shutdown(socket.SHUT_WR)
    assert stream.rest() == b""
    eventually(lambda: upstream.session().ended, what="the end at the upstream")
    assert http(siphon.port, "GET", client.target("polling")).status == 400
    client.close()
