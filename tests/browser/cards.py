"""What the tests find on the dashboard and on the page of the integration."""

import asyncio
from collections.abc import Awaitable, Callable

from playwright.async_api import Error as PageError, Locator, Page, TimeoutError as PageTimeoutError

from .demo import Demo

SEVERAL_POLLS = 180  # s, on a busy machine
ASKED = 90_000  # ms in which a page has heard from the market
TRIES = 3


async def open_page(page: Page, url: str) -> None:
    """Open a page; again if Home Assistant, which goes back in the history after a dialog has closed, aborts that."""
    for _ in range(5):
        try:
            await page.goto(url)
        except PageError as error:
            if "ERR_ABORTED" not in error.message:
                raise
        else:
            return
    raise AssertionError(f"{url} does not open")


async def submit(page: Page, following: Locator) -> None:
    """Submit a form; again if nothing follows, since a click is lost while the dialog grows under the pointer."""
    for _ in range(TRIES):
        await page.get_by_role("button", name="Submit").click()
        try:
            await following.wait_for(timeout=ASKED / TRIES)
        except PageTimeoutError:
            continue
        return
    raise AssertionError(f"Submitting does not show {following}")


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


async def house(page: Page, demo: Demo, name: str) -> Locator:
    """An entry on the page of the integration; one that changes while the page opens is missed: then again."""
    entry = page.locator("ha-config-entry-row").filter(has=page.get_by_text(name, exact=True)).first

    async def shown() -> bool:
        await open_page(page, f"{demo.url}/config/integrations/integration/nattery")
        try:
            await entry.wait_for(timeout=5000)
        except PageTimeoutError:
            return False
        return True

    await wait_for(shown)
    return entry
