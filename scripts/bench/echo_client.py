#!/usr/bin/env python3
"""What an echoed message costs python-socketio's asyncio client: the twin of Sources/ClientBench.

usage: echo_client.py URL SECONDS IN-FLIGHT BYTES
"""

import asyncio
import json
import os
import resource
import sys

import socketio


def cpu_microseconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return int((usage.ru_utime + usage.ru_stime) * 1e6)


async def main():
    url, seconds, in_flight, size = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    client = socketio.AsyncClient()
    count = 0

    @client.on("echo")
    async def echo(data):
        nonlocal count
        count += 1
        await client.emit("echo", data)

    await client.connect(url, transports=["websocket"])
    for _ in range(in_flight):
        await client.emit("echo", "x" * size)
    await asyncio.sleep(0.5)  # warm-up
    count_before, cpu_before = count, cpu_microseconds()
    await asyncio.sleep(seconds)
    print(
        json.dumps({"messages": count - count_before, "cpuMicroseconds": cpu_microseconds() - cpu_before}), flush=True
    )
    os._exit(0)


asyncio.run(main())
