"""The terminal value: what energy stored at the end of the horizon is worth."""

from dataclasses import replace
from datetime import timedelta

from .dynamic import solve_backward
from .problem import Problem

DAY = timedelta(days=1)


def terminal_value(problem: Problem) -> float:
    """Return the value of one stored kWh at the end of the horizon.

    This is the problem's own terminal value, if given. Otherwise the following days are assumed to equal the last day
    of the horizon, and are optimised: the value is the saving per kWh that the lower half of the battery's energy makes
    in them. An estimate is never negative.
    """
    if problem.terminal_value_per_kwh is not None:
        return problem.terminal_value_per_kwh
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
        cost_to_go = solve_backward(day, value).cost_to_go[0]
        value = max((cost_to_go.at(low) - cost_to_go.at(half)) / (half - low), 0.0)
    return value
