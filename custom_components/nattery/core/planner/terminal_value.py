"""What energy that is still stored at the end of the horizon is worth."""

from dataclasses import replace
from datetime import timedelta

from .dynamic import solve_backward
from .problem import Problem

DAY = timedelta(days=1)


def terminal_value(problem: Problem) -> float:
    """The worth of one stored kWh at the end, never below zero.

    The problem's own where it is given. Otherwise the days after are taken to be like the last day of the horizon, and
    planned: the worth is what the lower half of the battery's energy would save in them, per kWh.
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
    worth = 0.0
    for _ in range(2):  # the day after, and the one after that
        ahead = solve_backward(day, worth).curves[0]
        worth = max((ahead.at(low) - ahead.at(half)) / (half - low), 0.0)
    return worth
