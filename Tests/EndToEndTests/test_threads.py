"""Several event loops: whichever accepts a client's next request, its session answers it."""

import pytest


@pytest.mark.parametrize("transports", [["polling"], ["polling", "websocket"], ["websocket"]], ids="-".join)
def test_sessions_find_their_requests(start_siphon, upstream, open_client, transports):
    siphon = start_siphon(upstream.url, "--threads", "4")
    clients = [open_client(siphon.url, transports=transports) for _ in range(12)]
    for number, client in enumerate(clients):
        for turn in range(3):
            assert client.call("ask", {"client": number, "turn": turn}) is not None
    shown = siphon.connections()
    assert len(shown) == 12
    assert {each["client"]["transport"] for each in shown} == {transports[-1]}
    assert {each["upstream"]["transport"] for each in shown} == {transports[-1]}
    events = siphon.events(name="ask", kind="event")
    assert len(events) == 36
    assert all(each["ack"] for each in events)
    ids = [int(each["id"][1:]) for each in siphon.events()]
    assert ids == sorted(set(ids))
