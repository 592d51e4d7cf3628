"""What energy that is still stored at the end of the horizon is worth."""

from datetime import timedelta

from .problem import Problem

DAY = timedelta(days=1)
CHEAP, DEAR = 0.25, 0.75  # of a day's slots: what is charged in, and what is used in


def terminal_value(problem: Problem) -> float:
    """The worth of one stored kWh at the end, per kWh.

    The problem's own where it is given. Otherwise the day after is taken to be like the last day of the horizon: a kWh
    left over is used when import is dear (less losses and wear), and it is never worth more than storing another one
    when that is cheap: from the grid, or from a surplus which else were sold. Never below zero.
    """
    if problem.terminal_value_per_kwh is not None:
        return problem.terminal_value_per_kwh
    battery = problem.battery
    count = max(1, round(DAY / timedelta(minutes=problem.slot_minutes)))
    buy, sell = problem.import_price[-count:], problem.export_price[-count:]
    surplus = [pv > load for pv, load in zip(problem.pv_kw[-count:], problem.load_kw[-count:], strict=True)]
    prices = sorted(s if over else b for b, s, over in zip(buy, sell, surplus, strict=True))
    cheap, dear = prices[int(CHEAP * len(prices))], prices[int(DEAR * len(prices))]
    used = (dear - battery.wear_per_kwh) * battery.discharge_efficiency
    replaced = (cheap + battery.wear_per_kwh) / battery.charge_efficiency
    return max(0.0, min(used, replaced))
