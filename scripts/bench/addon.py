"""mitmproxy addon: decode each Socket.IO event on a WebSocket, what a user would write to watch them."""

import json

seen: dict[str, int] = {}


def websocket_message(flow):
    m = flow.websocket.messages[-1]
    if m.is_text and m.content[:2] in (b"42", b"43"):
        text = m.text
        event = json.loads(text[text.index("[") :])
        name = event[0] if event and isinstance(event[0], str) else "ack"
        seen[name] = seen.get(name, 0) + 1
