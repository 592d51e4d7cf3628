from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from time import perf_counter

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.market.prices import PriceSlot
from custom_components.nattery.core.market.windows import InvalidWindowError, NoWindowError, NoWindowReason, find_window

START = datetime(2026, 10, 24, 22, tzinfo=UTC)
MINUTE, QUARTER, HOUR = timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1)


def row(*prices, start=START, length=QUARTER):
    """Return consecutive slots; None is a gap."""
    edges = [start + index * length for index in range(len(prices) + 1)]
    return [PriceSlot(a, b, price) for (a, b), price in zip(pairwise(edges), prices, strict=True) if price is not None]


def at(minutes):
    return START + minutes * MINUTE


def spans(window):
    return [((a - START) / MINUTE, (b - START) / MINUTE) for a, b in window.blocks]


def test_the_cheapest_and_the_most_expensive_hour() -> None:
    slots = row(5, 4, 3, 1, 1, 1, 1, 9, 9, 9, 9, 2)
    assert spans(find_window(slots, HOUR)) == [(45, 105)]
    assert find_window(slots, HOUR).mean == 1
    assert spans(find_window(slots, HOUR, most_expensive=True)) == [(105, 165)]
    assert find_window(slots, HOUR, most_expensive=True).mean == 9


def test_the_earliest_of_equals_wins() -> None:
    assert spans(find_window(row(*[0.1] * 96), HOUR)) == [(0, 60)]
    assert spans(find_window(row(0.3, 0.1, 0.2, 0.3, 0.2, 0.1), 2 * QUARTER)) == [(15, 45)]


def test_a_window_may_begin_inside_a_slot() -> None:
    window = find_window(row(5, 1, 1, 5), timedelta(minutes=40))
    assert spans(window) == [(5, 45)]
    assert window.mean == pytest.approx((10 * 5 + 30 * 1) / 40)


def test_earliest_and_latest_limit_the_window() -> None:
    window = find_window(row(1, 1, 5, 5, 1), QUARTER, earliest=at(7), latest=at(60))
    assert spans(window) == [(7, 22)]
    assert spans(find_window(row(5, 5, 5, 5, 1, 1), QUARTER, earliest=at(20), latest=at(65))) == [(50, 65)]


def test_a_split_window_takes_the_best_blocks() -> None:
    slots = row(1, 9, 1, 9, 1, 9, 1, 9)
    assert spans(find_window(slots, HOUR, split=True)) == [(0, 15), (30, 45), (60, 75), (90, 105)]
    assert spans(find_window(slots, HOUR, split=True, most_expensive=True)) == [
        (15, 30),
        (45, 60),
        (75, 90),
        (105, 120),
    ]


def test_min_block_is_kept_and_blocks_are_few() -> None:
    slots = row(1, 9, 1, 9, 1, 9, 3, 3, 3, 3)
    assert spans(find_window(slots, HOUR, split=True, min_block=2 * QUARTER)) == [(90, 150)]
    assert spans(find_window(row(*[2] * 20), HOUR, split=True)) == [(0, 60)]


def test_no_window_across_a_gap() -> None:
    slots = row(1, 1, None, 1, 1)
    with pytest.raises(NoWindowError, match="45 min in one piece are not known") as error:
        find_window(slots, 3 * QUARTER)
    assert error.value.reason is NoWindowReason.GAPS
    assert error.value.gaps == ((at(30), at(45)),)
    assert spans(find_window(slots, 3 * QUARTER, split=True)) == [(0, 30), (45, 60)]
    with pytest.raises(NoWindowError, match="50 min in pieces of 26 min are not known"):
        find_window(slots, timedelta(minutes=50), split=True, min_block=timedelta(minutes=26), latest=at(65))


def test_a_window_reports_unknown_prices() -> None:
    window = find_window(row(1, 1, None, 1), QUARTER, latest=at(120))
    assert window.gaps == ((at(30), at(45)), (at(60), at(120)))
    assert not find_window(row(1, 1), QUARTER).gaps


def test_reasons_without_a_window() -> None:
    with pytest.raises(NoWindowError) as error:
        find_window([], HOUR)
    assert error.value.reason is NoWindowReason.NO_PRICES
    with pytest.raises(NoWindowError, match="No prices are known between") as error:
        find_window(row(1, 1), HOUR, earliest=at(600), latest=at(900))
    assert error.value.gaps == ((at(600), at(900)),)
    with pytest.raises(NoWindowError, match="60 min do not fit between 2026-10-24 22:00 UTC and 2026-10-24 22:30") as e:
        find_window(row(1, 1), HOUR)
    assert e.value.reason is NoWindowReason.TOO_SHORT


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"duration": timedelta(0)}, "duration"),
        ({"duration": HOUR, "min_block": QUARTER}, "only allowed for a window that may be split"),
        ({"duration": HOUR, "min_block": 2 * HOUR, "split": True}, "up to the duration"),
        ({"duration": timedelta(seconds=90), "split": True}, "whole minutes"),
        ({"duration": HOUR, "earliest": datetime(2026, 1, 1)}, "time zone"),
    ],
)
def test_invalid_arguments_are_explained(arguments, text) -> None:
    with pytest.raises(InvalidWindowError, match=text):
        find_window(row(1, 1, 1, 1), **arguments)


def test_a_split_window_may_begin_inside_a_slot() -> None:
    slots = row(1, 9, 9, 9)
    assert spans(find_window(slots, QUARTER, split=True, min_block=QUARTER, earliest=at(4))) == [(5, 20)]


def test_overlapping_prices_are_rejected() -> None:
    with pytest.raises(InvalidWindowError, match="two hold at 2026-10-24 22:15 UTC"):
        find_window([*row(1, 1), PriceSlot(at(15), at(75), 2)], QUARTER)


def test_a_split_window_may_start_between_slots() -> None:
    window = find_window(row(1, 1, 1, 1), 3 * QUARTER, split=True, earliest=at(7), latest=at(53))
    assert spans(window) == [(7, 52)]


prices = st.lists(st.one_of(st.none(), st.integers(-4, 4).map(lambda n: n / 10)), min_size=1, max_size=9)
step = 5  # minutes


def brute_force_cost(slots, duration, first, last, min_steps):
    """Return the minimum cost of `duration` steps in blocks of at least `min_steps`, in price x steps, or None.

    Tries every combination of steps of five minutes. A `min_steps` of `duration` means one contiguous block.
    """
    price = {}
    for slot in slots:
        for minute in range(int((slot.start - START) / MINUTE), int((slot.end - START) / MINUTE), step):
            price[minute] = round(slot.price * 10)
    steps = range(first, last, step)

    @cache
    def best(index, remaining, block_steps):
        """`block_steps` is 0 outside a block, else the number of its steps, up to `min_steps`."""
        if remaining == 0 and block_steps in (0, min_steps):
            return 0
        if index == len(steps) or remaining < 0:
            return None
        candidates = []
        if steps[index] in price:
            remaining_cost = best(index + 1, remaining - 1, min(block_steps + 1, min_steps))
            candidates += [] if remaining_cost is None else [remaining_cost + price[steps[index]]]
        if block_steps in (0, min_steps):
            remaining_cost = best(index + 1, remaining, 0)
            candidates += [] if remaining_cost is None else [remaining_cost]
        return min(candidates, default=None)

    return best(0, duration, 0)


@settings(max_examples=400, deadline=None)
@given(
    prices,
    st.sampled_from([15, 30, 60]),
    st.integers(1, 20),
    st.tuples(st.integers(0, 30), st.integers(0, 30)),
    st.booleans(),
    st.data(),
)
def test_nothing_is_better_than_the_window_found(values, length, duration, margins, most_expensive, data) -> None:
    slots = row(*values, length=length * MINUTE)
    split = data.draw(st.booleans())
    min_steps = data.draw(st.integers(1, duration)) if split else duration
    first, last = margins[0] * step, len(values) * length - margins[1] * step
    if first >= last:
        return
    sign = -1 if most_expensive else 1
    signed = [PriceSlot(slot.start, slot.end, sign * slot.price) for slot in slots]
    expected = brute_force_cost(signed, duration, first, last, min_steps)
    arguments = {"split": True, "min_block": min_steps * step * MINUTE} if split else {}
    try:
        window = find_window(
            slots,
            duration * step * MINUTE,
            earliest=at(first),
            latest=at(last),
            most_expensive=most_expensive,
            **arguments,
        )
    except NoWindowError:
        assert expected is None
        return
    assert expected is not None
    assert window.mean * sign * 10 == pytest.approx(expected / duration)
    lengths = [(end - start) / MINUTE for start, end in window.blocks]
    assert sum(lengths) == duration * step
    assert min(lengths) >= min_steps * step
    assert window.start >= at(first)
    assert window.end <= at(last)
    assert all(a[1] < b[0] for a, b in pairwise(window.blocks))


def test_search_time() -> None:
    slots = row(*[((37 * index) % 101) / 1000 for index in range(200)])
    started = perf_counter()
    find_window(slots, timedelta(hours=3, minutes=20))
    contiguous = perf_counter() - started
    started = perf_counter()
    find_window(slots, 8 * HOUR, split=True, min_block=2 * QUARTER)
    split = perf_counter() - started
    assert contiguous < 0.1
    assert split < 0.5
