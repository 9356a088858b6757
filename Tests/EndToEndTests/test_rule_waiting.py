"""Events that rules keep back: what becomes of them when somebody leaves, and how many there may be."""

import threading

import pytest
from processes import eventually
from wire import Ended, EngineClient, head

MEBIBYTE = 1 << 20
#: What rules keep back of one side's at most (Limits.queuedBytes), and from where on it is not read.
KEPT = 16 * MEBIBYTE
CONGESTED = MEBIBYTE // 2
#: What a connection may take besides: buffers, what is read at once, the capture.
BESIDES = 24 * MEBIBYTE

HOLDS = {
    "delay": {"delay": "1h"},
    "throttle": {"throttle": {"events": 1, "per": "1h"}},
    "reorder": {"reorder": {"window": 1000, "seed": 1}},
}


def add_rule(siphon, when: str, then, **more) -> str:
    answer = siphon.api.post("rules", json={"when": when, "then": then, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.fixture(params=["polling", "websocket"])
def transport(request) -> str:
    return request.param


def leave(client: EngineClient, how: str):
    if how == "is lost":
        if client.websocket:
            client.websocket.stream.close(reset=True)
        else:
            client._getter.send(head("GET", client.target("polling"), [], client.port))
            client._getter.close()
    elif client.websocket:
        client.websocket.close()
    else:
        client.send("1")


@pytest.mark.parametrize("how", ["says goodbye", "is lost"])
@pytest.mark.parametrize("hold", HOLDS.values(), ids=HOLDS)
def test_a_client_that_leaves_while_its_events_wait(hold, how, transport, engine_upstream, start_siphon):
    """They go on before the upstream hears of the end."""
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    add_rule(siphon, "event:held from:client", hold)
    client = EngineClient(siphon.port, transport)
    client.join()
    sent = [f'42["held",{number}]' for number in range(5)]
    for packet in sent:
        client.send(packet)
    eventually(lambda: siphon.connections()[0]["counts"]["fromClient"] == 6, what="all events at the proxy")
    leave(client, how)
    session = upstream.session()
    eventually(lambda: session.ended or (transport == "polling" and how == "is lost"), what="the end at the upstream")
    eventually(lambda: len(session.messages()) == 6, what="every event at the upstream")
    assert sorted(session.messages()[1:]) == sent
    events = siphon.wait_for(5, name="held")
    assert all(each["verdict"][-1] == "forwarded" for each in events)


def test_an_upstream_that_leaves_while_its_events_wait(transport, engine_upstream, start_siphon):
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    add_rule(siphon, "event:held from:upstream", {"delay": "1h"})
    client = EngineClient(siphon.port, transport)
    client.join()
    session = upstream.session()
    sent = [f'42["held",{number}]' for number in range(3)]
    session.send(*sent)
    eventually(lambda: siphon.connections()[0]["counts"]["fromUpstream"] == 4, what="all events at the proxy")
    session.send("1")
    assert [client.receive() for _ in range(3)] == sent
    if transport == "websocket":
        with pytest.raises(Ended):
            client.receive()
    else:
        assert client.receive() == "1"


@pytest.mark.parametrize("transports", [["websocket"], ["polling", "websocket"]], ids=["websocket", "upgrade"])
def test_a_real_client_that_leaves_right_after_sending(proxy, transports, add, name):
    """Not by polling: there python's client does not end before the server's next ping."""
    pair = proxy.open(transports)
    add(f"event:{name}", {"delay": "1h"})
    for number in range(3):
        pair.send("client", name, number, b"\x00\x01")
    pair.client.disconnect()
    proxy.upstream.wait_for(what="disconnect", sid=pair.sid)
    assert [args[0] for _, args in pair.seen("upstream", name)] == [0, 1, 2]


def test_what_waits_when_a_rule_ends_the_connection(proxy, add, name):
    """Neither side ended it, so it goes nowhere, and says so."""
    pair = proxy.open(["websocket"], namespaces=["/", "/chat"])
    add(f"event:{name}late", {"delay": "1h"})
    add(f"event:{name}end", {"disconnect": "server"})
    pair.send("upstream", f"{name}late")
    pair.send("client", f"{name}late")
    assert pair.client.call("fence", namespace="/chat") == "past"
    pair.client.emit(f"{name}end", namespace="/chat")
    pair.client.wait_for("disconnect")
    events = pair.captured(f"{name}late", 2)
    assert [each["verdict"] for each in events] == [["delayed", "dropped"]] * 2
    assert pair.seen("client", name) == pair.seen("upstream", f"{name}late") == []
    pair.close()


class Flood:
    """Sends events to be kept back from one side, on a thread, until nobody takes them."""

    def __init__(self, client: EngineClient, session, sender: str, text: str):
        self.client, self.session, self.text = client, session, text
        self.is_over = False
        run = self._from_client if sender == "client" else self._from_upstream
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def _from_client(self):
        try:
            while not self.is_over:
                if self.client.websocket:
                    self.client.websocket.send(self.text)
                elif self.client.post(self.text).status != 200:
                    return
        except (OSError, Ended):
            pass

    def _from_upstream(self):
        try:
            while not self.is_over:
                if self.session.websocket or self.session.outgoing.qsize() < 16:
                    self.session.send(self.text)
        except (OSError, Ended):
            pass

    def stop(self):
        self.is_over = True
        self.thread.join(10)


BOUNDS = {
    # hold, sender, transport, characters
    "delayed, from the client by WebSocket": ("delay", "client", "websocket", 60_000),
    "delayed, small ones": ("delay", "client", "websocket", 10),
    "throttled, from the client by polling": ("throttle", "client", "polling", 60_000),
    "delayed, from the upstream by polling": ("delay", "upstream", "polling", 60_000),
    "throttled, from the upstream by WebSocket": ("throttle", "upstream", "websocket", 60_000),
}


@pytest.mark.parametrize("case", BOUNDS.values(), ids=BOUNDS)
def test_what_waits_is_bounded(case, engine_upstream, start_siphon):
    """First the sender is not read any more; where that does not help, for half its ping timeout, the connection ends.
    Others live on, and what several keep one after the other is not more than what one may."""
    hold, sender, transport, size = case
    # nobody answers the heartbeats, and a sanitizer makes the floods take a while
    upstream = engine_upstream(ping_interval=300_000, ping_timeout=2000)
    siphon = start_siphon(upstream.url, "--memory", "1MiB")
    add_rule(siphon, f"event:held from:{sender}", HOLDS[hold])
    other = EngineClient(siphon.port, "websocket")
    other.join()
    others = upstream.session()
    text = '["held","' + "x" * size + '"]'
    before, most = siphon.resident_bytes(), []
    for turn in range(3):
        client = EngineClient(siphon.port, transport)
        client.join()
        flood = Flood(client, upstream.session(), sender, f"42{text}")
        connection = siphon.connections()[-1]["id"]
        seen = []

        def ended():
            one = siphon.api.get(f"connections/{connection}")
            count = one["counts"]["fromClient" if sender == "client" else "fromUpstream"] - 1
            seen.append((count * (len(text) + 513), siphon.resident_bytes()))
            return one["closeReason"]

        reason = eventually(ended, 20, "the end of the connection")
        flood.stop()
        assert reason == f"rules keep back more than allowed of what the {sender} sent"
        stood = [kept for kept, _ in seen if CONGESTED <= kept < 4 * MEBIBYTE]
        assert len(set(stood)) < len(stood), "reading did not stop"
        most.append(max(resident for _, resident in seen))
        other.send(f'42["there",{turn}]')
        eventually(lambda: f'42["there",{turn}]' in others.messages(), what="the other's event")
        client.close()
    print(f"resident: {before >> 10} KiB before, then at most {[each >> 10 for each in most]}")
    assert max(most) - before < KEPT + BESIDES
    other.close()


def test_a_throttle_makes_nobody_wait_for_others(engine_upstream, start_siphon):
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    add_rule(siphon, "event:held", {"throttle": {"events": 1, "per": "1h"}})
    for _ in range(3):
        client = EngineClient(siphon.port, "websocket")
        client.join()
        session = upstream.session()
        for sender in (client, session):
            sender.send('42["held",1]')
            sender.send('42["held",2]')
        assert client.receive() == '42["held",1]'
        eventually(lambda: session.messages()[1:] == ['42["held",1]'], what="the first event alone")


@pytest.fixture
def flooded(engine_upstream, start_siphon):
    """flooded(when, then) -> Siphon with that rule alone, a client, and an upstream that takes large messages."""

    def start(when: str, then):
        upstream = engine_upstream(max_payload=64 * MEBIBYTE)
        siphon = start_siphon(upstream.url, "--memory", "1MiB")
        add_rule(siphon, when, then)
        client = EngineClient(siphon.port, "websocket")
        client.join()
        return siphon, client, upstream

    return start


def test_what_waits_does_not_keep_what_came_with_it(flooded):
    """A small event that waits is a small thing, whatever was read together with it."""
    siphon, client, upstream = flooded("event:held", {"delay": "1h"})
    before = siphon.resident_bytes()
    rest = '42["rest","' + "x" * 60_000 + '"]'
    for _ in range(800):
        client.send('42/lane,["held"]')
        client.send(rest)
    client.send('42["last"]')
    session = upstream.session()
    eventually(lambda: session.messages()[-1] == '42["last"]', 20, "all that does not wait")
    assert siphon.connections()[0]["closedAt"] is None
    assert siphon.resident_bytes() - before < BESIDES
    client.close()


def test_emissions_that_wait_are_bounded(flooded):
    """By their bytes as by their number. The events that cause them pass all the same."""
    emission = {"to": "upstream", "name": "later", "args": ["{{args[0]}}"], "after": "1h"}
    siphon, client, upstream = flooded("event:now", {"emit": emission})
    before = siphon.resident_bytes()
    for _ in range(60):
        client.send('42["now","' + "x" * MEBIBYTE + '"]')
    session = upstream.session()
    eventually(lambda: len(session.messages()) == 61, 20, "every event")
    assert siphon.resident_bytes() - before < KEPT + BESIDES
    client.close()


def test_an_event_that_makes_many_others(flooded):
    """A hundred of a megabyte in place of one, each of which is to make a hundred more."""
    emission = {"emit": {"to": "upstream", "name": "many", "args": ["{{args[0]}}"]}}
    siphon, client, upstream = flooded("event:many", [emission] * 100)
    before = siphon.resident_bytes()
    client.send('42["many","' + "x" * MEBIBYTE + '"]')
    client.send('42["last"]')
    session = upstream.session()
    eventually(lambda: session.messages()[-1] == '42["last"]', 10, "the event behind")
    assert len(session.messages()) == 2 + KEPT // MEBIBYTE
    assert siphon.resident_bytes() - before < KEPT + BESIDES
    assert "too many" in siphon.api.get("rules")["rules"][0]["error"]
    client.close()
