"""Thousands of Engine.IO connections by WebSocket, both ends on one event loop: as little as makes them real.

The client's masking key is zero, which is legal (RFC 6455, 5.3) and spares this the work.
"""

from __future__ import annotations

import asyncio
import collections
import json
import resource
import socket
import struct
import threading

from wire import TEXT, accept_key, frame, head, xor

TARGET = "/socket.io/?EIO=4&transport=websocket"


def allow_descriptors(wanted: int) -> int:
    """Raises this process's limit as far as it may, `wanted` being enough. Returns what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        soft = min(wanted, hard) if hard != resource.RLIM_INFINITY else wanted
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft


def masked(payload: bytes) -> bytes:
    """A text frame with the key zero."""
    size = len(payload)
    if size < 126:
        return bytes([0x80 | TEXT, 0x80 | size, 0, 0, 0, 0]) + payload
    assert size < 1 << 16
    return bytes([0x80 | TEXT, 0x80 | 126]) + size.to_bytes(2, "big") + bytes(4) + payload


class End(asyncio.Protocol):
    """One end of a connection: a head, then frames."""

    def __init__(self):
        self.buffer = bytearray()
        self.has_head = False
        self.is_closed = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, fault):
        self.is_closed = True

    def data_received(self, data):
        self.buffer += data
        if not self.has_head:
            at = self.buffer.find(b"\r\n\r\n")
            if at < 0:
                return
            self.has_head = True
            taken = bytes(self.buffer[:at])
            del self.buffer[: at + 4]
            self.receive_head(taken.decode("latin-1"))
        at = 0
        while (found := self._next(at)) is not None:
            opcode, payload, at = found
            self.receive(opcode, payload)
        del self.buffer[:at]

    def _next(self, at: int):
        buffer = self.buffer
        if len(buffer) < at + 2:
            return None
        size, start = buffer[at + 1] & 0x7F, at + 2
        if size == 126:
            size, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
        key = b""
        if buffer[at + 1] & 0x80:
            key, start = bytes(buffer[start : start + 4]), start + 4
        if len(buffer) < start + size:
            return None
        payload = bytes(buffer[start : start + size])
        return buffer[at] & 0x0F, xor(payload, key) if any(key) else payload, start + size

    def receive_head(self, text: str):
        raise NotImplementedError

    def receive(self, opcode: int, payload: bytes):
        raise NotImplementedError


class CrowdUpstream(End):
    """Opens every session, joins every namespace, sends an `echo` back and counts the rest."""

    def __init__(self, crowd: Crowd):
        super().__init__()
        self.crowd = crowd

    def connection_made(self, transport):
        super().connection_made(transport)
        self.crowd.sessions.append(self)

    def receive_head(self, text):
        key = text.lower().split("sec-websocket-key:")[1].split("\r\n")[0]
        key = text[text.lower().index(key) :][: len(key)].strip()
        opened = {
            "sid": f"crowd-{id(self)}", "upgrades": [], "pingInterval": 300_000, "pingTimeout": 200_000,
            "maxPayload": 1_000_000,
        }  # fmt: skip
        answer = (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n"
        )
        self.transport.write(answer.encode() + frame(TEXT, b"0" + json.dumps(opened).encode(), masked=False))

    def receive(self, opcode, payload):
        if opcode != TEXT:
            self.transport.close()
        elif payload == b"40":
            self.transport.write(frame(TEXT, b'40{"sid":"x"}', masked=False))
        elif payload.startswith(b'42["echo"'):
            self.transport.write(frame(TEXT, payload, masked=False))
        else:
            self.crowd.received += 1
            if self.crowd.tally is not None:
                self.crowd.tally[payload] += 1


class CrowdClient(End):
    """`status` is that of the answer, `joined` and `closing` what came after, `echoes` how often."""

    def __init__(self, port: int):
        super().__init__()
        self.port = port
        self.status: int | None = None
        self.joined = self.closing = False
        self.echoes = 0

    def connection_made(self, transport):
        super().connection_made(transport)
        fields = [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ]  # fmt: skip
        transport.write(head("GET", TARGET, fields, self.port))

    def receive_head(self, text):
        self.status = int(text.split(" ")[1])

    @property
    def refusal(self) -> str | None:
        """The text of an answer other than 101."""
        return self.buffer.decode() if self.status not in (None, 101) else None

    def data_received(self, data):
        if self.status in (None, 101):
            return super().data_received(data)
        self.buffer += data

    def _next(self, at):
        return super()._next(at) if self.status == 101 else None

    def receive(self, opcode, payload):
        if opcode != TEXT:
            self.closing = True
        elif payload.startswith(b"0"):
            self.transport.write(masked(b"40"))
        elif payload.startswith(b"40"):
            self.joined = True
        elif payload.startswith(b"42"):
            self.echoes += 1


class Crowd:
    """An upstream, and clients by the thousand. What is asked of it is done on its own thread.

    `tally`, where it is a Counter, counts each packet that the upstream receives.
    """

    def __init__(self):
        self.sessions: list[CrowdUpstream] = []
        self.clients: list[CrowdClient] = []
        self.received = 0
        self.tally: collections.Counter | None = None
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(self._listen())
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _run(self, coroutine, timeout: float = 60):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout)

    async def _listen(self):
        return await self.loop.create_server(lambda: CrowdUpstream(self), "127.0.0.1", 0, backlog=4096)

    def open(self, port: int, count: int) -> list[CrowdClient]:
        """Dials `count` connections at once and returns when the kernel has connected all, whatever became of them."""
        return self._run(self._open(port, count))

    async def _open(self, port, count):
        dials = [self.loop.create_connection(lambda: CrowdClient(port), "127.0.0.1", port) for _ in range(count)]
        made = [client for _, client in await asyncio.gather(*dials)]
        self.clients += made
        return made

    def call(self, function):
        """`function()` on the loop's thread."""

        async def run():
            return function()

        return self._run(run())

    def say(self, clients: list[CrowdClient], data: bytes):
        self.call(lambda: [client.transport.write(data) for client in clients])

    def leave(self, clients: list[CrowdClient], reset: bool = False):
        """Closes without a word."""

        def end():
            for client in clients:
                if reset:
                    linger = struct.pack("ii", 1, 0)
                    client.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                client.transport.abort()

        self.call(end)

    def close(self):
        async def end():
            self._server.close()
            for each in [*self.clients, *self.sessions]:
                if each.transport:
                    each.transport.abort()
            await asyncio.sleep(0)

        self._run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()
