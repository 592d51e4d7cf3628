"""Planning inputs, the problem made from them, and the expected money of a plan."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.nattery.core.app.interval_prices import PricedInterval, PricedIntervals
from custom_components.nattery.core.app.planning import PlanningInputs, planning_problem, run_planner
from custom_components.nattery.core.app.preferences import TradingPreferences
from custom_components.nattery.core.app.settings import TradingSettings
from custom_components.nattery.core.backtest.forecasts import Epoch
from custom_components.nattery.core.backtest.planners import terminal_value_at
from custom_components.nattery.core.backtest.time_series import TimeSeries
from custom_components.nattery.core.forecast.forecast import Forecast, ForecastSource
from custom_components.nattery.core.forecast.quarters import moment, quarter
from custom_components.nattery.core.ledger.entry import QUARTER
from custom_components.nattery.core.ledger.reports import Period
from custom_components.nattery.core.planner.strategies import PeakShaving

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
MIDNIGHT = quarter(datetime(2026, 11, 19, 23, tzinfo=UTC))  # midnight in Berlin
# A dear morning that has passed, and an even rest of the day.
BUY = [0.2] * 24 + [0.5] * 16 + [0.2] * 56
SELL = [0.05] * DAY
SUN = [0.0] * 36 + [3.0] * 24 + [0.0] * 36
LOAD = [0.8] * DAY


def planning_inputs(now: int = PRESENT, seconds: float = 0.0, horizon: int = DAY, **changes: Any) -> PlanningInputs:
    """A day with all of its prices known, in the middle of it."""
    quarters = [PricedInterval(moment(MIDNIGHT + at), BUY[at], SELL[at]) for at in range(horizon)]
    forecast = Forecast(
        moment(MIDNIGHT), 15, tuple(LOAD), tuple(LOAD), tuple(SUN), tuple(SUN), tuple(SUN),
        {"load": ForecastSource.HISTORY, "pv": ForecastSource.HISTORY}, (), (None,) * DAY,
    )  # fmt: skip
    return replace(
        PlanningInputs(
            SETTINGS,
            PricedIntervals(tuple(quarters[:now]), tuple(quarters[now:])),
            forecast,
            moment(MIDNIGHT + now) + timedelta(seconds=seconds),
            0.5,
            "EUR",
        ),
        **changes,
    )


def worth(prices: list[float], begin: int) -> float:
    """What the backtest takes for a stored kWh at the end of the day, planned from a quarter on."""
    series = TimeSeries(range(MIDNIGHT, MIDNIGHT + DAY), [0.25] * DAY, prices, SELL, SUN, LOAD)
    return terminal_value_at(
        planning_problem(planning_inputs()), series, Epoch(begin, DAY, DAY), (SUN[begin:], LOAD[begin:])
    )


def test_plans_are_made_from_expected_values_as_in_the_backtest() -> None:
    inputs = planning_inputs()
    wide = replace(inputs.forecast, pv_p10_kw=(0.0,) * DAY, pv_p90_kw=(5.0,) * DAY, load_p90_kw=(4.0,) * DAY)
    problem = planning_problem(replace(inputs, forecast=wide))
    assert problem == planning_problem(inputs)
    assert not problem.has_scenarios


# --- what is stored at the end


def test_what_is_stored_at_the_end_is_worth_what_the_backtest_says() -> None:
    made = run_planner(planning_inputs(), TradingPreferences(), None)
    assert made.plan.terminal_value == pytest.approx(worth(BUY, PRESENT))
    rest = run_planner(
        replace(
            planning_inputs(),
            intervals=PricedIntervals((), planning_inputs().intervals.ahead),
            forecast=rest_of_the_day(),
        ),
        TradingPreferences(),
        None,
    )
    assert made.plan.terminal_value > 1.2 * rest.plan.terminal_value, "a dear morning will come again"
    assert [note.values for note in made.notes if note.key == "note_terminal_estimated"] == [
        {"terminal_price": made.plan.terminal_value}
    ]


def rest_of_the_day() -> Forecast:
    """The forecast of the rest of the day alone."""
    forecast = planning_inputs().forecast
    powers = ("load_kw", "load_p90_kw", "pv_kw", "pv_p10_kw", "pv_p90_kw", "provider_kw")
    return replace(
        forecast,
        start=moment(MIDNIGHT + PRESENT),
        **{name: getattr(forecast, name)[PRESENT:] for name in powers},
    )


def test_an_import_limit_of_ones_own_holds_on_the_days_after_too() -> None:
    limited = planning_inputs()
    tight = run_planner(limited, TradingPreferences("peak_shaving", import_limit=0.9), None).plan
    free = run_planner(limited, TradingPreferences("peak_shaving", import_limit=9.0), None).plan
    assert isinstance(TradingPreferences("peak_shaving", import_limit=0.9).as_strategy(), PeakShaving)
    assert tight.terminal_value != pytest.approx(free.terminal_value)


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
