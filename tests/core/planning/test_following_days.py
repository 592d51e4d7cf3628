"""The value of the energy left at the end of a plan."""

from collections.abc import Sequence
from dataclasses import replace
import sys
from zoneinfo import ZoneInfo

import pytest

from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.quarters import PER_DAY, day_edges
from custom_components.nattery.core.planner.continuation import DayPrices, continuation_value
from custom_components.nattery.core.planner.problem import BatteryModel, Outcome, Problem, ValueCurve
from custom_components.nattery.core.planning.following_days import terminal_curve
from custom_components.nattery.core.planning.misses import Powers
from scripts.benchmarks.weeks import PROBLEM

ZONE = ZoneInfo("Europe/Berlin")
FIRST_DAY = 20_500
SYSTEM: Problem = replace(PROBLEM, terminal_value_per_kwh=None)
BATTERY: BatteryModel = PROBLEM.battery


def day(price: float, export: float = 0.05) -> DayPrices:
    return DayPrices([price] * PER_DAY, [export] * PER_DAY)


def house(load: float, pv: float = 0.0) -> Outcome:
    return Outcome(1.0, [pv] * PER_DAY, [load] * PER_DAY)


def test_energy_that_the_house_needs_saves_its_price() -> None:
    """Without sun and with one price, each kWh saves the price less losses and wear, and all of it is needed."""
    curve = continuation_value(SYSTEM, [day(0.3)], [house(2.0)])
    assert curve.mean_price == pytest.approx(0.95 * (0.3 - 0.03), rel=0.02)


def test_energy_that_nobody_needs_brings_what_a_sale_brings() -> None:
    curve = continuation_value(SYSTEM, [day(0.3, 0.1)], [house(0.1, 5.0)])
    assert curve.mean_price == pytest.approx(0.95 * (0.1 - 0.03), rel=0.05)


def test_the_first_kwh_is_worth_more_than_the_last_one() -> None:
    """Some of the nights need little: only a part of a full battery saves the price of the grid."""
    nights = [Outcome(1.0, [0.0] * 48 + [6.0] * 48, [need] * 48 + [0.0] * 48) for need in (0.1, 0.3, 0.6)]
    curve = continuation_value(SYSTEM, [day(0.3, 0.02)], nights)
    prices = [price for _, price in curve.segments]
    assert prices == sorted(prices, reverse=True)
    assert prices[0] > 0.2
    assert prices[-1] < 0.1


def test_the_value_lies_between_that_of_dear_and_of_cheap_days() -> None:
    """Above their mean, since energy can wait for a dear day."""
    cheap, dear, both = (
        continuation_value(SYSTEM, days, [house(2.0)]).mean_price
        for days in ([day(0.2)], [day(0.4)], [day(0.2), day(0.4)])
    )
    assert (cheap + dear) / 2 < both < dear


# --- the days of a home


def flat[Value](days: int, value: Value, first: int = FIRST_DAY) -> dict[int, Value]:
    return dict.fromkeys(range(day_edges(first, ZONE)[0], day_edges(first + days, ZONE)[0]), value)


def curve_of(
    price_days: int, measured_days: int, first: int = FIRST_DAY, expected_day: Sequence[Powers] = ()
) -> ValueCurve | None:
    prices = flat(price_days, (0.3, 0.05), first)
    load, pv = (PowerHistory(flat(measured_days, kw, first)) for kw in (2.0, 0.0))
    now = day_edges(first + measured_days, ZONE)[0]
    return terminal_curve(SYSTEM, prices, load, pv, ZONE, now, expected_day)


def test_a_home_without_a_past_has_its_expected_day() -> None:
    assert curve_of(0, 3) is None
    assert curve_of(1, 0) is None
    expected = curve_of(1, 0, expected_day=[Powers(0.0, 2.0)] * PER_DAY)
    measured = curve_of(1, 1)
    assert expected is not None
    assert expected == measured


@pytest.mark.parametrize("first", [FIRST_DAY, 20_539, 20_749], ids=["usual", "clocks go forward", "clocks go back"])
def test_days_have_equally_many_quarters_whatever_the_clock_does(first) -> None:
    curve = curve_of(3, 3, first)
    assert curve is not None
    assert curve.mean_price == pytest.approx(0.95 * (0.3 - 0.03), rel=0.02)


def test_without_numpy_there_is_no_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "custom_components.nattery.core.planner.continuation", None)
    assert curve_of(3, 3) is None


# --- the curve


def test_a_curve_is_the_least_that_is_nowhere_below_its_values() -> None:
    curve = ValueCurve.of_values([1.0, 2.0, 3.0, 5.0], [0.0, 0.1, 0.4, 0.5])
    assert [*curve.segments] == [pytest.approx((2.0, 0.2)), pytest.approx((2.0, 0.05))]
    assert [curve.at(kwh) for kwh in (0.0, 1.0, 2.0, 3.0, 4.0, 6.0)] == pytest.approx([-0.2, 0, 0.2, 0.4, 0.45, 0.55])
    assert curve.mean_price == pytest.approx(0.125)
    assert curve.prices(3.0) == pytest.approx((0.2, 0.05))
    assert curve.prices(0.5) == pytest.approx((0.2, 0.2))
    assert curve.prices(9.0) == pytest.approx((0.05, 0.05))


def test_a_curve_of_one_point_has_no_value() -> None:
    curve = ValueCurve.of_values([5.0, 5.0], [1.0, 1.0])
    assert (curve.at(5.0), curve.mean_price, curve.prices(5.0)) == (0.0, 0.0, (0.0, 0.0))
    assert ValueCurve.linear(replace(BATTERY, soc_min=0.5, soc_max=0.5), 0.2).mean_price == 0.2
