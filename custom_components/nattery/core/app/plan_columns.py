"""The slots of a plan as columns of plain JSON, with the prices and forecasts that it was made from."""

from collections.abc import Callable, Sequence
from typing import Any

from ..forecast.forecast import Forecast
from ..forecast.quantiles import weighted_quantiles
from ..forecast.quarters import quarter
from ..planner.plan import Plan, PlannedSlot
from ..planner.problem import Problem
from .interval_prices import PricedInterval

type Column = list[Any]

_POWER_DIGITS = 3
_MONEY_DIGITS = 5
_SOC_DIGITS = 4


def plan_columns(
    plan: Plan, problem: Problem, intervals: Sequence[PricedInterval], forecast: Forecast
) -> dict[str, Column]:
    """Return one value per slot of the plan in each column; a column of which nothing is known is left out.

    Starts and ends are unix seconds, powers kW, prices per kWh, the state of charge 0 to 1. The forecast covers the
    intervals, of which the problem may leave out the first one.
    """
    numbers = [quarter(slot.start) for slot in plan]
    of_problem, of_intervals = quarter(problem.start), quarter(intervals[0].start)
    columns = {name: [value(slot) for slot in plan] for name, value in _OF_SLOT.items()}
    columns["saving"] = [round(saving, _MONEY_DIGITS) for saving in plan.savings]

    def add(name: str, values: Sequence[float | None], first: int, digits: int = _POWER_DIGITS) -> None:
        column = [values[number - first] for number in numbers]
        columns[name] = [None if value is None else round(value, digits) for value in column]

    add("load_kw", problem.load_kw, of_problem)
    add("pv_kw", problem.pv_kw, of_problem)
    if problem.outcomes:
        for name, powers, expected in (
            ("load", [outcome.load_kw for outcome in problem.outcomes], problem.load_kw),
            ("pv", [outcome.pv_kw for outcome in problem.outcomes], problem.pv_kw),
        ):
            low, high = _range(powers, [outcome.weight for outcome in problem.outcomes], expected)
            add(f"{name}_p10_kw", low, of_problem)
            add(f"{name}_p90_kw", high, of_problem)
    else:
        add("load_p90_kw", forecast.load_p90_kw, of_intervals)
        add("pv_p10_kw", forecast.pv_p10_kw, of_intervals)
        add("pv_p90_kw", forecast.pv_p90_kw, of_intervals)
    add("import_price", problem.import_price, of_problem, _MONEY_DIGITS)
    add("export_price", problem.export_price, of_problem, _MONEY_DIGITS)
    add("spot_price", [interval.spot_price for interval in intervals], of_intervals, _MONEY_DIGITS)
    return {name: column for name, column in columns.items() if any(value is not None for value in column)}


def _rounded(value: Callable[[PlannedSlot], float], digits: int) -> Callable[[PlannedSlot], float]:
    return lambda slot: round(value(slot), digits)


_OF_SLOT: dict[str, Callable[[PlannedSlot], Any]] = {
    "start": lambda slot: int(slot.start.timestamp()),
    "end": lambda slot: int(slot.end.timestamp()),
    "action": lambda slot: slot.action.value,
    "charge_kw": _rounded(lambda slot: slot.charge_kw, _POWER_DIGITS),
    "discharge_kw": _rounded(lambda slot: slot.discharge_kw, _POWER_DIGITS),
    "grid_kw": _rounded(lambda slot: slot.grid_kw, _POWER_DIGITS),
    "curtail_kw": _rounded(lambda slot: slot.curtail_kw, _POWER_DIGITS),
    "soc_end": _rounded(lambda slot: slot.soc_end, _SOC_DIGITS),
    "marginal_value": _rounded(lambda slot: slot.marginal_value, _MONEY_DIGITS),
    "cost": _rounded(lambda slot: slot.cost, _MONEY_DIGITS),
    "reason": lambda slot: slot.reason.to_dict(),
}


def _range(
    powers: Sequence[Sequence[float]], weights: Sequence[float], expected_kw: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Return P10 and P90 over the outcomes in each slot, widened where the expected power lies outside."""
    low, high = [], []
    for values, expected in zip(zip(*powers, strict=True), expected_kw, strict=True):
        pairs = sorted(zip(values, weights, strict=True))
        quantiles = weighted_quantiles([value for value, _ in pairs], [weight for _, weight in pairs])
        low.append(min(quantiles.p10, expected) if quantiles else expected)
        high.append(max(quantiles.p90, expected) if quantiles else expected)
    return low, high
