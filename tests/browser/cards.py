"""What the tests find on the dashboard."""

import asyncio
from collections.abc import Awaitable, Callable

from playwright.async_api import Locator, Page

SEVERAL_POLLS = 60  # s
ASKED = 30_000  # ms in which a page has heard from the market


def tile(page: Page, name: str) -> Locator:
    return page.locator("hui-tile-card").filter(has=page.get_by_text(name, exact=True))


def state(page: Page, name: str) -> Locator:
    return tile(page, name).locator("state-display")


async def number(state: Locator) -> float:
    return float((await state.inner_text()).split(maxsplit=1)[0].replace(",", ""))


async def wait_for(came: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(SEVERAL_POLLS):
        while True:
            if await came():
                return
            await asyncio.sleep(0.5)
