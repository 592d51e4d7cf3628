"""What a person changes on the screen: overrides, a register, a backtest; and what a lost connection does to that."""

import re

from playwright.async_api import Locator, Page, WebSocketRoute, expect
import pytest

from scripts.demonstration.api import HomeAssistantClient

from .cards import wait_for
from .demo import Demo
from .screen import call, chart, faults, open_panel, panel
from .trading import act, entry_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(700), pytest.mark.asyncio(loop_scope="session")]

SYMBOL, USUAL, CHANGED = "MaxChgCurrSet", "100", "87"  # the charge current limit, A
VERDICT = re.compile(r"costs (nothing|.+ more)|saves .+ more")
# Cuts the connection when the command leaves, once.
CUT_AT_OVERRIDE = """(hass) => {
  const { socket } = hass.connection;
  const send = socket.send.bind(socket);
  socket.send = (text) => (text.includes("nattery/override") ? socket.close() : send(text));
}"""


async def _choose_tomorrow(page: Page) -> None:
    """Choose a quarter-hour of tomorrow by keyboard."""
    await expect(chart(page)).to_be_visible()
    await panel(page).get_by_role("button", name="Tomorrow").click()
    await chart(page).focus()
    await page.keyboard.press("Home")
    await page.keyboard.press("PageUp")


def _offer(page: Page) -> Locator:
    return page.locator("nattery-override-controls .offer")


async def _ask(page: Page, action: str) -> None:
    """Ask what another action costs, and wait for the answer."""
    await panel(page).get_by_role("button", name=action, exact=True).click()
    await expect(_offer(page)).to_contain_text(VERDICT)


async def _overrides(demo: Demo) -> list[dict[str, object]]:
    async with HomeAssistantClient(demo.url) as api:
        plan = await act(api, "get_plan", await entry_of(api))
    overrides: list[dict[str, object]] = plan["overrides"]
    return overrides


async def _clear(demo: Demo) -> None:
    async with HomeAssistantClient(demo.url) as api:
        await act(api, "clear_override", await entry_of(api))


async def test_an_override_is_priced_set_kept_over_a_restart_and_undone(page: Page, demo: Demo, socket_enabled: None):
    await open_panel(page, demo, "/plan")
    await _choose_tomorrow(page)
    await _ask(page, "Charge")
    assert await faults(page) == []
    assert await _overrides(demo) == []  # asking changes nothing
    await _offer(page).get_by_role("button", name="Set it").click()
    strip = panel(page).locator(".strip").filter(has_text="decided:")
    await expect(strip).to_be_visible()
    (override,) = await _overrides(demo)
    assert override["action"] == "charge"

    await page.goto("about:blank")  # Home Assistant's own page complains of what it cannot load meanwhile
    async with HomeAssistantClient(demo.url) as api:
        await api.restart()

    async def is_known_again() -> bool:
        try:
            return [one["id"] for one in await _overrides(demo)] == [override["id"]]
        except Exception:  # noqa: BLE001  (Home Assistant starts)
            return False

    await wait_for(is_known_again)
    await open_panel(page, demo, "/plan")
    await strip.get_by_role("button", name="Undo").click()
    await expect(strip).to_have_count(0)
    assert await _overrides(demo) == []


async def test_an_override_that_the_connection_lost_is_told_and_can_be_set_again(
    page: Page, demo: Demo, socket_enabled: None
):
    await open_panel(page, demo, "/plan")
    await _choose_tomorrow(page)
    await _ask(page, "Hold")
    await call(page, CUT_AT_OVERRIDE)
    await _offer(page).get_by_role("button", name="Set it").click()
    await expect(panel(page).get_by_text("There is no connection to Home Assistant.")).to_be_visible()
    assert await _overrides(demo) == []
    await page.wait_for_function("() => document.querySelector('home-assistant').hass.connected")
    try:
        await _offer(page).get_by_role("button", name="Set it").click()
        await expect(panel(page).locator(".strip").filter(has_text="decided:")).to_be_visible()
        assert len(await _overrides(demo)) == 1
    finally:
        await _clear(demo)


async def test_a_screen_without_a_connection_tells_how_old_it_is(page: Page, demo: Demo):
    sockets: list[WebSocketRoute] = []
    is_cut = False

    async def connect(socket: WebSocketRoute) -> None:
        if is_cut:
            await socket.close()
            return
        socket.connect_to_server()
        sockets.append(socket)

    await page.route_web_socket(re.compile("/api/websocket"), connect)
    await open_panel(page, demo, "/plan")
    await expect(chart(page)).to_be_visible()
    is_cut = True
    for socket in sockets:
        await socket.close()
    told = panel(page).get_by_text(re.compile(r"This is as of \d\d:\d\d"))
    await expect(told.first).to_be_visible()
    await expect(chart(page)).to_be_visible()
    assert await faults(page) == []
    is_cut = False
    await expect(told).to_have_count(0)


async def test_a_register_is_edited_and_read_back_from_the_inverter(page: Page, demo: Demo, socket_enabled: None):
    await open_panel(page, demo, "/inverter")
    await panel(page).get_by_role("searchbox").fill(SYMBOL)
    await expect(panel(page).get_by_text(SYMBOL)).to_have_count(1)
    for value in (CHANGED, USUAL):
        await panel(page).get_by_role("button", name=re.compile("^Change")).first.click()
        edit = page.locator("nattery-register-edit")
        await edit.get_by_role("textbox").fill("1e9")
        await expect(edit.get_by_role("button", name="Write", exact=True)).to_have_count(0)
        await edit.get_by_role("textbox").fill(value)
        await expect(edit.locator(".change")).to_contain_text("→")
        assert await faults(page) == []
        await edit.get_by_role("button", name="Write", exact=True).click()
        confirm = edit.get_by_role("button", name="Yes, do it")
        written = edit.get_by_text("Written and read back")
        await expect(written.or_(confirm).first).to_be_visible()
        if await confirm.count():
            await confirm.click()
        await expect(written.first).to_be_visible()
        assert demo.registers()[SYMBOL] == float(value)
        await edit.get_by_role("button").last.click()


async def test_a_backtest_runs_to_its_end(page: Page, demo: Demo):
    await open_panel(page, demo, "/savings")
    backtest = page.locator("nattery-backtest")
    capacity = backtest.get_by_role("textbox").first
    await capacity.fill("-1")
    await expect(backtest.get_by_role("alert")).to_be_visible()
    await capacity.fill("15")
    await backtest.get_by_role("button", name="Calculate").click()
    await expect(backtest.get_by_role("progressbar")).to_be_visible()
    assert await faults(page) == []
    await expect(backtest.locator(".result")).to_contain_text("15 kWh", timeout=180_000)
    await page.reload()
    await expect(backtest.locator(".result")).to_contain_text("15 kWh")
    assert await faults(page) == []
