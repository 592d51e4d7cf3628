from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.market.prices import PriceSlot
from custom_components.nattery.core.market.statistics import PriceLevel, level, percentile, rank, statistics

START, QUARTER = datetime(2026, 11, 10, 23, tzinfo=UTC), timedelta(minutes=15)


def row(prices, length=QUARTER):
    return [PriceSlot(START + n * length, START + (n + 1) * length, price) for n, price in enumerate(prices)]


def test_lowest_mean_and_highest() -> None:
    result = statistics(row([0.2, -0.1, 0.4, -0.1, 0.4]))
    assert (result.lowest, result.mean, result.highest, result.spread) == (-0.1, 0.16, 0.4, 0.5)
    assert (result.lowest_at, result.highest_at) == (START + QUARTER, START + 2 * QUARTER)
    assert statistics([]) is None


def test_the_mean_is_over_time() -> None:
    slots = [PriceSlot(START, START + 4 * QUARTER, 0.1), PriceSlot(START + 4 * QUARTER, START + 5 * QUARTER, 0.6)]
    assert statistics(slots).mean == 0.2


def test_rank_percentile_and_level() -> None:
    slots = row([n / 100 for n in range(20)])
    assert [rank(slot.price, slots) for slot in slots] == list(range(1, 21))
    assert [percentile(slot.price, slots) for slot in slots] == [2.5 + 5 * n for n in range(20)]
    levels = [level(slot.price, slots) for slot in slots]
    assert [levels.count(price_level) for price_level in PriceLevel] == [2, 4, 8, 4, 2]
    assert levels == sorted(levels, key=list(PriceLevel).index)


def test_a_price_on_the_threshold_has_the_higher_level() -> None:
    slots = row([0.1, 0.2, 0.3, 0.4, 0.5])
    assert [percentile(slot.price, slots) for slot in slots] == [10, 30, 50, 70, 90]
    assert [level(slot.price, slots).value for slot in slots] == [
        "cheap",
        "normal",
        "normal",
        "expensive",
        "very_expensive",
    ]


@pytest.mark.parametrize("prices", [[0.1] * 24, [0.1, 0.101], [0.0] * 24, [0.00001, 0.0], []])
def test_prices_that_hardly_differ_are_normal(prices) -> None:
    slots = row(prices)
    assert {level(price, slots) for price in [*prices, 0.1]} == {PriceLevel.NORMAL}
    assert percentile(0.1, row([0.1] * 24)) == 50


def test_negative_prices_have_levels_too() -> None:
    assert level(-0.5, row([-0.5, *[-0.1] * 18, 0.1])) is PriceLevel.VERY_CHEAP


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=100))
def test_the_cheapest_ranks_first_and_all_values_stay_in_range(values) -> None:
    slots = row([value / 100 for value in values])
    result = statistics(slots)
    assert rank(result.lowest, slots) == 1
    assert result.lowest <= result.mean <= result.highest or result.mean == pytest.approx(result.lowest)
    assert all(0 < percentile(slot.price, slots) < 100 for slot in slots)
    ordered = sorted(slots, key=lambda slot: slot.price)
    assert [percentile(s.price, slots) for s in ordered] == sorted(percentile(s.price, slots) for s in slots)
