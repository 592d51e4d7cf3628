"""Measurements of what is sent to screens: the picture of a plan, as JSON and deflated."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
import json
import statistics
import time
from typing import Any
import zlib

from custom_components.nattery.core.action import Action
from custom_components.nattery.core.app.day_expectation import day_expectation
from custom_components.nattery.core.app.home_past import HomePast
from custom_components.nattery.core.app.household_history import HouseholdHistory
from custom_components.nattery.core.app.interval_prices import PricedInterval, PricedIntervals
from custom_components.nattery.core.app.plan_picture import plan_picture
from custom_components.nattery.core.app.planning import PlanningInputs, run_planner
from custom_components.nattery.core.app.preferences import TradingPreferences
from custom_components.nattery.core.app.settings import TradingSettings
from custom_components.nattery.core.app.trading_state import NewPlan, TradingState
from custom_components.nattery.core.backtest.time_series import TimeSeries
from custom_components.nattery.core.control.battery import Battery, BatteryState
from custom_components.nattery.core.control.controller import Controller
from custom_components.nattery.core.forecast.forecast import Forecast, ForecastSource
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.quarters import PER_DAY, moment

from .rows import Row
from .weeks import WEEKS, ZONE, series

SLOTS = 192
_PAST_DAYS = 21
_SETTINGS = TradingSettings(
    capacity=10.0, wear=0.02, charge=5.0, discharge=5.0, efficiency=0.95, soc_min=0.1, soc_max=1.0,
    import_limit=10.0, export_limit=10.0, peak_price=0.0, ledger="",
)  # fmt: skip


class _NoBattery(Battery):
    """A battery that is never asked."""

    async def state(self) -> BatteryState:
        raise NotImplementedError

    async def perform(self, action: Action) -> Any:  # noqa: ANN401
        raise NotImplementedError


def planning_inputs() -> PlanningInputs:
    """Return the inputs of a plan of two days, for a home with three weeks of forecasts that were off."""
    days = series(WEEKS[2], 1, _PAST_DAYS + 2)
    now = _PAST_DAYS * PER_DAY
    numbers = days.numbers
    log = ForecastLog()
    load, pv = (
        dict(zip(numbers, powers, strict=True)) for powers in (days.load_forecast_kw or (), days.pv_forecast_kw or ())
    )
    for day in range(1, _PAST_DAYS):
        log.add(numbers[day * PER_DAY] - 1, ZONE, _ahead(load, numbers, day), _ahead(pv, numbers, day), {})
    history = HouseholdHistory(
        *(PowerHistory(dict(zip(numbers[:now], powers[:now], strict=True))) for powers in (days.load_kw, days.pv_kw))
    )
    return PlanningInputs(
        _SETTINGS, _prices(days, now), forecast := _forecast(days, now),
        HomePast.learn(log, history, ZONE, forecast), moment(numbers[now]), 0.5, "EUR",
    )  # fmt: skip


def _ahead(powers: dict[int, float], numbers: Sequence[int], day: int) -> dict[int, float]:
    return {number: powers[number] for number in numbers[day * PER_DAY : (day + 1) * PER_DAY]}


def _prices(days: TimeSeries, now: int) -> PricedIntervals:
    quarters = list(zip(days.numbers, days.import_price, days.export_price, strict=True))
    ahead = tuple(PricedInterval(moment(at), bought, sold, sold) for at, bought, sold in quarters[now:])
    return PricedIntervals(ahead, {at: (bought, sold) for at, bought, sold in quarters})


def _forecast(days: TimeSeries, now: int) -> Forecast:
    load, pv = tuple((days.load_forecast_kw or ())[now:]), tuple((days.pv_forecast_kw or ())[now:])
    sources = {"load": ForecastSource.HISTORY, "pv": ForecastSource.PROVIDER}
    return Forecast(moment(days.numbers[now]), 15, load, load, pv, pv, pv, sources, (), pv)


def measure_picture(*, quick: bool) -> list[Row]:
    """Return the measured rows."""
    inputs = planning_inputs()
    preferences = TradingPreferences()
    result = run_planner(inputs, preferences, None)
    state = TradingState().after_planning(NewPlan(result, inputs.now, result.notes))
    controller = Controller(_NoBattery(), now=lambda: datetime.now(UTC))
    today = inputs.now.astimezone(ZONE).date()
    expected = day_expectation(result, None, today, ZONE)
    times, picture = [], {}
    for _ in range(20 if quick else 200):
        begun = time.perf_counter()
        picture = plan_picture(state, preferences, controller, "EUR", (expected, expected))
        times.append(time.perf_counter() - begun)
    text = json.dumps(picture, separators=(",", ":")).encode()
    return [
        Row(f"picture of a plan of {SLOTS} slots", len(text) / 1000, 60, "kB"),
        Row("the same, deflated as a websocket does", len(zlib.compress(text, 6)) / 1000, 20, "kB"),
        Row("making it, on the event loop", 1000 * statistics.median(times), 1, "ms"),
    ]


async def pictures(*, quick: bool) -> list[Row]:
    """What a screen is sent: the size of the picture of a plan, and the time to make it."""
    return await asyncio.to_thread(measure_picture, quick=quick)
