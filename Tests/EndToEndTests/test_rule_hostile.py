"""Peers that lie to rules: nothing crashes, nothing of one connection gets into another, and what arrives is framed as
the protocol wants it."""

import base64
import re
import time

import pytest
from processes import PATIENCE, eventually
from wire import TEXT, EngineClient

MEBIBYTE = 1 << 20
BINARY = {"$binary": base64.b64encode(b"ours").decode()}
DEEP = 20_000

#: Each acts on every event and ack.
RULES = {
    "set": {"set": {"args[0].a": 1, "args[0][1]": 2, "args[1]": 3, "name": "set"}},
    "set all": {"set": {"args[0]": {"a": "{{args[0]}}"}}},
    "set binary": {"set": {"args[0]": BINARY, "args[1].a": BINARY, "args[2]": "{{args[0]}}"}},
    "remove": {"remove": ["args[0].a", "args[0]", "args[0]", "args[5]"]},
    "rename": {"rename": "{{args[0]}}"},
    "replace": {"replace": ["{{args[0]}}", "{{args[1].num}}", "{{args[0]}} {{name}} {{args[1]}}", BINARY]},
    "duplicate": {"duplicate": 3},
    "reorder": {"reorder": {"window": 2}},
    "delay": {"delay": {"for": "0ms", "jitter": "1ms"}},
    "emit": [
        {"emit": {"to": "upstream", "name": "{{args[0]}}", "args": ["{{args[0]}}", BINARY]}},
        {"emit": {"to": "client", "name": "back", "namespace": "/chat", "args": [["{{args[1]}}"]], "after": "1ms"}},
    ],
    "reply": {"reply": ["{{args[0]}}", BINARY]},
    "mark": {"mark": "m"},
}


def lies() -> dict[str, list]:
    """What a peer sends, message by message; attachments come as announced."""
    one = b"theirs"
    holder = '{"_placeholder":true,"num":%s}'
    broken = ['["x",{]', '["x"', "[", "", '"x"', "{}", "[]", "[1,2]", "[null]", '["x"]]', '["x",nul]', '["x",1,]']
    odd = ['["x",{"a":1,"a":2}]', '["x"] ', ' ["x"]', '["\\ud83d"]', '["\\u0000",{"\\u0061":1}]', '["",1]']
    odder = ['["connect"]', '["x",01]', '["x",1e999]', '["x","\x7f"]']
    found = {f"JSON {text!r}": [f"42{text}"] for text in [*broken, *odd, *odder]}
    found |= {
        f"a placeholder of {number}": [f'451-["x",{holder % number},{holder % 0}]', one]
        for number in ["5", "-1", "0.5", '"0"', "null", "1e400", "18446744073709551616", "[0]", "00", "0.0", "-0"]
    }
    found |= {
        "a placeholder that is none after all": ['451-["x",{"_placeholder":true,"_placeholder":false,"num":0}]', one],
        "a placeholder in a placeholder": [f'451-["x",{{"_placeholder":true,"num":{holder % 0},"num":0}}]', one],
        "one attachment twice": [f'451-["x",{holder % 0},{holder % 0}]', one],
        "attachments that nothing stands for": ['453-["x",1]', one, one, one],
        "a placeholder of no attachment": [f'42["x",{holder % 0}]'],
        "no attachments": ['450-["x"]'],
        "too many attachments": ['459999999999-["x"]'],
        "an ack of a placeholder": [f"461-1[{holder % 0}]", one],
        "our ack id": ['421073741824["x",1]'],
        "our last ack id": ['422147483647["x",1]'],
        "our ack id with zeros": ['420001073741825["x",1]'],
        "an ack for nobody": ["431073741824[1]", "431073741825[1]", "432147483647[1]"],
        "an endless ack id": ["42" + "9" * 400 + '["x",1]'],
        "a namespace of nobody": ['42/nobody,1["x",1]', '43/nobody,1["x"]'],
        "a namespace that is long": ["42/" + "n" * 70_000 + ',["x",1]'],
        "lists": ['42["x",' + "[" * DEEP + "]" * DEEP + "]"],
        "lists that stay open": ['42["x",' + "[" * DEEP],
        "maps": ['42["x",' + '{"a":' * DEEP + "1" + "}" * DEEP + "]"],
        "placeholders, deep": ['451-["x",' + '{"a":' * 500 + holder % 0 + "}" * 500 + "]", one],
        "many placeholders": ['451-["x",[' + ",".join([holder % 0] * 5000) + "]]", one],
        "a megabyte": ['42["x","' + "\\u0041" * (MEBIBYTE // 6) + '",{"num":"y"}]'],
        "a megabyte of name": ['42["' + "x" * MEBIBYTE + '",1]'],
        "a connect": ["40/other,[1]", "40/other,{", "41/other,5"],
    }
    return found


LIES = lies()


def check_framing(messages: list):
    """Each text announces as many attachments as follow it."""
    missing = 0
    for message in messages:
        if isinstance(message, bytes):
            assert missing, f"an attachment of nothing: {message!r}"
            missing -= 1
        else:
            assert not missing, f"{missing} attachments are missing before {message[:80]!r}"
            count = re.match(r"4[56](\d+)-", message)
            missing = int(count[1]) if count and len(count[1]) < 5 else 0
    assert not missing


@pytest.mark.parametrize("side", ["client", "upstream"])
@pytest.mark.parametrize("then", RULES.values(), ids=RULES)
def test_lies(then, side, engine_upstream, start_siphon):
    # No peer here sends heartbeats, so all has to be over before one is missed.
    upstream = engine_upstream(ping_interval=300_000, max_payload=4 * MEBIBYTE)
    siphon = start_siphon(upstream.url, "--memory", "8MiB")
    pairs = []
    for _ in range(2):
        client = EngineClient(siphon.port, "websocket")
        client.join()
        client.join("/chat")
        pairs.append((client, upstream.session()))
    (liar, session), (other, others) = pairs
    rule = {"when": f"kind:event|ack from:{side} conn:{siphon.connections()[0]['id']}", "then": then}
    assert siphon.api.post("rules", json=rule).status_code == 201

    def send(message):
        if side == "client":
            liar.send(message)
        else:
            session.send(message)

    for what, messages in LIES.items():
        for message in messages:
            send(message)
        assert siphon.alive(), what
    send("41/chat,")
    if side == "client":
        eventually(lambda: "41/chat," in session.messages(), 10, "the last packet at the upstream")
        got = session.messages()[2:]
    else:
        got = []
        while "41/chat," not in got:
            got.append(liar.receive())
    check_framing([each for each in got if isinstance(each, bytes) or each.startswith("4")])

    other.send('421["there"]')
    eventually(lambda: len(others.messages()) == 3, what="the other's event")
    assert others.messages()[2:] == ['421["there"]']
    others.send("431[]")
    assert other.receive() == "431[]"
    assert siphon.api.get("rules")["rules"][0]["enabled"]
    assert siphon.events(kind="event")


def test_text_that_is_no_utf8(engine_upstream, start_siphon):
    """It ends the connection of who sent it, as without rules."""
    upstream = engine_upstream()
    siphon = start_siphon(upstream.url)
    assert siphon.api.post("rules", json={"when": "", "then": RULES["replace"]}).status_code == 201
    client = EngineClient(siphon.port, "websocket")
    client.websocket.send(b'42["x","\xff"]', TEXT)
    assert client.websocket.close_code() == 1007


def test_a_regular_expression_that_explodes(engine_upstream, start_siphon):
    """It is answered within a bound, or its rule is disabled and says why; the events pass."""
    upstream = engine_upstream(max_payload=4 * MEBIBYTE)
    siphon = start_siphon(upstream.url)
    for when in ("event:x args[0]:/^(a+)+$/", "event:y"):
        assert siphon.api.post("rules", json={"when": when, "then": {"mark": "m"}}).status_code == 201
    client = EngineClient(siphon.port, "websocket")
    client.join()
    sent = [f'42["x","{"a" * size}!"]' for size in (30, 3000, MEBIBYTE)] + ['42["y"]']
    start = time.monotonic()
    for packet in sent:
        client.send(packet)
    session = upstream.session()
    eventually(lambda: len(session.messages()) == 5, 10, "every event")
    assert time.monotonic() - start < 3 * PATIENCE
    assert session.messages()[1:] == sent
    exploding, other = siphon.api.get("rules")["rules"]
    assert exploding["hits"] == 0 and other["hits"] == 1
    assert exploding["enabled"] or "regular expression" in exploding["error"]
    client.close()
