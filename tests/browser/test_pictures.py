"""The pictures of README and docs; taken only when somebody asks, since every picture is a change of the repository.

NATTERY_PICTURES=15 .venv/bin/python -m pytest tests/browser/test_pictures.py -m browser
takes them after 15 minutes, so that the day has begun to be booked.
"""

import asyncio
from datetime import datetime, timedelta
import os
from zoneinfo import ZoneInfo

from playwright.async_api import Browser, expect
import pytest

from .demo import ROOT, Demo, time_zone_at_noon
from .people import ADMINISTRATOR, DESKTOP, PHONE, Person, context_of, log_in
from .screen import open_panel, panel, tabs

MINUTES = float(os.environ.get("NATTERY_PICTURES") or 0)
FOLDER = ROOT / "docs/images"
MOST = 1600  # px in height
DARK_PHONE = Person(ADMINISTRATOR.name, is_on_phone=True, is_dark=True)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(700 + 60 * MINUTES),
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not MINUTES, reason="NATTERY_PICTURES says after how many minutes the pictures are taken"),
]


@pytest.mark.parametrize("person", [ADMINISTRATOR, DARK_PHONE], ids=str)
async def test_pictures_of_every_page(browser: Browser, demo: Demo, person: Person):
    """Take a page as a whole on a desktop, and its first screen on a phone."""
    if person == ADMINISTRATOR:
        await asyncio.sleep(60 * MINUTES)
    yesterday = datetime.now(ZoneInfo(time_zone_at_noon())).date() - timedelta(days=1)
    FOLDER.mkdir(exist_ok=True)
    async with context_of(browser, person) as context:
        page = await context.new_page()
        await log_in(page, demo, person)
        await expect(tabs(page).first).to_be_visible()
        paths = [(await link.get_attribute("href") or "").rpartition("/")[2] for link in await tabs(page).all()]
        for path in paths:
            await open_panel(page, demo, f"/{path}" + (f"?day={yesterday}" if path == "plan" else ""))
            await expect(panel(page).locator("[aria-busy=true]")).to_have_count(0)
            if not person.is_on_phone:
                height = await page.evaluate("() => document.documentElement.scrollHeight")
                await page.set_viewport_size(
                    {"width": DESKTOP["width"], "height": min(MOST, max(height, DESKTOP["height"]))}
                )
            await page.wait_for_timeout(1500)  # charts take their width, icons their pictures
            await page.screenshot(path=FOLDER / f"{path}{'-phone' if person.is_on_phone else ''}.png")
            await page.set_viewport_size(PHONE if person.is_on_phone else DESKTOP)
