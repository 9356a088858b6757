"""A whole app of a framework on Socket.IO, in a real browser, through the proxy."""

import os
import socket
import subprocess
import sys

import pytest
import requests
from processes import HERE, eventually

PATH = "/_nicegui_ws/socket.io/"
TRANSPORTS = {"polling": "polling", "upgrade": "polling,websocket", "websocket": "websocket"}


@pytest.fixture(params=list(TRANSPORTS))
def kind(request) -> str:
    return request.param


@pytest.fixture
def app(tmp_path, kind):
    """The app's URL. It cannot be asked for a port of the kernel's choice, so it gets one that was free just now."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    # NiceGUI believes itself under test where pytest's variable is set
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "NICEGUI_"))}
    log = tmp_path / "app.log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "nicegui_app.py"), str(port), TRANSPORTS[kind]],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=tmp_path, env=environment,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"

    def answers():
        assert process.poll() is None, log.read_text(errors="replace")
        try:
            return requests.get(f"{url}/files/nicegui_app.py", timeout=5).ok
        except requests.ConnectionError:
            return False

    eventually(answers, timeout=30, what="an app that answers")
    yield url
    process.kill()
    process.wait()


def test_an_app(start_siphon, app, page, kind):
    siphon = start_siphon(app, "--path", PATH)
    failed: list[str] = []
    page.on("response", lambda response: response.status >= 400 and failed.append(f"{response.status} {response.url}"))
    page.on("requestfailed", lambda request: PATH in request.url or failed.append(request.url))
    page.goto(siphon.url)
    assert page.title() == "through Siphon"

    page.locator(".ticks").filter(has_text="3").wait_for()  # the upstream speaks first
    page.get_by_role("button", name="count").click()
    page.get_by_text("1 clicks", exact=True).wait_for()
    page.get_by_role("button", name="count").click()
    page.get_by_text("2 clicks", exact=True).wait_for()
    page.get_by_label("name").fill("Jürgen 🎉")
    page.get_by_text("hello Jürgen 🎉", exact=True).wait_for()
    assert failed == []

    shown = [each for each in siphon.connections() if each["protocol"] == "socket.io" and not each["closedAt"]]
    assert len(shown) == 1
    wanted = TRANSPORTS[kind].split(",")[-1]
    assert (shown[0]["client"]["transport"], shown[0]["upstream"]["transport"]) == (wanted, wanted)
    assert bool(siphon.events(kind="upgrade")) == (kind == "upgrade")
    assert len(siphon.wait_for(kind="event", sender="client", name="event")) >= 3
    assert siphon.wait_for(kind="event", sender="upstream", name="update")
    assert siphon.events(kind="opaque") == []


def test_its_static_files_are_the_same(start_siphon, app, kind):
    siphon = start_siphon(app, "--path", PATH)
    page = requests.get(app, timeout=5).text
    paths = {part.split('"')[0] for part in page.split('src="')[1:] + page.split('href="')[1:]}
    static = sorted(path for path in paths if path.startswith("/_nicegui"))
    assert len(static) > 3
    for path in ["/files/nicegui_app.py", *static]:
        direct, answer = (requests.get(url + path, timeout=10) for url in (app, siphon.url))
        assert direct.status_code == 200
        assert (answer.status_code, answer.content) == (200, direct.content), path
        for name in ("content-type", "content-encoding", "etag", "cache-control"):
            assert answer.headers.get(name) == direct.headers.get(name), f"{path}: {name}"


def test_a_click_that_a_rule_changes(start_siphon, app, page):
    """What Siphon is for: the page shows what it was made to show."""
    siphon = start_siphon(app, "--path", PATH)
    page.goto(siphon.url)
    page.get_by_role("button", name="count").click()
    page.get_by_text("1 clicks", exact=True).wait_for()
    rule = {"name": "no clicks", "when": "event:event from:client", "then": "drop"}
    assert siphon.api.post("rules", json=rule).status_code == 201
    page.get_by_role("button", name="count").click()
    dropped = eventually(
        lambda: [each for each in siphon.events(name="event") if each["verdict"] == ["dropped"]], what="a dropped click"
    )
    assert dropped
    assert page.locator(".seen").inner_text() == "1 clicks"
