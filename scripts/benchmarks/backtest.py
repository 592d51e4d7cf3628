"""The planner in closed loop over synthetic weeks: its share of a perfect forecast's savings, and its run time."""

from dataclasses import replace
from datetime import date
import statistics
import time

from custom_components.nattery.core.backtest.backtest import BacktestResult, run
from custom_components.nattery.core.forecast.quarters import PER_DAY

from .rows import Row
from .weeks import PROBLEM, WEEKS, ZONE, Weeks, series

SYSTEM = replace(PROBLEM, terminal_value_per_kwh=None)
SEEDS = 4
LEARNING_DAYS = 49  # days of a series that starts without history


def _missed_percent(result: BacktestResult, name: str) -> float:
    """Return the share of the perfect forecast's savings over self-consumption that a way misses, in percent."""
    costs = result.costs
    gain = costs["self_consumption"] - costs["perfect_forecast"]
    return 100 * (costs[name] - costs["perfect_forecast"]) / gain


async def closed_loop(*, quick: bool) -> list[Row]:
    """The share of a perfect forecast's savings that is missed: seasons and households, four times three weeks each."""
    rows, missed, daily, learned, less_variation = [], [], [], [], []
    for number, weeks in enumerate(WEEKS):
        seeds = range(SEEDS * number, SEEDS * number + (1 if quick else SEEDS))
        results = [run(series(weeks, seed, 21), SYSTEM, ZONE) for seed in seeds]
        closed = [_missed_percent(result, "closed_loop") for result in results]
        means = (f"{name} {statistics.mean(one.costs[name] for one in results):.1f}" for name in results[0].costs)
        rows.append(Row(f"{weeks.name}: {', '.join(means)} EUR".replace("_", " "), statistics.mean(closed), None, "%"))
        missed += closed
        daily += [_missed_percent(result, "daily_plan") for result in results]
        if not quick:
            without_forecasts = run(series(weeks, seeds[0], LEARNING_DAYS, with_forecasts=False), SYSTEM, ZONE)
            learned.append(_missed_percent(without_forecasts, "closed_loop"))
            less_variation.append(
                _missed_percent(run(series(weeks, seeds[0], 21, price_variation=0.5), SYSTEM, ZONE), "closed_loop")
            )
    rows += [
        Row("missed share of the perfect forecast's savings: mean of all", statistics.mean(missed), 4, "%"),
        Row("the worst three weeks", max(missed), None, "%"),
        Row("daily plan, mean of all", statistics.mean(daily), None, "%"),
    ]
    if learned:
        label = "closed loop with learned forecasts, seven weeks without history at the start, mean"
        rows += [
            Row(label, statistics.mean(learned), None, "%"),
            Row("closed loop with half the price variation, mean", statistics.mean(less_variation), None, "%"),
        ]
    return rows


async def backtest_year(*, quick: bool) -> list[Row]:
    """A year of quarter-hours, all five ways: with given forecasts, and with forecasts learned from the past."""
    days = 60 if quick else 365
    year = Weeks("a year", date(2025, 1, 1), 0.8, 0.2, 4)
    rows = []
    for with_forecasts, label in ((True, "forecasts given"), (False, "forecasts learned each day")):
        quarters = series(year, 1, days, with_forecasts=with_forecasts)
        begin = time.process_time()
        run(quarters, SYSTEM, ZONE)
        taken = (time.process_time() - begin) * 365 * PER_DAY / len(quarters)
        rows.append(Row(f"a year of quarters, {label}: processor time", taken, 120, "s"))
    return rows
