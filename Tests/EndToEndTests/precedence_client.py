"""Says which handler python-socketio's AsyncClient calls for which event: what the client library is compared with.

stdin: one line of JSON, {"url", "namespaces", "handlers": [[event, namespace]], "objects": {namespace: [events]},
"events": [[namespace, name, argument]]}. stdout: one line a call, a list of who was called and with what.
"""

from __future__ import annotations

import asyncio
import json
import sys

import socketio


async def main():
    plan = json.loads(sys.stdin.readline())
    client = socketio.AsyncClient()
    calls = []

    def handler(name):
        def called(*args):
            calls.append([name, *args])

        return called

    for event, namespace in plan["handlers"]:
        client.on(event, handler(f"on {event} of {namespace}"), namespace=namespace)
    for namespace, events in plan["objects"].items():
        one = socketio.AsyncClientNamespace(namespace)
        for event in events:
            setattr(one, f"on_{event}", handler(f"object {event} of {namespace}"))
        client.register_namespace(one)
    await client.connect(plan["url"], namespaces=plan["namespaces"], transports=["websocket"], wait_timeout=30)
    for namespace, name, argument in plan["events"]:
        # The ack comes behind the event that it answers with.
        await client.call("tell", (name, argument), namespace=namespace, timeout=30)
        await asyncio.sleep(0)
    await client.call("fence", namespace=plan["namespaces"][0], timeout=30)
    await client.disconnect()
    await asyncio.sleep(0.05)
    for call in calls:
        print(json.dumps(call))
    print("end", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
