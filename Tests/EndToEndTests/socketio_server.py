"""The upstream of most end-to-end tests: a python-socketio server with the events that they need.

It also serves plain HTTP, another WebSocket, a page with the official browser client, and under /control/ what it saw.
The first line on stdout is its port.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import ssl
import threading
from pathlib import Path

import socketio
from aiohttp import WSMsgType, web

LOG: list[dict] = []
HANDSHAKES: dict[str, dict] = {}
PENDING_ANSWERS: list = []
ATTEMPTS: dict[str, int] = {}
NAMESPACES = ["/", "/chat", "/admin"]


def plain(value):
    """JSON has no binary: in the log it is {"bytes": "<hex>"}."""
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def note(what: str, namespace: str, sid: str, **more):
    LOG.append({"what": what, "namespace": namespace, "sid": sid, **plain(more)})


def build(options) -> tuple[socketio.AsyncServer, web.Application]:
    sio = socketio.AsyncServer(
        async_mode="asgi" if options.uvicorn else "aiohttp",
        cors_allowed_origins=None if options.same_origin else "*",
        namespaces=NAMESPACES,
        ping_interval=options.ping_interval,
        ping_timeout=options.ping_timeout,
        cookie={"name": "io", "path": "/", "httponly": True} if options.cookie else None,
        max_http_buffer_size=options.max_payload,
    )
    for namespace in NAMESPACES:
        add_events(sio, namespace)
        add_client_library_events(sio, namespace)
    return sio


def add_events(sio: socketio.AsyncServer, namespace: str):
    def on(name):
        return sio.on(name, namespace=namespace)

    @on("connect")
    async def connect(sid, environ, auth):
        HANDSHAKES[sid] = {
            "query": environ.get("QUERY_STRING", ""),
            "headers": {
                key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")
            },
        }
        note("connect", namespace, sid, auth=auth)
        if isinstance(auth, dict) and "refuse" in auth:
            raise socketio.exceptions.ConnectionRefusedError(*auth["refuse"])
        if namespace == "/admin" and (not isinstance(auth, dict) or auth.get("token") != "secret"):
            raise socketio.exceptions.ConnectionRefusedError("denied", {"code": 7})

    @on("disconnect")
    async def disconnect(sid, reason):
        note("disconnect", namespace, sid, reason=reason)

    @on("echo")
    async def echo(sid, *args):
        note("event", namespace, sid, name="echo", args=args)
        await sio.emit("echo", args, to=sid, namespace=namespace)

    @on("ask")
    async def ask(sid, *args):
        """Acknowledges with the arguments as they came."""
        note("event", namespace, sid, name="ask", args=args)
        return args

    @on("ask-me")
    async def ask_me(sid, *args):
        """Asks the client back and acknowledges with its answer."""
        return await sio.call("question", args, to=sid, namespace=namespace, timeout=5)

    @on("tell")
    async def tell(sid, name, *args):
        """Emits `name` to the client."""
        await sio.emit(name, args, to=sid, namespace=namespace)

    @on("tell-asking")
    async def tell_asking(sid, name, *args):
        """As `tell`, and notes each answer with what was asked."""

        def answered(*answer):
            note("answer", namespace, sid, name=name, asked=args, args=answer)

        await sio.emit(name, args, to=sid, namespace=namespace, callback=answered)

    @on("count")
    def count(sid, number):
        note("event", namespace, sid, name="count", args=[number])

    @on("fence")
    async def fence(sid):
        return "past"

    @on("burst")
    async def burst(sid, total, pause_every=0):
        """Sends `tick` 0… ; with `pause_every` it waits for the client's `fence` after so many, which fits polling."""
        for number in range(total):
            await sio.emit("tick", number, to=sid, namespace=namespace)
            if pause_every and number % pause_every == pause_every - 1:
                await sio.call("fence", to=sid, namespace=namespace, timeout=10)

    @on("leave")
    async def leave(sid):
        await sio.disconnect(sid, namespace=namespace)

    @on("park")
    async def park(sid, total):
        """Emits `parked` with an ack each and keeps what came back."""
        for number in range(total):
            await sio.emit(
                "parked", number, to=sid, namespace=namespace, callback=lambda *answer: PENDING_ANSWERS.append(answer)
            )

    @on("parked-answers")
    async def parked_answers(sid):
        return plain(PENDING_ANSWERS)

    @on("handshake")
    async def handshake(sid):
        return HANDSHAKES[sid]

    @on("transport")
    async def transport(sid):
        return sio.transport(sid, namespace=namespace)

    @on("flood")
    async def flood(sid, total, size):
        """As much as the client takes: `total` events of `size` characters."""
        for number in range(total):
            await sio.emit("flood", [number, "x" * size], to=sid, namespace=namespace)

    @on("add")
    async def add(sid, left, right):
        return left + right

    @on("status")
    async def status(sid, *args):
        """An ack with two arguments."""
        return "ok", 200

    @on("*")
    async def anything(name, sid, *args):
        note("event", namespace, sid, name=name, args=args)
        return "unknown", name


def add_client_library_events(sio: socketio.AsyncServer, namespace: str):
    """What the tests of the client library need besides."""

    def on(name):
        return sio.on(name, namespace=namespace)

    @on("log-of")
    async def log_of(sid, whose):
        """What was noted of one session id."""
        return [entry for entry in LOG if entry["sid"] == whose]

    @on("call-me")
    async def call_me(sid, name, *args):
        """Asks the client for `name` and acknowledges with the list of its answer's arguments."""
        answer = asyncio.get_running_loop().create_future()
        await sio.emit(name, args, to=sid, namespace=namespace, callback=lambda *values: answer.set_result(values))
        return list(await asyncio.wait_for(answer, 60))

    @on("tell-then-fence")
    async def tell_then_fence(sid, name, args, fence):
        await sio.emit(name, tuple(args), to=sid, namespace=namespace)
        await sio.emit(fence, to=sid, namespace=namespace)

    @on("answer-after")
    async def answer_after(sid, seconds, *args):
        await asyncio.sleep(seconds)
        return args

    @on("never-answer")
    async def never_answer(sid, *args):
        note("event", namespace, sid, name="never-answer", args=args)
        await asyncio.sleep(300)

    @on("answer-third-time")
    async def answer_third_time(sid, key):
        """Says nothing at the first two times that it gets `key`, then how often it came."""
        note("event", namespace, sid, name="answer-third-time", args=[key])
        ATTEMPTS[key] = ATTEMPTS.get(key, 0) + 1
        if ATTEMPTS[key] < 3:
            await asyncio.sleep(300)
        return ATTEMPTS[key]

    @on("close-engine")
    async def close_engine(sid):
        """Ends the Engine.IO session in order, by its CLOSE packet."""
        await sio.eio.disconnect(sio.manager.eio_sid_from_sid(sid, namespace))

    @on("ticks")
    async def ticks(sid, name, total):
        """Emits `name` with 0…, and acknowledges once all are on their way."""
        for number in range(total):
            await sio.emit(name, number, to=sid, namespace=namespace)
        return total


def add_http(app: web.Application):
    async def reflect(request: web.Request):
        body = await request.read()
        seen = {
            "method": request.method,
            "target": request.raw_path,
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.raw_headers],
            "body": body.decode("latin-1"),
        }
        return web.json_response(seen, headers={"X-Upstream": "yes"})

    async def large(request: web.Request):
        """`bytes` of a repeating pattern, streamed, with a length or `chunked`."""
        left = int(request.query["bytes"])
        answer = web.StreamResponse()
        answer.content_type = "application/octet-stream"
        if "chunked" in request.query:
            answer.enable_chunked_encoding()
        else:
            answer.content_length = left
        await answer.prepare(request)
        piece = bytes(range(256)) * 256
        while left > 0:
            await answer.write(piece[:left])
            left -= len(piece)
        await answer.write_eof()
        return answer

    async def redirect(request: web.Request):
        return web.Response(status=302, headers={"Location": request.query.get("to", "/reflect")})

    async def cookies(request: web.Request):
        answer = web.Response(text="two cookies")
        answer.headers.add("Set-Cookie", "a=1; Path=/")
        answer.headers.add("Set-Cookie", "b=2; Path=/; HttpOnly")
        return answer

    async def websocket(request: web.Request):
        """Another WebSocket: echoes text and binary, and closes with 4001 when told `close`."""
        connection = web.WebSocketResponse(protocols=["other.v1"], max_msg_size=64 << 20)
        await connection.prepare(request)
        async for message in connection:
            if message.type == WSMsgType.TEXT and message.data == "close":
                await connection.close(code=4001, message=b"as told")
            elif message.type == WSMsgType.TEXT:
                await connection.send_str(message.data)
            elif message.type == WSMsgType.BINARY:
                await connection.send_bytes(message.data)
        return connection

    async def page(request: web.Request):
        return web.Response(text=PAGE, content_type="text/html")

    async def blank(request: web.Request):
        """A page to run the demo's own client in."""
        return web.Response(text="<!doctype html><title>blank</title>", content_type="text/html")

    async def browser_client(request: web.Request):
        import importlib.util

        where = Path(importlib.util.find_spec("nicegui").origin).parent / "static/socket.io.min.js"
        return web.FileResponse(where)

    async def log(request: web.Request):
        return web.json_response(LOG)

    app.router.add_get("/control/log", log)
    app.router.add_route("*", "/reflect", reflect)
    app.router.add_get("/large", large)
    app.router.add_get("/redirect", redirect)
    app.router.add_get("/cookies", cookies)
    app.router.add_get("/websocket", websocket)
    app.router.add_get("/page", page)
    app.router.add_get("/socket.io.min.js", browser_client)
    app.router.add_get("/blank", blank)
    app.router.add_static("/demo", Path(__file__).resolve().parents[2] / "web/demo")


#: The page connects with the official client; `transports` comes from its query. Tests drive it through `window`.
PAGE = """<!doctype html><meta charset="utf-8"><title>upstream</title>
<link rel="icon" href="data:,">
<script src="/socket.io.min.js"></script>
<script>
window.seen = [];
const transports = new URLSearchParams(location.search).get("transports").split(",");
window.socket = io({ transports, reconnectionDelay: 100, reconnectionDelayMax: 300, auth: { from: "browser" } });
for (const name of ["connect", "disconnect", "connect_error"])
  socket.on(name, (value) => seen.push([name, value && value.message || value]));
socket.onAny((name, ...args) => seen.push([name, ...args]));
socket.on("question", (...args) => args.at(-1)("answer from the page", args.slice(0, -1)));
</script>"""


def end_with_stdin():
    while os.read(0, 4096):
        pass
    os._exit(0)


def tls(options) -> ssl.SSLContext | None:
    if not options.tls:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*options.tls)
    if options.client_ca:
        context.load_verify_locations(options.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ping-interval", type=float, default=25)
    parser.add_argument("--ping-timeout", type=float, default=20)
    parser.add_argument("--max-payload", type=int, default=1_000_000)
    parser.add_argument("--same-origin", action="store_true", help="refuse foreign origins, python-socketio's default")
    parser.add_argument("--cookie", action="store_true")
    parser.add_argument("--uvicorn", action="store_true", help="ASGI: Socket.IO alone, bodies of any size")
    parser.add_argument("--path", default="socket.io", help="where Socket.IO is served")
    parser.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"), help="serve https with these PEM files")
    parser.add_argument("--client-ca", metavar="PEM", help="with --tls: ask clients for a certificate of it")
    parser.add_argument("--mind-stdin", action="store_true", help="end when stdin does")
    options = parser.parse_args()
    if options.mind_stdin:
        threading.Thread(target=end_with_stdin, daemon=True).start()
    sio = build(options)

    if options.uvicorn:
        import uvicorn

        certificate, key = options.tls or (None, None)
        config = uvicorn.Config(
            socketio.ASGIApp(sio, socketio_path=options.path), host="127.0.0.1", port=options.port,
            log_level="warning", ws="wsproto", ssl_certfile=certificate, ssl_keyfile=key,
        )  # fmt: skip
        config.load()
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        print(server.servers[0].sockets[0].getsockname()[1], flush=True)
        await task
        return

    app = web.Application(client_max_size=64 << 20)
    sio.attach(app, socketio_path=options.path)
    add_http(app)
    runner = web.AppRunner(app, handle_signals=False, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", options.port, reuse_address=True, ssl_context=tls(options))
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
