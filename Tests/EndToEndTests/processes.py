"""Starts the processes under test and reads what they say, each wait with a bound."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

#: What a Swift program or a sanitizer writes when it dies; no test may leave it on stderr.
CRASH = re.compile(
    r"Fatal error|Precondition failed|Assertion failed|Crash:|Backtrace|Stack dump|Program crashed|"
    r"AddressSanitizer|ThreadSanitizer|Illegal instruction|Segmentation fault|Simultaneous accesses"
)


#: Which sanitizer the program was built with, if any (scripts/sanitize): it is slower then, and its memory not its own.
SANITIZER = os.environ.get("SIPHON_SANITIZER")
PATIENCE = 10 if SANITIZER else 1


def siphon_binary() -> Path:
    return Path(os.environ.get("SIPHON_BINARY", ROOT / ".build/release/siphon"))


def eventually(check, timeout: float = 20, what: str = "the condition"):
    """Calls `check` until it returns something true, and returns that; fails with the last value."""
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout} s; last seen: {value!r}")
        time.sleep(0.02)


class LineReader:
    """Collects a pipe's lines on a thread, so that waiting for one has a bound and the pipe never fills."""

    def __init__(self, stream):
        self.lines: list[str] = []
        self.ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, args=(stream,), daemon=True)
        self._thread.start()

    def _run(self, stream):
        for line in stream:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def wait_for_lines(self, count: int, timeout: float) -> list[str]:
        with self._changed:
            self._changed.wait_for(lambda: len(self.lines) >= count or self.ended, timeout)
            return list(self.lines)


class Siphon:
    """One running proxy. `url` is what clients use, `api` and `events` are the inspector's REST API.

    `descriptors` is how many it may have at most.
    """

    def __init__(
        self, upstream_url: str, *options: str, stderr: Path, inspector: bool = True, listen="127.0.0.1:0",
        descriptors: int | None = None,
    ):  # fmt: skip
        self.stderr_path = stderr
        self._stderr = open(stderr, "wb")
        command = [str(siphon_binary()), upstream_url, "--listen", listen]
        command += ["--inspector", "127.0.0.1:0"] if inspector else ["--no-inspector"]
        command += options
        if descriptors:
            command = ["prlimit", f"--nofile={descriptors}:{descriptors}", *command]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._stderr, text=True
        )
        self.stdout = LineReader(self.process.stdout)
        expected = 2 if inspector else 1
        lines = self.stdout.wait_for_lines(expected, timeout=15 * PATIENCE)
        if len(lines) < expected:
            self.process.kill()
            raise AssertionError(f"siphon said {lines!r} on stdout and on stderr:\n{self.stderr_text()}")
        proxy = re.fullmatch(r"proxy (http://\S+) -> (\S+)", lines[0])
        assert proxy, f"first line: {lines[0]!r}"
        self.url, self.upstream_url = proxy[1], proxy[2]
        self.port = urlsplit(self.url).port
        self.inspector_url = self.inspector_base = self.token = self.api = None
        if inspector:
            page = re.fullmatch(r"inspector (http://\S+)", lines[1])
            assert page, f"second line: {lines[1]!r}"
            self.inspector_url = page[1]
            parts = urlsplit(self.inspector_url)
            self.inspector_base = f"{parts.scheme}://{parts.netloc}"
            self.token = parse_qs(parts.query)["token"][0]
            self.api = Inspector(self.inspector_base, self.token)

    def events(self, **fields) -> list[dict]:
        return self.api.events(**fields)

    def wait_for(self, count: int = 1, timeout: float = 20, **fields) -> list[dict]:
        return self.api.wait_for(count, timeout, **fields)

    def connections(self) -> list[dict]:
        return self.api.get("connections", params={"limit": 1000})["connections"]

    def stderr_text(self) -> str:
        return self.stderr_path.read_text(errors="replace")

    def resident_bytes(self) -> int:
        """Always 0 where a sanitizer keeps most of it."""
        if SANITIZER:
            return 0
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def open_files(self) -> int:
        """Without timers: Dispatch makes one when it first needs it, and keeps it."""

        def is_counted(link: Path) -> bool:
            try:
                return "timerfd" not in os.readlink(link)
            except FileNotFoundError:
                return False

        return sum(map(is_counted, Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def descriptors(self) -> int:
        """All that count for the limit."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self, signal_number: int = signal.SIGTERM, timeout: float = 5) -> int:
        """Sends the signal and returns the exit code; fails when the process outlives `timeout` seconds."""
        if self.alive():
            self.process.send_signal(signal_number)
        try:
            return self.process.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"siphon outlived signal {signal_number} by {timeout} s") from None
        finally:
            self._stderr.close()

    def check_end(self):
        """What holds at the end of every test: still running, leaves when told, and nothing like a crash said."""
        alive = self.alive()
        code = self.stop()
        text = self.stderr_text()
        if text:
            print(f"--- siphon's stderr\n{text[-8000:]}")
        assert alive, f"siphon ended by itself with {code}"
        assert code == 0, f"siphon ended with {code} on SIGTERM"
        crash = CRASH.search(text)
        assert not crash, f"stderr tells of a crash: {crash[0]}"


class Inspector(requests.Session):
    """The REST API of one Siphon, with its token; paths are relative to /api/v1."""

    def __init__(self, base: str, token: str):
        super().__init__()
        self.base = f"{base}/api/v1/"
        self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method, url, **options):
        options.setdefault("timeout", 15)
        return super().request(method, url if "://" in url else self.base + url, **options)

    def get(self, url, **options):
        """The decoded body of a GET that must answer 200."""
        answer = self.request("GET", url, **options)
        assert answer.status_code == 200, f"GET {url}: {answer.status_code} {answer.text[:400]}"
        return answer.json()

    def events(self, **fields) -> list[dict]:
        """Every event in the capture whose fields have these values; `sender` stands for `from`."""
        found, cursor = [], "e0"
        while cursor:
            page = self.get("events", params={"after": cursor, "limit": 1000})
            found += page["events"]
            cursor = page["next"]
        if "sender" in fields:
            fields["from"] = fields.pop("sender")
        return [event for event in found if all(event.get(key) == value for key, value in fields.items())]

    def wait_for(self, count: int = 1, timeout: float = 20, **fields) -> list[dict]:
        """Waits until at least `count` such events are in the capture, and returns them."""
        deadline = time.monotonic() + timeout * PATIENCE
        while True:
            found = self.events(**dict(fields))
            if len(found) >= count:
                return found
            if time.monotonic() > deadline:
                seen = [(e["from"], e["kind"], e.get("name"), e.get("args")) for e in self.events()]
                raise AssertionError(
                    f"{len(found)} of {count} events like {fields} within {timeout} s; all: {seen!r:.2000}"
                )
            time.sleep(0.03)

    def inject(self, connection: str, to: str, name: str, args: list, **more) -> requests.Response:
        body = {"to": to, "namespace": "/", "name": name, "args": args, **more}
        return self.post(f"connections/{connection}/events", json=body)


class SocketIOServer:
    """A python-socketio server in a process of its own, restartable on its port."""

    def __init__(self, *options: str, log: Path, port: int = 0, script: str = "socketio_server.py"):
        self._options, self._log, self._script = options, log, script
        self.port = port
        self.process: subprocess.Popen | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        command = [sys.executable, str(HERE / self._script), "--port", str(self.port), *self._options]
        with open(self._log, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self._stdout = LineReader(self.process.stdout)
        lines = self._stdout.wait_for_lines(1, timeout=20)
        assert lines and lines[0].isdigit(), f"the upstream did not start: {self._log.read_text(errors='replace')}"
        self.port = int(lines[0])

    def kill(self):
        """As if its machine lost power, save that the kernel still closes its sockets."""
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.kill()
        self.start()

    def log(self, **fields) -> list[dict]:
        """What the server saw: {"what": "connect"|"disconnect"|"event", "sid", "namespace", …}."""
        entries = requests.get(f"{self.url}/control/log", timeout=5).json()
        return [entry for entry in entries if all(entry.get(key) == value for key, value in fields.items())]

    def wait_for(self, count: int = 1, timeout: float = 20, **fields) -> list[dict]:
        def enough():
            found = self.log(**fields)
            return found if len(found) >= count else None

        return eventually(enough, timeout, f"{count} of {fields} in the upstream's log")
