"""The loader: cards and panel are there however slowly Home Assistant's own front end starts."""

import asyncio
import re

from playwright.async_api import Browser, Page, Route, expect
import pytest

from tests.ports import free_port

from .demo import ROOT, Demo, copy_of, running
from .people import Watched, context_of, log_in
from .screen import chart

pytestmark = [pytest.mark.browser, pytest.mark.timeout(700), pytest.mark.asyncio(loop_scope="session")]

OLDEST = ROOT / ".venv-demo/oldest_frontend"  # the front end of Home Assistant 2026.10
FILES = OLDEST / "hass_frontend/frontend_latest"
LATE = 1.5  # s
ENTRANCES = re.compile(r"/frontend_latest/(app|core)\.[^/]*js")


async def _check(page: Page, demo: Demo) -> set[str]:
    """Open dashboard and panel with a front end that comes late; return the names of the files that came late."""
    delayed: set[str] = set()

    async def late(route: Route) -> None:
        delayed.add(route.request.url.rpartition("/")[2])
        await asyncio.sleep(LATE)
        await route.continue_()

    await page.route(ENTRANCES, late)
    for path in ("/home-battery/overview", "/nattery/plan"):
        await page.goto(demo.url + path)
        await expect(chart(page)).to_be_visible()
        await expect(page.locator("hui-error-card, hui-warning")).to_have_count(0)
    assert delayed
    return delayed


async def test_nothing_is_lost_while_the_front_end_starts_slowly(page: Page, demo: Demo):
    await _check(page, demo)


async def test_nothing_is_lost_with_the_oldest_front_end(browser: Browser, demo: Demo):
    with running(copy_of(demo), free_port(), OLDEST) as older:
        async with context_of(browser) as context:
            watched = Watched(await context.new_page())
            await log_in(watched.page, older)
            delayed = await _check(watched.page, older)
            assert all((FILES / name).exists() for name in delayed), "This is another front end"
        assert watched.errors == []
