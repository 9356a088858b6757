"""When rules act, in which order, how often they say they did, and what stops them."""

import time
import uuid

import pytest
from processes import eventually

CONDITIONS = {
    # Of events 1 to 6, those that the rule drops.
    "none": ({}, [1, 2, 3, 4, 5, 6]),
    "times": ({"times": 2}, [1, 2]),
    "after": ({"after": 4}, [5, 6]),
    "every": ({"every": 3}, [3, 6]),
    "all of them": ({"after": 1, "every": 2, "times": 2}, [3, 5]),
    "never": ({"probability": 0}, []),
    "disabled": ({"enabled": False}, []),
}


@pytest.mark.parametrize("case", CONDITIONS.values(), ids=CONDITIONS)
def test_conditions(case, proxy, add, name):
    conditions, dropped = case
    pair = proxy.pair(["websocket"])
    rule = add(f"event:{name} from:client", "drop", **conditions)
    for number in range(1, 7):
        pair.send("client", name, number)
    pair.settle()
    assert [args[0] for _, args in pair.seen("upstream", name)] == [n for n in range(1, 7) if n not in dropped]
    shown = proxy.rule(rule)
    assert shown["hits"] == len(dropped)
    assert {key: shown[key] for key in conditions} == conditions


def test_chance_repeats_with_its_seed(proxy, add, name):
    pair = proxy.pair(["websocket"])
    passed = []
    for turn in range(2):
        add(f"event:{name}{turn}", "drop", probability=0.5, seed=11)
        for number in range(40):
            pair.send("client", f"{name}{turn}", number)
        pair.settle()
        passed.append([args[0] for _, args in pair.seen("upstream", f"{name}{turn}")])
    assert passed[0] == passed[1]
    assert 5 < len(passed[0]) < 35


def test_for_a_while(proxy, add, name):
    """From the first match on; then events pass again."""
    pair = proxy.pair(["websocket"])
    rule = add(f"event:{name}", "drop", **{"for": "200ms"})
    start = time.monotonic()

    def passes():
        pair.send("client", name)
        pair.settle()
        return pair.seen("upstream", name)

    eventually(passes, what="an event that passes")
    assert time.monotonic() - start >= 0.2
    assert proxy.rule(rule)["hits"] >= 1


FILTERS = {
    # a filter, and of these arguments those that it finds
    "args[0].room:lobby": ["room"],
    "args[0].n:>1": ["number"],
    "args[*].deep[*].x:1": ["deep"],
    "args[1]:exists": ["deep", "two", "quotes"],
    "args[0]:null": ["null"],
    "size:>1k": ["long"],
    "args[0]:/^x{10}/ -size:<1k": ["long"],
    '"has \\"quotes"': ["quotes"],
    "from:client (args[0].room:lobby or args[0].n:1..3)": ["room", "number"],
}
ARGUMENTS = {
    "room": [{"room": "lobby"}],
    "number": [{"n": 1.5}],
    "deep": [0, {"deep": [0, {"x": 1}]}],
    "two": [0, 0],
    "null": [None],
    "long": ["x" * 2000],
    "quotes": ['has "quotes"', {}],
}


@pytest.mark.parametrize("filter", FILTERS)
def test_what_a_filter_finds(filter, proxy, add, name):
    pair = proxy.pair(["websocket"])
    rule = add(f"event:{name}* {filter}", "drop")
    for each, args in ARGUMENTS.items():
        pair.send("client", name + each, *args)
    pair.settle()
    passed = [called for called, _ in pair.seen("upstream", name)]
    assert passed == [name + each for each in ARGUMENTS if each not in FILTERS[filter]]
    assert proxy.rule(rule)["hits"] == len(FILTERS[filter])


def test_a_rule_finds_the_marks_of_those_before_it(proxy, add, name):
    pair = proxy.pair(["websocket"])
    add(f"event:{name} args[0]:1", {"mark": "odd"})
    add(f"event:{name} mark:odd", {"set": {"args[0]": "marked"}})
    for number in (1, 2):
        pair.send("client", name, number)
    pair.settle()
    assert [args for _, args in pair.seen("upstream", name)] == [["marked"], [2]]
    assert len(proxy.siphon.api.get("events", params={"filter": f"event:{name} mark:odd"})["events"]) == 1


def test_order_and_stop(proxy, add, name):
    """A rule sees what those before it made; `stop` ends it where its rule has acted, not where it only matched."""
    pair = proxy.pair(["websocket"])

    def arrives() -> list:
        before = len(pair.seen("upstream", name))
        pair.send("client", name, "")
        pair.settle()
        return pair.seen("upstream", name)[before][1]

    first = add(f"event:{name}", {"set": {"args[0]": "{{args[0]}}1"}}, stop=False)
    idle = add(f"event:{name}", {"remove": "args[7]"}, stop=True)
    second = add(f"event:{name}", {"set": {"args[0]": "{{args[0]}}2"}})
    assert arrives() == ["12"]
    assert proxy.rule(idle)["hits"] == 0
    api = proxy.siphon.api
    assert api.put("rules/order", json={"ids": [second, idle, first]}).status_code == 200
    assert arrives() == ["21"]
    body = {"when": f"event:{name}", "then": {"set": {"args[0]": "{{args[0]}}2"}}, "stop": True}
    assert api.put(f"rules/{second}", json=body).status_code == 200
    assert arrives() == ["2"]
    assert api.put(f"rules/{second}", json={**body, "enabled": False}).status_code == 200
    assert arrives() == ["1"]
    assert [each["rules"] for each in pair.captured(name, 4)] == [[first, second], [second, first], [second], [first]]


def test_a_rule_sees_the_new_name(proxy, add, name):
    pair = proxy.pair(["websocket"])
    add(f"event:{name}", {"rename": f"{name}renamed"})
    add(f"event:{name}renamed", {"set": {"args[0]": "{{name}}"}})
    add(f"event:{name}", "drop")
    pair.send("client", name, 1)
    pair.settle()
    assert pair.seen("upstream", name) == [(f"{name}renamed", [f"{name}renamed"])]


def test_hits_and_last_hit(proxy, add, name):
    pair = proxy.pair(["websocket"])
    rule = add(f"event:{name}", {"mark": "m"})
    assert (proxy.rule(rule)["hits"], proxy.rule(rule)["lastHit"]) == (0, None)
    for _ in range(3):
        pair.send("client", name)
    pair.settle()
    assert (proxy.rule(rule)["hits"], proxy.rule(rule)["lastHit"]) == (3, pair.captured(name, 3)[-1]["time"])


def test_templates(proxy, add, name):
    pair = proxy.open(["websocket"], namespaces=["/chat"])
    texts = ["{{name}}", "{{namespace}}", "{{connection}}", "{{counter}}", "{{uuid}}", "{{now}}", "{{args[0]}}",
             "n={{args[0].n}} {{args[0].t}} {{args[0].none}}{{{{", {"deep": ["{{args[0].t}}"]}]  # fmt: skip
    add(f"event:{name}", {"replace": texts})
    for _ in range(2):
        pair.client.emit(name, {"n": 1.0, "t": 'é"\n'}, namespace="/chat")
    assert pair.client.call("fence", namespace="/chat") == "past"
    (_, first), (_, second) = pair.seen("upstream", name)
    event = pair.captured(name, 2)[0]
    given = {"n": 1.0, "t": 'é"\n'}
    assert first[:4] == [name, "/chat", pair.connection["id"], 1]
    assert first[5:] == [event["time"], given, 'n=1.0 é"\n {{', {"deep": ['é"\n']}]
    assert second[3] == 2
    assert first[4] != second[4]
    for text in (first[4], second[4]):
        assert str(uuid.UUID(text)) == text and uuid.UUID(text).version == 4


# --- rules that set each other off

DEPTH = 8  # Limits.emissionDepth
ALL = 1000  # Limits.emissionsPerEvent


@pytest.mark.parametrize("after", [{}, {"after": "5ms"}], ids=["at once", "later"])
def test_a_rule_that_sets_itself_off_is_stopped(proxy, add, name, after):
    pair = proxy.pair(["websocket"])
    rule = add(f"event:{name}", {"emit": {"to": "upstream", "name": name, "args": ["{{counter}}"], **after}})
    innocent = add("event:innocent", "drop")
    assert proxy.siphon.api.get("status")["rules"]["error"] is None
    pair.send("client", name, 0)
    eventually(lambda: proxy.rule(rule)["error"], what="the rule's error")
    pair.settle()
    assert [args[0] for _, args in pair.seen("upstream", name)] == list(range(DEPTH + 1))
    shown = proxy.rule(rule)
    assert (shown["hits"], shown["enabled"]) == (DEPTH, True)
    assert str(DEPTH) in shown["error"] and "emits" in shown["error"]
    assert proxy.rule(innocent)["error"] is None
    problem = proxy.siphon.api.get("status")["rules"]["error"]
    assert problem["path"] == rule and problem["message"] == shown["error"]


def test_two_rules_that_set_each_other_off(proxy, add, name):
    pair = proxy.pair(["websocket"])
    ping = add(f"event:{name}ping", {"emit": {"to": "client", "name": f"{name}pong"}})
    pong = add(f"event:{name}pong", {"emit": {"to": "upstream", "name": f"{name}ping"}})
    pair.send("client", f"{name}ping")
    pair.settle()
    assert len(pair.seen("upstream", name)) == DEPTH // 2 + 1
    assert len(pair.seen("client", name)) == DEPTH // 2
    assert [bool(proxy.rule(each)["error"]) for each in (ping, pong)] == [True, False]


def test_a_rule_that_multiplies_itself_is_stopped(proxy, add, name):
    """Five in place of one, eight times over, were near half a million."""
    pair = proxy.pair(["websocket"])
    add(f"event:{name}", [{"emit": {"to": "upstream", "name": name}}] * 5)
    pair.send("client", name)
    pair.settle()
    assert len(pair.seen("upstream", name)) == ALL + 1


def test_a_delayed_emission_has_no_more_than_so_many_before_it(proxy, add, name):
    """Of a connection; what is one too many is recorded as dropped."""
    pair = proxy.open(["websocket"])
    add(f"event:{name}", [{"emit": {"to": "upstream", "name": f"{name}later", "after": "1h"}}] * 100)
    for _ in range(11):
        pair.send("client", name)
    pair.settle()
    dropped = eventually(lambda: proxy.siphon.events(name=f"{name}later"), what="those that are too many")
    assert [each["verdict"] for each in dropped] == [["injected", "dropped"]] * 100
    pair.close()
    assert len(proxy.siphon.wait_for(1100, name=f"{name}later", verdict=["injected", "dropped"])) == 1100
