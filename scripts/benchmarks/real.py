"""The planner over recorded homes with real prices: CSV series and a battery.json in a folder beside the project."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
import time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.backtest.backtest import run
from custom_components.nattery.core.backtest.forecasts import LearnedForecasts, SeriesPast, epochs
from custom_components.nattery.core.backtest.planners import OutcomePlanner, epoch_problem
from custom_components.nattery.core.backtest.system import read_system
from custom_components.nattery.core.backtest.time_series import TimeSeries, series_from_csv
from custom_components.nattery.core.forecast.quarters import PER_DAY, moment
from custom_components.nattery.core.planner.dynamic import solve_backward
from custom_components.nattery.core.planner.flows import (
    SELF_CONSUME,
    Dispatch,
    SlotInputs,
    simulate_slot,
    slot_money,
)
from custom_components.nattery.core.planner.problem import Problem
from custom_components.nattery.core.planner.terminal_value import terminal_value
from custom_components.nattery.core.planning.caution import PlanningAccount

from .rows import Row

TARGETS = {  # captured share of the perfect forecast's savings, percent
    "fr-spring": 70.0, "fr-summer": 46.0, "fr-autumn": 70.0, "fr-winter": 77.0, "fr-fit": 93.0, "si-winter": 97.5,
}  # fmt: skip
MOST_LOST = 0.5  # percent by which a month may cost more than with plain self-consumption
CAUSES = 3  # that are printed


class Loop(NamedTuple):
    """The closed loop over a series: its regret by cause, the worst month, and the errors of its forecasts.

    Regret is what the perfect value function says that a decision cost, in the currency. `worst_month` is the most by
    which a month costs more than with self-consumption, in percent. Errors are sums of absolute errors of the day-ahead
    forecast over the sum of what came, in percent.
    """

    regret: dict[str, float]
    worst_month: float
    load_error: float
    pv_error: float


def _name(dispatch: Dispatch) -> str:
    kind = dispatch.kind.value.replace("_", "-")
    return "sell the surplus" if dispatch.kind is ActionKind.HOLD and dispatch.sell_surplus else kind


def closed_loop(series: TimeSeries, system: Problem, zone: ZoneInfo) -> Loop:
    """Run the closed loop, and judge each decision by what really came."""
    past = SeriesPast(series, zone)
    forecasts = LearnedForecasts(past)
    stored = plain_stored = system.battery.stored_start
    regret: dict[str, float] = defaultdict(float)
    months: dict[tuple[int, int], list[float]] = {}
    missed = [0.0, 0.0]
    wear, value = system.battery.wear_per_kwh, 0.0
    for epoch in epochs(series, zone):
        problem = epoch_problem(system, past, epoch, forecasts.issued(epoch), stored)
        planner = OutcomePlanner(problem, forecasts, epoch.begin, PlanningAccount())
        real = series.pv_kw[epoch.begin : epoch.horizon], series.load_kw[epoch.begin : epoch.horizon]
        certain = epoch_problem(system, past, epoch, real, stored)
        value = terminal_value(certain).mean_price
        perfect = solve_backward(certain, terminal_value(certain))
        for slot, index in enumerate(range(epoch.begin, epoch.end)):
            if slot:
                planner.revise(slot, forecasts.outcomes(index, forecasts.revised(index)))
            dispatch = planner.dispatch(slot, stored, forecasts.present_outcomes(index), 0.0)
            inputs = SlotInputs(
                series.pv_kw[index], series.load_kw[index], series.hours[index], series.import_price[index],
                series.export_price[index],
            )  # fmt: skip
            best = perfect.step(slot, stored).dispatch
            lost = perfect.cost_from(slot, stored, dispatch) - perfect.cost_from(slot, stored, best)
            regret[f"{_name(dispatch)} done, {_name(best)} best"] += lost
            flows = simulate_slot(dispatch, planner.bounds, stored, inputs)
            plain = simulate_slot(SELF_CONSUME, planner.bounds, plain_stored, inputs)
            at = moment(series.numbers[index]).astimezone(zone)
            costs = months.setdefault((at.year, at.month), [0.0, 0.0])
            costs[0] += slot_money(flows, inputs, wear).total - value * (flows.stored_kwh - stored)
            costs[1] += slot_money(plain, inputs, wear).total - value * (plain.stored_kwh - plain_stored)
            stored, plain_stored = flows.stored_kwh, plain.stored_kwh
            pv, load = forecasts.issued_powers(index)
            missed[0] += abs(pv - series.pv_kw[index])
            missed[1] += abs(load - series.load_kw[index])
    worst = max(100 * (loop - plain) / max(abs(plain), 1.0) for loop, plain in months.values())
    totals = sum(series.pv_kw), sum(series.load_kw)
    errors = [100 * error / total if total else 0.0 for error, total in zip(missed, totals, strict=True)]
    return Loop(regret, worst, errors[1], errors[0])


def real_homes(folder: Path, zone: ZoneInfo) -> Iterator[Row]:
    """Yield the numbers of each series of a folder; the battery is that of its battery.json."""
    system = read_system((folder / "battery.json").read_bytes())
    shares = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8") as lines:
            series = series_from_csv(lines)
        begin = time.process_time()
        result = run(series, system, zone)
        taken = time.process_time() - begin
        costs = result.costs
        ways = ", ".join(f"{name} {cost:.2f}" for name, cost in costs.items()).replace("_", " ")
        captured = 100 * (result.captured or 0.0)
        shares.append(captured)
        target = TARGETS.get(path.stem)
        yield Row(f"{path.stem}: {ways} EUR", captured, None, "%")
        if target is not None:
            yield Row(f"{path.stem}: missed of the perfect forecast's savings", 100 - captured, 100 - target, "%")
        loop = closed_loop(series, system, zone)
        yield Row(f"{path.stem}: most that a month costs more than self-consumption", loop.worst_month, MOST_LOST, "%")
        yield Row(f"{path.stem}: error of the load forecast by quarter-hour", loop.load_error, None, "%")
        if loop.pv_error:
            yield Row(f"{path.stem}: error of the PV forecast by quarter-hour", loop.pv_error, None, "%")
        whole = sum(loop.regret.values()) or 1.0
        for cause, lost in sorted(loop.regret.items(), key=lambda item: -item[1])[:CAUSES]:
            yield Row(f"{path.stem}: regret: {cause}", 100 * lost / whole, None, "%")
        yield Row(f"{path.stem}: a year of backtest", taken * 365 * PER_DAY / len(series), 120, "s")
    yield Row("captured, mean of all series", sum(shares) / max(len(shares), 1), None, "%")
