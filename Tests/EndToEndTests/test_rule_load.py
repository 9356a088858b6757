"""Rules under fifty thousand events a second: a set is swapped whole, and counters are exact."""

import collections
import os
import time

import pytest
from crowd import masked
from processes import PATIENCE, eventually

CLIENTS = 20
PIECE = 500
SETS = "AB"

#: Three rules that every event meets. The first two say which set they are of; the last is the same in both.
FILE = """
rules:
  - name: first of {set}
    when: event:load
    then: [{{ mark: first-{set} }}, {{ set: {{ "args[0].first": {set} }} }}]
  - name: second of {set}
    when: event:load
    then: [{{ mark: second-{set} }}, {{ set: {{ "args[0].second": {set} }} }}]
  - name: of both
    when: event:load
    then: {{ mark: counted }}
"""


@pytest.fixture
def write(tmp_path):
    """write(name of a set) -> the path of the file, which holds it whole at any time."""
    path = tmp_path / "rules.yaml"

    def replace(name: str):
        other = tmp_path / "new.yaml"
        other.write_text(FILE.format(set=name))
        os.replace(other, path)
        return path

    return replace


def join(crowd, siphon) -> list:
    clients = crowd.open(siphon.port, CLIENTS)
    eventually(lambda: all(each.joined for each in clients), what="every client in its namespace")
    return clients


def rules(siphon) -> list[dict]:
    return siphon.api.get("rules")["rules"]


def names(siphon) -> list[str]:
    return [each["name"] for each in rules(siphon)]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_set_that_is_swapped_under_load_never_mixes(crowd, start_siphon, write, threads):
    """Each event has what both rules of one set do, of one or the other."""
    crowd.tally = collections.Counter()
    siphon = start_siphon(crowd.url, "--rules", str(write("A")), "--threads", threads)
    clients = join(crowd, siphon)
    piece = masked(b'42["load",{"first":0,"second":0}]') * PIECE
    sent, swaps, start = 0, 0, time.monotonic()
    while swaps < 6 and time.monotonic() - start < 20 * PATIENCE:
        wanted = SETS[(swaps + 1) % 2]
        write(wanted)
        while names(siphon)[0] != f"first of {wanted}":
            crowd.say(clients, piece)
            sent += CLIENTS * PIECE
            eventually(lambda: crowd.received >= sent - 4 * CLIENTS * PIECE, 20, "the upstream to keep up")
        swaps += 1
    eventually(lambda: crowd.received == sent, 30, "every event at the upstream")
    took = time.monotonic() - start
    print(f"{sent} events, {sent / took:.0f} a second, {swaps} swaps; {crowd.tally}")
    assert set(crowd.tally) == {b'42["load",{"first":"%b","second":"%b"}]' % (each, each) for each in (b"A", b"B")}
    assert crowd.tally.total() == sent
    assert rules(siphon)[2]["hits"] == sent
    marks = {tuple(each["marks"]) for each in newest(siphon, 10_000)}
    assert marks <= {(f"first-{each}", f"second-{each}", "counted") for each in SETS}


def newest(siphon, count: int) -> list[dict]:
    found, before = [], {}
    while len(found) < count:
        page = siphon.api.get("events", params={"filter": "event:load", "limit": 1000, **before})
        found += page["events"]
        before = {"before": page["next"]}
    return found


EVENTS = 200_000

COUNTED = [
    # conditions, and how many of so many events the rule then acts on
    ({}, EVENTS),
    ({"every": 10}, EVENTS // 10),
    ({"after": 777, "times": 55_555}, 55_555),
    ({"times": 3, "every": 2, "after": EVENTS - 4}, 2),
    ({"for": "1h"}, EVENTS),
]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_counters_are_exact_under_load(crowd, start_siphon, threads):
    """Over many connections at once, while the set is changed all the time."""
    siphon = start_siphon(crowd.url, "--memory", "4MiB", "--threads", threads)

    def add(**rule) -> str:
        answer = siphon.api.post("rules", json={"when": "event:load", **rule})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    ids = [add(then={"mark": "m"}, **conditions) for conditions, _ in COUNTED]
    dropping = add(then="drop", every=4)
    behind = add(then={"mark": "m"})
    clients = join(crowd, siphon)
    start = time.monotonic()
    crowd.say(clients, masked(b'42["load",{"text":"%b"}]' % (b"x" * 40)) * (EVENTS // CLIENTS))
    arriving = EVENTS - EVENTS // 4
    while crowd.received < arriving:
        siphon.api.delete(f"rules/{add(then={'mark': 'other'}, name='comes and goes')}")
        assert time.monotonic() - start < 30 * PATIENCE, f"{crowd.received} of {arriving} events"
    print(f"{EVENTS / (time.monotonic() - start):.0f} events a second")
    eventually(lambda: sum(each["counts"]["fromClient"] for each in siphon.connections()) == EVENTS + CLIENTS)
    assert crowd.received == arriving
    hits = {each["id"]: each["hits"] for each in rules(siphon)}
    assert [hits[each] for each in ids] == [count for _, count in COUNTED]
    assert (hits[dropping], hits[behind]) == (EVENTS // 4, arriving)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_counter_of_a_rule_counts_each_event_once(crowd, start_siphon, threads):
    crowd.tally = collections.Counter()
    siphon = start_siphon(crowd.url, "--memory", "4MiB", "--threads", threads)
    rule = {"when": "event:load", "then": {"replace": ["{{counter}}"]}}
    assert siphon.api.post("rules", json=rule).status_code == 201
    clients = join(crowd, siphon)
    count = 100_000
    crowd.say(clients, masked(b'42["load"]') * (count // CLIENTS))
    eventually(lambda: crowd.received == count, 30, "every event at the upstream")
    assert crowd.tally == collections.Counter(b'42["load",%d]' % number for number in range(1, count + 1))
