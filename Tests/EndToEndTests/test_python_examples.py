"""The Python of the article "Coming from python-socketio", done: what it says that Python does, Python does."""

import re
import threading
from pathlib import Path

import pytest
import socketio
from processes import eventually

ARTICLE = Path(__file__).parents[2] / "Sources/SocketIOClient/SocketIOClient.docc/ComingFromPython.md"
SECTIONS = {
    part.split("\n", 1)[0]: re.findall(r"```python\n(.*?)```", part, re.DOTALL)
    for part in ARTICLE.read_text().split("\n## ")
}


class Section:
    """The blocks of one section, and the names that they find."""

    def __init__(self, heading: str, url: str):
        self.blocks = [each.replace("http://localhost:5000", url) for each in SECTIONS[heading]]
        self.url = url
        self.printed: list[str] = []
        self.sio = socketio.Client(reconnection=False)
        self.names = {"__name__": "article", "socketio": socketio, "url": url, "print": self._print, "sio": self.sio}

    def _print(self, *values):
        self.printed.append(" ".join(str(each) for each in values))

    def run(self, number: int | None = None) -> socketio.Client:
        """Executes one block, or all of them, and returns the client that they left."""
        for block in self.blocks if number is None else [self.blocks[number]]:
            exec(compile(block, str(ARTICLE), "exec"), self.names)
        return self.names["sio"]

    def connect(self, **options) -> socketio.Client:
        self.sio.connect(self.url, wait_timeout=8, **options)
        return self.sio

    def wait_for(self, *lines: str):
        """Until these are printed, in whatever order: each event has a thread of its own."""
        eventually(lambda: sorted(self.printed) == sorted(lines), what=f"{lines} (printed: {self.printed})")

    def seen_by_server(self, sio: socketio.Client, namespace="/") -> list[tuple]:
        log = sio.call("log-of", sio.get_sid(namespace), namespace=namespace)
        return [(each["name"], each["args"]) for each in log if each["what"] == "event"]


@pytest.fixture
def section(upstream):
    started: list[Section] = []

    def start(heading: str) -> Section:
        started.append(Section(heading, upstream.url))
        return started[-1]

    yield start
    for each in started:
        for client in {each.sio, each.names["sio"]}:
            client.shutdown()


def test_the_first_program(section):
    one = section("The first program")
    one.run()
    assert one.printed == ["I'm connected!"]


def test_connecting(section):
    one = section("Connecting")
    sio = one.run(0)
    assert set(sio.namespaces) == {"/", "/admin"} and sio.transport() == "websocket"
    assert sio.call("handshake")["headers"]["x-team"] == "blue"
    sio.disconnect()

    class Session:
        def token(self):
            return "fresh"

    one.names["session"] = Session()
    one.run(1)
    assert sio.call("log-of", sio.get_sid())[0]["auth"] == {"token": "fresh"}


def test_handlers_by_name(section):
    one = section("Handlers: event")
    one.run()
    sio = one.connect()
    sio.emit("tell", ("message", "hi"))
    sio.emit("tell", ("my_event", "lobby", 3))
    one.wait_for("connected", "message: hi", "lobby 3")
    sio.disconnect()
    one.wait_for("connected", "message: hi", "lobby 3", "left: client disconnect")


def test_handlers_by_string(section):
    one = section("Handlers: on")
    one.run()
    sio = one.connect()
    assert sio.call("call-me", ("my message", 1)) == []
    assert sio.call("call-me", ("how many", "lobby")) == [3]
    assert sio.call("call-me", "where") == ["lobby", 7]
    one.wait_for("got 1")


def test_catch_all_handlers(section):
    one = section("Catch-all handlers")
    one.run()
    sio = one.connect(namespaces=["/", "/chat"])
    sio.call("call-me", ("anything", 1, 2))
    sio.call("call-me", ("news", "hi"), namespace="/chat")
    one.wait_for("anything (1, 2)", "/chat hi")


def test_emitting(section):
    one = section("Emitting")
    sio = one.connect()
    one.run()
    one.wait_for("answered: ok 200", "total: 3", "status: ok 200")
    assert one.seen_by_server(sio) == [
        ("my event", [{"data": "hello"}]), ("move", ["e2", "e4", 1]), ("message", ["hello"]), ("moves", ["a", "b"]),
    ]  # fmt: skip


def test_what_it_says_of_none(section):
    one = section("Emitting")
    sio = one.connect()
    sio.emit("none", None)
    sio.emit("null", (None,))
    assert one.seen_by_server(sio) == [("none", []), ("null", [None])]


def test_waiting(section):
    one = section("Waiting")

    def leave():
        eventually(lambda: one.sio.connected)
        one.sio.emit("leave")

    threading.Thread(target=leave, daemon=True).start()
    one.run()
    assert not one.sio.connected


def test_background_tasks(section):
    one = section("Background tasks")
    sio = one.connect()
    one.run()
    assert one.seen_by_server(sio) == [("tick", [0]), ("tick", [1]), ("tick", [2])]


def test_namespaces(section):
    one = section("Namespaces")
    sio = one.run(0)
    assert set(sio.namespaces) == {"/chat"}
    sio.call("call-me", ("message", "hi"), namespace="/chat")
    sio.call("call-me", ("joined", "ada"), namespace="/chat")
    one.wait_for("chat: hi", "ada joined")
    assert one.seen_by_server(sio, "/chat") == [("my event", ["hello"])]

    other = section("Namespaces")
    other.run(1)
    sio = other.connect()
    assert sio.call("call-me", ("message", "hi"), namespace="/chat") == ["ok"]
    other.wait_for("joined")
    assert other.seen_by_server(sio, "/chat") == [("seen", ["hi"])]


def test_middleware_by_hand(section):
    one = section("Middleware")
    one.run()
    sio = one.connect()
    sio.call("call-me", ("chat", "hi"))
    one.wait_for("before chat", "hi", "after chat")
    assert not hasattr(sio, "middleware") and not hasattr(socketio.Server, "middleware")


def test_exception_handlers_by_hand(section):
    one = section("Exception handlers")
    one.run()
    sio = one.connect()
    assert sio.call("call-me", ("chat", "")) == [{"error": "empty"}]
    sio.call("call-me", ("chat", "hi"))
    one.wait_for("hi")
    assert not hasattr(sio, "exception_handler") and not hasattr(socketio.Server, "exception_handler")


def test_threads(section):
    one = section("Threads")
    sio = one.connect()
    one.run()
    seen = one.seen_by_server(sio)
    assert sorted(args[0] for name, args in seen if name == "picture") == list(range(10))
    assert all(args[1] == {"bytes": "00" * 1000} for _, args in seen)


def test_state(section):
    one = section("The connection's state")
    sio = one.connect(namespaces=["/", "/chat"])
    one.run()
    assert one.printed == [
        "transport: websocket",
        f"in /: {sio.get_sid()} in /chat: {sio.get_sid('/chat')}",
        "namespaces: ['/', '/chat']",
    ]
    assert sio.sid not in (sio.get_sid(), None)


def test_errors(section):
    one = section("Errors")
    one.run(0)
    assert one.printed == ["refused: denied", "not connected: One or more namespaces failed to connect: /admin"]
    one.run(1)
    one.connect(namespaces=["/"])
    one.run(1)
    assert one.printed[2:] == ["connect to it first", "no answer in time"]


def test_cleaning_up(section):
    one = section("Cleaning up")
    sio = one.connect()
    one.run(0)
    assert not sio.connected
    one.run(1)


def test_the_simple_client(section):
    one = section("The simple client")
    one.run()
    assert one.printed == ["echo ['hello', 1]", "3"]
    assert not one.names["client"].connected


def test_values(section):
    one = section("Values")
    one.connect()
    one.run()
    one.wait_for("ada says hello", "dot 1 [255, 0]")


def test_each_section_is_run_here():
    run_here = set(re.findall(r'section\("(.*?)"\)', Path(__file__).read_text()))
    assert {heading for heading, blocks in SECTIONS.items() if blocks} == run_here
