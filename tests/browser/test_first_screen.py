"""What a newcomer sees first, and does first."""

import re

from playwright.async_api import Page, expect
import pytest

from .cards import number, open_page, state, tile, wait_for
from .demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(700), pytest.mark.asyncio(loop_scope="session")]

CHANGED = 12.5  # A


async def inverter(page: Page, demo: Demo) -> None:
    """Go to the view with the inverter's own settings."""
    await open_page(page, f"{demo.url}/home-battery/inverter")
    await expect(page.get_by_role("heading", name="Settings")).to_be_visible()


async def limit(page: Page, usual: str, to: str) -> None:
    """Set the charge current in its dialog."""
    await tile(page, "Charge current").get_by_role("button").first.click()
    box = page.locator("ha-more-info-dialog").get_by_role("spinbutton")
    await expect(box).to_have_value(usual)
    await box.fill(to)
    await box.press("Enter")
    await page.keyboard.press("Escape")
    await expect(box).to_be_hidden()


def charged(demo: Demo) -> float:
    """The power in W that flows into the battery."""
    registers = demo.registers()
    return float(-registers["BattVolt"] * registers["BattCurr"])


async def test_everything_on_it_works(page: Page, demo: Demo):
    await expect(page.get_by_role("heading", name="Energy flow")).to_be_visible()
    await _look(page)
    await inverter(page, demo)
    await expect(state(page, "Response time")).to_have_text(re.compile(r"\d\.\d\sms"))
    await _look(page)


async def _look(page: Page) -> None:
    """Nothing is missing on this view."""
    for complaint in ("Unavailable", "Unknown", "Entity not found", "Configuration error", "No statistics found"):
        await expect(page.get_by_text(complaint)).to_have_count(0)
    await expect(page.locator("hui-error-card, hui-warning")).to_have_count(0)


async def test_it_shows_what_the_inverter_holds(page: Page, demo: Demo):
    registers = demo.registers()
    await expect(page.locator("hui-gauge-card").get_by_text(f"{registers['BattSoc']}%")).to_be_visible()
    await inverter(page, demo)
    await expect(state(page, "Charge current")).to_have_text(f"{registers['MaxChgCurrSet']} A")
    await expect(state(page, "Keep at least")).to_have_text(f"{registers['BatStopSOC']}%")


async def test_its_values_live(page: Page):
    house = state(page, "House")
    seen: set[float] = set()

    async def changed_twice() -> bool:
        seen.add(await number(house))
        return len(seen) > 2

    await wait_for(changed_twice)


async def test_the_inverter_takes_a_new_charge_current(page: Page, demo: Demo):
    async def more_than_2_kw() -> bool:
        return charged(demo) > 2000

    async def less_than_0_8_kw() -> bool:
        return charged(demo) < 800

    # While automation is on, the settings of windows are its own.
    automation = tile(page, "Automation").get_by_role("switch")
    await expect(automation).to_be_checked()
    await automation.click()
    await expect(automation).not_to_be_checked()
    await inverter(page, demo)

    # Off the clock the grid charges at once, so there is a current to limit at any hour and weather.
    timed = page.get_by_role("switch", name="Toggle Inverter Timed charging")
    await expect(timed).to_be_checked()  # a click before it shows its state is lost
    await timed.click(force=True)
    await wait_for(more_than_2_kw)
    assert demo.registers()["OnTimeChargeEn"] == 0

    await limit(page, usual="100", to=str(CHANGED))
    await expect(state(page, "Charge current")).to_have_text(f"{CHANGED} A")
    await wait_for(less_than_0_8_kw)
    registers = demo.registers()
    assert registers["MaxChgCurrSet"] == CHANGED
    assert registers["BattCurr"] == pytest.approx(-CHANGED, abs=0.3)
    await page.reload()
    await expect(state(page, "Charge current")).to_have_text(f"{CHANGED} A")

    await limit(page, usual=str(CHANGED), to="100")
    await expect(state(page, "Charge current")).to_have_text("100.0 A")

    # Switched on again, trading takes them back.
    await open_page(page, demo.url)
    await expect(automation).not_to_be_checked()
    await automation.click()
    await expect(automation).to_be_checked()

    async def by_the_clock() -> bool:
        return bool(demo.registers()["OnTimeChargeEn"] == 1)

    await wait_for(by_the_clock)
