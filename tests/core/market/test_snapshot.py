"""The price snapshot at one moment, the pricer's cache and resampling."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.market.book import Freshness
from custom_components.nattery.core.market.pricer import Pricer
from custom_components.nattery.core.market.prices import PriceSlot, resampled
from custom_components.nattery.core.market.snapshot import next_quarter_hour, take_snapshot
from custom_components.nattery.core.market.statistics import PriceLevel
from custom_components.nattery.core.market.tariff import PriceKind, Rate, Tariff, TariffError

from .days import AUTUMN, DAY, HOUR, PLAIN, SPRING, local, new_book, prices_of

QUARTER = timedelta(minutes=15)
TARIFF = Tariff(Rate(fee=0.1, vat_percent=20), Rate(factor=0.9))


def snapshot_at(now, *series, tariff=TARIFF, formulas=None):
    return take_snapshot(Pricer(new_book(*series), tariff, formulas), now)


def test_current_and_next_price_by_kind() -> None:
    now = local(PLAIN, 10, 7)
    snapshot = snapshot_at(now, prices_of(PLAIN, days=2))
    spot = snapshot.current[PriceKind.SPOT]
    assert spot.start == local(PLAIN, 10)
    assert snapshot.current[PriceKind.IMPORT].price == pytest.approx((spot.price + 0.1) * 1.2)
    assert snapshot.current[PriceKind.EXPORT].price == pytest.approx(spot.price * 0.9)
    assert {slot.start for slot in snapshot.following.values()} == {local(PLAIN, 10, 15)}
    assert snapshot.next_change == local(PLAIN, 10, 15)
    assert (snapshot.freshness, snapshot.known_until) == (Freshness.FRESH, local(PLAIN + 2 * DAY, 0))


def test_the_boundary_belongs_to_the_slot_that_begins() -> None:
    snapshot = snapshot_at(local(PLAIN, 10, 15), prices_of(PLAIN))
    assert snapshot.current[PriceKind.SPOT].start == local(PLAIN, 10, 15)


def test_the_last_slot_of_today_is_followed_by_the_first_of_tomorrow() -> None:
    snapshot = snapshot_at(local(PLAIN, 23, 50), prices_of(PLAIN, days=2))
    assert snapshot.following[PriceKind.IMPORT].start == local(PLAIN + DAY, 0)
    assert snapshot_at(local(PLAIN, 23, 50), prices_of(PLAIN)).following == {}


def test_no_prices_are_known() -> None:
    snapshot = snapshot_at(local(PLAIN, 10, 7))
    assert (snapshot.current, snapshot.following, snapshot.cheap, snapshot.expensive) == ({}, {}, (), ())
    assert (snapshot.level, snapshot.rank, snapshot.percentile, snapshot.known_until) == (None, None, None, None)
    assert (snapshot.freshness, snapshot.currency) == (Freshness.NONE, "")
    assert snapshot.next_change == local(PLAIN, 10, 15)
    assert snapshot.today.statistics is None


def test_in_a_gap_the_snapshot_changes_at_the_next_quarter_hour() -> None:
    snapshot = snapshot_at(local(PLAIN, 10, 7), prices_of(PLAIN, drop={40, 41}))
    assert snapshot.current == {}
    assert snapshot.next_change == local(PLAIN, 10, 15)
    assert snapshot_at(local(PLAIN, 9, 50), prices_of(PLAIN, drop={40, 41})).following == {}


@pytest.mark.parametrize(("day", "quarters"), [(SPRING, 92), (AUTUMN, 100), (PLAIN, 96)])
def test_days_with_a_clock_change(day, quarters) -> None:
    snapshot = snapshot_at(local(day, 12), prices_of(day, days=2))
    assert len(snapshot.today.slots[PriceKind.IMPORT]) == len(snapshot.today.levels) == quarters
    assert (
        snapshot.today.statistics.lowest
        <= snapshot.current[PriceKind.IMPORT].price
        <= snapshot.today.statistics.highest
    )


def test_periods_contain_exactly_the_slots_of_their_levels() -> None:
    snapshot = snapshot_at(local(PLAIN, 10), prices_of(PLAIN, days=2))
    slots_with_levels = list(
        zip(
            snapshot.today.slots[PriceKind.IMPORT] + snapshot.tomorrow.slots[PriceKind.IMPORT],
            snapshot.today.levels + snapshot.tomorrow.levels,
            strict=True,
        )
    )
    for slot, level in slots_with_levels:
        assert any(slot.start in period for period in snapshot.cheap) == (
            level in (PriceLevel.CHEAP, PriceLevel.VERY_CHEAP)
        )
        assert any(slot.start in period for period in snapshot.expensive) == (
            level in (PriceLevel.EXPENSIVE, PriceLevel.VERY_EXPENSIVE)
        )
    assert all(a.end < b.start for a, b in zip(snapshot.cheap, snapshot.cheap[1:], strict=False))
    first = snapshot.cheap[0]
    inside = [slot.price for slot, _ in slots_with_levels if slot.start in first]
    assert first.mean == pytest.approx(sum(inside) / len(inside))


def test_a_period_ends_at_a_gap() -> None:
    flat = prices_of(PLAIN)
    slots = tuple(
        PriceSlot(slot.start, slot.end, 0.01 if index < 8 else 0.5)
        for index, slot in enumerate(flat.slots)
        if index != 4
    )
    snapshot = snapshot_at(local(PLAIN, 10), replace(flat, slots=slots))
    assert [(period.start, period.end) for period in snapshot.cheap] == [
        (local(PLAIN, 0), local(PLAIN, 1)),
        (local(PLAIN, 1, 15), local(PLAIN, 2)),
    ]


def test_a_day_is_priced_once_until_the_book_changes() -> None:
    book = new_book(prices_of(PLAIN))
    evaluated = []

    def formula(start, spot):
        evaluated.append(start)
        return spot

    pricer = Pricer(book, Tariff(Rate(template="{{ spot }}")), {PriceKind.IMPORT: formula})
    assert pricer.day(PLAIN) is pricer.day(PLAIN)
    assert len(evaluated) == 96
    book.add(prices_of(PLAIN, shift=0.01))
    pricer.day(PLAIN)
    assert len(evaluated) == 192


def test_a_failing_template_gives_no_snapshot() -> None:
    with pytest.raises(TariffError):
        snapshot_at(
            local(PLAIN, 10),
            prices_of(PLAIN),
            tariff=Tariff(Rate(template="{{ nonsense }}")),
            formulas={PriceKind.IMPORT: lambda _start, _spot: float("nan")},
        )


def test_next_quarter_hour() -> None:
    assert next_quarter_hour(local(PLAIN, 10)) == local(PLAIN, 10, 15)
    assert next_quarter_hour(local(PLAIN, 10, 59)) == local(PLAIN, 11)


def test_hours_from_quarters_and_quarters_from_hours() -> None:
    quarters = prices_of(PLAIN).slots
    hours = resampled(quarters, HOUR)
    assert len(hours) == 24
    assert hours[5].price == pytest.approx(sum(slot.price for slot in quarters[20:24]) / 4)
    quarters_again = resampled(hours, QUARTER)
    assert len(quarters_again) == 96
    assert {slot.price for slot in quarters_again[20:24]} == {hours[5].price}
    assert len(resampled(quarters[1:], HOUR)) == 23


@given(st.sets(st.integers(0, 95)), st.sampled_from([15, 30, 60]))
def test_incomplete_intervals_are_left_out(dropped, minutes) -> None:
    length = timedelta(minutes=minutes)
    slots = prices_of(PLAIN, drop=dropped).slots
    resampled_slots = resampled(slots, length)
    per = minutes // 15
    assert len(resampled_slots) == sum(not dropped & set(range(n, n + per)) for n in range(0, 96, per))
    assert all(slot.end - slot.start == length for slot in resampled_slots)
