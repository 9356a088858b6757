"""Fixtures of the end-to-end tests: a real proxy process between real peers.

`siphon` is a proxy in front of `upstream`, a python-socketio server shared by the tests of one worker; `start_siphon`
and `start_upstream` make further ones. `target` runs a test twice, without and with Siphon: the direct run proves the
test itself. The binary is `.build/release/siphon`, or what SIPHON_BINARY names.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass

import pytest
from crowd import Crowd
from pairs import Pair, Proxy
from peers import AsyncPeer, SyncPeer
from processes import Siphon, SocketIOServer, siphon_binary
from wire import EngineClient, EngineUpstream, RawUpstream


def pytest_configure():
    if not os.access(siphon_binary(), os.X_OK):
        raise pytest.UsageError(f"no program at {siphon_binary()}: run scripts/build, or name one in SIPHON_BINARY.")


@pytest.fixture
def binary():
    return siphon_binary()


@pytest.fixture
def start_siphon(tmp_path):
    """start_siphon(upstream_url, *options, inspector=True, listen="127.0.0.1:0") -> Siphon, checked at the end."""
    started: list[Siphon] = []
    numbers = itertools.count(1)

    def start(upstream_url: str, *options: str, **more) -> Siphon:
        one = Siphon(upstream_url, *options, stderr=tmp_path / f"siphon-{next(numbers)}.log", **more)
        started.append(one)
        return one

    yield start
    faults = []
    for one in started:
        try:
            one.check_end()
        except AssertionError as fault:
            faults.append(str(fault))
    assert not faults, "; ".join(faults)


@pytest.fixture(scope="session")
def shared_upstream(tmp_path_factory):
    server = SocketIOServer(log=tmp_path_factory.mktemp("upstream") / "stderr.log")
    yield server
    server.kill()


@pytest.fixture
def upstream(shared_upstream):
    """The python-socketio server of this worker. A test that kills or restarts one starts its own."""
    return shared_upstream


@pytest.fixture
def start_upstream(tmp_path):
    """start_upstream(*options, port=0, script=…) -> SocketIOServer, killed at the end."""
    started: list[SocketIOServer] = []

    def start(*options: str, **more) -> SocketIOServer:
        one = SocketIOServer(*options, log=tmp_path / f"upstream-{len(started)}.log", **more)
        started.append(one)
        return one

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def siphon(start_siphon, upstream) -> Siphon:
    """A proxy in front of `upstream`, with an inspector."""
    return start_siphon(upstream.url)


@pytest.fixture
def crowd():
    one = Crowd()
    yield one
    one.close()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """One Siphon with a server of its own for all tests of a module, which keep out of each other's way."""
    one = Proxy(tmp_path_factory.mktemp("proxy"))
    yield one
    one.close()


@pytest.fixture
def pair(proxy, transports) -> Pair:
    """A client of `proxy` and its server, the same ones for each test of a transport."""
    return proxy.pair(transports)


names = itertools.count(1)


@pytest.fixture
def name() -> str:
    """No other test's events are called that, not even in part."""
    return f"event-{next(names)}-"


@pytest.fixture
def add(proxy):
    """add(when, then, **more) -> the id of a rule of `proxy`; it is gone at the end."""
    made = []

    def post(when: str, then, **more) -> str:
        made.append(proxy.add_rule(when, then, **more)["id"])
        return made[-1]

    yield post
    for each in made:
        proxy.siphon.api.delete(f"rules/{each}")


@pytest.fixture
def witness(siphon):
    """Another connection through the same proxy. It must echo before, during and after, undisturbed."""
    clients = [EngineClient(siphon.port, transport) for transport in ("websocket", "polling")]
    for client in clients:
        client.join()

    def check():
        for client in clients:
            assert client.ask() == '42["echo","witness"]'

    check()
    yield check
    check()
    assert siphon.alive()
    for client in clients:
        client.close()


@dataclass
class Target:
    """Where a client connects: straight to the server, or through a proxy."""

    url: str
    siphon: Siphon | None

    def captured(self, count: int = 1, **fields) -> list[dict] | None:
        """Exactly `count` such events in the capture; None when there is no proxy to ask."""
        if not self.siphon:
            return None
        found = self.siphon.wait_for(count, **dict(fields))
        assert len(found) == count, f"{len(found)} instead of {count} events like {fields}: {found}"
        return found


@pytest.fixture(params=["direct", "siphon"])
def target(request, upstream) -> Target:
    if request.param == "direct":
        return Target(upstream.url, None)
    one = request.getfixturevalue("start_siphon")(upstream.url)
    return Target(one.url, one)


TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}


@pytest.fixture(params=list(TRANSPORTS))
def transports(request) -> list[str]:
    return TRANSPORTS[request.param]


@pytest.fixture
def open_client():
    """open_client(url, transports=…, kind="asyncio"|"sync", **connect options) -> a connected client."""
    opened = []

    def start(url: str, transports=("websocket",), kind: str = "asyncio", connect: bool = True, **options):
        peer = {"asyncio": AsyncPeer, "sync": SyncPeer}[kind](url, list(transports), **options)
        opened.append(peer)
        if connect:
            peer.connect()
        return peer

    yield start
    for peer in opened:
        peer.close()


@pytest.fixture(params=["asyncio", "sync"])
def client_kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def browser():
    """Debian's chromium, headless. While it is open its thread counts as one with a running event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield one
        one.close()


@pytest.fixture
def page(browser):
    """A page in a fresh context; an uncaught error in it fails the test."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(10_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not errors, f"uncaught in the page: {errors}"


@pytest.fixture
def engine_upstream():
    """engine_upstream(**options) -> EngineUpstream: raw Engine.IO 4, every packet kept as its bytes."""
    yield from _upstreams(EngineUpstream)


@pytest.fixture
def raw_upstream():
    """raw_upstream(script) -> RawUpstream: `script(stream)` runs for each connection."""
    yield from _upstreams(RawUpstream)


def _upstreams(kind):
    started = []

    def start(*arguments, **options):
        one = kind(*arguments, **options)
        started.append(one)
        return one

    yield start
    failures = []
    for one in started:
        one.close()
        failures += one.failures
    assert not failures, f"the scripted upstream failed: {failures!r}"
