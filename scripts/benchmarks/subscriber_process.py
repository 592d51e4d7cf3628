"""Websocket subscribers in a process of their own: URL, token and number, then the subscriptions as JSON."""

import asyncio
import json
import sys
from typing import Any

import aiohttp


async def subscribe(session: aiohttp.ClientSession, url: str, token: str, commands: list[dict[str, Any]]) -> None:
    """Connect as a browser does, with compression, and wait for the first event of every subscription."""
    socket = await session.ws_connect(url, compress=15, max_msg_size=0)
    await socket.receive_json()
    await socket.send_json({"type": "auth", "access_token": token})
    await socket.receive_json()
    for number, command in enumerate(commands, 1):
        await socket.send_json({"id": number, **command})
    events = 0
    while events < len(commands):
        events += (await socket.receive_json())["type"] == "event"
    asyncio.get_running_loop().create_task(_discard(socket))


async def _discard(socket: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in socket:
        pass


async def main() -> None:
    """Subscribe, report, and receive until standard input ends."""
    url, token, count, commands = sys.argv[1:]
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(subscribe(session, url, token, json.loads(commands)) for _ in range(int(count))))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
