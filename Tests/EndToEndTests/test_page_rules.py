"""The rules panel of the inspector's page, in a real browser."""

import json
import time

import pytest
from pages import client, focused, inspector, open_event, open_event_when_there, row, until
from processes import eventually

__all__ = ["client", "inspector"]


def answer(page, method: str, path: str, status: int = 200, body=None):
    """Answers such requests from now on. Returns the list of what they bring, as it grows.

    Nothing that is asked on this path, by any method, goes on while the test does not ask the page something.
    """
    seen: list[dict] = []

    def handle(route):
        request = route.request
        if request.method != method:
            return route.fallback()
        seen.append(json.loads(request.post_data) if request.post_data else None)
        if status == 204:
            return route.fulfill(status=204)
        return route.fulfill(status=status, json=body)

    page.route(f"**/api/v1/{path}", handle)
    return seen


def arrived(page, seen: list, count: int):
    """Waits for so many requests: they are only handled while the page is asked something."""
    eventually(lambda: page.evaluate("true") and len(seen) == count, what=f"{count} requests")


def sent_rules(page):
    """What the page sends to add a rule, as it grows; Siphon has to take it."""
    seen: list[dict] = []

    def handle(route):
        if route.request.method != "POST":
            return route.fallback()
        seen.append(json.loads(route.request.post_data))
        response = route.fetch()
        assert response.status == 201, response.text()
        return route.fulfill(response=response)

    page.route("**/api/v1/rules", handle)
    return seen


def list_rules(page, *rules: dict):
    """Shows these rules. What is left out is as for a rule that never acted."""
    common = {"name": None, "when": "event:a", "then": "drop", "enabled": True, "stop": False, "source": "api"}
    common |= {"hits": 0, "lastHit": None, "error": None}
    answer(page, "GET", "rules", 200, {"rules": [common | rule for rule in rules], "error": None})


def open_rules(page):
    page.keyboard.press("r")
    page.wait_for_selector("#panel-rules:visible")


def open_form(page):
    """The form of a new rule. It is open from the start where there is no rule yet."""
    open_rules(page)
    page.wait_for_selector("#rule-when:visible, [data-action=new-rule]:visible")
    if page.is_visible("[data-action=new-rule]"):
        page.click("[data-action=new-rule]")
    until(page, "document.activeElement.id === 'rule-when'")


def submit(page):
    page.click("[data-action=submit-rule]")


def added(page):
    submit(page)
    page.wait_for_selector(".rule-form", state="hidden")


def note(page) -> str:
    return page.inner_text("#rule-note")


def rules(siphon) -> list[dict]:
    return siphon.api.get("rules")["rules"]


def make_rules(siphon, *names: str):
    return [
        siphon.api.post("rules", json={"name": name, "when": f"event:{name}", "then": "drop"}).json()["id"]
        for name in names
    ]


def shown_names(page) -> list[str]:
    return page.locator("[data-field=rule-name]").all_inner_texts()


# The form


def test_a_rule_is_added_seen_at_work_and_switched_off(siphon, client, inspector):
    page = inspector(siphon)
    open_rules(page)
    page.wait_for_selector("#rule-when:visible")
    assert "every event passes" in page.inner_text("#panel-rules .hint")
    assert page.is_disabled("[data-action=submit-rule]")
    assert note(page) == "say which events: a filter such as event:join"
    page.fill("#rule-when", "event:ask from:client")
    page.select_option("[data-field=action]", "set")
    page.fill(".rule-form .pair input", "args[0].room")
    page.fill(".rule-form .pair textarea", "staging")
    assert page.inner_text(".value-kind") == "text"
    page.press(".rule-form .pair textarea", "Enter")
    page.wait_for_selector("[data-rule-id]")
    page.wait_for_selector(".rule-form", state="hidden")
    assert client.call("ask", {"room": "lobby", "n": 1}) == {"room": "staging", "n": 1}
    row(page, "ask").locator("[data-badge=modified]").wait_for()
    until(page, "document.querySelector('[data-field=hits]').textContent === '1 hit'")
    open_event(page, "ask")
    assert '"lobby"' in page.inner_text("[data-side=original] .changed")
    assert '"staging"' in page.inner_text("[data-side=sent] .changed")

    open_rules(page)
    page.uncheck("[data-field=enabled]")
    eventually(lambda: rules(siphon)[0]["enabled"] is False)
    assert client.call("ask", {"room": "lobby"}) == {"room": "lobby"}
    page.check("[data-field=enabled]")
    eventually(lambda: rules(siphon)[0]["enabled"] is True)


def fill_values(page, *values: str):
    for index, value in enumerate(values):
        if page.locator(".action-fields .value").count() <= index:
            page.click("text=+ another argument")
        page.locator(".action-fields .value").nth(index).fill(value)


def fields(page, **texts: str):
    for name, text in texts.items():
        page.fill(f".action-fields [data-field='{name}']", text)


def choose(page, name: str, value: str):
    page.select_option(f".action-fields [data-field='{name}']", value)


def paths(page, *texts: str):
    for index, text in enumerate(texts):
        if index > 0:
            page.click("text=+ another path")
        page.locator(".action-fields .line input").nth(index).fill(text)


#: Of each action: how its fields are filled, and what is sent then.
ACTIONS = {
    "drop": (lambda page: None, "drop"),
    "drop with an answer": (
        lambda page: (page.check(".action-fields [data-field=ack]"), fill_values(page, "no", '{"code": 7}')),
        {"drop": {"ack": ["no", {"code": 7}]}},
    ),
    "set": (
        lambda page: (page.fill(".pair input", "args[0].at"), page.fill(".pair textarea", "{{now}}")),
        {"set": {"args[0].at": "{{now}}"}},
    ),
    "remove": (lambda page: paths(page, "args[0].token", "args[1]"), {"remove": ["args[0].token", "args[1]"]}),
    "rename": (lambda page: fields(page, only="chat2"), {"rename": "chat2"}),
    "replace": (lambda page: fill_values(page, "1", '"1"', "one"), {"replace": [1, "1", "one"]}),
    "delay": (
        lambda page: fields(page, **{"for": "300ms", "jitter": "150ms"}),
        {"delay": {"for": "300ms", "jitter": "150ms"}},
    ),
    "throttle": (lambda page: fields(page, events="10", per="1s"), {"throttle": {"events": 10, "per": "1s"}}),
    "reorder": (lambda page: fields(page, window="3", seed="7"), {"reorder": {"window": 3, "seed": 7}}),
    "duplicate": (lambda page: fields(page, only="3"), {"duplicate": 3}),
    "reply": (lambda page: fill_values(page, "true", "maintenance"), {"reply": [True, "maintenance"]}),
    "emit": (
        lambda page: (
            choose(page, "to", "upstream"),
            fields(page, name="notice", namespace="/admin", after="1s"),
            page.check(".action-fields [data-field=args]"),
            fill_values(page, "{{args[0].user}}"),
        ),
        {
            "emit": {
                "to": "upstream",
                "name": "notice",
                "args": ["{{args[0].user}}"],
                "namespace": "/admin",
                "after": "1s",
            }
        },
    ),
    "disconnect": (lambda page: choose(page, "only", "namespace"), {"disconnect": "namespace"}),
    "mark": (lambda page: fields(page, only="odd late"), {"mark": ["odd", "late"]}),
    "json": (lambda page: fields(page, only='{"reorder": {"window": 4}}'), {"reorder": {"window": 4}}),
}


@pytest.mark.parametrize("case", ACTIONS)
def test_each_action_has_its_fields(siphon, inspector, case):
    fill, expected = ACTIONS[case]
    page = inspector(siphon)
    sent = sent_rules(page)
    open_form(page)
    page.fill("#rule-when", "event:chat")
    page.select_option("[data-field=action]", case.split()[0])
    fill(page)
    page.click("summary:has-text('What is sent')")
    shown = json.loads(page.inner_text("[data-field=preview]"))
    added(page)
    assert sent == [shown] == [{"when": "event:chat", "then": expected}]


def test_a_name_conditions_and_several_actions(siphon, inspector):
    page = inspector(siphon)
    sent = sent_rules(page)
    open_form(page)
    page.fill("#rule-when", "event:chat")
    page.click("[data-action=add-action]")
    page.locator("[data-field=action]").nth(1).select_option("mark")
    page.fill("[data-field=only]", "odd")
    page.click("[data-action=add-action]")
    page.locator(".action").nth(2).get_by_label("remove this action").click()
    page.fill(".rule-form > .form > .field > [data-field=name]", "my rule")
    page.click("summary:has-text('Conditions')")
    given = {"probability": "0.50", "seed": "7", "times": "2", "after": "3", "every": "4", "for": "30s"}
    for key, text in given.items():
        page.fill(f".condition-fields [data-field={key}]", text)
    page.check("[data-field=stop]")
    assert page.inner_text("[data-fold=conditions] summary") == "Conditions (7)"
    added(page)
    conditions = {"probability": 0.5, "seed": 7, "times": 2, "after": 3, "every": 4, "for": "30s", "stop": True}
    assert sent == [{"name": "my rule", "when": "event:chat", "then": ["drop", {"mark": "odd"}], **conditions}]


def test_json_is_begun_with_what_is_there(siphon, inspector):
    page = inspector(siphon)
    open_form(page)
    page.fill("#rule-when", "event:chat")
    page.select_option("[data-field=action]", "rename")
    page.click("[data-action=as-json]")
    assert json.loads(page.input_value("#rule-json")) == {"when": "event:chat", "then": "drop"}


def test_what_was_typed_for_an_action_is_there_when_it_is_chosen_again(siphon, inspector):
    page = inspector(siphon)
    open_form(page)
    page.select_option("[data-field=action]", "rename")
    page.fill("[data-field=only]", "chat2")
    page.select_option("[data-field=action]", "drop")
    page.select_option("[data-field=action]", "rename")
    assert page.input_value("[data-field=only]") == "chat2"


def test_the_rule_can_be_edited_as_json_and_again_in_the_form(siphon, inspector):
    page = inspector(siphon)
    open_form(page)
    page.fill("#rule-when", "event:chat")
    page.click("[data-action=as-json]")
    assert json.loads(page.input_value("#rule-json")) == {"when": "event:chat", "then": "drop"}
    page.fill("#rule-json", '{"when": "event:chat", "then": {"rename": "x"')
    assert page.is_disabled("[data-action=submit-rule]") and page.is_disabled("[data-action=as-json]")
    assert "expected a comma or }" in note(page)
    page.fill("#rule-json", '{"when": "event:chat", "colour": "red", "then": "drop"}')
    assert page.is_enabled("[data-action=submit-rule]") and page.is_disabled("[data-action=as-json]")
    page.fill("#rule-json", '{"name": "n", "when": "event:chat2", "then": {"set": {"args[0]": 1.0}}}')
    page.click("[data-action=as-json]")
    assert page.input_value("#rule-when") == "event:chat2"
    assert page.input_value(".pair textarea") == "1.0"
    added(page)
    assert rules(siphon)[0]["name"] == "n"


# Errors


def test_an_error_of_the_filter_stands_below_its_column(siphon, inspector):
    page = inspector(siphon)
    open_form(page)
    page.fill("#rule-when", "  event:chat colour:red")
    page.keyboard.press("Enter")
    page.wait_for_selector(".field.when .problem:visible")
    said = page.inner_text(".field.when .problem")
    assert "colour" in said and "column" not in said
    assert page.get_attribute(".field.when .caret", "data-column") == "14"
    assert page.get_attribute("#rule-when", "aria-invalid") == "true"
    assert focused(page) == "rule-when"
    page.keyboard.press("End")
    page.keyboard.type("x")
    assert page.is_hidden(".field.when .problem") and page.is_hidden(".field.when .caret")
    assert page.get_attribute("#rule-when", "aria-invalid") is None


def test_an_error_of_a_path_stands_in_its_line(siphon, inspector):
    page = inspector(siphon)
    open_form(page)
    page.fill("#rule-when", "event:chat")
    page.select_option("[data-field=action]", "set")
    page.click("text=+ another value")
    for index, (path, value) in enumerate([("args[0]", "1"), ("arg[0]", "2")]):
        page.locator(".pair input").nth(index).fill(path)
        page.locator(".pair textarea").nth(index).fill(value)
    submit(page)
    page.locator(".pair .problem:visible").wait_for()
    assert page.locator(".pair .problem").nth(0).is_hidden()
    assert page.locator(".pair input").nth(1).get_attribute("aria-invalid") == "true"
    assert "arg" not in page.inner_text("#rule-note")


def test_an_error_of_a_condition_opens_them(siphon, inspector):
    page = inspector(siphon)
    answer(page, "POST", "rules", 422, {"error": "invalid", "message": "probability: expected 0 to 1, found 2"})
    open_form(page)
    page.fill("#rule-when", "event:chat")
    page.click("summary:has-text('Conditions')")
    page.fill("[data-field=probability]", "2")
    page.click("summary:has-text('Conditions')")
    page.focus("#rule-when")
    page.keyboard.press("Enter")
    page.wait_for_selector(".condition-fields .problem:visible")
    assert page.inner_text(".condition-fields .problem:visible") == "expected 0 to 1, found 2"


def test_an_error_of_one_action_stands_at_that_one(siphon, inspector):
    page = inspector(siphon)
    answer(page, "POST", "rules", 422, {"error": "invalid", "message": "then[1].rename: connect is reserved"})
    open_form(page)
    page.fill("#rule-when", "event:chat")
    page.select_option("[data-field=action]", "rename")
    page.fill("[data-field=only]", "a")
    page.click("[data-action=add-action]")
    page.locator("[data-field=action]").nth(1).select_option("rename")
    page.locator("[data-field=only]").nth(1).fill("connect")
    submit(page)
    page.wait_for_selector(".action .problem:visible")
    assert page.locator(".action").nth(1).locator(".problem:visible").inner_text() == "connect is reserved"


def test_an_error_without_a_place_and_a_lost_siphon_are_said_below(siphon, inspector):
    page = inspector(siphon)
    answer(page, "POST", "rules", 422, {"error": "invalid", "message": "more than 1000 rules" + " so long" * 100})
    open_form(page)
    page.fill("#rule-when", "event:chat")
    submit(page)
    eventually(lambda: note(page).startswith("more than 1000 rules"))
    page.unroute("**/api/v1/rules")
    page.route("**/api/v1/rules", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    submit(page)
    eventually(lambda: note(page) == "Siphon does not answer. Is it still running?")
    assert page.input_value("#rule-when") == "event:chat"


# Editing


def test_a_rule_is_edited_in_its_place(siphon, inspector):
    ids = make_rules(siphon, "one", "two", "three")
    page = inspector(siphon)
    open_rules(page)
    page.click(f"[data-rule-id={ids[1]}] [data-action=edit-rule]")
    page.wait_for_selector(f"[data-rule-id={ids[1]}] .rule-form")
    assert page.inner_text("[data-field=form-title]") == f"Edit {ids[1]} “two”"
    assert page.input_value("#rule-when") == "event:two"
    page.fill("#rule-when", "event:other")
    added(page)
    until(page, "document.activeElement.dataset.action === 'edit-rule'")
    assert [(rule["id"], rule["when"]) for rule in rules(siphon)] == [
        (ids[0], "event:one"),
        (ids[1], "event:other"),
        (ids[2], "event:three"),
    ]


def test_a_rule_that_is_switched_off_stays_so_when_it_is_edited(siphon, inspector):
    siphon.api.post("rules", json={"when": "event:a", "then": "drop", "enabled": False})
    page = inspector(siphon)
    open_rules(page)
    page.click("[data-action=edit-rule]")
    page.fill("#rule-when", "event:b")
    added(page)
    assert [(rule["when"], rule["enabled"]) for rule in rules(siphon)] == [("event:b", False)]


def test_a_rule_that_the_form_cannot_show_opens_as_json(siphon, inspector):
    page = inspector(siphon)
    list_rules(page, {"id": "r1", "when": None, "on": "handshake", "then": {"refuse": {"status": 503}}})
    sent = answer(page, "PUT", "rules/r1", 200, {"id": "r1"})
    open_rules(page)
    page.click("[data-action=edit-rule]")
    page.wait_for_selector("#rule-json:visible")
    assert page.is_hidden("#rule-when") and page.is_disabled("[data-action=as-json]")
    submit(page)
    arrived(page, sent, 1)
    assert sent[0]["on"] == "handshake" and sent[0]["then"] == {"refuse": {"status": 503}}
    assert not {"id", "hits", "lastHit", "source", "error"} & sent[0].keys()


def test_a_rule_that_is_gone_meanwhile_can_be_added_anew(siphon, inspector):
    made = make_rules(siphon, "one", "two")
    page = inspector(siphon)
    open_rules(page)
    page.click(f"[data-rule-id={made[0]}] [data-action=edit-rule]")
    page.fill("#rule-when", "event:typed")
    siphon.api.delete(f"rules/{made[0]}")
    page.wait_for_selector(f"[data-rule-id={made[0]}]", state="detached")
    assert page.input_value("#rule-when") == "event:typed"
    assert "is gone" in page.inner_text("[data-field=form-title]")
    added(page)
    assert [rule["when"] for rule in rules(siphon)] == ["event:two", "event:typed"]


# The list


def test_rules_are_ordered_by_keys_and_the_focus_stays(siphon, inspector):
    make_rules(siphon, "one", "two", "three")
    page = inspector(siphon)
    open_rules(page)
    page.locator("[data-action=rule-down]").nth(0).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert eventually(lambda: shown_names(page) == ["two", "three", "one"])
    eventually(lambda: [rule["name"] for rule in rules(siphon)] == ["two", "three", "one"])
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "later: rule one"
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    eventually(lambda: [rule["name"] for rule in rules(siphon)] == ["two", "one", "three"])
    eventually(lambda: shown_names(page) == ["two", "one", "three"])


def test_a_deleted_rule_comes_back_to_its_place(siphon, client, inspector):
    made = make_rules(siphon, "one", "two", "three")
    page = inspector(siphon)
    open_rules(page)
    for at in (1, 0):
        page.click(f"[data-rule-id={made[at]}] [data-action=delete-rule]")
        page.wait_for_selector(f"[data-rule-id={made[at]}]", state="detached")
    eventually(lambda: [rule["name"] for rule in rules(siphon)] == ["three"])
    until(page, "document.activeElement.dataset.action === 'undo-delete'")
    assert page.locator("[data-list=deleted] li").all_inner_texts()[0].startswith("Deleted “two”.")
    # The first comes back before the one it stood before, though that has another id by now.
    page.locator("[data-action=undo-delete]").nth(0).click()
    eventually(lambda: shown_names(page) == ["two", "three"])
    page.click("[data-action=undo-delete]")
    eventually(lambda: shown_names(page) == ["one", "two", "three"])
    assert [rule["name"] for rule in rules(siphon)] == ["one", "two", "three"]
    assert page.locator("[data-list=deleted] li").count() == 0
    client.emit("two", 1)
    row(page, "two").locator("[data-badge=dropped]").wait_for()


def test_a_hit_is_seen(siphon, client, inspector):
    make_rules(siphon, "chat")
    page = inspector(siphon)
    open_rules(page)
    hits = page.locator("[data-field=hits]")
    hits.wait_for()
    assert hits.inner_text() == "0 hits" and page.inner_text("[data-field=last-hit]") == ""
    page.evaluate(
        "document.querySelector('.hits').addEventListener('animationstart',"
        " ({ animationName }) => (window.lit = animationName))"
    )
    client.emit("chat", 1)
    until(page, "window.lit === 'lit'")
    assert hits.inner_text() == "1 hit"
    assert page.inner_text("[data-field=last-hit]").startswith("last ")
    shown = page.get_attribute("[data-field=last-hit]", "title")
    assert shown.split()[1].split(":")[2] in rules(siphon)[0]["lastHit"]
    until(page, "!document.querySelector('.hits').classList.contains('lit')")
    page.emulate_media(reduced_motion="reduce")
    client.emit("chat", 2)
    eventually(lambda: hits.inner_text() == "2 hits")
    assert page.evaluate("getComputedStyle(document.querySelector('.hits')).animationName") == "none"


def test_conditions_and_errors_are_shown(siphon, inspector):
    page = inspector(siphon)
    list_rules(
        page,
        {"id": "r1", "probability": 0.3, "times": 2, "stop": True},
        {"id": "r2", "enabled": False, "error": "disabled: the regular expression was too slow"},
        {"id": "r3", "error": "args[0].room is no text\u202e"},
    )
    open_rules(page)
    page.wait_for_selector("[data-rule-id=r3]")
    shown = page.inner_text("[data-rule-id=r1] [data-field=conditions]")
    assert shown == "with probability 0.3 · at most 2 times · later rules do not see it"
    assert page.is_hidden("[data-rule-id=r1] [data-field=rule-error]")
    error = page.locator("[data-field=rule-error]")
    assert error.nth(1).inner_text() == "⚠ disabled: the regular expression was too slow"
    assert error.nth(2).inner_text() == "⚠ args[0].room is no text⟨U+202E⟩"


def test_a_change_that_fails_is_said_at_its_rule(siphon, inspector):
    make_rules(siphon, "one", "two")
    page = inspector(siphon)
    answer(page, "PUT", "rules/*", 409, {"error": "conflict", "message": "the rules changed meanwhile"})
    open_rules(page)
    page.locator("[data-action=rule-up]").nth(1).click()
    page.locator(".rule .problem:visible").wait_for()
    said = page.locator("[data-rule-id] .problem:visible").inner_text()
    assert said == "It could not be moved: the rules changed meanwhile"
    assert shown_names(page) == ["one", "two"]
    page.locator("[data-field=enabled]").nth(0).click()
    eventually(lambda: page.locator(".rule .problem:visible").inner_text().startswith("It could not be switched"))
    eventually(lambda: page.locator("[data-field=enabled]").nth(0).is_checked())


def test_the_text_of_rules_is_no_markup(siphon, inspector):
    text = '"><img src=x onerror=alert(1)>{{constructor}}'
    page = inspector(siphon)
    list_rules(page, {"id": "r1", "name": text, "when": text, "then": {"mark": text}, "error": text, "for": text})
    answer(page, "DELETE", "rules/r1", 204)
    open_rules(page)
    page.wait_for_selector("[data-rule-id=r1]")
    assert text in page.inner_text("[data-field=rule-name]")
    page.click("[data-action=edit-rule]")
    page.wait_for_selector(".rule-form:visible")
    page.click("[data-action=delete-rule]")
    page.wait_for_selector("[data-action=undo-delete]")
    assert page.locator("#panel img").count() == 0


# The file


def test_a_faulty_rules_file_is_shown_with_its_place(start_siphon, upstream, inspector, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text("rules:\n  - when: event:a\n    then: drop\n")
    siphon = start_siphon(upstream.url, "--rules", str(file))
    page = inspector(siphon)
    file.write_text("rules:\n  - when: event:a\n    then: nothing-known\n")
    error = eventually(lambda: siphon.api.get("rules")["error"], 10)
    open_rules(page)
    page.wait_for_selector("#panel-rules > .problem:visible")
    said = page.inner_text("#panel-rules > .problem:visible")
    assert f"line {error['line']}, column {error['column']}, {error['path']}: {error['message']}" in said


def test_a_rule_of_the_file_is_marked_and_one_made_in_the_page_is_not(start_siphon, upstream, inspector, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text("rules:\n  - when: event:a\n    then: drop\n")
    siphon = start_siphon(upstream.url, "--rules", str(file))
    siphon.api.post("rules", json={"when": "event:b", "then": "drop"})
    assert [rule["source"] for rule in rules(siphon)] == ["file", "api"]
    page = inspector(siphon)
    open_rules(page)
    page.wait_for_selector("[data-rule-id=r2]:visible")
    assert page.inner_text("[data-rule-id=r1] [data-field=source]") == "file"
    assert page.is_hidden("[data-rule-id=r2] [data-field=source]")
    # Switched off and on here it is still the file's.
    page.click("[data-rule-id=r1] [data-field=enabled]")
    eventually(lambda: rules(siphon)[0]["enabled"] is False)
    assert rules(siphon)[0]["source"] == "file"


def test_rules_are_saved_to_their_file(start_siphon, upstream, inspector, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text("rules:\n  - when: event:a\n    then: drop\n")
    siphon = start_siphon(upstream.url, "--rules", str(file))
    make_rules(siphon, "from-the-page")
    page = inspector(siphon)
    open_rules(page)
    page.click("[data-action=save-rules]")
    page.wait_for_selector("[data-field=saved]:visible")
    assert page.inner_text("[data-field=saved]") == f"2 rules saved to {file}."
    assert "from-the-page" in file.read_text()


def test_without_a_rule_file_the_page_says_how_to_have_one(siphon, inspector):
    page = inspector(siphon)
    open_rules(page)
    page.wait_for_selector("#rule-when:visible")
    assert page.is_hidden("[data-action=save-rules]")
    make_rules(siphon, "one")
    page.click("[data-action=save-rules]")
    page.wait_for_selector("[data-field=saved]:visible")
    assert "--rules rules.yaml" in page.inner_text("[data-field=saved]")


@pytest.mark.parametrize(
    "status, error, message, shown",
    [
        (409, "conflict", "line 3: expected a map", "Not saved: line 3: expected a map"),
        (404, "not_found", "no such route", None),
    ],
)
def test_what_keeps_rules_from_being_saved_is_said(siphon, inspector, status, error, message, shown):
    make_rules(siphon, "one")
    page = inspector(siphon)
    answer(page, "POST", "rules/save", status, {"error": error, "message": message})
    open_rules(page)
    page.click("[data-action=save-rules]")
    if shown:
        page.wait_for_selector("[data-field=saved]:visible")
        assert page.inner_text("[data-field=saved]") == shown
    else:
        page.wait_for_selector("[data-action=save-rules]", state="hidden")
        assert page.is_hidden("[data-field=saved]")


# Trying


def test_a_rule_is_tried_on_what_was_kept_and_again_when_it_changes(siphon, client, inspector):
    page = inspector(siphon)
    for number in (1.0, 2):
        client.emit("join", {"room": "lobby", "n": number})
    siphon.wait_for(2, name="join")
    open_form(page)
    page.fill("#rule-when", "event:join")
    page.select_option("[data-field=action]", "set")
    page.fill(".pair input", "args[0].room")
    page.fill(".pair textarea", "staging")
    page.click("[data-action=try-rule]")
    page.wait_for_selector("[data-field=trial-count]")
    assert page.inner_text("[data-field=trial-count]").startswith("It would have matched 2 of ")
    first = page.locator(".trial-matches li").nth(0)
    assert first.locator(".change").all_inner_texts() == ['args[0].room: "lobby" → "staging"']
    assert first.locator(".badge").all_inner_texts() == ["modified", "forwarded"]
    assert rules(siphon) == []

    page.fill("#rule-when", "event:other")
    eventually(lambda: page.inner_text("[data-field=trial-count]").startswith("It would have matched none"))
    page.fill("#rule-when", "event:join")
    page.locator(".trial-matches button").nth(0).click()
    page.wait_for_selector("#panel-event[data-complete=true]")
    assert page.inner_text("#panel-event [data-field=name]") == "join"


def test_a_trial_says_what_is_wrong_at_the_field(siphon, inspector):
    page = inspector(siphon)
    answer(page, "POST", "rules/test", 422, {"error": "invalid", "message": "when: column 1: no such key"})
    open_form(page)
    page.fill("#rule-when", "colour:red")
    page.click("[data-action=try-rule]")
    page.wait_for_selector(".field.when .problem:visible")
    assert page.inner_text(".field.when .problem") == "no such key"


def test_without_the_route_there_is_no_trial(siphon, inspector):
    page = inspector(siphon)
    answer(page, "POST", "rules/test", 404, {"error": "not_found", "message": "no such route"})
    open_form(page)
    page.fill("#rule-when", "event:join")
    page.click("[data-action=try-rule]")
    page.wait_for_selector("[data-action=try-rule]", state="hidden")
    assert note(page) == "" and page.is_hidden("[data-field=trial]")


# From an event


def test_a_rule_is_made_from_an_event(siphon, open_client, inspector):
    client = open_client(siphon.url, namespaces=["/", "/chat"])
    page = inspector(siphon)
    client.emit("my event", {"room": {"name": "lobby"}}, namespace="/chat")
    client.emit("other", 1)
    open_event_when_there(page, "my event")
    page.click("[data-action=make-rule]")
    page.wait_for_selector(".rule-form:visible")
    assert page.input_value("#rule-when") == 'event:"my event" ns:/chat from:client'
    offered = page.locator("#rule-paths option").evaluate_all("(options) => options.map((option) => option.value)")
    assert offered == ["args[0]", "args[0].room", "args[0].room.name"]
    page.select_option("[data-field=action]", "set")
    page.fill(".pair input", "args[0].room.name")
    page.fill(".pair textarea", "staging")
    # From another event only the filter comes: the action stays.
    page.keyboard.press("Escape")
    open_event_when_there(page, "other")
    page.keyboard.press("m")
    eventually(lambda: page.input_value("#rule-when") == "event:other ns:/ from:client")
    assert page.input_value(".pair textarea") == "staging"
    added(page)
    assert [rule["when"] for rule in rules(siphon)] == ["event:other ns:/ from:client"]


def test_only_what_rules_see_can_be_made_one(siphon, client, inspector):
    page = inspector(siphon)
    page.locator("#events [data-kind=open]").click()
    page.wait_for_selector("#panel-event[data-complete=true]")
    assert page.locator("[data-action=make-rule]").count() == 0
    page.locator("#events [data-kind=connect]").first.click()
    page.click("[data-action=make-rule]")
    until(page, "document.getElementById('rule-when').value.startsWith('kind:connect ns:/ from:')")


# Completion


def offers(page, selector: str = "#suggestions") -> list[str]:
    return page.locator(f"{selector}:visible li").all_inner_texts()


def test_the_filter_is_completed_behind_a_bar_and_inside_parentheses(siphon, client, inspector):
    page = inspector(siphon)
    client.emit("chat", {"room": "lobby"})
    row(page, "chat").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("not (event:ask|c")
    eventually(lambda: offers(page) == ["event:ask|chat"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert page.input_value("#filter") == "not (event:ask|chat "
    page.keyboard.type("or args[0].r")
    eventually(lambda: offers(page) == ["args[0].room:"])
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    eventually(lambda: offers(page) == ["args[0].room:exists", "args[0].room:lobby"])
    page.keyboard.press("Escape")
    assert page.is_hidden("#suggestions") and focused(page) == "filter"


def test_the_filter_of_a_rule_is_completed_too(siphon, client, inspector):
    page = inspector(siphon)
    client.emit("chat", 1)
    row(page, "chat").wait_for()
    open_form(page)
    page.keyboard.type("event:c")
    eventually(lambda: offers(page, "#rule-suggestions") == ["event:chat"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("#rule-when") == "event:chat "
    assert page.is_enabled("[data-action=submit-rule]")
    page.keyboard.press("Enter")
    eventually(lambda: [rule["when"] for rule in rules(siphon)] == ["event:chat"])


# By keys alone


def test_a_rule_is_made_changed_and_deleted_by_keys(siphon, inspector):
    page = inspector(siphon)
    page.keyboard.press("r")
    until(page, "document.activeElement.id === 'rule-when'")
    page.keyboard.type("event:chat")
    page.keyboard.press("Control+Enter")
    eventually(lambda: rules(siphon))
    until(page, "document.activeElement.dataset.action === 'edit-rule'")
    page.keyboard.press("Enter")
    until(page, "document.activeElement.dataset.field === 'action'")
    page.keyboard.type("ren")
    page.keyboard.press("Tab")
    page.keyboard.type("chat2")
    page.keyboard.press("Enter")
    until(page, "document.activeElement.dataset.action === 'edit-rule'")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    eventually(lambda: rules(siphon) == [])
    until(page, "document.activeElement.dataset.action === 'undo-delete'")
    page.keyboard.press("Enter")
    eventually(lambda: rules(siphon))
    page.keyboard.press("Escape")
    until(page, "document.activeElement.id === 'events'")


def test_typing_in_the_form_goes_on_while_rules_are_hit(siphon, client, inspector):
    made = make_rules(siphon, "count")
    page = inspector(siphon)
    open_rules(page)
    page.click("[data-action=edit-rule]")
    until(page, "document.activeElement.dataset.field === 'action'")
    page.focus("#rule-when")
    page.keyboard.press("End")
    for number in range(3):
        client.emit("count", number)
        siphon.wait_for(number + 1, name="count")
        page.keyboard.type(f"{number}")
        time.sleep(0.5)
    until(page, "document.querySelector('[data-field=hits]').textContent === '3 hits'")
    assert page.input_value("#rule-when") == "event:count012"
    assert focused(page) == "rule-when"
    assert rules(siphon)[0]["id"] == made[0]
