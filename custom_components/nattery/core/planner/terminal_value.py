"""The terminal value: the value of the energy stored at the end of the horizon."""

from dataclasses import replace
from datetime import timedelta

from .dynamic import solve_backward
from .problem import Problem, ValueCurve

DAY = timedelta(days=1)


def terminal_value(problem: Problem) -> ValueCurve:
    """Return the value of the energy stored at the end of the horizon: the problem's own, or an estimate."""
    if problem.terminal_curve is not None:
        return problem.terminal_curve
    price = problem.terminal_value_per_kwh
    return ValueCurve.linear(problem.battery, _estimate(problem) if price is None else price)


def _estimate(problem: Problem) -> float:
    """Return the value of a stored kWh if the following days equal the last one of the horizon, and are optimised.

    It is the saving per kWh that the lower half of the battery's energy makes in them, and never negative.
    """
    battery = problem.battery
    low, half = battery.stored_min, (battery.stored_min + battery.stored_max) / 2
    if half == low:
        return 0.0
    count = max(1, round(DAY / timedelta(minutes=problem.slot_minutes)))
    day = Problem(
        start=problem.start, battery=replace(battery, soc_start=battery.soc_min), grid=problem.grid,
        import_price=problem.import_price[-count:], export_price=problem.export_price[-count:],
        pv_kw=problem.pv_kw[-count:], load_kw=problem.load_kw[-count:], slot_minutes=problem.slot_minutes,
        pv_curtailable=problem.pv_curtailable,
    )  # fmt: skip
    value = 0.0
    for _ in range(2):  # the day after, and the one after that
        cost_to_go = solve_backward(day, ValueCurve.linear(battery, value)).cost_to_go[0]
        value = max((cost_to_go.at(low) - cost_to_go.at(half)) / (half - low), 0.0)
    return value
