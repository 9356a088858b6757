"""The demo's chat as a python-socketio server, with the demo's page: an independent peer for its JavaScript client.

The events are those of Tests/Vectors/demo-events.json; what comes from the page is checked against their shapes, and
what does not fit stands in /control/faults. The first line on stdout is the port.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path

import socketio
from aiohttp import web

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "web/demo"
CATALOGUE = json.loads((ROOT / "Tests/Vectors/demo-events.json").read_text())
POLICY = "default-src 'self'"

FAULTS: list[str] = []
PICTURES: list[bytes] = []
NAMES: dict[str, str] = {}
PLACES: dict[str, str] = {}
HISTORY: dict[str, list] = {}
STATISTICS = {"members": 0, "rooms": 0, "messages": 0, "pictures": 0, "questions": 0, "unanswered": 0}
inspector: str | None = None


def kind(value) -> str:
    if isinstance(value, (bytes, bytearray)) or (isinstance(value, dict) and "bytes" in value):
        return "bytes"
    if value is None or isinstance(value, str):
        return "text"
    return type(value).__name__


def fits(value, example) -> bool:
    """Whether both have one shape, as EventCatalogue.shape in SiphonDemoTests judges: a list's first element stands for
    all."""
    if kind(value) != kind(example):
        return False
    if kind(value) == "dict":
        return value.keys() == example.keys() and all(fits(value[key], example[key]) for key in value)
    return not isinstance(value, list) or all(fits(each, example[0]) for each in value)


def example(side: str, name: str) -> dict | None:
    return next((each for each in CATALOGUE["events"] if each["from"] == side and each["name"] == name), None)


def check(what: str, value, wanted):
    if not fits(value, wanted):
        FAULTS.append(f"{what}: {value} is not like {wanted}")


def build() -> socketio.AsyncServer:
    sio = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*", namespaces=["/", "/admin"])
    last_id = 0

    async def send(name: str, value, to, but: str | None = None):
        entry = example("server", name)
        check(f"server's {name}", [value], entry["args"])
        await sio.emit(name, value, to=to, skip_sid=but, namespace=entry["namespace"])

    def answer(name: str, value: dict) -> dict:
        wanted = example("client", name)["ack"][0] if value["ok"] else CATALOGUE["failure"]
        check(f"the answer to {name}", value, wanted)
        return value

    def rooms() -> list[dict]:
        names = CATALOGUE["rooms"] + sorted(set(PLACES.values()) - set(CATALOGUE["rooms"]))
        return [{"name": name, "members": list(PLACES.values()).count(name)} for name in names]

    def members(room: str) -> list[str]:
        return [NAMES[sid] for sid, place in PLACES.items() if place == room]

    async def leave(sid: str):
        room = PLACES.pop(sid, None)
        if room:
            await sio.leave_room(sid, room)
            await send("left", {"room": room, "name": NAMES[sid], "members": members(room)}, room)

    def stamp() -> dict:
        nonlocal last_id
        last_id += 1
        return {"id": last_id, "at": int(time.time() * 1000)}

    @sio.event
    async def connect(sid, environ, auth):
        check("auth", auth, CATALOGUE["auth"]["/"])
        if auth["name"] == "Mallory":
            raise socketio.exceptions.ConnectionRefusedError("Not you.")
        NAMES[sid] = auth["name"] if auth["name"] not in NAMES.values() else auth["name"] + " 2"
        await send("hello", {"name": NAMES[sid], "inspector": inspector, "rooms": rooms()}, sid)

    @sio.event
    async def disconnect(sid, reason):
        await leave(sid)
        NAMES.pop(sid, None)
        await send("rooms", {"rooms": rooms()}, None)

    @sio.on("connect", namespace="/admin")
    async def connect_admin(sid, environ, auth):
        check("auth of /admin", auth, CATALOGUE["auth"]["/admin"])
        if auth["token"] != CATALOGUE["adminToken"]:
            raise socketio.exceptions.ConnectionRefusedError("Wrong token.")
        await send("statistics", STATISTICS, sid)

    @sio.on("*")
    async def receive(name, sid, *args):
        entry = example("client", name)
        if not entry or entry["namespace"] != "/":
            FAULTS.append(f"no such event: {name}")
            return None
        check(f"the client's {name}", list(args), entry["args"])
        return await handlers[name](sid, args[0])

    async def join(sid, event):
        room = event["room"]
        if room == "forbidden":
            return answer("join", {"ok": False, "error": "<i>No.</i>"})
        await leave(sid)
        PLACES[sid] = room
        await sio.enter_room(sid, room)
        await send("joined", {"room": room, "name": NAMES[sid], "members": members(room)}, room, but=sid)
        await send("rooms", {"rooms": rooms()}, None)
        history = HISTORY.get(room, [])
        return answer("join", {"ok": True, "room": room, "members": members(room), "messages": history})

    async def say(sid, event):
        if PLACES.get(sid) != event["room"]:
            return answer("say", {"ok": False, "error": "You are not in that room."})
        mark = stamp()
        message = {"from": NAMES[sid], "text": event["text"], **mark}
        HISTORY.setdefault(event["room"], []).append(message)
        await send("said", {"room": event["room"], **message}, event["room"], but=sid)
        return answer("say", {"ok": True, **mark})

    async def question(sid, event):
        said = await say(sid, event)
        if event["text"] == "never":
            await asyncio.sleep(3600)
        return answer("question", {**said, "answer": "<b>Yes</b>"})

    async def picture(sid, event):
        PICTURES.append(event["picture"])
        mark = stamp()
        await send("picture", {"from": NAMES[sid], **event, **mark}, event["room"], but=sid)
        return answer("picture", {"ok": True, **mark})

    async def typing(sid, event):
        await send("typing", {**event, "name": NAMES[sid]}, event["room"], but=sid)

    async def rename(sid, event):
        old, NAMES[sid] = NAMES[sid], event["name"]
        await send("notice", {"text": f"{old} is now called {event['name']}."}, PLACES.get(sid), but=sid)
        return answer("rename", {"ok": True, "name": event["name"]})

    handlers = {
        "join": join,
        "say": say,
        "question": question,
        "picture": picture,
        "typing": typing,
        "rename": rename,
    }
    return sio


def add_http(app: web.Application, sio: socketio.AsyncServer):
    async def index(request: web.Request):
        return web.FileResponse(PAGE / "index.html")

    async def faults(request: web.Request):
        return web.json_response(FAULTS)

    async def pictures(request: web.Request):
        return web.json_response([picture.hex() for picture in PICTURES])

    async def set_inspector(request: web.Request):
        global inspector
        inspector = await request.text()
        return web.Response()

    async def kick(request: web.Request):
        """Every member is disconnected from the namespace that the body names."""
        namespace = await request.text()
        for sid, _ in list(sio.manager.get_participants(namespace, None)):
            await sio.disconnect(sid, namespace=namespace)
        return web.Response()

    async def policy(request: web.Request, response: web.StreamResponse):
        response.headers["Content-Security-Policy"] = POLICY

    app.on_response_prepare.append(policy)
    app.router.add_get("/", index)
    app.router.add_get("/control/faults", faults)
    app.router.add_get("/control/pictures", pictures)
    app.router.add_post("/control/inspector", set_inspector)
    app.router.add_post("/control/kick", kick)
    app.router.add_static("/", PAGE)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    port = parser.parse_args().port
    app = web.Application()
    sio = build()
    sio.attach(app)
    add_http(app, sio)
    runner = web.AppRunner(app, handle_signals=False, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, reuse_address=True)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
