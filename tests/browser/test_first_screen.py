"""What a newcomer sees first and does first: the panel, and the dashboard that is made from what is set up."""

import re

from playwright.async_api import Page, expect
import pytest

from .cards import number, open_page, state, tile, wait_for
from .demo import Demo
from .screen import chart, panel

pytestmark = [pytest.mark.browser, pytest.mark.timeout(700), pytest.mark.asyncio(loop_scope="session")]

CHANGED = 12.5  # A
DASHBOARD = "/home-battery"
COMPLAINTS = ("Unavailable", "Unknown", "Entity not found", "Configuration error", "No statistics found")


async def inverter(page: Page, demo: Demo) -> None:
    """Go to the view with the inverter's own settings."""
    await open_page(page, f"{demo.url}{DASHBOARD}/inverter")
    await expect(page.get_by_role("heading", name="Settings")).to_be_visible()


async def limit(page: Page, usual: str, to: str) -> None:
    """Set the charge current in its dialog."""
    await tile(page, "Charge current limit").get_by_role("button").first.click()
    box = page.locator("ha-more-info-dialog").get_by_role("spinbutton")
    await expect(box).to_have_value(usual)
    await box.fill(to)
    await box.press("Enter")
    await page.keyboard.press("Escape")
    await expect(box).to_be_hidden()


def charged(demo: Demo) -> float:
    """Return the power in W that flows into the battery."""
    registers = demo.registers()
    return float(-registers["BattVolt"] * registers["BattCurr"])


async def test_the_demo_opens_on_the_panel(page: Page):
    await expect(panel(page)).to_be_visible()
    await expect(chart(page)).to_be_visible()


async def test_a_new_dashboard_can_be_made_from_what_is_set_up(page: Page, demo: Demo):
    await open_page(page, f"{demo.url}/config/lovelace/dashboards")
    await page.get_by_role("button", name="Add dashboard").click()
    offered = page.locator("dashboard-card").filter(has_text="Nattery")
    await expect(offered.get_by_text("made from what is set up")).to_be_visible()


@pytest.mark.parametrize(
    ("view", "heading"), [("overview", "Prices"), ("history", "Savings"), ("inverter", "Settings")]
)
async def test_nothing_is_missing_on_the_dashboard(page: Page, demo: Demo, view: str, heading: str):
    await open_page(page, f"{demo.url}{DASHBOARD}/{view}")
    await expect(page.get_by_role("heading", name=heading)).to_be_visible()
    for complaint in COMPLAINTS:
        await expect(page.get_by_text(complaint)).to_have_count(0)
    await expect(page.locator("hui-error-card, hui-warning")).to_have_count(0)


async def test_it_shows_what_the_inverter_holds(page: Page, demo: Demo):
    registers = demo.registers()
    await inverter(page, demo)
    await expect(state(page, "Battery state of charge")).to_have_text(re.compile(rf"{registers['BattSoc']}\s?%"))
    await expect(state(page, "Charge current limit")).to_have_text(re.compile(rf"{registers['MaxChgCurrSet']}\s?A"))
    await expect(state(page, "Stop discharging at")).to_have_text(re.compile(rf"{registers['BatStopSOC']}\s?%"))


async def test_its_values_change(page: Page, demo: Demo):
    await inverter(page, demo)
    house = state(page, "Load power")
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
    await inverter(page, demo)
    automation = tile(page, "Automation").get_by_role("switch")
    await expect(automation).to_be_checked()
    await automation.click()
    await expect(automation).not_to_be_checked()

    # Off the clock the grid charges at once, so there is a current to limit at any hour and weather.
    timed = page.get_by_role("switch", name="Toggle Inverter Timed charging")
    await expect(timed).to_be_checked()  # a click before it shows its state is lost
    await timed.click(force=True)
    await wait_for(more_than_2_kw)
    assert demo.registers()["OnTimeChargeEn"] == 0

    await limit(page, usual="100", to=str(CHANGED))
    await expect(state(page, "Charge current limit")).to_have_text(f"{CHANGED} A")
    await wait_for(less_than_0_8_kw)
    registers = demo.registers()
    assert registers["MaxChgCurrSet"] == CHANGED
    assert registers["BattCurr"] == pytest.approx(-CHANGED, abs=0.3)
    await page.reload()
    await expect(state(page, "Charge current limit")).to_have_text(f"{CHANGED} A")

    await limit(page, usual=str(CHANGED), to="100")
    await expect(state(page, "Charge current limit")).to_have_text("100.0 A")

    # Switched on again, trading takes them back.
    await expect(automation).not_to_be_checked()
    await automation.click()
    await expect(automation).to_be_checked()

    async def by_the_clock() -> bool:
        return bool(demo.registers()["OnTimeChargeEn"] == 1)

    await wait_for(by_the_clock)
