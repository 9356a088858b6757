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


RULES = {
    # what the page emits, what a rule does to it, and what the page then hears
    "binary in, binary out": (
        {"set": {"args[0].text": {"$binary": "AAH/"}, "args[0].file": "gone"}},
        "emitWithAck('ask', {text: 'hello', file: new Uint8Array([9, 8])})",
        {"text": [0, 1, 255], "file": "gone"},
    ),
    "a binary ack": ({"reply": [{"file": {"$binary": "AAH/"}}]}, "emitWithAck('ask', 1)", {"file": [0, 1, 255]}),
    "a duplicate that wants an ack": ({"duplicate": 3}, "emitWithAck('ask', 'once')", "once"),
}


@pytest.mark.parametrize("kind", ["websocket", "polling"])
@pytest.mark.parametrize("case", RULES.values(), ids=RULES)
def test_rules_between_the_official_client_and_its_server(case, kind, proxy, add, page):
    then, call, answer = case
    add("event:ask from:client", then)
    page.goto(f"{proxy.siphon.url}/page?transports={kind}")
    page.wait_for_function("socket.connected")
    plain = "(key, value) => value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value"
    heard = page.evaluate(f"socket.timeout(5000).{call}.then(it => JSON.parse(JSON.stringify(it, {plain})))")
    assert heard == answer
    assert page.evaluate("socket.timeout(5000).emitWithAck('fence')") == "past"
    assert page.evaluate("seen.filter(([name]) => name === 'disconnect')") == []
    copies = then.get("duplicate", 0 if "reply" in then else 1)
    sid = page.evaluate("socket.id")
    assert len(proxy.upstream.log(what="event", sid=sid, name="ask")) == copies


@pytest.mark.parametrize("kind", ["websocket", "polling"])
def test_rules_towards_the_official_client(kind, proxy, add, page):
    """Reordered with their attachments, and asked twice: the page answers each, the server hears one."""
    add("event:piece from:upstream", {"reorder": {"window": 3, "seed": 7}})
    add("event:question from:upstream", "duplicate")
    page.goto(f"{proxy.siphon.url}/page?transports={kind}")
    page.wait_for_function("socket.connected")
    for number in range(3):
        page.evaluate(f"socket.emit('tell', 'piece', {number}, new Uint8Array([{number}]))")
    page.wait_for_function("seen.filter(([name]) => name === 'piece').length === 3")
    pieces = page.evaluate(
        "seen.filter(([name]) => name === 'piece').map(([, n, file]) => [n, new Uint8Array(file)[0]])"
    )
    assert pieces == [[1, 1], [0, 0], [2, 2]]

    page.evaluate("socket.emit('tell-asking', 'question', 'why')")
    page.wait_for_function("seen.filter(([name]) => name === 'question').length === 2")
    assert page.evaluate("socket.timeout(5000).emitWithAck('fence')") == "past"
    sid = page.evaluate("socket.id")
    answers = proxy.upstream.wait_for(what="answer", sid=sid, name="question")
    assert [each["args"] for each in answers] == [["answer from the page", ["why"]]]


def test_a_connect_that_a_rule_refuses_to_pass_on(proxy, add, page):
    """The page hears nothing of it, and connects once the rule is gone."""
    rule = add("kind:connect from:client ns:/chat", "drop")
    page.goto(f"{proxy.siphon.url}/page?transports=websocket")
    page.wait_for_function("socket.connected")
    page.evaluate("window.chat = socket.io.socket('/chat').connect()")
    assert page.evaluate("socket.timeout(5000).emitWithAck('fence')") == "past"
    assert page.evaluate("chat.connected") is False
    proxy.siphon.api.delete(f"rules/{rule}")
    page.evaluate("chat.disconnect().connect()")
    page.wait_for_function("chat.connected")
