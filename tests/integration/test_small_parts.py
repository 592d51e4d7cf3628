"""Parts of the Home Assistant side that everyday use hardly reaches."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.nattery.core.app.trading_state import PlanFailure, PlanProblem
from custom_components.nattery.core.control.controller import Decision, Mode
from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.market.errors import NotPublishedError, PlatformUnreachableError, TooLargeError
from custom_components.nattery.core.market.public_sources import MAX_BYTES
from custom_components.nattery.core.market.tariff import PriceKind
from custom_components.nattery.core.planner.problem import ProblemError
from custom_components.nattery.diagnostics import _poll
from custom_components.nattery.permissions import may
from custom_components.nattery.prices.sources import _http_get
from custom_components.nattery.prices.summary import async_day_summary
from custom_components.nattery.texts import error_text, reasons_text
from custom_components.nattery.trading import plan_maker
from custom_components.nattery.trading.issues import trading_issues
from custom_components.nattery.trading.statistics import _read

from .market import PriceSetup

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


async def test_errors_and_reasons_as_text(price_setup: PriceSetup) -> None:
    await price_setup.start()
    hass = price_setup.hass
    assert error_text(hass, None) == ""
    assert error_text(hass, ValueError("as it is")) == "as it is"
    assert error_text(hass, NotPublishedError()).endswith(".")
    reasons = [
        Explanation("price_reason_mixed", {"sources": ("entsoe", "energy_charts", "sensor.other")}),
        Explanation("price_reason_missing", {"missing": 1, "expected": 96, "minutes": 15, "first_at": NOW}),
        Explanation("price_reason_differs", {"difference": 0.12345, "currency": "EUR", "source": "nord_pool"}),
    ]
    text = reasons_text(hass, reasons)
    assert "ENTSO-E, energy-charts.info, sensor.other" in text
    assert "2026-11-20 11:00" in text
    assert "0.123 EUR/kWh from those of Nord Pool" in text
    with pytest.raises(TypeError):
        reasons_text(hass, [Explanation("price_reason_flat", {"count": 1, "price": Explanation("plan_full")})])


async def test_the_summary_of_a_day_with_unknown_prices(price_setup: PriceSetup) -> None:
    await price_setup.start()
    pricer = price_setup.prices.pricer
    today = pricer.day(dt_util.now().date())
    tomorrow = pricer.day(dt_util.now().date() + timedelta(days=1))
    unknown = "the prices of this day are not known yet"
    assert await async_day_summary(price_setup.hass, pricer, tomorrow) == unknown
    gaps = replace(today, slots={**today.slots, PriceKind.IMPORT: today.slots[PriceKind.IMPORT][::8]})
    assert await async_day_summary(price_setup.hass, pricer, gaps) == unknown


async def test_public_sources_over_http(hass: HomeAssistant, socket_enabled: None) -> None:
    async def large(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * (MAX_BYTES + 2))

    async def small(_: web.Request) -> web.Response:
        return web.Response(body=b"x", status=404)

    app = web.Application()
    app.router.add_get("/large", large)
    app.router.add_get("/small", small)
    async with TestServer(app) as server:
        get = _http_get(hass)
        assert await get(str(server.make_url("/small"))) == (404, b"x")
        with pytest.raises(TooLargeError):
            await get(str(server.make_url("/large")))
        closed = str(server.make_url("/small"))
    with pytest.raises(PlatformUnreachableError, match="refused or broke") as caught:
        await get(closed)
    assert caught.value.host == "127.0.0.1"


def decision(key: str, mode: Mode) -> Decision:
    return Decision(NOW, mode, None, Explanation(key, {"until": NOW}))


@pytest.mark.parametrize(("mode", "expected"), [(Mode.AUTOMATIC, "a sentence"), (Mode.DRY_RUN, None)])
def test_a_failed_write_is_an_issue_of_automation_alone(mode: Mode, expected: str | None) -> None:
    trading = SimpleNamespace(
        data=SimpleNamespace(plan=None, decision=decision("control_write_failed", mode)),
        sentences=SimpleNamespace(whole=lambda *_: "a sentence"),
        recorder=SimpleNamespace(error=None),
    )
    issue = trading_issues(trading)["writes_fail"]
    assert (issue and issue["reason"]) == expected


async def test_no_plan_without_prices_or_for_an_invalid_problem(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = SimpleNamespace(last_update_success=False, config_entry=SimpleNamespace(title="Home"))
    maker = plan_maker.PlanMaker(hass, None, prices, None, None, SimpleNamespace(soc=0.5))
    assert await maker.async_collect(()) == PlanFailure(PlanProblem.NO_PRICES, keep_plan=True)

    def refuse(*_: object) -> None:
        raise ProblemError("battery.soc_min", "cannot be 2: allowed is a number from 0 to 1")

    monkeypatch.setattr(maker, "_plan", refuse)
    request = plan_maker.PlanRequest(SimpleNamespace(now=NOW), ())
    assert await maker.async_plan(request, None, None) == PlanFailure(PlanProblem.NO_PLAN)


async def test_without_its_entity_a_user_needs_the_right_to_all(
    hass: HomeAssistant, hass_admin_user, hass_read_only_user
) -> None:
    assert may(hass, hass_admin_user, "sensor", "missing", POLICY_CONTROL)
    assert not may(hass, hass_read_only_user, "sensor", "missing", POLICY_CONTROL)


def test_diagnostics_of_a_poll_that_never_succeeded() -> None:
    assert _poll(SimpleNamespace(data=None, tiers=("fast",))) == {"tiers": ["fast"], "success": False}


def test_no_statistics_are_read_for_sensors_that_do_not_exist(hass: HomeAssistant) -> None:
    history = _read(hass, {}, NOW)
    assert (len(history.load), len(history.pv)) == (0, 0)
