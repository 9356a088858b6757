"""The inspector's page for tests: fixtures that a test file takes by importing them, and steps that many tests take."""

import pytest
from processes import eventually

ROWS = "#events [data-event-id]:visible"


@pytest.fixture
def inspector(page):
    """inspector(siphon) -> the page, loaded and live. A dialog or a breach of the policy fails the test."""
    breaches: list[str] = []
    page.on("dialog", lambda dialog: (breaches.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.expose_function("noteBreach", lambda breach: breaches.append(breach))
    page.add_init_script(
        "addEventListener('securitypolicyviolation',"
        " (event) => noteBreach(`${event.violatedDirective} ${event.blockedURI}`))"
    )

    def start(siphon):
        page.goto(siphon.inspector_url)
        page.wait_for_selector("#stream[data-state=live]")
        return page

    yield start
    assert breaches == []


@pytest.fixture
def client(siphon, open_client):
    return open_client(siphon.url, ["websocket"])


def until(page, expression: str, argument=None):
    """Asks again and again from outside: Playwright's own waiting needs `eval`, which the policy forbids."""
    return eventually(lambda: page.evaluate(expression, argument), 10, expression)


def row(page, name: str):
    return page.locator(f'{ROWS}:has([data-cell="name"]:text-is("{name}"))[data-kind="event"]')


def preview(page, text: str):
    return page.locator(f'{ROWS} [data-cell="preview"]:text-is("{text}")')


def open_event(page, name: str):
    row(page, name).last.click()
    page.wait_for_selector("#panel-event[data-complete=true]")
    assert page.inner_text("#panel-event [data-field=name]") == name


def set_filter(page, text: str):
    page.fill("#filter", text)
    until(page, "(text) => document.getElementById('filter').dataset.applied === text", text)


def filter_reads(page, text: str):
    eventually(lambda: page.input_value("#filter") == text, what=f"{text!r} in the filter")


def focused(page) -> str:
    return page.evaluate("document.activeElement.id")


def open_event_when_there(page, name):
    row(page, name).last.wait_for()
    open_event(page, name)
