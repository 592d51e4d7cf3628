"""The picture of the README; taken only when somebody asks, since every picture is a change of the repository.

NATTERY_PICTURES=15 .venv/bin/python -m pytest tests/browser/test_pictures.py -m browser
takes it after 15 minutes, so that the graphs are full.
"""

import asyncio
import os

from playwright.async_api import Page, expect
import pytest

from .demo import ROOT, Demo

MINUTES = float(os.environ.get("NATTERY_PICTURES") or 0)
PICTURE = ROOT / "docs/images/dashboard.png"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(700 + 60 * MINUTES),
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not MINUTES, reason="NATTERY_PICTURES says after how many minutes the pictures are taken"),
]


async def test_picture_of_the_first_screen(page: Page, demo: Demo):
    await asyncio.sleep(60 * MINUTES)
    await page.set_viewport_size({"width": 1440, "height": 1290})
    await page.goto(demo.url)
    await expect(page.get_by_role("heading", name="Trading")).to_be_visible()
    await page.wait_for_timeout(5000)
    PICTURE.parent.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURE)
