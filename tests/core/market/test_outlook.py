"""What is known of prices at a moment, and until when that is so."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.market.book import Freshness
from custom_components.nattery.core.market.pricer import Pricer
from custom_components.nattery.core.market.prices import PriceSlot, resampled
from custom_components.nattery.core.market.snapshot import next_quarter, outlook
from custom_components.nattery.core.market.statistics import PriceLevel
from custom_components.nattery.core.market.tariff import PriceKind, Rate, Tariff, TariffError

from .days import AUTUMN, DAY, HOUR, PLAIN, SPRING, local, new_book, prices_of

QUARTER = timedelta(minutes=15)
TARIFF = Tariff(Rate(fee=0.1, vat_percent=20), Rate(factor=0.9))


def seen_at(now, *series, tariff=TARIFF, hooks=None):
    return outlook(Pricer(new_book(*series), tariff, hooks), now)


def test_now_and_next_by_kind() -> None:
    now = local(PLAIN, 10, 7)
    seen = seen_at(now, prices_of(PLAIN, days=2))
    spot = seen.current[PriceKind.SPOT]
    assert spot.start == local(PLAIN, 10)
    assert seen.current[PriceKind.IMPORT].price == pytest.approx((spot.price + 0.1) * 1.2)
    assert seen.current[PriceKind.EXPORT].price == pytest.approx(spot.price * 0.9)
    assert {slot.start for slot in seen.following.values()} == {local(PLAIN, 10, 15)}
    assert seen.next_edge == local(PLAIN, 10, 15)
    assert (seen.freshness, seen.known_until) == (Freshness.FRESH, local(PLAIN + 2 * DAY, 0))


def test_an_edge_belongs_to_the_slot_that_begins() -> None:
    seen = seen_at(local(PLAIN, 10, 15), prices_of(PLAIN))
    assert seen.current[PriceKind.SPOT].start == local(PLAIN, 10, 15)


def test_the_last_slot_of_today_is_followed_by_the_first_of_tomorrow() -> None:
    seen = seen_at(local(PLAIN, 23, 50), prices_of(PLAIN, days=2))
    assert seen.following[PriceKind.IMPORT].start == local(PLAIN + DAY, 0)
    assert seen_at(local(PLAIN, 23, 50), prices_of(PLAIN)).following == {}


def test_nothing_is_known() -> None:
    seen = seen_at(local(PLAIN, 10, 7))
    assert (seen.current, seen.following, seen.cheap, seen.dear) == ({}, {}, (), ())
    assert (seen.level, seen.rank, seen.percentile, seen.known_until) == (None, None, None, None)
    assert (seen.freshness, seen.currency) == (Freshness.NONE, "")
    assert seen.next_edge == local(PLAIN, 10, 15)
    assert seen.today.statistics is None


def test_a_gap_is_no_price_and_ends_at_the_next_quarter() -> None:
    seen = seen_at(local(PLAIN, 10, 7), prices_of(PLAIN, drop={40, 41}))
    assert seen.current == {}
    assert seen.next_edge == local(PLAIN, 10, 15)
    assert seen_at(local(PLAIN, 9, 50), prices_of(PLAIN, drop={40, 41})).following == {}


@pytest.mark.parametrize(("day", "quarters"), [(SPRING, 92), (AUTUMN, 100), (PLAIN, 96)])
def test_days_of_the_changing_clock(day, quarters) -> None:
    seen = seen_at(local(day, 12), prices_of(day, days=2))
    assert len(seen.today.slots[PriceKind.IMPORT]) == len(seen.today.levels) == quarters
    assert seen.today.statistics.lowest <= seen.current[PriceKind.IMPORT].price <= seen.today.statistics.highest


def test_stretches_hold_every_slot_of_their_levels_and_no_other() -> None:
    seen = seen_at(local(PLAIN, 10), prices_of(PLAIN, days=2))
    graded = list(
        zip(
            seen.today.slots[PriceKind.IMPORT] + seen.tomorrow.slots[PriceKind.IMPORT],
            seen.today.levels + seen.tomorrow.levels,
            strict=True,
        )
    )
    for slot, level in graded:
        assert any(slot.start in one for one in seen.cheap) == (level in (PriceLevel.CHEAP, PriceLevel.VERY_CHEAP))
        assert any(slot.start in one for one in seen.dear) == (
            level in (PriceLevel.EXPENSIVE, PriceLevel.VERY_EXPENSIVE)
        )
    assert all(a.end < b.start for a, b in zip(seen.cheap, seen.cheap[1:], strict=False))
    first = seen.cheap[0]
    inside = [slot.price for slot, _ in graded if slot.start in first]
    assert first.mean == pytest.approx(sum(inside) / len(inside))


def test_a_stretch_ends_at_a_gap() -> None:
    flat = prices_of(PLAIN)
    slots = tuple(
        PriceSlot(slot.start, slot.end, 0.01 if index < 8 else 0.5)
        for index, slot in enumerate(flat.slots)
        if index != 4
    )
    seen = seen_at(local(PLAIN, 10), replace(flat, slots=slots))
    assert [(one.start, one.end) for one in seen.cheap] == [
        (local(PLAIN, 0), local(PLAIN, 1)),
        (local(PLAIN, 1, 15), local(PLAIN, 2)),
    ]


def test_a_day_is_priced_once_until_the_book_says_otherwise() -> None:
    book = new_book(prices_of(PLAIN))
    asked = []

    def hook(start, spot):
        asked.append(start)
        return spot

    pricer = Pricer(book, Tariff(Rate(template="{{ spot }}")), {PriceKind.IMPORT: hook})
    assert pricer.day(PLAIN) is pricer.day(PLAIN)
    assert len(asked) == 96
    book.add(prices_of(PLAIN, shift=0.01))
    pricer.day(PLAIN)
    assert len(asked) == 192


def test_a_template_that_fails_gives_no_outlook() -> None:
    with pytest.raises(TariffError):
        seen_at(
            local(PLAIN, 10),
            prices_of(PLAIN),
            tariff=Tariff(Rate(template="{{ nonsense }}")),
            hooks={PriceKind.IMPORT: lambda _start, _spot: float("nan")},
        )


def test_the_next_quarter() -> None:
    assert next_quarter(local(PLAIN, 10)) == local(PLAIN, 10, 15)
    assert next_quarter(local(PLAIN, 10, 59)) == local(PLAIN, 11)


def test_hours_from_quarters_and_quarters_from_hours() -> None:
    quarters = prices_of(PLAIN).slots
    hours = resampled(quarters, HOUR)
    assert len(hours) == 24
    assert hours[5].price == pytest.approx(sum(slot.price for slot in quarters[20:24]) / 4)
    again = resampled(hours, QUARTER)
    assert len(again) == 96
    assert {slot.price for slot in again[20:24]} == {hours[5].price}
    assert len(resampled(quarters[1:], HOUR)) == 23


@given(st.sets(st.integers(0, 95)), st.sampled_from([15, 30, 60]))
def test_what_is_not_known_in_full_is_left_out(dropped, minutes) -> None:
    length = timedelta(minutes=minutes)
    slots = prices_of(PLAIN, drop=dropped).slots
    found = resampled(slots, length)
    per = minutes // 15
    assert len(found) == sum(not dropped & set(range(n, n + per)) for n in range(0, 96, per))
    assert all(slot.end - slot.start == length for slot in found)
