"""Trading: what the screen shows of the plan and of what is done, and that the inverter really does it."""

from datetime import datetime
import re
from zoneinfo import ZoneInfo

from playwright.async_api import Page, expect
import pytest

from scripts.demonstration.api import HomeAssistantClient

from .cards import number, open_page, state, tile, wait_for
from .demo import Demo, time_zone_at_noon
from .screen import chart, open_panel, panel
from .trading import act, entry_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(700), pytest.mark.asyncio(loop_scope="session")]


async def test_the_plan_is_drawn_to_its_last_slot(page: Page, demo: Demo, socket_enabled: None):
    await open_panel(page, demo, "/plan?range=all")
    async with HomeAssistantClient(demo.url) as api:
        plan = await act(api, "get_plan", await entry_of(api))
    end = datetime.fromisoformat(plan["slots"][-1]["start"]).astimezone(ZoneInfo(time_zone_at_noon()))
    await chart(page).press("End")
    await expect(chart(page)).to_have_attribute("aria-valuetext", re.compile(f"^{end:%a %H:%M}"))


async def test_the_card_says_what_is_done_and_why(page: Page, demo: Demo, socket_enabled: None):
    async with HomeAssistantClient(demo.url) as api:
        entry = await entry_of(api)

        async def shows_the_reason() -> bool:
            plan = await act(api, "get_plan", entry)
            assert plan["automatic"]
            is_shown = await panel(page).get_by_text(plan["present"]["reason"]).first.is_visible()
            return is_shown and bool(plan["present"]["performed"])

        await wait_for(shows_the_reason)


async def test_an_override_is_seen_and_done_and_ends(page: Page, demo: Demo, socket_enabled: None):
    async with HomeAssistantClient(demo.url) as api:
        entry = await entry_of(api)
        given = await act(api, "override", entry, action="charge", power=1500, duration="00:20:00")
        await expect(panel(page).get_by_role("heading", name="Charge until").first).to_be_visible()
        await open_page(page, f"{demo.url}/home-battery/inverter")

        async def charges() -> bool:
            return await number(state(page, "Battery charge power")) > 1300

        await wait_for(charges)  # from the grid what the sun does not give
        registers = demo.registers()
        assert (registers["OnTimeChargeEn"], registers["ChgPriority"]) == (1, 2)
        assert -registers["BattCurr"] * registers["BattVolt"] > 1200
        assert (await act(api, "clear_override", entry, id=given["id"]))["cleared"] == 1
        plan = await act(api, "get_plan", entry)
    assert plan["overrides"] == []


async def test_a_strategy_is_chosen_and_planned_for(page: Page, demo: Demo, socket_enabled: None):
    await open_page(page, f"{demo.url}/home-battery/inverter")
    strategy = tile(page, "Strategy")
    await expect(strategy.get_by_text("Optimise").first).to_be_visible()
    async with HomeAssistantClient(demo.url) as api:
        entry = await entry_of(api)

        async def planned(for_what: str, actions: set[str]) -> bool:
            plan = await act(api, "get_plan", entry)
            return plan["strategy"] == for_what and {slot["action"] for slot in plan["slots"]} <= actions

        async def choose(name: str) -> None:
            await strategy.get_by_role("button", name="Option").click()
            await page.get_by_role("menuitem", name=name).or_(page.get_by_role("option", name=name)).click()

        await choose("Self-consumption")
        await wait_for(lambda: planned("self_consumption", {"self_consume"}))
        await choose("Optimise")
        await wait_for(lambda: planned("optimise", {"self_consume", "hold", "charge", "discharge"}))


async def test_plan_and_reality_are_in_one_graph(page: Page, demo: Demo):
    await open_page(page, f"{demo.url}/home-battery/history")
    for name in ("Planned state of charge", "Planned battery power"):
        graph = page.locator("hui-history-graph-card").filter(has_text=name)
        await expect(graph.locator("canvas").first).to_be_visible()


async def test_the_calendar_has_the_plan(page: Page, demo: Demo):
    await open_page(page, f"{demo.url}/calendar")
    await expect(page.get_by_text(re.compile(r"(Charge|Discharge|Hold|Self-consumption)")).first).to_be_visible()
