# ruff: noqa: RUF001
"""The plan card in a browser, on a page with the made-up house instead of Home Assistant."""

from collections.abc import AsyncIterator
from pathlib import Path
import subprocess
from typing import Any

from playwright.async_api import Browser, Page, Route, expect
import pytest
import pytest_asyncio

from .demo import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


HOST = "http://nattery.test/"


@pytest.fixture(scope="session")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built page."""
    folder = tmp_path_factory.mktemp("harness")
    front_end = ROOT / "custom_components" / "nattery" / "frontend"
    vite = front_end / "node_modules" / ".bin" / "vite"
    subprocess.run(
        [vite, "build", "tests/harness", "--outDir", folder, "--logLevel", "error"], cwd=front_end, check=True
    )
    return folder


@pytest_asyncio.fixture(loop_scope="session")
async def card(browser: Browser, harness: Path) -> AsyncIterator[Any]:
    """Opens the card with a scene of the house."""
    pages: list[Page] = []
    faults: list[str] = []

    async def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOST).partition("?")[0]
        await route.fulfill(path=harness / (path or "index.html"))

    async def show(query: str, width: int = 1200) -> Page:
        page = await browser.new_page(viewport={"width": width, "height": 900})
        page.on("pageerror", lambda error: faults.append(str(error)))
        pages.append(page)
        await page.route(f"{HOST}**", answer)
        await page.goto(f"{HOST}?{query}")
        return page

    yield show
    for page in pages:
        await page.close()
    assert not faults


async def test_slots_are_chosen_by_keyboard_and_pointer(card) -> None:
    page = await card("scene=plain")
    chart = page.get_by_role("slider", name="Plan of the battery")
    await chart.focus()
    details = page.locator("h3")
    await expect(details).to_contain_text("Fri 14:15–14:30")
    await page.wait_for_timeout(300)  # the code for keys comes with the focus
    await page.keyboard.press("ArrowRight")
    await expect(details).to_contain_text("Fri 14:30–14:45")
    await page.keyboard.press("Shift+ArrowUp")
    await expect(details).to_contain_text("Fri 14:30–15:45")
    await page.keyboard.press("Escape")
    await expect(details).to_contain_text("Fri 14:15–14:30")
    await page.keyboard.press("End")
    await expect(details).to_contain_text("Sat 23:45")

    box = await chart.bounding_box()
    assert box is not None
    await page.mouse.dblclick(box["x"] + box["width"] * 0.404, box["y"] + 204)
    await expect(details).to_contain_text("Fri 17:45–19:15")


async def test_an_override_tells_its_cost_is_set_and_undone(card) -> None:
    page = await card("scene=plain")
    await page.get_by_role("button", name="Charge").click()
    await expect(page.get_by_text("costs €0.34 more today")).to_be_visible()
    assert not [call for call in await page.evaluate("calls") if call["type"] == "nattery/override"]
    await page.get_by_role("button", name="Set it").click()
    await expect(page.get_by_text("Done. The plan is made again around it.")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text("Done. The plan is made again around it.")).not_to_be_visible()
    sent = [call for call in await page.evaluate("calls") if call["type"] == "nattery/override"]
    assert [(call.get("set") or [{}])[0].get("action") or call["clear"] for call in sent] == ["charge", ["new"]]
    assert sent[0]["set"][0]["power_w"] == 4500


@pytest.mark.parametrize(
    ("scene", "sentence"),
    [
        ("override", "You decided:"),
        ("stale", "Prices are out of date."),
        ("dry_run", "Dry run."),
        ("paused", "Trading is paused until"),
        ("silent", "The inverter does not answer."),
        ("null", "is not running at the moment"),
        ("no_trading", "Battery trading is not set up yet."),
        ("empty", "Nothing is set up yet."),
    ],
)
async def test_every_state_says_what_it_is(card, scene, sentence) -> None:
    page = await card(f"scene={scene}", 390)
    await expect(page.get_by_text(sentence)).to_be_visible()


async def test_a_viewer_has_no_controls(card) -> None:
    page = await card("scene=viewer")
    await expect(page.locator("h3")).to_contain_text("Fri 14:15")
    await expect(page.get_by_role("button", name="Charge")).to_have_count(0)
