"""Prices: what the first screen shows of them, and how a person changes them."""

from base64 import b64decode
from datetime import UTC, datetime
import re

from playwright.async_api import Page, expect
import pytest

from custom_components.nattery.core.market.bidding_zones import find_zone
from scripts.demonstration.folder import PRICE_SEED, PRICE_SPREAD
from scripts.entsoe_standin.curve import price

from .cards import house, number, open_page, state, submit, wait_for
from .demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(700), pytest.mark.asyncio(loop_scope="session")]

FEE = 0.2  # EUR/kWh, more than all of the demo's fees together
BARS = re.compile(r'class="(?:cheap|usual|dear)(?: past)?"')


async def change(page: Page, demo: Demo, what: str) -> None:
    inverter = await house(page, demo, "Inverter")
    prices = inverter.locator("ha-config-sub-entry-row .sub-entry").filter(has=page.get_by_text("Electricity prices"))
    await prices.locator("ha-icon-button[slot=end]").click()
    await page.get_by_text(what, exact=True).click()


async def test_the_first_screen_shows_what_the_market_asks_now(page: Page):
    domain, spot = find_zone("IT_NORD").eic, state(page, "Spot")
    await expect(spot).to_have_text(re.compile(r"^\s*-?\d\.\d{4}\sEUR/kWh\s*$"))

    async def as_published() -> bool:
        return await number(spot) == pytest.approx(
            price(PRICE_SEED, domain, datetime.now(UTC), PRICE_SPREAD) / 1000, abs=0.00006
        )  # four digits are shown

    await wait_for(as_published)
    assert await number(state(page, "Import")) > await number(spot)
    await expect(state(page, "Level")).to_have_text(re.compile("cheap|normal|expensive", re.IGNORECASE))


async def test_the_first_screen_draws_the_quarter_hours(page: Page):
    picture = page.get_by_role("img", name="Import prices of today")
    await expect(picture).to_be_in_viewport()
    assert await picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)")
    drawn = b64decode((await picture.get_attribute("src") or "").partition("base64,")[2]).decode()
    assert len(BARS.findall(drawn)) in {92, 96, 100, 188, 192, 196}
    assert drawn.count('class="now"') == 1


async def test_a_house_has_its_prices_once(page: Page, demo: Demo):
    inverter = await house(page, demo, "Inverter")
    await inverter.locator("ha-dropdown").first.click()
    await inverter.get_by_role("menuitem", name="Add electricity prices").click()
    refusal = "Prices are already set up for this entry. Reconfigure them instead."
    await expect(page.get_by_text(refusal)).to_be_visible()


async def test_a_new_tariff_is_told_in_words_and_counts_at_once(page: Page, demo: Demo):
    await change(page, demo, "Tariff")
    await page.get_by_role("spinbutton", name="Fee").first.fill(str(FEE))
    amount = r"-?\d+(\.\d)? ct"
    hours = rf"from \d\d:\d\d to \d\d:\d\d at {amount}/kWh"
    words = f"cheapest {hours}, most expensive {hours}; lowest {amount}, average {amount}, highest {amount}"
    await submit(page, page.get_by_text(re.compile(f"^Import: {words}")))
    for way in ("Import", "Export"):
        await expect(page.get_by_text(re.compile(f"^{way}: {words}"))).to_be_visible()
    await page.get_by_text("Save", exact=True).click()
    await expect(page.get_by_text("Reconfiguration was successful")).to_be_visible()

    await open_page(page, demo.url)
    spot, paid = state(page, "Spot"), state(page, "Import")
    await expect(paid).to_have_text(re.compile("EUR/kWh"))

    async def dearer() -> bool:
        return await number(paid) > 1.1 * (1.1 * await number(spot) + FEE)

    await wait_for(dearer)


async def test_a_wrong_token_is_refused_and_the_right_one_stays(page: Page, demo: Demo):
    await change(page, demo, "Bidding zone and token")
    token = page.get_by_role("textbox", name="Token")
    await token.fill("wrong")
    await submit(page, page.get_by_text("ENTSO-E does not accept this token."))
    await expect(token).to_have_value("")
    await submit(page, page.get_by_text("Reconfiguration was successful"))
