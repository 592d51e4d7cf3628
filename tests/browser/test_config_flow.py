"""The integration's own dialog, clicked through as a user does."""

import re

from playwright.async_api import Page, expect
import pytest

from .cards import house, open_page, submit
from .demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(700), pytest.mark.asyncio(loop_scope="session")]

NAME = "Test battery"


async def test_a_second_inverter_is_added_with_prices_and_its_device_shows_entities(page: Page, demo: Demo):
    await open_page(page, f"{demo.url}/config/integrations/dashboard")
    await page.get_by_role("button", name="Add integration").click()
    await page.get_by_placeholder("Search for a brand name").fill("nattery")
    await page.locator("ha-integration-list-item").filter(has_text="Nattery").click()
    await page.get_by_text("Simulated inverter (no hardware)").click()
    name, token = page.get_by_role("textbox", name="Name"), page.get_by_role("textbox", name="Token")
    await expect(name).to_have_value("Simulated battery")
    await name.fill(NAME)
    await submit(page, page.get_by_text("Use the prices of another battery"))

    # It goes on with prices, which can be new ones, those of another battery, or come later. Where a country has
    # several areas, none is chosen by itself.
    await expect(page.get_by_text("Later", exact=True)).to_be_visible()
    await page.get_by_text("Set up prices", exact=True).click()
    await expect(token).to_be_visible()
    await token.fill("demo")
    await page.get_by_text("More options").click()
    await page.get_by_role("textbox", name="Address").fill(demo.market)
    await submit(page, page.get_by_text("This field must not be empty."))
    await page.get_by_label("Bidding zone").click()
    await page.get_by_text("Italy, Sicily").click()
    await token.fill("demo")
    await submit(page, page.get_by_role("heading", name="What you pay (import)"))
    save = page.get_by_text("Save", exact=True)
    await submit(page, save)
    await save.click()

    # Then it asks about trading, and tells how to come back.
    await expect(page.get_by_text("Set up trading", exact=True)).to_be_visible()
    await page.get_by_text("Later", exact=True).click()
    await expect(page.get_by_text("Battery trading can be added at any time")).to_be_visible()
    await page.get_by_role("button", name="Close").last.click()

    await (await house(page, demo, NAME)).get_by_text(NAME).last.click()
    await page.wait_for_url("**/config/devices/device/**")
    soc = page.locator("hui-sensor-entity-row").filter(has=page.get_by_text("Battery state of charge", exact=True))
    await expect(soc.locator("hui-generic-entity-row")).to_contain_text(re.compile(r"\d+%"))
    shown = page.locator("ha-device-entities-card")  # beside them stands that all were away while the prices came
    await expect(shown.get_by_text("Maximum charge current", exact=True)).to_be_visible()
    await expect(shown.get_by_text("Unavailable")).to_have_count(0)
