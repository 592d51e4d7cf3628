"""Bad forecasts, sensors, prices and batteries: a plan all the same, and nothing worse than self-consumption."""

from dataclasses import replace

import pytest

from custom_components.nattery.core.backtest.backtest import run
from custom_components.nattery.core.backtest.time_series import TimeSeries
from scripts.benchmarks.weeks import PROBLEM, WEEKS, ZONE, series

SYSTEM = replace(PROBLEM, terminal_value_per_kwh=None)
APRIL = WEEKS[2]
DAYS, DAY = 21, 96


def given() -> TimeSeries:
    return series(APRIL, 5, DAYS)


def factor_of_three() -> TimeSeries:
    days = given()
    return replace(days, pv_forecast_kw=[3 * kw for kw in days.pv_forecast_kw or ()])


def an_hour_late() -> TimeSeries:
    days = given()
    forecast = days.pv_forecast_kw or ()
    return replace(days, pv_forecast_kw=[*forecast[:4], *forecast[:-4]])


def silent() -> TimeSeries:
    days = given()
    return replace(days, pv_forecast_kw=[0.0] * len(days))


def a_stuck_sensor() -> TimeSeries:
    """The load's sensor shows the same value for a day, which the home learns from."""
    days = series(APRIL, 5, DAYS, with_forecasts=False)
    load = list(days.load_kw)
    load[10 * DAY : 11 * DAY] = [4.0] * DAY
    return replace(days, load_kw=load)


def flat_prices() -> TimeSeries:
    days = series(APRIL, 5, 7, with_forecasts=False)
    return replace(days, import_price=[0.0] * len(days), export_price=[0.0] * len(days))


def short(count: int) -> TimeSeries:
    days = series(APRIL, 5, 8, with_forecasts=False)
    columns = (getattr(days, name) for name in TimeSeries.__slots__)
    return TimeSeries(*(column and column[:count] for column in columns))


@pytest.mark.parametrize(
    "days",
    [factor_of_three, an_hour_late, silent, a_stuck_sensor, flat_prices, lambda: short(DAY), lambda: short(7 * DAY)],
    ids=["factor of three", "an hour late", "silent", "a stuck sensor", "flat prices", "one day", "a week"],
)
def test_nothing_is_worse_than_self_consumption(days) -> None:
    costs = run(days(), SYSTEM, ZONE).costs
    assert costs["closed_loop"] <= costs["self_consumption"] + 0.005 * abs(costs["self_consumption"]) + 1e-6


@pytest.mark.parametrize(("capacity", "power"), [(0.9, 5.0), (1000.0, 100.0)], ids=["0.9 kWh", "1 MWh"])
def test_no_battery_is_too_small_or_too_large(capacity, power) -> None:
    battery = replace(SYSTEM.battery, capacity_kwh=capacity, charge_kw=power, discharge_kw=power)
    costs = run(series(APRIL, 5, 7), replace(SYSTEM, battery=battery), ZONE).costs
    assert costs["closed_loop"] <= costs["self_consumption"] + 1e-6
