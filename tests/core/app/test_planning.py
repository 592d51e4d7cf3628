"""Planning inputs, the problem made from them, and the expected money of a plan."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
import subprocess
import sys
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.nattery.core.app.home_past import HomePast
from custom_components.nattery.core.app.household_history import HouseholdHistory
from custom_components.nattery.core.app.interval_prices import PricedInterval, PricedIntervals
from custom_components.nattery.core.app.planning import (
    PlanningInputs,
    TerminalValues,
    planning_problem,
    run_planner,
)
from custom_components.nattery.core.app.preferences import TradingPreferences
from custom_components.nattery.core.app.settings import TradingSettings
from custom_components.nattery.core.forecast.forecast import Forecast, ForecastSource
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.quarters import moment, quarter
from custom_components.nattery.core.ledger.entry import QUARTER
from custom_components.nattery.core.ledger.reports import Period
from custom_components.nattery.core.planner.strategies import STRATEGIES
from custom_components.nattery.core.planning.misses import ForecastMisses, Powers

SETTINGS = TradingSettings(
    capacity=10.0,
    wear=0.02,
    charge=5.0,
    discharge=5.0,
    efficiency=0.9**0.5,
    soc_min=0.1,
    soc_max=1.0,
    import_limit=10.0,
    export_limit=10.0,
    peak_price=0.0,
    ledger="",
)
DAY, PRESENT = 96, 44
ZONE = ZoneInfo("Europe/Berlin")
MIDNIGHT = quarter(datetime(2026, 11, 19, 23, tzinfo=UTC))  # midnight in Berlin
# A dear morning that has passed, and an even rest of the day.
BUY = [0.2] * 24 + [0.5] * 16 + [0.2] * 56
SELL = [0.05] * DAY
SUN = [0.0] * 36 + [3.0] * 24 + [0.0] * 36
LOAD = [0.8] * DAY


def planning_inputs(now: int = PRESENT, seconds: float = 0.0, horizon: int = DAY, **changes: Any) -> PlanningInputs:
    """A day with all of its prices known, in the middle of it."""
    quarters = [PricedInterval(moment(MIDNIGHT + at), BUY[at], SELL[at]) for at in range(horizon)]
    known = {MIDNIGHT + at: (BUY[at], SELL[at]) for at in range(horizon)}
    load, sun = tuple(LOAD[now:]), tuple(SUN[now:])
    forecast = Forecast(
        moment(MIDNIGHT + now), 15, load, load, sun, sun, sun,
        {"load": ForecastSource.HISTORY, "pv": ForecastSource.HISTORY}, (), (None,) * len(load),
    )  # fmt: skip
    return replace(
        PlanningInputs(
            SETTINGS,
            PricedIntervals(tuple(quarters[now:]), known),
            forecast,
            past_of({}, {}),
            moment(MIDNIGHT + now) + timedelta(seconds=seconds),
            0.5,
            "EUR",
        ),
        **changes,
    )


def past_of(load: dict[int, float], pv: dict[int, float], log: ForecastLog | None = None) -> HomePast:
    """The past of a home in Berlin, at midnight."""
    history = HouseholdHistory(PowerHistory(load), PowerHistory(pv))
    misses = ForecastMisses.learn(log or ForecastLog(), history.load, history.pv, ZONE, MIDNIGHT + PRESENT)
    return HomePast(misses, history, tuple(map(Powers, SUN, LOAD, strict=True)))


# --- what is stored at the end


def test_energy_left_at_the_end_has_the_value_of_the_days_before() -> None:
    inputs = planning_inputs()
    curve = TerminalValues().curve(inputs)
    assert curve is not None
    made = run_planner(replace(inputs, terminal=curve), TradingPreferences(), None)
    assert made.plan.terminal == curve
    (note,) = [note for note in made.notes if note.key == "note_terminal_estimated"]
    assert note.values == {"terminal_price": curve.mean_price}
    alone = run_planner(inputs, TradingPreferences(), None)
    assert curve.mean_price > 1.2 * alone.plan.terminal.mean_price, "a dear morning will come again"


def test_the_value_is_calculated_once_for_the_same_prices() -> None:
    values, inputs = TerminalValues(), planning_inputs()
    curve = values.curve(inputs)
    assert values.curve(planning_inputs(now=PRESENT + 3)) is curve
    dearer = {number: (2 * bought, sold) for number, (bought, sold) in inputs.intervals.known.items()}
    other = values.curve(replace(inputs, intervals=replace(inputs.intervals, known=dearer)))
    assert other is not None
    assert curve is not None
    assert other.mean_price > curve.mean_price
    assert values.curve(replace(inputs, intervals=PricedIntervals(inputs.intervals.ahead, {}))) is None


def test_the_next_quarters_are_expected_by_the_ones_before() -> None:
    """More load than forecast an hour ago says that more will come in the next hours."""
    before = range(MIDNIGHT - 20 * DAY, MIDNIGHT + PRESENT)
    usual = dict.fromkeys(before, 0.8)
    surprises = {number: 0.8 + 0.5 * (number // DAY % 2) for number in before}
    log = ForecastLog()
    for day in range(-20, 1):
        start = MIDNIGHT + (day - 1) * DAY
        flat = dict.fromkeys(range(start, start + 2 * DAY), 0.8)
        log.add(start + 70, ZONE, flat, dict.fromkeys(flat, 0.0), {})
    past = past_of(surprises, dict.fromkeys(usual, 0.0), log)
    problem = planning_problem(planning_inputs(past=past))
    came = surprises[MIDNIGHT + PRESENT - 1]
    assert past.misses.persistence.load_kw > 0.8
    assert problem.load_kw[0] == pytest.approx(0.8 + past.misses.persistence.load_kw * (came - 0.8), abs=0.05)
    assert 1.0 < problem.load_kw[1] < 1.3
    assert problem.load_kw[40] == pytest.approx(0.8)
    assert len(problem.outcomes) == 14


@pytest.mark.parametrize("seconds", [0.0, 400.0, 895.0])
def test_the_plan_itself_begins_now(seconds: float) -> None:
    problem = planning_problem(planning_inputs(seconds=seconds))
    skipped = seconds > 890
    assert problem.start == moment(MIDNIGHT + PRESENT + skipped) + timedelta(seconds=0 if skipped else seconds)
    assert problem.edges[-1] == moment(MIDNIGHT + DAY)
    assert list(problem.import_price) == BUY[PRESENT + skipped :]
    assert list(problem.pv_kw) == SUN[PRESENT + skipped :]


def test_the_peak_so_far_is_part_of_the_problem() -> None:
    settings = replace(SETTINGS, peak_price=8.0)
    problem = planning_problem(planning_inputs(settings=settings, peak_kw=4.5))
    assert (problem.peak_price_per_kw, problem.peak_so_far_kw) == (8.0, 4.5)


def test_a_quarter_that_is_booked_is_not_expected_any_more() -> None:
    made = run_planner(planning_inputs(), TradingPreferences(), None)
    midnight, noon = moment(MIDNIGHT), moment(MIDNIGHT + 48)
    whole, before, after = (
        made.expected_money(Period(*edges))
        for edges in ((midnight, midnight + DAY * QUARTER), (midnight, noon), (noon, midnight + DAY * QUARTER))
    )
    assert before.cost + after.cost == pytest.approx(whole.cost)
    assert before.saving + after.saving == pytest.approx(whole.saving)
    assert made.expected_money(Period(midnight + DAY * QUARTER, midnight + 2 * DAY * QUARTER)) is None


def test_what_home_assistant_imports_loads_no_solver() -> None:
    """Solvers and numpy are loaded where a plan is made, in an executor, and not on the event loop."""
    package = "custom_components.nattery.core"
    code = (
        f"import sys, {package}.app.planning, {package}.app.backtest_case, {package}.backtest.process\n"
        "print([name for name in ('numpy', 'highspy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("key", sorted(STRATEGIES))
def test_preferences_give_their_strategy_with_its_numbers(key: str) -> None:
    preferences = TradingPreferences(key, reserve=0.4, import_limit=3.5)
    strategy = preferences.as_strategy()
    assert strategy.key == key
    assert getattr(strategy, "limit_kw", 3.5) == 3.5
    assert TradingPreferences.from_dict(preferences.as_dict()) == preferences
