"""The planner in closed loop over made-up weeks: what it gets of a perfect forecast's gain, and how long it takes."""

from dataclasses import replace
from datetime import date
import statistics
import time

from custom_components.nattery.core.backtest.backtest import BacktestResult, run
from custom_components.nattery.core.forecast.quarters import PER_DAY

from .rows import Row
from .weeks import PROBLEM, WEEKS, ZONE, Weeks, series

HOUSE = replace(PROBLEM, terminal_value_per_kwh=None)
SEEDS = 4
LEARNING = 49  # days, for which the house has no history to begin with


def _lost(result: BacktestResult, name: str) -> float:
    """What a way leaves of the perfect forecast's gain over self-consumption, per cent."""
    costs = result.costs
    gain = costs["self_consumption"] - costs["perfect_forecast"]
    return 100 * (costs[name] - costs["perfect_forecast"]) / gain


async def closed_loop(*, quick: bool) -> list[Row]:
    """What is lost of a perfect forecast's gain over self-consumption: seasons and houses, three weeks, four times."""
    rows, lost, daily, learned, calm = [], [], [], [], []
    for number, weeks in enumerate(WEEKS):
        seeds = range(SEEDS * number, SEEDS * number + (1 if quick else SEEDS))
        results = [run(series(weeks, seed, 21), HOUSE, ZONE) for seed in seeds]
        ours = [_lost(result, "closed_loop") for result in results]
        means = (f"{name} {statistics.mean(one.costs[name] for one in results):.1f}" for name in results[0].costs)
        rows.append(Row(f"{weeks.name}: {', '.join(means)} EUR".replace("_", " "), statistics.mean(ours), None, "%"))
        lost += ours
        daily += [_lost(result, "daily_plan") for result in results]
        if not quick:
            untold = run(series(weeks, seeds[0], LEARNING, told=False), HOUSE, ZONE)
            learned.append(_lost(untold, "closed_loop"))
            calm.append(_lost(run(series(weeks, seeds[0], 21, swing=0.5), HOUSE, ZONE), "closed_loop"))
    rows += [
        Row("lost of the perfect forecast's gain: mean of all", statistics.mean(lost), 4, "%"),
        Row("the worst three weeks", max(lost), None, "%"),
        Row("planned once a day, mean of all", statistics.mean(daily), None, "%"),
    ]
    if learned:
        what = "closed loop with forecasts learned from nothing on, in seven weeks, mean"
        rows += [
            Row(what, statistics.mean(learned), None, "%"),
            Row("closed loop where prices swing half as much, mean", statistics.mean(calm), None, "%"),
        ]
    return rows


async def backtest_year(*, quick: bool) -> list[Row]:
    """A year of quarters, all five ways: with forecasts given, and with forecasts learned from what has passed."""
    days = 60 if quick else 365
    year = Weeks("a year", date(2025, 1, 1), 0.8, 0.2, 4)
    rows = []
    for told, what in ((True, "forecasts given"), (False, "forecasts learned each day")):
        quarters = series(year, 1, days, told=told)
        begin = time.perf_counter()
        run(quarters, HOUSE, ZONE)
        taken = (time.perf_counter() - begin) * 365 * PER_DAY / len(quarters)
        rows.append(Row(f"a year of quarters, {what}", taken, 60, "s"))
    return rows
