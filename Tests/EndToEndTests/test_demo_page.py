"""The demo's page and its own Socket.IO client, in a real browser, against python-socketio and through a real proxy."""

import functools
import json
import re
import signal
import struct
import zlib

import pytest
import requests
from processes import ROOT, eventually

DEMO = ROOT / "web/demo"
CATALOGUE = json.loads((ROOT / "Tests/Vectors/demo-events.json").read_text())

FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc|setHTML|"
    r"\beval\(|new Function|\bon(?:click|error|load|submit)\s*=\"|https?://(?!www\.w3\.org)[a-z]|\bstyle=|javascript:"
)


def png(width: int, height: int) -> bytes:
    """A picture whose bytes have every value."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + bytes((row * 7 + column) % 256 for column in range(3 * width)) for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    noted = chunk(b"tEXt", b"Comment\0" + bytes(range(1, 256)))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + noted
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def until(page, expression: str, argument=None):
    """Asks again and again from outside: Playwright's own waiting needs `eval`, which the policy forbids."""
    return eventually(lambda: page.evaluate(expression, argument), 10, expression)


# The files


@pytest.mark.parametrize("file", sorted(DEMO.iterdir()), ids=lambda file: file.name)
def test_no_text_becomes_markup_or_code_and_nothing_comes_from_elsewhere(file):
    assert not FORBIDDEN.search(file.read_text())


def test_the_page_uses_the_events_of_the_catalogue_and_no_others():
    source = (DEMO / "main.js").read_text()
    heard = set(re.findall(r'\b(?:chat|admin)\.on\("(\w+)"', source))
    assert heard == {each["name"] for each in CATALOGUE["events"] if each["from"] == "server"}
    said = set(re.findall(r'\bchat\.(?:call|emit)\("(\w+)"', source)) | {"say", "question", "picture"}
    assert said == {each["name"] for each in CATALOGUE["events"] if each["from"] == "client"}
    assert f'adminToken = "{CATALOGUE["adminToken"]}"' in source
    assert f"pictureBytesLimit = {CATALOGUE['limits']['pictureBytes']:_}" in source
    page = (DEMO / "index.html").read_text()
    limits = [CATALOGUE["limits"][name] for name in ("nameCharacters", "roomCharacters", "messageCharacters")]
    assert [int(length) for length in re.findall(r'maxlength="(\d+)"', page)] == limits


# The page


@pytest.fixture
def chat_server(start_upstream):
    server = start_upstream(script="demo_server.py")
    yield server
    if server.process.poll() is None:
        assert requests.get(f"{server.url}/control/faults", timeout=5).json() == []


@pytest.fixture
def siphon(request, start_siphon):
    """In front of python-socketio; `demo` by indirection is all of `siphon demo`."""
    if getattr(request, "param", None) == "demo":
        return start_siphon("demo")
    chat_server = request.getfixturevalue("chat_server")
    one = start_siphon(chat_server.url)
    requests.post(f"{chat_server.url}/control/inspector", data=one.inspector_url, timeout=5)
    return one


@pytest.fixture
def open_page(browser, siphon):
    """open_page(name, query="") -> a page in the lobby. An uncaught error or a breach of the policy fails the test."""
    faults: list[str] = []
    contexts = []

    def start(name: str, query: str = "", is_joined: bool = True, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: (faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.expose_function("noteBreach", lambda breach: faults.append(breach))
        page.add_init_script(
            "addEventListener('securitypolicyviolation',"
            " (event) => noteBreach(`${event.violatedDirective} ${event.blockedURI}`));"
            f"sessionStorage.getItem('name') ?? sessionStorage.setItem('name', {json.dumps(name)});"
        )
        page.goto(siphon.url + "/" + query)
        if is_joined:
            page.wait_for_selector("#room[data-joined=lobby]")
        return page

    yield start
    for context in contexts:
        context.close()
    assert faults == []


def say(page, text: str, button: str = "#composer [type=submit]"):
    page.fill("#text", text)
    page.click(button)


def message(page, text: str):
    return page.locator("#messages .message", has=page.locator(f"p.text:text-is({json.dumps(text)})")).last


def ack(page, text: str, outcome: str, timeout: float = 10_000) -> str:
    node = message(page, text).locator(f".ack[data-ack={outcome}]")
    node.wait_for(timeout=timeout)
    return node.inner_text()


def wait_for_transport(page, transport: str):
    page.wait_for_selector(f"#connection[data-state=open][data-transport={transport}]")


@pytest.mark.parametrize("siphon", ["demo"], indirect=True)
@pytest.mark.parametrize("query", ["", "?transport=polling", "?transport=websocket"])
def test_siphons_own_server_and_bots(siphon, open_page, query):
    ada, bea = open_page("Ada", query), open_page("Bea", query)
    wait_for_transport(ada, "polling" if "polling" in query else "websocket")
    for bot in ("Bit", "Ada", "Bea"):
        assert bot in bea.inner_text("#members")
    say(ada, "Hello, Bea")
    assert "ms" in ack(ada, "Hello, Bea", "delivered")
    message(bea, "Hello, Bea").wait_for()
    assert bea.inner_text("#inspector") == siphon.inspector_base + "/"
    with bea.expect_popup() as opened:
        bea.click("#inspector")
    opened.value.wait_for_load_state()
    assert "token" in opened.value.inner_text("body"), "the page that says what is missing, not a refusal"
    bea.goto(siphon.inspector_url)
    bea.goto(siphon.url)
    with bea.expect_popup() as opened:
        bea.click("#inspector")
    opened.value.wait_for_selector("#filter, [role=grid], input")
    assert siphon.wait_for(name="say", sender="client", args=[{"room": "lobby", "text": "Hello, Bea"}])


def test_two_talk_and_see_how_long_it_took(siphon, open_page):
    ada, bea = open_page("Ada"), open_page("Bea")
    assert bea.inner_text("#members") == "Ada, Bea"
    message_of_joining = ada.locator("#messages .notice", has_text="Bea came in.")
    message_of_joining.wait_for()
    assert ada.inner_text("#members") == "Ada, Bea"
    say(ada, "Hello, Bea")
    assert re.fullmatch(r"delivered · (\d\.\d|\d\d+) ms", ack(ada, "Hello, Bea", "delivered"))
    message(bea, "Hello, Bea").wait_for()
    assert message(bea, "Hello, Bea").locator(".from").inner_text() == "Ada"
    bea.fill("#text", "Hel")
    eventually(lambda: ada.inner_text("#typing") == "Bea writes…")
    say(bea, "Hello, Ada")
    message(ada, "Hello, Ada").wait_for()
    assert ada.inner_text("#typing") == ""
    siphon.wait_for(1, kind="event", sender="client", name="say", args=[{"room": "lobby", "text": "Hello, Ada"}])
    assert {each["namespace"] for each in siphon.events(kind="connect")} == {"/", "/admin"}


def test_the_upgrade_is_shown_and_seen(siphon, open_page):
    page = open_page("Ada")
    wait_for_transport(page, "websocket")
    assert page.inner_text("#connection") == "connected · polling → websocket"
    siphon.wait_for(1, kind="upgrade")
    assert page.locator("#statistics").inner_text().startswith("/admin: 0 members")


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_one_transport_alone(siphon, open_page, transport):
    page = open_page("Ada", f"?transport={transport}")
    say(page, "by one alone")
    ack(page, "by one alone", "delivered")
    assert page.inner_text("#connection") == f"connected · {transport}"
    assert siphon.events(kind="upgrade") == []


def test_the_banner_leads_to_the_inspector(siphon, open_page):
    page = open_page("Ada")
    assert page.get_attribute("#inspector", "href") == siphon.inspector_url
    assert page.inner_text("#inspector") == siphon.inspector_base + "/"


def test_a_picture_arrives_as_it_was(siphon, chat_server, open_page):
    ada, bea = open_page("Ada"), open_page("Bea", "?transport=polling")
    sent = png(90, 50)
    wait_for_transport(ada, "websocket")
    ada.click("#open-picture")
    ada.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": sent})
    ada.click("#picture-send")
    ada.locator(".message.own .ack[data-ack=delivered]").wait_for()
    seen = requests.get(f"{chat_server.url}/control/pictures", timeout=5).json()
    assert [bytes.fromhex(each) for each in seen] == [sent]
    bea.locator(f"#messages .picture[data-bytes='{len(sent)}'] canvas").wait_for()
    size = bea.evaluate("(({ width, height }) => [width, height])(document.querySelector('#messages canvas'))")
    assert size == [90, 50]
    ways = [siphon.wait_for(1, kind="event", name="picture", sender=side)[0] for side in ("client", "upstream")]
    for event in ways:
        attachment = siphon.api.request("GET", f"events/{event['id']}/attachments/0")
        assert attachment.content == sent
    # What came to the other page is drawn from these very bytes: the first pixels say so.
    pixels = bea.evaluate(
        "[...document.querySelector('#messages canvas').getContext('2d').getImageData(0, 0, 90, 50).data]"
    )
    expected = [(row * 7 + column) % 256 for row in range(50) for column in range(270)]
    assert [value for index, value in enumerate(pixels) if index % 4 < 3] == expected


def test_a_doodle_is_sent_by_keys_alone(chat_server, open_page):
    page = open_page("Ada")
    page.focus("#open-picture")
    page.keyboard.press("Enter")
    page.wait_for_selector("#picture[open]")
    assert page.evaluate("document.activeElement.id") == "picture-send"
    page.keyboard.press("Enter")
    page.locator(".message.own .ack[data-ack=delivered]").wait_for()
    sent = requests.get(f"{chat_server.url}/control/pictures", timeout=5).json()
    assert sent[0].startswith("89504e47")


def test_a_picture_too_large_stays_here(chat_server, open_page):
    page = open_page("Ada")
    wait_for_transport(page, "websocket")  # python-socketio on aiohttp does not read a polling body of this size whole
    page.click("#open-picture")
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": bytes(200_001)})
    page.click("#picture-send")
    page.wait_for_selector("#picture-problem:visible")
    assert requests.get(f"{chat_server.url}/control/pictures", timeout=5).json() == []
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": bytes(200_000)})
    page.click("#picture-send")
    page.locator("#messages .picture .note").wait_for()
    assert page.inner_text("#messages .picture") == "A picture of 200000 bytes that cannot be shown."
    eventually(lambda: [len(each) for each in requests.get(f"{chat_server.url}/control/pictures").json()] == [400_000])


def test_a_question_is_answered_or_not(siphon, open_page):
    page = open_page("Ada")
    say(page, "really?", "#ask")
    ack(page, "really?", "delivered")
    assert message(page, "really?").locator(".answer").inner_text() == "<b>Yes</b>"
    say(page, "never", "#ask")
    ack(page, "never", "pending")
    assert ack(page, "never", "unanswered") == "no answer"


def test_rooms(siphon, open_page):
    ada, bea = open_page("Ada"), open_page("Bea")
    say(bea, "said before")
    ack(bea, "said before", "delivered")
    ada.click("#rooms [data-room=staging]")
    ada.wait_for_selector("#room[data-joined=staging]")
    assert ada.locator("#messages .message").count() == 0
    assert ada.get_attribute("#rooms [data-room=staging]", "aria-current") == "true"
    bea.locator("#messages .notice", has_text="Ada left.").wait_for()
    eventually(lambda: bea.inner_text("#rooms [data-room=staging] .count") == "1")
    say(bea, "not for Ada")
    ack(bea, "not for Ada", "delivered")
    ada.fill("#room-name", "forbidden")
    ada.keyboard.press("Enter")
    ada.locator("#messages .notice", has_text="forbidden: <i>No.</i>").wait_for()
    ada.fill("#room-name", "den")
    ada.keyboard.press("Enter")
    ada.wait_for_selector("#room[data-joined=den]")
    ada.click("#rooms [data-room=lobby]")
    message(ada, "said before").wait_for()
    assert ada.locator("#messages .message:not(.notice)").count() == 2


def test_a_name_is_changed_and_kept(siphon, open_page):
    ada, bea = open_page("Ada"), open_page("Bea")
    ada.fill("#name", "Grace")
    ada.press("#name", "Enter")
    bea.locator("#messages .notice", has_text="Ada is now called Grace.").wait_for()
    ada.reload()
    ada.wait_for_selector("#room[data-joined=lobby]")
    assert ada.input_value("#name") == "Grace"
    assert "Grace" in ada.inner_text("#members")


def test_it_comes_back_when_the_server_does(siphon, chat_server, open_page):
    page = open_page("Ada")
    wait_for_transport(page, "websocket")
    page.click("#rooms [data-room=random]")
    page.wait_for_selector("#room[data-joined=random]")
    chat_server.kill()
    page.wait_for_selector("#connection[data-state=waiting]")
    chat_server.start()
    wait_for_transport(page, "websocket")
    say(page, "back again")
    ack(page, "back again", "delivered")
    sent = siphon.wait_for(1, name="say")[0]
    assert sent["args"] == [{"room": "random", "text": "back again"}]


def test_who_is_put_out_comes_back_only_when_told(siphon, chat_server, open_page):
    page = open_page("Ada")
    requests.post(f"{chat_server.url}/control/kick", data="/", timeout=5)
    page.wait_for_selector("#reconnect:visible")
    page.locator("#messages .notice", has_text="Disconnected: server disconnect.").wait_for()
    page.click("#reconnect")
    page.wait_for_selector("#reconnect", state="hidden")
    say(page, "here again")
    ack(page, "here again", "delivered")


def test_who_is_refused_reads_why(siphon, open_page):
    page = open_page("Mallory", is_joined=False)
    page.locator("#messages .notice", has_text="The chat does not let you in: Not you.").wait_for()
    page.wait_for_selector("#reconnect:visible")


MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def test_markup_is_text_wherever_it_comes_from(siphon, open_page):
    ada, bea = open_page(MARKUP), open_page("Bea")
    say(ada, MARKUP)
    ack(ada, MARKUP, "delivered")
    message(bea, MARKUP).wait_for()
    assert message(bea, MARKUP).locator(".from").inner_text() == MARKUP
    ada.fill("#text", "x")
    eventually(lambda: bea.inner_text("#typing") == f"{MARKUP} writes…")
    connection = next(each for each in siphon.connections() if each["protocol"] == "socket.io")["id"]
    for name, args in [
        ("notice", [{"text": MARKUP}]),
        ("rooms", [{"rooms": [{"name": MARKUP, "members": 1}, 7, None, {"name": {}}]}]),
        ("joined", [{"room": "lobby", "name": MARKUP, "members": [MARKUP, 7, {}]}]),
        ("hello", [{"name": MARKUP, "inspector": "javascript:alert(3)", "rooms": "none"}]),
        ("said", [{"room": "lobby", "from": {"x": 1}, "text": MARKUP, "at": "never"}]),
        ("said", [None]),
        ("said", []),
        ("picture", [{"room": "lobby", "picture": "no bytes"}]),
        ("typing", [{"room": "lobby", "name": MARKUP, "isTyping": "yes"}]),
        ("toString", [1]),
        ("notice", [{"text": "the last"}]),
    ]:
        assert siphon.api.inject(connection, "client", name, args).ok
    ada.locator("#messages .notice", has_text="the last").wait_for()
    assert ada.inner_text("#rooms .name") == MARKUP
    for page in (ada, bea):
        assert page.locator("img, #messages script").count() == 0
        assert not page.get_attribute("#inspector", "href").startswith("javascript")


@pytest.mark.parametrize("width", [400, 760, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits(siphon, open_page, width, scheme):
    page = open_page("Ada", viewport={"width": width, "height": 700}, color_scheme=scheme)
    say(page, "w" * 400)
    ack(page, "w" * 400, "delivered")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.locator(".top *, .composer *, .room-head, .messages, .message").evaluate_all(
        "(nodes) => nodes.filter((node) => node.getBoundingClientRect().right > innerWidth).map((node) => node.id)"
    )
    assert outside == []
    assert page.evaluate("document.getElementById('messages').clientHeight") > 200
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}[scheme]


# The client alone, against the server of the other tests


KINDS = {"upgrade": ["polling", "websocket"], "polling": ["polling"], "websocket": ["websocket"]}


@pytest.fixture
def connect(page):
    """connect(url, kind="upgrade", namespace="/", auth=None) -> the page, with `client` and `socket` in its window."""

    def start(url: str, kind: str = "upgrade", namespace: str = "/", auth=None):
        page.goto(f"{url}/blank")
        page.evaluate(
            """async ([transports, namespace, auth]) => {
                const { Client } = await import("/demo/socket.js");
                window.seen = [];
                window.client = new Client(location.origin, { transports, reconnection: { first: 50, most: 200 } });
                client.onState = (state) => seen.push([state.state, state.transport ?? state.reason ?? null]);
                window.socket = client.socket(namespace, { auth });
                socket.onConnect = () => seen.push(["connect", null]);
                socket.onDisconnect = (reason) => seen.push(["disconnect", reason]);
                socket.onRefused = (refusal) => seen.push(["refused", refusal]);
            }""",
            [KINDS[kind], namespace, auth],
        )
        return page

    return start


@pytest.fixture
def client(connect, target):
    """As `connect`, to `target`."""
    return functools.partial(connect, target.url)


def saw(page, what: str, value=None):
    until(
        page, "([what, value]) => seen.some((each) => JSON.stringify(each) === value)", [what, compact([what, value])]
    )


def compact(value) -> str:
    return json.dumps(value, separators=(",", ":"))


def call(page, name: str, *args):
    return page.evaluate("([name, args]) => socket.call(name, args)", [name, list(args)])


@pytest.mark.parametrize("kind", list(KINDS))
def test_events_and_acks(client, target, kind):
    page = client(kind)
    transport = KINDS[kind][-1]
    saw(page, "open", transport)
    assert page.evaluate("client.transport") == transport
    assert call(page, "ask", "one", {"n": 1.5, "deep": [None, "ü🎉\u2028\x1e"]}) == [
        "one",
        {"n": 1.5, "deep": [None, "ü🎉\u2028\x1e"]},
    ]
    assert call(page, "transport") == [transport]
    page.evaluate("socket.on('question', (...args) => args.at(-1)('from the page', args.length))")
    assert call(page, "ask-me", 1, 2) == ["from the page", 3]
    many = page.evaluate("Promise.all(Array.from({ length: 60 }, (_, n) => socket.call('ask', [n])))")
    assert many == [[number] for number in range(60)]
    target.captured(60 + 1, kind="event", sender="client", name="ask")


@pytest.mark.parametrize("kind", list(KINDS))
def test_nested_binary_both_ways_in_events_and_acks(client, target, kind):
    # Longer polling bodies are more than python-socketio on aiohttp reads whole.
    page = client(kind)
    same = """(got) => {
        const [{ deep: [one, { two }] }, three] = got;
        const fits = (bytes, length) => bytes instanceof Uint8Array && bytes.length === length
            && bytes.every((byte, index) => byte === index % 256);
        return fits(one, 10_000) && fits(two, 3) && fits(three, 0);
    }"""
    make = """
        const bytes = (length) => Uint8Array.from({ length }, (_, index) => index % 256);
        const args = [{ deep: [bytes(10_000), { two: bytes(3) }] }, bytes(0)];
    """
    assert page.evaluate(f"async () => {{ {make} return ({same})(await socket.call('ask', args)); }}")
    # The server asks the page, which acknowledges with what it got; the server answers with that.
    asked = f"""async () => {{
        {make}
        let heard = false;
        socket.on('question', (...got) => {{
            const acknowledge = got.pop();
            heard = ({same})(got);
            acknowledge(...got);
        }});
        const answer = await socket.call('ask-me', args);
        return [heard, ({same})(answer)];
    }}"""
    assert page.evaluate(asked) == [True, True]
    echoed = f"""async () => {{
        {make}
        const got = new Promise((resolve) => socket.on('echo', (...got) => resolve(({same})(got))));
        socket.emit('echo', ...args);
        return got;
    }}"""
    assert page.evaluate(echoed)


def test_an_ack_that_does_not_come_in_time(client, target):
    page = client()
    page.evaluate("socket.on('question', () => {})")
    saw(page, "connect")
    failed = "([name, args, timeout]) => socket.call(name, args, { timeout }).catch((error) => error.message)"
    assert page.evaluate(failed, ["ask-me", [], 200]) == "no answer"
    assert call(page, "ask", "still") == ["still"]


def test_the_server_disconnects(client, target):
    page = client("websocket")
    saw(page, "connect")
    failed = "socket.call('leave', []).catch((error) => error.message)"
    assert page.evaluate(failed) == "disconnected"
    saw(page, "disconnect", "server disconnect")
    saw(page, "closed", "client disconnect")
    assert page.evaluate("socket.isActive") is False
    page.evaluate("socket.connect()")
    until(page, "seen.filter(([what]) => what === 'connect').length === 2")
    assert call(page, "ask", 1) == [1]


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_client_disconnects(client, target, upstream, kind):
    page = client(kind)
    saw(page, "open", KINDS[kind][-1])
    saw(page, "connect")
    server_id = page.evaluate("socket.id")
    page.evaluate("socket.disconnect()")
    saw(page, "disconnect", "client disconnect")
    saw(page, "closed", "client disconnect")
    entry = upstream.wait_for(1, what="disconnect", sid=server_id)[0]
    assert entry["reason"] == "client disconnect"


def test_a_refusal_says_why_and_another_namespace_goes_on(client, target):
    page = client(namespace="/admin", auth={"token": "wrong"})
    saw(page, "refused", {"message": "denied", "data": {"code": 7}})
    saw(page, "closed", "client disconnect")
    page.evaluate("window.chat = client.socket('/chat', { auth: { token: 'any' } })")
    assert page.evaluate("chat.call('ask', [2])") == [2]
    page.evaluate(
        "window.unknown = client.socket('/nowhere'); unknown.onRefused = (why) => seen.push(['unknown', why])"
    )
    saw(page, "unknown", {"message": "Unable to connect"})
    assert page.evaluate("chat.call('ask', [3])") == [3]


def test_a_server_that_goes_silent_is_noticed(connect, start_upstream):
    server = start_upstream("--ping-interval", "1", "--ping-timeout", "1")
    page = connect(server.url, "websocket")
    saw(page, "connect")
    page.wait_for_timeout(3000)
    assert page.evaluate("seen.filter(([what]) => what === 'disconnect').length") == 0
    server.process.send_signal(signal.SIGSTOP)
    try:
        saw(page, "disconnect", "ping timeout")
    finally:
        server.process.send_signal(signal.SIGCONT)
    until(page, "seen.filter(([what]) => what === 'connect').length === 2")


def test_what_is_sent_without_a_connection_waits_for_one(connect, start_upstream):
    server = start_upstream()
    page = connect(server.url)
    saw(page, "open", "websocket")
    server.kill()
    saw(page, "disconnect", "transport close")
    page.evaluate("void (window.answer = socket.call('ask', ['late'], { timeout: 9000 }))")
    refused = "socket.call('ask', ['too late'], { timeout: 50 }).catch((error) => error.message)"
    assert page.evaluate(refused) == "no answer"
    assert page.evaluate("Array.from({ length: 100 }, (_, n) => socket.emit('count', n)).filter(Boolean).length") == 99
    server.start()
    assert page.evaluate("answer") == ["late"]
    server.wait_for(99, name="count")
    assert [entry["args"] for entry in server.log(name="count")] == [[number] for number in range(99)]
    assert [entry["args"] for entry in server.log(name="ask")] == [["late"]]


def test_a_websocket_that_cannot_be_opened_leaves_polling(page, upstream):
    """The server offers the upgrade; the browser's WebSocket fails."""
    page.goto(f"{upstream.url}/blank")
    page.evaluate(
        """async () => {
            const Real = WebSocket;
            window.WebSocket = class extends Real { constructor() { super("ws://127.0.0.1:9/"); } };
            const { Client } = await import("/demo/socket.js");
            window.client = new Client(location.origin);
            window.socket = client.socket();
        }"""
    )
    for number in range(5):
        assert call(page, "ask", number) == [number]
    assert page.evaluate("client.transport") == "polling"
