"""The official browser client in a real browser, on a page that is itself served through the proxy."""

import pytest


@pytest.mark.parametrize("kind", ["polling,websocket", "websocket", "polling"])
def test_the_official_client(target, page, kind, upstream):
    page.goto(f"{target.url}/page?transports={kind}")
    page.wait_for_function("socket.connected")
    wanted = kind.split(",")[-1]
    page.wait_for_function(f"socket.io.engine.transport.name === '{wanted}'")

    page.evaluate("socket.emit('echo', 'hello', {n: 1.5, deep: [null, 'ü🎉']})")
    page.wait_for_function("seen.some(([name]) => name === 'echo')")
    assert page.evaluate("seen.find(([name]) => name === 'echo')") == [
        "echo",
        "hello",
        {"n": 1.5, "deep": [None, "ü🎉"]},
    ]

    assert page.evaluate("socket.timeout(5000).emitWithAck('ask', 'question')") == "question"
    asked = page.evaluate("socket.timeout(5000).emitWithAck('ask-me', 1, 'two')")
    assert asked == "answer from the page"

    same = page.evaluate(
        """async () => {
            const sent = Uint8Array.from({length: 5000}, (_, index) => index % 256);
            const got = new Uint8Array(await socket.timeout(5000).emitWithAck('ask', sent));
            return got.length === sent.length && got.every((byte, index) => byte === sent[index]);
        }"""
    )
    assert same
    if target.siphon is None:
        return
    sent = target.siphon.wait_for(1, kind="connect", sender="client")[0]
    assert sent["args"] == [{"from": "browser"}]
    target.captured(1, kind="event", sender="client", name="echo", args=["hello", {"n": 1.5, "deep": [None, "ü🎉"]}])
    binary = target.siphon.events(kind="event", name="ask")[-1]
    assert [each["sizeBytes"] for each in binary["attachments"]] == [5000]
    if "websocket" in kind and "polling" in kind:
        target.siphon.wait_for(1, kind="upgrade")
    connection = target.siphon.connections()[0]
    assert "Chrome" in connection["client"]["userAgent"]


def test_it_reconnects_after_the_upstream_restarts(start_siphon, start_upstream, page):
    upstream = start_upstream()
    siphon = start_siphon(upstream.url)
    page.goto(f"{siphon.url}/page?transports=polling,websocket")
    page.wait_for_function("socket.io.engine.transport.name === 'websocket' && socket.connected")
    upstream.restart()
    page.wait_for_function("seen.some(([name, why]) => name === 'disconnect' && why === 'transport close')")
    page.wait_for_function("seen.filter(([name]) => name === 'connect').length === 2")
    assert page.evaluate("socket.timeout(5000).emitWithAck('ask', 'back')") == "back"


def test_an_injected_event_reaches_the_page(siphon, page):
    page.goto(f"{siphon.url}/page?transports=websocket")
    page.wait_for_function("socket.connected")
    connection = next(each for each in siphon.connections() if each["protocol"] == "socket.io")["id"]
    answer = siphon.api.inject(connection, "client", "question", ["from the test"], ack=True)
    assert answer.json()["ack"]["args"] == ["answer from the page", ["from the test"]]
