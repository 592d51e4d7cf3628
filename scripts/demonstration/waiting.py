"""Waiting for what tells nobody when it comes."""

import asyncio
from collections.abc import Awaitable, Callable

PAUSE = 0.2


async def until(came: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again, until it came; how long that may last is for the caller to say."""
    while True:
        if await came():
            return
        await asyncio.sleep(PAUSE)
