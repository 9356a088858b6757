"""A client and its socket at the server, with Siphon between, either of which a test can make speak."""

from __future__ import annotations

from pathlib import Path

from peers import AsyncPeer
from processes import Siphon, SocketIOServer, eventually
from socketio_server import plain


class Proxy:
    """One Siphon before a server of its own, for many tests, and a pair for each way to connect."""

    def __init__(self, folder: Path, *options: str):
        self.upstream = SocketIOServer(log=folder / "upstream.log")
        self.siphon = Siphon(self.upstream.url, *options, stderr=folder / "siphon.log")
        self._pairs: dict[tuple, Pair] = {}
        self._opened: list[Pair] = []

    def open(self, transports, **options) -> Pair:
        """A pair that nobody else uses."""
        one = Pair(self, AsyncPeer(self.siphon.url, list(transports), **options))
        self._opened.append(one)
        return one

    def pair(self, transports: list[str]) -> Pair:
        """The same one each time for the same transports."""
        key = tuple(transports)
        if key not in self._pairs:
            self._pairs[key] = self.open(transports)
        return self._pairs[key]

    def add_rule(self, when: str, then, **more) -> dict:
        answer = self.siphon.api.post("rules", json={"when": when, "then": then, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def rule(self, identifier: str) -> dict:
        return next(each for each in self.siphon.api.get("rules")["rules"] if each["id"] == identifier)

    def close(self):
        for each in self._opened:
            each.close()
        self.upstream.kill()
        self.siphon.check_end()


class Pair:
    def __init__(self, proxy: Proxy, client: AsyncPeer):
        self.proxy, self.client = proxy, client
        self._is_closed = False
        client.connect()
        self.sid = client.sio.get_sid(client.namespaces[0])

    def close(self):
        if not self._is_closed:
            self._is_closed = True
            self.client.close()

    @property
    def connection(self) -> dict:
        """As the API describes it."""
        return next(
            each
            for each in self.proxy.siphon.connections()
            if any(namespace["sid"] == self.sid for namespace in each["namespaces"])
        )

    def send(self, sender: str, name: str, *args):
        if sender == "client":
            self.client.emit(name, args)
        else:
            self.client.emit("tell", (name, *args))

    def ask(self, sender: str, name: str, *args):
        """Sends an event that wants an ack. What it returns says which have come."""
        if sender == "upstream":
            self.client.emit("tell-asking", (name, *args))
            asked = {"what": "answer", "sid": self.sid, "name": name, "asked": plain(args)}
            return lambda: [each["args"] for each in self.proxy.upstream.log(**asked)]
        answers = []
        self.client.emit(name, args, callback=lambda *answer: answers.append(plain(answer)))
        return lambda: list(answers)

    def usual_answer(self, sender: str, name: str) -> list:
        """What the other side answers to an event that it does not know."""
        return ["unknown", name] if sender == "client" else []

    def settle(self):
        """Returns once all that was sent, and the answers to it, have passed."""
        for _ in range(2):
            assert self.client.call("fence") == "past"

    def seen(self, side: str, name: str) -> list[tuple]:
        """What came in there of events that are called that, in part: name and arguments."""
        if side == "client":
            return [(what, plain(args)) for _, what, args in self.client.received if name in what]
        log = self.proxy.upstream.log(what="event", sid=self.sid)
        return [(each["name"], each["args"]) for each in log if name in each["name"]]

    def captured(self, name: str, count: int) -> list[dict]:
        """All events in the capture that are called that, in part, once there are so many."""

        def enough():
            page = self.proxy.siphon.api.get("events", params={"filter": f"event:*{name}*", "limit": 1000})
            return page["events"] if len(page["events"]) >= count else None

        return eventually(enough, what=f"{count} × {name} in the capture")


def shown(args: list, attachments: list[dict]):
    """The captured arguments with binary values told by their size, as `sized` tells them."""
    if isinstance(args, dict):
        if args.keys() == {"$binary"}:
            return ("bytes", attachments[args["$binary"]["attachment"]]["sizeBytes"])
        return {key: shown(each, attachments) for key, each in args.items()}
    return [shown(each, attachments) for each in args] if isinstance(args, list) else args


def sized(args):
    if isinstance(args, bytes):
        return ("bytes", len(args))
    if isinstance(args, dict):
        return {key: sized(each) for key, each in args.items()}
    return [sized(each) for each in args] if isinstance(args, list) else args
