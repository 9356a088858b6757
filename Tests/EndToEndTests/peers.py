"""The two python-socketio clients behind one blocking face, so that a test is written once for both."""

from __future__ import annotations

import asyncio
import threading

import socketio
from processes import eventually

#: Handled on every client: `question` answers with what it was asked, `fence` answers at once.
NAMESPACES = ("/", "/chat", "/admin", "/nowhere")


class Peer:
    """What both clients share. `received` holds (namespace, name, args) in the order of arrival."""

    def __init__(self, url: str, transports: list[str], namespaces=("/",), auth=None, **options):
        self.url, self.transports = url, transports
        self.namespaces, self.auth = list(namespaces), auth
        self.received: list[tuple] = []
        connect_options = ("headers", "socketio_path")
        self.connect_options = {key: options.pop(key) for key in connect_options if key in options}
        self.options = {"reconnection": False, **options}

    def names(self) -> list[str]:
        return [name for _, name, _ in list(self.received)]

    def args(self, name: str, namespace: str = "/") -> list[tuple]:
        return [args for where, what, args in list(self.received) if (where, what) == (namespace, name)]

    def wait_for(self, name: str, count: int = 1, timeout: float = 20, namespace: str = "/") -> list[tuple]:
        """The arguments of each such event, once there are at least `count`."""

        def enough():
            found = self.args(name, namespace)
            return found if len(found) >= count else None

        return eventually(enough, timeout, f"{count} × {name!r} in {namespace} (seen: {self.names()[-20:]})")

    def _note(self, namespace, name, args):
        self.received.append((namespace, name, args))

    def _handlers(self, namespace) -> dict:
        def noting(name):
            return lambda *args: self._note(namespace, name, args)

        def question(*args):
            self._note(namespace, "question", args)
            return ("answered", list(args))

        def anything(name, *args):
            self._note(namespace, name, args)

        lifecycle = {name: noting(name) for name in ("connect", "connect_error", "disconnect")}
        return {**lifecycle, "question": question, "fence": lambda *_: "past", "*": anything}


def on_the_loop(handler):
    """The same handler as a coroutine function."""

    async def run(*args):
        return handler(*args)

    return run


class SyncPeer(Peer):
    """socketio.Client: a thread for each message, so nothing is promised about order."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.sio = socketio.Client(request_timeout=10, **self.options)
        for namespace in NAMESPACES:
            for name, handler in self._handlers(namespace).items():
                self.sio.on(name, handler, namespace=namespace)

    def connect(self):
        self.sio.connect(
            self.url, transports=self.transports, namespaces=self.namespaces, auth=self.auth, wait_timeout=20,
            **self.connect_options,
        )  # fmt: skip
        return self

    def transport(self):
        return self.sio.transport()

    def emit(self, name, data=None, namespace="/", callback=None):
        self.sio.emit(name, data, namespace=namespace, callback=callback)

    def call(self, name, data=None, namespace="/", timeout=20):
        return self.sio.call(name, data, namespace=namespace, timeout=timeout)

    def disconnect(self):
        self.sio.disconnect()

    def close(self):
        """Without waiting for a pending poll: python-engineio's server leaves that open until its next ping."""
        if self.sio._reconnect_task:
            self.sio._reconnect_abort.set()
        try:
            self.sio.eio.disconnect(abort=True)
        except Exception:  # the test is over: what is left of the connection does not matter
            pass


class AsyncPeer(Peer):
    """socketio.AsyncClient on a loop of its own thread; keeps order."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.sio = self.run(self._build())

    async def _build(self):
        sio = socketio.AsyncClient(request_timeout=10, **self.options)
        for namespace in NAMESPACES:
            for name, handler in self._handlers(namespace).items():
                sio.on(name, on_the_loop(handler), namespace=namespace)
        return sio

    def run(self, coroutine, timeout: float = 30):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout)

    def connect(self):
        self.run(
            self.sio.connect(
                self.url, transports=self.transports, namespaces=self.namespaces, auth=self.auth, wait_timeout=20,
                **self.connect_options,
            )
        )  # fmt: skip
        return self

    def transport(self):
        return self.sio.transport()

    def emit(self, name, data=None, namespace="/", callback=None):
        self.run(self.sio.emit(name, data, namespace=namespace, callback=callback))

    def call(self, name, data=None, namespace="/", timeout=20):
        return self.run(self.sio.call(name, data, namespace=namespace, timeout=timeout))

    def disconnect(self):
        self.run(self.sio.disconnect())

    def close(self):
        try:
            self.run(self._abort(), timeout=5)
        except Exception:  # as above
            pass
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)

    async def _abort(self):
        if self.sio._reconnect_task:
            self.sio._reconnect_abort.set()
        http = self.sio.eio.http
        await asyncio.wait_for(self.sio.eio.disconnect(abort=True), 2)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if http:
            await http.close()
