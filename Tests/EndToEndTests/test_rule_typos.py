"""What is wrong with a rule is found from the message alone: where it is, what stands there, and what was expected."""

import subprocess

import pytest
from processes import eventually

# --- over REST

TYPOS = {
    # the members that differ from a rule that is right, and what the message says of them
    "a key": ({"enable": True}, "enable: unknown key enable, did you mean enabled?"),
    "a key in capitals": ({"Stop": True}, "did you mean stop?"),
    "a condition": ({"probabilty": 0.5}, "did you mean probability?"),
    "a chance in per cent": ({"probability": 50}, "probability: expected a number from 0 to 1, found 50"),
    "a number in quotes": ({"times": "2"}, 'times: expected a whole number from 1 on, found "2"'),
    "yes": ({"enabled": "yes"}, "enabled: expected true or false, found a string"),
    "no unit": ({"for": 30}, "for: expected a duration such as 300ms, 1.5s, 2m or 1h, found 30 without a unit"),
    "a filter's key": ({"when": "event:a evnt:x"}, "when: column 9: unknown key evnt, did you mean event?"),
    "a filter's word": ({"when": "from:cleint"}, "when: column 6: from: knows no cleint, did you mean client?"),
    "a space in a filter": ({"when": "event: x"}, "when: column 7: event: has no value"),
    "a parenthesis": ({"when": "(event:x"}, "when: column 9: the ( of column 1 is not closed"),
    "AND": ({"when": "event:x AND from:client"}, "when: column 9: AND in capitals"),
    "a namespace": ({"when": "ns:admin"}, "such as /admin"),
    "a verdict": ({"when": "is:dropped"}, "when: is:dropped is decided after the rules"),
    "an action": ({"then": "dorp"}, "then: unknown action dorp, did you mean drop?"),
    "an action of a list": (
        {"then": ["drop", {"delai": "1s"}]},
        "then[1].delai: unknown action delai, did you mean delay?",
    ),
    "another tool's action": ({"then": "delete"}, "then: unknown action delete; expected drop, set, remove,"),
    "an action to come": ({"then": "hold"}, "then: the action hold is not built yet"),
    "no value": ({"then": "delay"}, "then: delay needs a value: { delay: … }"),
    "two actions in a map": (
        {"then": {"set": {"name": "x"}, "mark": "x"}},
        "then: expected one action in a map; several make a list",
    ),
    "drop: true": ({"then": {"drop": True}}, "then.drop: expected drop alone, or { ack: [ … ] }, found a boolean"),
    "an ack that is no list": (
        {"then": {"reply": {"ok": False}}},
        "then.reply: expected a list, the arguments of the ack, found a map",
    ),
    "a path": ({"then": {"set": {"arg[0].room": 1}}}, "args[0] or ack.args[0], found arg[0].room"),
    "a path to remove": (
        {"then": {"remove": ["args[0]", "room"]}},
        "then.remove[1]: expected a path that is name, or starts with args[0] or ack.args[0], found room",
    ),
    "a bracket": ({"then": {"set": {"args[0": 1}}}, 'then.set["args[0"]: path, column 7: expected ]'),
    "a dot": ({"then": {"set": {"args[0]room": 1}}}, 'then.set["args[0]room"]: path, column 8: expected . or ['),
    "a template": (
        {"then": {"replace": ["{{nwo}}"]}},
        "then.replace[0]: template {{nwo}}: unknown nwo, did you mean now?",
    ),
    "an open template": ({"then": {"replace": ["{{now"]}}, "then.replace[0]: a template is not closed; expected }}"),
    "base64": ({"then": {"replace": [{"$binary": "x"}]}}, 'then.replace[0]["$binary"]: expected base64 with padding'),
    "a reserved name": ({"then": {"rename": "connect"}}, "then.rename: connect is reserved by Socket.IO"),
    "milliseconds": (
        {"then": {"delay": 300}},
        "then.delay: expected a duration such as 300ms, 1.5s, 2m or 1h, found 300 without a unit",
    ),
    "a unit": ({"then": {"delay": "1sec"}}, "found 1sec"),
    "too long": ({"then": {"delay": "2h"}}, "then.delay: expected at most 1h"),
    "an action's key": (
        {"then": {"delay": {"for": "1s", "jiter": "1s"}}},
        "then.delay.jiter: unknown key jiter, did you mean jitter?",
    ),
    "half a throttle": ({"then": {"throttle": {"events": 10}}}, "then.throttle: expected per: and a duration"),
    "a throttle's number": (
        {"then": {"throttle": 10}},
        "then.throttle: expected a map such as { events: 10, per: 1s }, found a number",
    ),
    "a reorder's number": (
        {"then": {"reorder": 3}},
        "then.reorder: expected a map such as { window: 3 }, found a number",
    ),
    "once more": (
        {"then": {"duplicate": 1}},
        "then.duplicate: expected how many times it is sent in all, from 2 to 100",
    ),
    "a side": (
        {"then": {"emit": {"to": "server", "name": "x"}}},
        "then.emit.to: expected to: client or to: upstream, found server",
    ),
    "an emission's name": ({"then": {"emit": {"to": "client"}}}, "then.emit: expected name: and the event's name"),
    "how to disconnect": (
        {"then": {"disconnect": "trasport"}},
        "then.disconnect: expected transport, namespace or server, found trasport, did you mean transport?",
    ),
    "an empty mark": ({"then": {"mark": ""}}, "then.mark: expected a word of 1 to 100 bytes, found one of 0"),
}


@pytest.mark.parametrize("case", TYPOS.values(), ids=TYPOS)
def test_over_rest(case, proxy):
    members, message = case
    answer = proxy.siphon.api.post("rules", json={"when": "event:x", "then": "drop", **members})
    assert answer.status_code == 422, answer.text
    assert message in answer.json()["message"]
    assert proxy.siphon.api.get("rules")["rules"] == []


# --- in a file

FILES = {
    # the file, the line and column that are named, and what is said of them
    "an action": (
        "rules:\n  - when: event:x\n    then: dorp\n",
        3,
        11,
        "rules[0].then: unknown action dorp, did you mean drop?",
    ),
    "the second rule": (
        "rules:\n  - when: a\n    then: drop\n  - when: b\n    then: drop\n    enabled: flase\n",
        6,
        14,
        "rules[1].enabled: expected true or false",
    ),
    "a filter": (
        "rules:\n  - when: event:x and frm:client\n    then: drop\n",
        2,
        23,
        "unknown key frm, did you mean from?",
    ),
    "a filter in quotes": ('rules:\n  - when: "event:x and frm:client"\n    then: drop\n', 2, 24, "did you mean from?"),
    "a duration": (
        "rules:\n  - when: a\n    then: { delay: 300 }\n",
        3,
        20,
        "rules[0].then.delay: expected a duration such as 300ms",
    ),
    "a key of an action": (
        "rules:\n  - when: a\n    then:\n      - delay: { fro: 300ms }\n",
        4,
        18,
        "unknown key fro, did you mean for?",
    ),
    "a path": ('rules:\n  - when: a\n    then:\n      set: { "arg[0]": 1 }\n', 4, 14, "found arg[0]"),
    "rule": ("rule:\n  - when: a\n    then: drop\n", 1, 1, "unknown key rule, did you mean rules?"),
    "no rules": ("- when: a\n  then: drop\n", 1, 1, "expected a map, found a list"),
    "no dash": ("rules:\n  when: a\n  then: drop\n", 2, 3, "rules: expected a list of rules, found a map"),
    "a dash too many": ("rules:\n  - when: a\n  - then: drop\n", 2, 5, "rules[0]: a rule needs then: and an action"),
    "one space less": ("rules:\n  - when: a\n   then: drop\n", 3, 4, ""),
    "two spaces less": (
        "rules:\n  - when: a\n    then:\n    - set:\n      args[0]: 1\n",
        5,
        7,
        "set has no value; what belongs to it is indented further",
    ),
    "a tab": ("rules:\n\t- when: a\n\t  then: drop\n", 2, 1, ""),
    "twice": ("rules:\n  - when: a\n    when: b\n    then: drop\n", 2, 5, "when comes twice"),
    "a colon too many": ("rules:\n  - when: a\n    then: set:\n", 3, 14, ""),
    "a colon in a filter": ("rules:\n  - when: event: x\n    then: drop\n", 2, 16, ""),
    "a path without quotes": ("rules:\n  - when: a\n    then:\n      set: { args[0].room: 1 }\n", 4, 18, ""),
    "a template without quotes": ("rules:\n  - when: a\n    then:\n      replace: [{{now}}]\n", 4, 18, ""),
    "a list that is not closed": ("rules:\n  - when: a\n    then: [drop\n", 4, 1, ""),
    "empty": ("", 1, 1, "the file is empty; expected rules:"),
}


@pytest.mark.parametrize("case", FILES.values(), ids=FILES)
def test_in_a_file_at_the_start(case, binary, tmp_path):
    text, line, column, message = case
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    command = [binary, "http://127.0.0.1:9", "--listen", "127.0.0.1:0", "--no-inspector", "--rules", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert f"cannot use the rules in {path}: line {line}, column {column}: " in done.stderr
    assert message in done.stderr


def test_in_a_file_that_changes(start_siphon, upstream, tmp_path):
    """On stderr, in `rules` and in `status`; the rules before it stay."""
    path = tmp_path / "rules.yaml"
    path.write_text("rules:\n  - when: event:x\n    then: drop\n")
    siphon = start_siphon(upstream.url, "--rules", str(path))
    for number, (text, line, column, message) in enumerate(list(FILES.values())[:3]):
        path.write_text(text)
        error = eventually(
            lambda: (siphon.api.get("rules")["error"] or {}).get("line") == line and siphon.api.get("rules")["error"],
            what=f"the error number {number}",
        )
        assert error["column"] == column
        assert message in f"{error['path']}: {error['message']}"
        assert siphon.api.get("status")["rules"] == {"active": 1, "error": error}
        told = f"line {line}, column {column}: {error['path']}: {error['message']}"
        eventually(lambda: told in siphon.stderr_text(), what=f"on stderr: {told}")
    path.write_text("rules:\n  - when: event:y\n    then: drop\n")
    eventually(lambda: siphon.api.get("rules")["error"] is None, what="no error")
    assert [each["when"] for each in siphon.api.get("rules")["rules"]] == ["event:y"]
