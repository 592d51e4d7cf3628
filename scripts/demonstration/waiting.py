"""Waiting for a condition by polling."""

import asyncio
from collections.abc import Awaitable, Callable

POLL_INTERVAL = 0.2  # seconds


async def wait_until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Poll a condition until it is true; the caller sets a timeout."""
    while True:
        if await condition():
            return
        await asyncio.sleep(POLL_INTERVAL)
