"""The inspector's page in a real browser, in front of a real proxy; and its modules, served from web/ alone."""

import functools
import http.server
import re
import threading
from pathlib import Path

import pytest
from pages import (
    ROWS,
    client,
    filter_reads,
    focused,
    inspector,
    open_event,
    open_event_when_there,
    preview,
    row,
    set_filter,
    until,
)
from processes import Siphon, eventually

__all__ = ["client", "inspector"]

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"

#: What the inspector says with every answer; the modules are tested under it too.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def web_files():
    """The inspector's own; web/demo is a page for itself (test_demo_page.py)."""
    others = {WEB / "test", WEB / "demo"}
    return sorted(file for file in WEB.rglob("*") if file.is_file() and others.isdisjoint(file.parents))


# The files


def test_every_file_is_embedded_and_served():
    source = (ROOT / "Sources/CDashboard/dashboard.c").read_text()
    names = sorted(file.relative_to(WEB).as_posix() for file in web_files())
    assert sorted(re.findall(r'^#embed "../../web/(.+)"$', source, re.MULTILINE)) == names
    assert sorted(re.findall(r'FILE_AT\("/([^"]+)", ', source)) == names


#: Each makes markup or code of a string.
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc|setHTML|"
    r"\beval\(|new Function|\bon(?:click|error|load)\s*=|https?://(?!www\.w3\.org)|setAttribute\(\"style\"|javascript:"
)


@pytest.mark.parametrize("file", web_files(), ids=lambda file: file.relative_to(WEB).as_posix())
def test_no_text_becomes_markup_or_code_and_nothing_comes_from_elsewhere(file):
    assert not FORBIDDEN.search(file.read_text())


def test_only_api_js_fetches():
    asking = re.compile(r"\bfetch\(|EventSource\(|XMLHttpRequest")
    users = [file.name for file in web_files() if asking.search(file.read_text())]
    assert users == ["api.js"]


# The modules


@pytest.fixture(scope="module")
def web_server():
    """web/ with its tests, under the policy that the inspector sets."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {".js": "text/javascript", ".html": "text/html", ".css": "text/css", ".svg": "image/svg+xml"}

        def end_headers(self):
            self.send_header("Content-Security-Policy", POLICY)
            super().end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=WEB))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize("module", sorted(file.name.split(".")[0] for file in (WEB / "test").glob("*.test.js")))
def test_module(module, page, web_server):
    page.goto(f"{web_server}/test/index.html?{module}")
    until(page, "window.outcome")
    results = page.evaluate("window.outcome")
    assert results
    assert [result for result in results if result["error"]] == []


# The page


def test_an_event_arrives_with_its_ack(siphon, client, inspector):
    page = inspector(siphon)
    assert "token" not in page.url
    assert client.call("ask", {"n": 1}) == {"n": 1}
    event = row(page, "ask")
    event.wait_for()
    assert event.get_attribute("data-from") == "client"
    page.wait_for_selector(f"{ROWS}[data-kind=event] [data-ack=answered]")
    assert re.search(r"\d (µs|ms|s)$", event.locator("[data-cell=ack]").inner_text())
    assert event.locator("[data-cell=preview]").inner_text() == '{"n": 1}'

    open_event(page, "ask")
    page.keyboard.press("a")
    until(page, "document.querySelector('[data-fact=kind]')?.textContent === 'ack'")
    ack = siphon.wait_for(kind="ack")[0]
    assert page.get_attribute("#panel-event", "data-event-id") == ack["id"]
    page.keyboard.press("a")
    until(page, "document.querySelector('[data-fact=kind]')?.textContent === 'event'")


def test_kinds_are_called_as_the_filter_calls_them(siphon, client, inspector):
    page = inspector(siphon)
    page.locator(f"{ROWS}[data-kind=connect]").first.wait_for()
    kinds = page.locator(f"{ROWS} [data-cell=kind]").evaluate_all(
        "(cells) => cells.map((cell) => [cell.textContent, cell.closest('[data-kind]').dataset.kind])"
    )
    assert all(shown == kind for shown, kind in kinds)


def test_the_connection_is_listed_and_filters(siphon, open_client, inspector):
    one, other = (open_client(siphon.url, [transport]) for transport in ("websocket", "polling"))
    ids = [connection["id"] for connection in siphon.connections()]
    page = inspector(siphon)
    one.emit("count", 1)
    other.emit("count", 2)
    eventually(lambda: page.locator(f"{ROWS}[data-kind=event]").count() == 2)
    page.click(f"#connections [data-connection={ids[0]}]")
    filter_reads(page, f"conn:{ids[0]}")
    shown = "(rows) => [...new Set(rows.map((row) => row.dataset.connection))]"
    eventually(lambda: page.locator(ROWS).evaluate_all(shown) == [ids[0]])
    assert page.locator(f"{ROWS}[data-kind=event]").count() == 1
    one.disconnect()
    page.wait_for_selector(f"#connections [data-connection={ids[0]}][data-state=closed]")
    page.wait_for_selector(f"#connections [data-connection={ids[1]}][data-state=open]")


def test_of_ten_thousand_events_only_the_rows_in_view_exist(siphon, client, inspector):
    page = inspector(siphon)
    client.emit("burst", 10_000)
    client.wait_for("tick", 10_000, timeout=30)
    siphon.wait_for(10_000, timeout=20, name="tick")
    row(page, "tick").last.wait_for()
    preview(page, "9999").wait_for()
    assert page.locator("#events [role=row]").count() < 100
    assert page.locator("#events *").count() < 2000

    page.hover("#events")
    for _ in range(60):
        if row(page, "burst").count():
            break
        page.mouse.wheel(0, -100_000)
        page.wait_for_timeout(50)
    assert row(page, "burst").count() == 1
    assert page.locator("#events [role=row]").count() < 100
    previews = page.locator(f'{ROWS}:has([data-cell="name"]:text-is("tick")) [data-cell=preview]').all_inner_texts()
    numbers = sorted(map(int, previews))
    assert numbers == list(range(numbers[0], numbers[-1] + 1))


def test_the_reader_is_not_moved_and_is_told_what_is_new(siphon, client, inspector):
    page = inspector(siphon)
    client.emit("burst", 300)
    siphon.wait_for(300, name="tick")
    preview(page, "299").wait_for()
    page.hover("#events")
    page.mouse.wheel(0, -1500)
    until(page, "(({ scrollTop, scrollHeight }) => scrollTop < scrollHeight - 2000)(document.getElementById('events'))")
    before = page.locator(ROWS).evaluate_all("(rows) => rows.map((row) => row.dataset.eventId).sort()")
    client.emit("count", 7)
    page.wait_for_selector("#pill:visible")
    assert page.inner_text("#pill") == "↓ 1 new"
    assert page.locator(ROWS).evaluate_all("(rows) => rows.map((row) => row.dataset.eventId).sort()") == before
    page.click("#pill")
    row(page, "count").wait_for()
    assert page.locator("#pill").is_hidden()


def test_the_reader_can_leave_the_end_of_a_busy_list(siphon, client, inspector):
    page = inspector(siphon)
    client.emit("burst", 5000)
    until(page, "Number(document.getElementById('events').getAttribute('aria-rowcount')) > 100")
    page.hover("#events")
    page.mouse.wheel(0, -200)
    client.emit("burst", 5000)
    siphon.wait_for(10_000, name="tick", timeout=20)
    page.wait_for_selector("#pill:visible")
    client.emit("count", 1)
    siphon.wait_for(name="count")
    page.keyboard.press("G")
    row(page, "count").wait_for()
    page.wait_for_selector("#pill", state="hidden")


def test_older_events_come_in_above_without_moving_the_reader(siphon, client, inspector):
    client.emit("burst", 2000)
    siphon.wait_for(2000, name="tick", timeout=10)
    newest = siphon.api.get("events", params={"filter": "not kind:ping|pong", "limit": 500})["events"]
    page = inspector(siphon)
    preview(page, "1999").wait_for()
    page.evaluate("document.getElementById('events').scrollTop = 25 * 24")
    until(page, "Number(document.getElementById('events').getAttribute('aria-rowcount')) > 500")
    box = page.locator("#events").bounding_box()
    found = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('[data-event-id]').dataset.eventId",
        [box["x"] + 200, box["y"] + 12],
    )
    assert found == newest[25]["id"]


def test_a_pause_holds_the_list(siphon, client, inspector):
    page = inspector(siphon)
    page.keyboard.press("p")
    client.emit("count", 1)
    until(page, "document.getElementById('pause').textContent.includes('(1)')")
    assert row(page, "count").count() == 0
    page.keyboard.press("p")
    row(page, "count").wait_for()


def test_the_filter_is_the_server_s_and_the_switches_edit_it(siphon, client, inspector):
    page = inspector(siphon)
    client.call("ask", "needle")
    client.call("ask", "hay")
    until(page, "document.querySelectorAll('#events [data-ack=answered]').length === 2")
    set_filter(page, "needle")
    until(page, "document.getElementById('events').getAttribute('aria-rowcount') === '2'")
    page.click("#toggles [data-from=client]")
    filter_reads(page, "needle from:client")
    until(page, "document.getElementById('events').getAttribute('aria-rowcount') === '1'")
    page.click("#toggles [data-kinds=ack]")
    filter_reads(page, "needle from:client kind:ack")
    page.wait_for_selector("#events-empty:visible")
    page.click("#toggles [data-kinds=ack]")
    page.click("#toggles [data-from=client]")
    filter_reads(page, "needle")
    client.call("ask", "another needle")
    until(page, "document.getElementById('events').getAttribute('aria-rowcount') === '4'")


def test_a_wrong_filter_says_where_and_leaves_the_list(siphon, client, inspector):
    page = inspector(siphon)
    client.emit("count", 1)
    row(page, "count").wait_for()
    page.fill("#filter", "event:a colour:b")
    page.wait_for_selector("#filter-error:visible")
    assert page.get_attribute("#filter-caret", "data-column") == "9"
    assert "colour" in page.inner_text("#filter-error-text")
    assert not re.search("'filter'|column", page.inner_text("#filter-error-text"))
    page.set_viewport_size({"width": 1000, "height": 600})
    page.click("#toggles [data-from=client]", trial=True, timeout=2000)
    client.emit("count", 2)
    eventually(lambda: page.locator(f"{ROWS}[data-kind=event]").count() == 2)
    page.keyboard.press("Escape")
    page.wait_for_selector("#filter-error", state="hidden")


def test_numbers_and_keys_are_shown_as_on_the_wire(siphon, client, inspector):
    page = inspector(siphon)
    client.emit("count", {"b": 1.0, "a": 12345678901234567890, "1": [True, None, -0.0], "__proto__": {}})
    row(page, "count").wait_for()
    expected = '{"b": 1.0, "a": 12345678901234567890, "1": [true, null, -0.0], "__proto__": {}}'
    assert row(page, "count").locator("[data-cell=preview]").inner_text() == expected
    open_event(page, "count")
    leaves = page.locator("#panel-event [data-tree] .leaf").all_inner_texts()
    assert [re.sub(r"copypath$", "", leaf) for leaf in leaves][:2] == ["b: 1.0", "a: 12345678901234567890"]
    assert page.inner_text("[data-raw]").startswith('2["count",{"b":1.0,"a":12345678901234567890,"1":')


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '"><svg/onload=alert(1)>',
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
]


def test_hostile_text_is_shown_as_text(siphon, client, inspector):
    page = inspector(siphon)
    for text in HOSTILE:
        client.emit(text, {text: text, "__proto__": text, "nested": [[[text]]]})
    for text in HOSTILE:
        names = page.locator(f"{ROWS} [data-cell=name]")
        eventually(lambda: text in names.all_inner_texts())
    rows = page.locator(f"{ROWS}[data-kind=event]")
    for index in range(rows.count()):
        rows.nth(index).click()
        page.wait_for_selector("#panel-event[data-complete=true]")
    assert page.locator("#events img, #events svg, #panel img, #panel svg, #panel script, #events script").count() == 0


def test_what_cannot_be_seen_is_spelled_out(siphon, client, inspector):
    page = inspector(siphon)
    client.emit("\u202egnp\u0007", ["\u202e\u2028\u200b", {"\u2066key": 1}])
    cell = page.locator(f"{ROWS}[data-kind=event] [data-cell=name]")
    cell.wait_for()
    assert cell.inner_text() == "⟨U+202E⟩gnp⟨U+0007⟩"
    cell.click()
    page.wait_for_selector("#panel-event[data-complete=true]")
    assert not re.search("[\u202e\u2028\u200b\u2066\u0007]", page.evaluate("document.body.textContent"))


def test_deep_and_long_arguments_do_not_stop_the_page(siphon, client, inspector):
    page = inspector(siphon)
    deep = []
    for _ in range(400):
        deep = [deep]
    client.emit("deep", [deep, "x" * 200_000])
    open_event_when_there(page, "deep")
    assert page.locator("#panel-event *").count() < 1000
    client.emit("count", 1)
    row(page, "count").wait_for()


def test_an_attachment_is_shown_and_downloaded(siphon, client, inspector):
    page = inspector(siphon)
    content = b"<html>\x00\xff" + bytes(300)
    client.emit("count", {"file": content})
    open_event_when_there(page, "count")
    dump = page.locator("#panel-event [data-hex]")
    until(page, "document.querySelector('[data-hex]').textContent.startsWith('000000')")
    assert dump.inner_text().splitlines()[0].split()[1:9] == ["3c", "68", "74", "6d", "6c", "3e", "00", "ff"]
    with page.expect_download() as download:
        page.click("#panel-event [data-attachment='0'] a")
    assert Path(download.value.path()).read_bytes() == content


def test_an_injected_event_brings_its_ack_back(siphon, client, inspector):
    page = inspector(siphon)
    page.wait_for_selector("#connections [data-connection]")
    page.keyboard.press("i")
    until(page, "document.activeElement.id === 'inject-name'")
    page.fill("#inject-name", "question")
    page.fill("#inject-args", '["why" 1.0]')
    page.wait_for_selector("#inject-args[aria-invalid]")
    assert "expected a comma or ]" in page.inner_text("#inject-args-note")
    assert page.is_disabled("[data-action=send]")
    page.fill("#inject-args", '["why", 1.0]')
    page.check("#inject-ack")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-field=result][data-state=done]")
    result = page.inner_text("[data-field=result]")
    assert "ack after" in result and '"answered"' in result and "1.0" in result
    assert client.wait_for("question") == [("why", 1.0)]
    row(page, "question").locator("[data-badge=injected]").wait_for()
    # Nobody dropped its ack: it came back here.
    ack = page.locator(f"{ROWS}[data-kind=ack]")
    ack.locator("[data-badge=returned]").wait_for()
    assert ack.get_attribute("data-verdict") == "returned"
    assert ack.locator("[data-badge=dropped]").count() == 0

    page.fill("#inject-name", "connect")
    page.click("[data-action=send]")
    page.wait_for_selector("[data-field=result][data-state=failed]")
    assert page.inner_text("[data-field=result]").strip()


def test_an_event_is_sent_again(siphon, client, inspector, upstream):
    page = inspector(siphon)
    client.emit("again-and-again", {"n": 1, "file": b"\x01\x02"})
    open_event_when_there(page, "again-and-again")
    page.click("[data-action=again]")
    until(page, "document.getElementById('inject-name').value === 'again-and-again'")
    page.click("[data-action=send]")
    page.wait_for_selector("[data-field=result][data-state=done]")
    seen = upstream.wait_for(2, name="again-and-again")
    assert seen[0]["args"] == seen[1]["args"] == [{"n": 1, "file": {"bytes": "0102"}}]


def test_a_form_without_an_open_connection_says_so_and_finds_the_next(siphon, open_client, inspector):
    first = open_client(siphon.url, ["websocket"])
    page = inspector(siphon)
    first.emit("count", 1)
    open_event_when_there(page, "count")
    closed = siphon.connections()[0]["id"]
    first.disconnect()
    page.wait_for_selector(f"#connections [data-connection={closed}][data-state=closed]")
    page.keyboard.press("i")
    until(page, "document.activeElement.id === 'inject-name'")
    assert page.is_disabled("[data-action=send]")
    assert page.inner_text("#inject-send-note") == "No connection is open to send to."
    open_client(siphon.url, ["websocket"])
    until(page, "(closed) => !['', closed].includes(document.getElementById('inject-connection').value)", closed)
    assert page.is_enabled("[data-action=send]")


def test_clearing_asks_first(siphon, client, inspector):
    page = inspector(siphon)
    client.emit("count", 1)
    row(page, "count").wait_for()
    page.keyboard.press("x")
    page.wait_for_selector("#ask-clear[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#ask-clear", state="hidden")
    assert siphon.wait_for(name="count")
    page.keyboard.press("x")
    page.click("#clear-now")
    row(page, "count").wait_for(state="detached")
    assert siphon.events(name="count") == []


def test_a_failure_is_said(siphon, client, inspector):
    page = inspector(siphon)
    client.emit("count", 1)
    row(page, "count").wait_for()
    page.route("**/api/v1/**", lambda route: route.abort() if route.request.method == "DELETE" else route.continue_())
    page.keyboard.press("x")
    page.click("#clear-now")
    page.wait_for_selector("#notice:visible")
    assert "could not be cleared: Siphon does not answer" in page.inner_text("#notice-text")
    assert row(page, "count").count() == 1
    page.click("#notice-close")
    page.wait_for_selector("#notice", state="hidden")


def test_every_step_works_by_keys(siphon, client, inspector):
    page = inspector(siphon)
    for number in range(3):
        client.emit("count", number)
    eventually(lambda: page.locator(f"{ROWS}[data-kind=event]").count() == 3)
    assert focused(page) == "events"
    page.keyboard.press("G")
    page.keyboard.press("k")
    selected = page.locator("#events [aria-selected=true]")
    last = siphon.wait_for(3, name="count")[-1]["id"]
    selected.wait_for()
    assert selected.get_attribute("data-event-id") == last
    assert page.get_attribute("#events", "aria-activedescendant") == selected.get_attribute("id")
    page.keyboard.press("ArrowUp")
    until(page, f"document.querySelector('#events [aria-selected=true]').dataset.eventId !== '{last}'")
    page.keyboard.press("j")
    until(page, f"document.querySelector('#events [aria-selected=true]').dataset.eventId === '{last}'")
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel-event:visible")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")
    page.keyboard.press("/")
    assert focused(page) == "filter"
    page.keyboard.type("ev")
    page.wait_for_selector("#suggestions:visible")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("#filter") == "event:"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("#filter") == "event:count "
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert focused(page) == "events"
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#help", state="hidden")


def test_dark_and_light_and_the_choice_is_kept(siphon, inspector):
    page = inspector(siphon)
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(scheme) == "dark"
    page.emulate_media(color_scheme="light")
    assert page.evaluate(scheme) == "light"
    page.click("#theme")
    assert page.evaluate(scheme) == "dark"
    page.reload()
    page.wait_for_selector("#stream[data-state=live]")
    assert page.evaluate(scheme) == "dark"


def test_a_selected_event_and_a_filter_survive_a_reload(siphon, client, inspector):
    page = inspector(siphon)
    client.emit("count", 1)
    open_event_when_there(page, "count")
    set_filter(page, "event:count")
    until(page, "location.hash.includes('filter')")
    page.reload()
    page.wait_for_selector("#panel-event[data-complete=true]")
    assert page.input_value("#filter") == "event:count"
    assert page.locator(f"{ROWS}[aria-selected=true]").count() == 1


def test_it_fits_nine_hundred_pixels(siphon, client, inspector):
    page = inspector(siphon)
    page.set_viewport_size({"width": 900, "height": 600})
    client.emit("count", 1)
    open_event_when_there(page, "count")
    assert page.evaluate("document.documentElement.scrollWidth") <= 900
    assert page.locator(".commands button").evaluate_all(
        "(buttons) => buttons.every((button) => button.getBoundingClientRect().right <= 900)"
    )


def test_nothing_scrolls_sideways_in_a_narrow_window(siphon, client, inspector):
    siphon.api.post(
        "rules", json={"name": "x" * 200, "when": "event:" + "y" * 200, "then": {"set": {"args[0]": "z" * 200}}}
    )
    page = inspector(siphon)
    client.emit("n" * 80, "a" * 200)
    open_event_when_there(page, "n" * 80)
    for panel in ("event", "inject", "rules"):
        page.click(f"#tab-{panel}")
        page.wait_for_selector(f"#panel-{panel}:visible")
        if panel == "rules":
            page.click("[data-action=edit-rule]")
        for width in (320, 400, 520, 639, 641, 800):
            page.set_viewport_size({"width": width, "height": 700})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate("(id) => document.getElementById(id).scrollWidth", f"panel-{panel}") <= width
            assert page.locator("#filter, .commands button, .tabs button, #events").evaluate_all(
                "(nodes) => nodes.every((node) => node.getBoundingClientRect().right <= innerWidth)"
            )


def test_where_keys_go_is_seen_from_the_first_key_on(siphon, client, inspector):
    page = inspector(siphon)
    ring = "getComputedStyle(document.activeElement).outlineStyle"
    assert (focused(page), page.evaluate(ring)) == ("events", "none")
    page.keyboard.press("Control")
    assert page.evaluate(ring) == "none"
    page.keyboard.press("j")
    assert (focused(page), page.evaluate(ring)) == ("events", "solid")


def test_the_help_shows_the_text_on_filters(siphon, inspector):
    page = inspector(siphon)
    # In the page: where Playwright was to answer, the text did not come now and then; why is not known.
    page.evaluate("() => { window.realFetch = fetch; window.fetch = async () => new Response('', { status: 404 }); }")
    page.keyboard.press("?")
    until(page, "document.getElementById('help').open")
    until(page, "document.getElementById('help-filters').textContent.startsWith('It cannot be shown')")
    page.keyboard.press("Escape")
    page.evaluate("() => { window.fetch = window.realFetch; }")
    file = WEB / "help/filters.txt"
    text = file.read_text() if file.exists() else "event:chat*   by name\n<b>from:client</b>\n"
    if not file.exists():
        page.route("**/help/filters.txt", lambda route: route.fulfill(body=text, content_type="text/plain"))
    page.keyboard.press("?")
    until(page, "(text) => document.getElementById('help-filters').textContent === text", text)


def test_it_says_when_siphon_is_gone(upstream, inspector, tmp_path):
    siphon = Siphon(upstream.url, stderr=tmp_path / "siphon.log")
    try:
        page = inspector(siphon)
        assert upstream.url in page.inner_text("#upstream")
    finally:
        siphon.stop()
    page.wait_for_selector("#stream[data-state=lost]")
