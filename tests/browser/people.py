"""People who look at the demo: what they may do, what screen they have, and their pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import re
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize

from scripts.demonstration.api import LOGIN, HomeAssistantClient

from .demo import Demo, time_zone_at_noon

# Home Assistant's labels come after the page: on a busy machine, after its start, in more than Playwright's own 5 s.
PATIENCE: Final = 60_000  # ms
DESKTOP: Final[ViewportSize] = {"width": 1440, "height": 900}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
_LOST: Final = ("WebSocket connection to", "net::ERR_CONNECTION_REFUSED")
_GROUPS: Final = {"user": "system-users", "viewer": "system-read-only"}


@dataclass(frozen=True)
class Person:
    """Somebody with an account, a screen and a taste in colours."""

    name: str
    is_on_phone: bool = False
    is_dark: bool = False

    @property
    def window(self) -> ViewportSize:
        """The size of the screen."""
        return PHONE if self.is_on_phone else DESKTOP

    def __str__(self) -> str:
        """Return an id for a test."""
        return f"{self.name}-{'phone' if self.is_on_phone else 'desktop'}-{'dark' if self.is_dark else 'light'}"


ADMINISTRATOR: Final = Person(LOGIN)


class Watched:
    """A page whose errors are kept."""

    def __init__(self, page: Page) -> None:
        """Keep the errors of a page from now on."""
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.extend(_complaint(message)))


async def add_accounts(api: HomeAssistantClient) -> None:
    """Give a user and a viewer an account, unless they have one."""
    known = {user["name"] for user in await api.call_command("config/auth/list")}
    for name in _GROUPS.keys() - known:
        made = await api.call_command("config/auth/create", name=name, group_ids=[_GROUPS[name]])
        account: dict[str, Any] = {"user_id": made["user"]["id"], "username": name, "password": name}
        await api.call_command("config/auth_provider/homeassistant/create", **account)


@asynccontextmanager
async def context_of(browser: Browser, person: Person = ADMINISTRATOR) -> AsyncIterator[BrowserContext]:
    """Yield a browser with the screen of a person; it is closed afterwards."""
    context = await browser.new_context(
        viewport=person.window,
        color_scheme="dark" if person.is_dark else "light",
        locale="en-GB",
        timezone_id=time_zone_at_noon(),
        reduced_motion="reduce",
        service_workers="block",
    )
    context.set_default_timeout(PATIENCE)
    try:
        yield context
    finally:
        await context.close()


async def log_in(page: Page, demo: Demo, person: Person = ADMINISTRATOR, path: str = "") -> None:
    """Open a page of the demo through the login page."""
    await page.goto(demo.url + path)
    await page.get_by_label("Username").fill(person.name)
    await page.get_by_role("textbox", name="Password").fill(person.name)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_url(re.compile(re.escape(path) or "/nattery"))


def _complaint(message: ConsoleMessage) -> list[str]:
    """Return an error of the page's console, except what the demo and the tests cause.

    Pictures of other brands are missing without internet, and a test ends connections or restarts Home Assistant.
    """
    caused = "/api/brands/" in message.location["url"] or any(text in message.text for text in _LOST)
    if message.type != "error" or caused:
        return []
    return [f"{message.text} ({message.location['url']})"]
