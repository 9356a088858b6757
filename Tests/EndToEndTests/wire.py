"""Raw sockets for what no library would send: HTTP and WebSocket bytes as given, recorded as they came.

Clients are `http`, `RawWebSocket` and `EngineClient`; upstreams are `RawUpstream` (scripted, per connection) and
`EngineUpstream` (an Engine.IO 4 server that keeps the bytes of every packet).
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import queue
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from processes import PATIENCE

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Ended(Exception):
    """The other side closed (`reset` when not in good order)."""

    def __init__(self, reset: bool = False):
        super().__init__("reset" if reset else "closed")
        self.reset = reset


class Stream:
    """A socket with a buffer in front: reads by delimiter, by count, and until the end."""

    def __init__(self, sock: socket.socket, timeout: float = 10):
        self.sock = sock
        self.buffer = bytearray()
        sock.settimeout(timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes):
        self.sock.sendall(data)

    def _more(self):
        try:
            piece = self.sock.recv(1 << 16)
        except ConnectionError:
            raise Ended(reset=True) from None
        if not piece:
            raise Ended()
        self.buffer += piece

    def until(self, mark: bytes) -> bytes:
        while (at := self.buffer.find(mark)) < 0:
            self._more()
        found = bytes(self.buffer[: at + len(mark)])
        del self.buffer[: at + len(mark)]
        return found

    def exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self._more()
        found = bytes(self.buffer[:count])
        del self.buffer[:count]
        return found

    def rest(self) -> bytes:
        """All that comes until the other side closes, by a reset or not."""
        try:
            while True:
                self._more()
        except Ended:
            found = bytes(self.buffer)
            self.buffer.clear()
            return found

    def _wake_readers(self):
        """Another thread's pending read would keep the socket, and so hold the reset back."""
        try:
            self.sock.shutdown(socket.SHUT_RD)
        except OSError:
            pass

    def close(self, reset: bool = False):
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._wake_readers()
        elif self.sock.fileno() >= 0:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.sock.close()


@dataclass
class Message:
    """An HTTP request or response: the start line, headers in order as they came, the body and its trailers."""

    start: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    trailers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.start.split(" ")[1])

    @property
    def method(self) -> str:
        return self.start.split(" ")[0]

    @property
    def target(self) -> str:
        return self.start.split(" ")[1]

    @property
    def query(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(urlsplit(self.target).query).items()}

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        found = self.all(name)
        return found[0] if found else None

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


def fields(lines: list[str]) -> list[tuple[str, str]]:
    return [tuple(part.strip() for part in line.split(":", 1)) for line in lines]


def read_head(stream: Stream) -> Message:
    lines = stream.until(b"\r\n\r\n").decode("latin-1").split("\r\n")[:-2]
    return Message(lines[0], fields(lines[1:]))


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def read_chunk(stream: Stream) -> bytes:
    """The next chunk; an empty one ends the body, and its trailers follow."""
    size = int(stream.until(b"\r\n").split(b";")[0], 16)
    data = stream.exactly(size)
    if size:
        assert stream.until(b"\r\n") == b"\r\n", "a chunk that is longer than it says"
    return data


def read_message(stream: Stream, no_body: bool = False) -> Message:
    """A head with its body, by length, by chunks, or (a response without either) until the end."""
    message = read_head(stream)
    response = message.start.startswith("HTTP/")
    if no_body or (response and (message.status in (101, 204, 304))):
        return message
    if "chunked" in (message.get("transfer-encoding") or ""):
        while piece := read_chunk(stream):
            message.body += piece
        while (line := stream.until(b"\r\n")) != b"\r\n":
            message.trailers += fields([line.decode("latin-1")])
    elif (length := message.get("content-length")) is not None:
        message.body = stream.exactly(int(length))
    elif response:
        message.body = stream.rest()
    return message


def dial(port: int, timeout: float = 10) -> Stream:
    return Stream(socket.create_connection(("127.0.0.1", port), timeout=timeout), timeout)


def head(method: str, target: str, headers: list[tuple[str, str]], port: int = 0) -> bytes:
    lines = [f"{method} {target} HTTP/1.1"]
    if not any(name.lower() == "host" for name, _ in headers):
        lines.append(f"Host: 127.0.0.1:{port}")
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def http(port: int, method: str, target: str, headers=(), body: bytes = b"", stream: Stream | None = None) -> Message:
    """One request; on a connection of its own unless a `stream` is given."""
    own = stream is None
    stream = stream or dial(port)
    headers = list(headers)
    if body and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
        headers.append(("Content-Length", str(len(body))))
    try:
        stream.send(head(method, target, headers, port) + body)
        return read_message(stream, no_body=method == "HEAD")
    finally:
        if own:
            stream.close()


def raw_exchange(port: int, data: bytes, timeout: float = 10) -> bytes:
    """Sends bytes and returns all that comes until the other side closes. A timeout is an error: it must close."""
    stream = dial(port, timeout)
    try:
        stream.send(data)
    except ConnectionError:
        pass  # it may have refused before the end
    try:
        return stream.rest()
    finally:
        stream.close()


def statuses(answer: bytes) -> list[int]:
    """Of each response in these bytes."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


def xor(data: bytes, key: bytes) -> bytes:
    if not data:
        return data
    repeated = (key * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(data), "big")


def frame(opcode: int, payload: bytes, *, masked: bool, fin: bool = True, reserved: int = 0, announce=None) -> bytes:
    """One frame. `announce` states another length than the payload has."""
    size = len(payload) if announce is None else announce
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    flag = 0x80 if masked else 0
    if size < 126:
        out = bytes([first, flag | size])
    elif size < 1 << 16:
        out = bytes([first, flag | 126]) + struct.pack(">H", size)
    else:
        out = bytes([first, flag | 127]) + struct.pack(">Q", size)
    if not masked:
        return out + payload
    key = os.urandom(4)
    return out + key + xor(payload, key)


class WebSocketStream:
    """Frames over a stream after the handshake, for either side."""

    def __init__(self, stream: Stream, masks: bool):
        self.stream, self.masks = stream, masks
        self._lock = threading.Lock()

    def send(self, payload: str | bytes, opcode: int | None = None, **more):
        data = payload.encode() if isinstance(payload, str) else payload
        kind = opcode if opcode is not None else TEXT if isinstance(payload, str) else BINARY
        more.setdefault("masked", self.masks)
        with self._lock:
            self.stream.send(frame(kind, data, **more))

    def send_together(self, *messages: str | bytes):
        """All in one write, so that the peer may end the connection at any of them."""
        kinds = [(TEXT, each.encode()) if isinstance(each, str) else (BINARY, each) for each in messages]
        with self._lock:
            self.stream.send(b"".join(frame(*each, masked=self.masks) for each in kinds))

    def receive_frame(self) -> tuple[bool, int, bytes]:
        first, second = self.stream.exactly(2)
        assert not first & 0x70, "reserved bits without an extension"
        assert bool(second & 0x80) != self.masks, "masked by a server, or unmasked by a client"
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", self.stream.exactly(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.stream.exactly(8))[0]
        key = self.stream.exactly(4) if second & 0x80 else b""
        payload = self.stream.exactly(size)
        return bool(first & 0x80), first & 0x0F, xor(payload, key) if key else payload

    def receive(self) -> tuple[int, bytes]:
        """The next message or close frame; pings are answered on the way."""
        kind, whole = None, b""
        while True:
            fin, opcode, payload = self.receive_frame()
            if opcode == PING:
                self.send(payload, PONG)
            elif opcode == CLOSE:
                return CLOSE, payload
            elif opcode != PONG:
                kind = opcode or kind
                whole += payload
                if fin:
                    return kind, whole

    def close_code(self) -> int | None:
        """Reads on until a close frame: its code, 1005 for an empty one, None for an end without one."""
        try:
            while True:
                opcode, payload = self.receive()
                if opcode == CLOSE:
                    return struct.unpack(">H", payload[:2])[0] if payload else 1005
        except Ended:
            return None

    def close(self, code: int | None = None, reason: str = ""):
        self.send(b"" if code is None else struct.pack(">H", code) + reason.encode(), CLOSE)


class RawWebSocket(WebSocketStream):
    """A client. `refused` holds the answer when it was not a 101."""

    def __init__(self, port: int, target: str, headers=(), timeout: float = 10):
        super().__init__(dial(port, timeout), masks=True)
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", key),
        ]  # fmt: skip
        self.stream.send(head("GET", target, [*upgrade, *headers], port))
        self.answer = read_head(self.stream)
        self.refused = None
        if self.answer.status != 101:
            length = self.answer.get("content-length")
            if length is not None:
                self.answer.body = self.stream.exactly(int(length))
            elif "chunked" not in (self.answer.get("transfer-encoding") or ""):
                self.answer.body = self.stream.rest()
            self.refused = self.answer


class EngineClient:
    """A raw Engine.IO 4 client: packets as they are on the wire, text as str and binary as bytes."""

    def __init__(self, port: int, transport: str, query: str = "", headers=(), path: str = "/socket.io/"):
        self.port, self.path, self.headers, self.query = port, path, list(headers), query
        self.packets: list[str | bytes] = []
        self.websocket: RawWebSocket | None = None
        self.heartbeats = 0
        if transport == "websocket":
            self.websocket = RawWebSocket(port, self.target("websocket"), headers)
            assert not self.websocket.refused, f"{self.websocket.answer}"
            self.handshake = self.websocket.answer
        else:
            self._getter, self._poster = dial(port), dial(port)
            self.handshake = http(port, "GET", self.target("polling"), headers, stream=self._getter)
            assert self.handshake.status == 200, f"{self.handshake}"
            self._take(self.handshake.body)
        opened = self.receive()
        assert opened.startswith("0"), f"not an open packet: {opened!r}"
        self.open = json.loads(opened[1:])
        self.sid = self.open["sid"]

    def target(self, transport: str) -> str:
        sid = f"&sid={self.sid}" if hasattr(self, "sid") else ""
        return f"{self.path}?EIO=4&transport={transport}{sid}{self.query}"

    def _take(self, payload: bytes):
        parts = payload.decode().split("\x1e")
        assert len(parts) <= 16, f"{len(parts)} packets in one payload"
        self.packets += [base64.b64decode(part[1:]) if part.startswith("b") else part for part in parts]

    def poll(self) -> Message:
        answer = http(self.port, "GET", self.target("polling"), self.headers, stream=self._getter)
        if answer.status == 200:
            self._take(answer.body)
        return answer

    def post(self, payload: str | bytes, headers=()) -> Message:
        body = payload.encode() if isinstance(payload, str) else payload
        headers = [*self.headers, ("Content-Type", "text/plain;charset=UTF-8"), *headers]
        return http(self.port, "POST", self.target("polling"), headers, body, stream=self._poster)

    def send(self, packet: str | bytes):
        if self.websocket:
            return self.websocket.send(packet)
        text = packet if isinstance(packet, str) else "b" + base64.b64encode(packet).decode()
        answer = self.post(text)
        assert answer.status == 200, f"{answer}"

    def receive(self) -> str | bytes:
        """The next packet that is no ping; pings are answered, noops skipped."""
        while True:
            while not self.packets:
                if not self.websocket:
                    answer = self.poll()
                    assert answer.status == 200, f"{answer}"
                    continue
                opcode, data = self.websocket.receive()
                if opcode == CLOSE:
                    raise Ended()
                self.packets.append(data.decode() if opcode == TEXT else data)
            packet = self.packets.pop(0)
            if packet == "2":
                self.heartbeats += 1
                self.send("3")
            elif packet != "6":
                return packet

    def upgrade(self):
        """Polling to WebSocket, as §2.9 says: probe, let the pending GET end, then `5`."""
        websocket = RawWebSocket(self.port, self.target("websocket"), self.headers)
        assert not websocket.refused, f"{websocket.refused}"
        pending = threading.Thread(target=self.poll)
        pending.start()
        websocket.send("2probe")
        assert websocket.receive() == (TEXT, b"3probe")
        pending.join(10)
        assert not pending.is_alive(), "the pending GET was not answered"
        websocket.send("5")
        self.websocket = websocket

    def join(self, namespace: str = "/", auth: str = "") -> str:
        where = "" if namespace == "/" else namespace + ","
        self.send(f"40{where}{auth}")
        answer = self.receive()
        assert answer.startswith(f"40{where}"), f"{answer!r}"
        return answer

    def ask(self, text: str = '42["echo","witness"]') -> str | bytes:
        self.send(text)
        return self.receive()

    def close(self):
        for stream in [self.websocket.stream] if self.websocket else [self._getter, self._poster]:
            stream.close()


class RawUpstream:
    """Listens on a port of the kernel's choice and runs `script(stream)` on a thread for each connection."""

    def __init__(self, script=None, port: int = 0):
        self._script = script or self.serve
        self.listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.streams: list[Stream] = []
        self.failures: list[BaseException] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def serve(self, stream: Stream):
        raise NotImplementedError

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            stream = Stream(sock, timeout=60 * PATIENCE)
            self.streams.append(stream)
            threading.Thread(target=self._run, args=(stream,), daemon=True).start()

    def _run(self, stream: Stream):
        try:
            self._script(stream)
        except (Ended, OSError):
            pass
        except BaseException as failure:  # told by the test's teardown
            self.failures.append(failure)
        finally:
            stream.close()

    def close(self, reset: bool = False):
        self.listener.close()
        for stream in list(self.streams):
            try:
                stream.close(reset=reset)
            except OSError:
                pass


def accept_key(key: str) -> str:
    import hashlib

    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


def agreement(request: Message, *fields: str) -> bytes:
    """The head that answers a WebSocket handshake."""
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", *fields]
    lines.append("Sec-WebSocket-Accept: " + accept_key(request.get("sec-websocket-key")))
    return "\r\n".join([*lines, "", ""]).encode()


@dataclass
class EngineSession:
    """One session of an `EngineUpstream`: what came, in order, as (transport, packet)."""

    sid: str
    handshake: Message
    requests: list[Message] = field(default_factory=list)
    received: list[tuple[str, str | bytes]] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    outgoing: queue.Queue = field(default_factory=queue.Queue)
    websocket: WebSocketStream | None = None
    ended: str | None = None
    #: Header fields for the next polling answer alone.
    next_headers: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def messages(self) -> list[str | bytes]:
        """Message packets alone: no heartbeats, probes or closes."""
        return [packet for _, packet in list(self.received) if isinstance(packet, bytes) or packet.startswith("4")]

    def send(self, *packets: str | bytes):
        with self.lock:
            if self.websocket:
                self.websocket.send_together(*packets)
            else:
                self.outgoing.put(packets)

    def take_headers(self) -> list[tuple[str, str]]:
        taken, self.next_headers = self.next_headers, []
        return taken

    def upgrade(self, websocket: WebSocketStream):
        """What was queued for polling goes first."""
        with self.lock:
            self.websocket = websocket
            while not self.outgoing.empty():
                self.send(*self.outgoing.get())


class EngineUpstream(RawUpstream):
    """An Engine.IO 4 server on raw sockets. It answers `40` by itself unless `joins` is off.

    `headers` come with every answer to a handshake, `subprotocol` with one to a WebSocket that asks for it. From a
    WebSocket whose query says `deaf` it reads nothing.
    """

    def __init__(
        self, ping_interval=25_000, ping_timeout=20_000, max_payload=1_000_000, headers=(), joins=True,
        upgrades=("websocket",), subprotocol=None, port=0,
    ):  # fmt: skip
        self.sessions: dict[str, EngineSession] = {}
        self.requests: list[Message] = []
        self.joins, self.headers = joins, list(headers)
        self.upgrades, self.subprotocol = list(upgrades), subprotocol
        self.open = {"pingInterval": ping_interval, "pingTimeout": ping_timeout, "maxPayload": max_payload}
        self._is_over = threading.Event()
        self._numbers = itertools.count(1)
        super().__init__(port=port)

    def session(self, timeout: float = 5) -> EngineSession:
        """The newest session."""
        from processes import eventually

        return eventually(lambda: list(self.sessions.values())[-1:], timeout, "a session at the upstream")[0]

    def serve(self, stream: Stream):
        while True:
            request = read_message(stream)
            self.requests.append(request)
            session = self.sessions.get(request.query.get("sid", ""))
            if session is None and "sid" in request.query:
                self._answer(stream, b'{"code":1,"message":"Session ID unknown"}', "400 Bad Request")
                continue
            created = session is None
            if created:
                session = EngineSession(f"upstream-{next(self._numbers)}", request)
            session.requests.append(request)
            if (request.get("upgrade") or "").lower() == "websocket":
                return self._websocket(stream, request, session, created)
            if created:
                self.sessions[session.sid] = session
                self._answer(stream, self._open_packet(session, self.upgrades).encode(), extra=self.headers)
            elif request.method == "POST":
                self._post(stream, request, session)
            else:
                self._get(stream, session)

    def close(self, reset: bool = False):
        self._is_over.set()
        super().close(reset)

    def _open_packet(self, session: EngineSession, upgrades: list[str]) -> str:
        return "0" + json.dumps({"sid": session.sid, "upgrades": upgrades, **self.open})

    def _answer(self, stream: Stream, body: bytes, status: str = "200 OK", extra=()):
        lines = [f"HTTP/1.1 {status}", "Content-Type: text/plain; charset=UTF-8", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in extra]
        stream.send("\r\n".join([*lines, "", ""]).encode() + body)

    def _post(self, stream: Stream, request: Message, session: EngineSession):
        session.payloads.append(request.body)
        for part in request.body.decode("utf-8", "surrogateescape").split("\x1e"):
            self._take(session, "polling", base64.b64decode(part[1:]) if part.startswith("b") else part)
        self._answer(stream, b"ok", extra=session.take_headers())

    def _get(self, stream: Stream, session: EngineSession):
        packets = session.outgoing.get(timeout=60)
        parts = [p if isinstance(p, str) else "b" + base64.b64encode(p).decode() for p in packets]
        body = "\x1e".join(parts).encode("utf-8", "surrogateescape")
        self._answer(stream, body, extra=session.take_headers())

    def _websocket(self, stream: Stream, request: Message, session: EngineSession, created: bool):
        fields = [f"{name}: {value}" for name, value in self.headers]
        if self.subprotocol and self.subprotocol in ", ".join(request.all("sec-websocket-protocol")).split(", "):
            fields.append(f"Sec-WebSocket-Protocol: {self.subprotocol}")
        stream.send(agreement(request, *fields))
        websocket = WebSocketStream(stream, masks=False)
        if created:
            with session.lock:  # known when its client is, and nothing goes before the open packet
                session.websocket = websocket
                self.sessions[session.sid] = session
                websocket.send(self._open_packet(session, []))
        if "deaf" in request.query:
            return self._is_over.wait()
        try:
            while True:
                opcode, data = websocket.receive()
                if opcode == CLOSE:
                    session.ended = f"close {struct.unpack('>H', data[:2])[0] if data else 1005}"
                    stream.send(frame(CLOSE, data, masked=False))
                    return
                packet = data.decode("utf-8", "surrogateescape") if opcode == TEXT else data
                if packet == "2probe":
                    websocket.send("3probe")
                    session.outgoing.put(("6",))
                elif packet == "5":
                    session.upgrade(websocket)
                else:
                    self._take(session, "websocket", packet)
        except Ended as end:
            session.ended = session.ended or ("reset" if end.reset else "end of stream")
            raise

    def _take(self, session: EngineSession, transport: str, packet: str | bytes):
        session.received.append((transport, packet))
        if packet == "1":
            session.ended = session.ended or "close packet"
            if not session.websocket:
                session.outgoing.put(("6",))
        if self.joins and isinstance(packet, str) and packet.startswith("40"):
            namespace = packet[2:].split(",")[0] + "," if packet[2:].startswith("/") else ""
            session.send(f'40{namespace}{{"sid":"socket-of-{session.sid}"}}')
