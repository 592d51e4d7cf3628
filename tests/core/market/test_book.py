from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
import json
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.market import source_days
from custom_components.nattery.core.market.book import (
    BookError,
    Coverage,
    DayCoverage,
    Freshness,
    PriceBook,
    PriceChangeKind,
)
from custom_components.nattery.core.market.prices import PriceQuality, PriceSlot
from custom_components.nattery.core.market.quality import quality_reason

from .days import AUTUMN, BERLIN, DAY, HOUR, MINUTES, PLAIN, SPRING, local, new_book, prices_of


@pytest.mark.parametrize("minutes", MINUTES)
@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (PLAIN, 24), (AUTUMN, 25)])
def test_a_day_is_complete_when_slots_cover_it_exactly(day, hours, minutes) -> None:
    series = prices_of(day, minutes)
    best = new_book(series).day(day)
    assert best.complete
    assert best.quality is PriceQuality.GOOD
    assert len(best.slots) == hours * 60 // minutes
    assert best.sources == ("entsoe",)
    for drop in (0, 7, len(series) - 1):
        partly = new_book(prices_of(day, minutes, drop=(drop,))).day(day)
        assert not partly.complete
        assert partly.quality is PriceQuality.INCOMPLETE
        assert partly.reasons[0].values["missing"] == 1


def test_a_series_is_split_at_local_midnight() -> None:
    book = new_book(prices_of(AUTUMN - DAY, days=3))
    assert [len(book.day(AUTUMN + n * DAY).slots) for n in (-1, 0, 1)] == [96, 100, 96]
    assert book.slots() == prices_of(AUTUMN - DAY, days=3).slots
    assert book.slots(local(AUTUMN, 12), local(AUTUMN, 13)) == prices_of(AUTUMN).between(
        local(AUTUMN, 12), local(AUTUMN, 13)
    )
    assert book.slots(local(AUTUMN, 12, 7), local(AUTUMN, 12, 8))[0].start == local(AUTUMN, 12)
    assert book.at(local(AUTUMN, 12, 7)).start == local(AUTUMN, 12)
    assert book.at(local(AUTUMN + 3 * DAY, 12)) is None


def test_publication_of_a_day_is_reported_once() -> None:
    book = PriceBook("DE_LU", BERLIN)
    assert [(change.kind, change.day) for change in book.add(prices_of(PLAIN, days=2))] == [
        (PriceChangeKind.PUBLISHED, PLAIN),
        (PriceChangeKind.PUBLISHED, PLAIN + DAY),
    ]
    assert book.add(prices_of(PLAIN, days=2)) == ()


def test_a_revision_records_the_price_difference() -> None:
    book = new_book(prices_of(PLAIN))
    (change,) = book.add(prices_of(PLAIN, shift=0.01))
    assert (change.kind, change.day, change.source) == (PriceChangeKind.REVISED, PLAIN, "entsoe")
    assert change.mean == change.largest == pytest.approx(0.01)
    assert book.day(PLAIN).slots == prices_of(PLAIN, shift=0.01).slots
    assert book.changes[-1] == change


def test_prices_for_part_of_a_day_keep_the_rest() -> None:
    series = prices_of(PLAIN)
    book = new_book(series)
    assert book.add(replace(series, slots=series.slots[:4])) == ()
    assert book.day(PLAIN).complete
    book = new_book(replace(series, slots=series.slots[:40]))
    (change,) = book.add(replace(series, slots=series.slots[30:]))
    assert change.kind is PriceChangeKind.PUBLISHED


def test_a_change_of_resolution_never_loses_known_time() -> None:
    book = new_book(prices_of(PLAIN, 60))
    assert book.add(prices_of(PLAIN, 15, drop=range(90, 96))) == ()
    assert (book.day(PLAIN).complete, book.day(PLAIN).resolution) == (True, HOUR)
    book.add(prices_of(PLAIN, 15))
    assert (book.day(PLAIN).complete, book.day(PLAIN).resolution) == (True, HOUR / 4)


def test_entsoe_replaces_a_fallback_source_and_records_the_difference() -> None:
    book = new_book(prices_of(PLAIN, 60, source="energy_charts", shift=0.002))
    assert book.day(PLAIN).quality is PriceQuality.FALLBACK
    assert book.coverage(local(PLAIN, 12)).today is DayCoverage.PROVISIONAL
    (change,) = book.add(prices_of(PLAIN))
    expected = source_days.price_difference(prices_of(PLAIN), prices_of(PLAIN, 60, source="x", shift=0.002))
    assert (change.kind, change.previous) == (PriceChangeKind.REPLACED, "energy_charts")
    assert (change.mean, change.largest) == (expected.mean, expected.largest)
    assert change.largest > 0
    assert book.day(PLAIN).sources == ("entsoe",)
    assert book.day(PLAIN).quality is PriceQuality.GOOD
    assert book.coverage(local(PLAIN, 12)).today is DayCoverage.FINAL


def test_a_fallback_source_never_replaces_entsoe() -> None:
    book = new_book(prices_of(PLAIN))
    assert book.add(prices_of(PLAIN, source="nord_pool", shift=1)) == ()
    assert book.day(PLAIN).slots == prices_of(PLAIN).slots


def test_fallback_sources_are_ranked() -> None:
    book = new_book(prices_of(PLAIN, source="sensor.spot", shift=0.001), prices_of(PLAIN, source="nord_pool"))
    assert book.day(PLAIN).sources == ("nord_pool",)
    book.add(prices_of(PLAIN, source="energy_charts", shift=0.002))
    assert book.day(PLAIN).sources == ("energy_charts",)


def test_part_of_a_day_from_entsoe_does_not_replace_a_complete_day() -> None:
    book = new_book(prices_of(PLAIN, source="energy_charts", shift=0.001), prices_of(PLAIN, drop=range(90, 96)))
    assert book.day(PLAIN).sources == ("energy_charts",)
    assert book.day(PLAIN).complete


def test_a_day_mixed_from_two_sources_has_the_lower_quality() -> None:
    morning, evening = range(48), range(48, 96)
    book = new_book(prices_of(PLAIN, drop=evening), prices_of(PLAIN, source="energy_charts", drop=morning))
    known = book.day(PLAIN)
    assert (known.complete, known.sources) == (True, ("entsoe", "energy_charts"))
    assert known.quality is PriceQuality.FALLBACK
    assert known.reasons == (quality_reason("mixed", sources=("entsoe", "energy_charts")),)
    book = new_book(prices_of(PLAIN, drop=evening), prices_of(PLAIN, 60, source="energy_charts", drop=range(12)))
    assert (book.day(PLAIN).complete, book.day(PLAIN).quality) == (True, PriceQuality.SUSPECT)
    assert book.coverage(local(PLAIN, 12)).today is DayCoverage.PROVISIONAL


def test_suspect_days_have_reasons_and_count_as_provisional() -> None:
    flat = prices_of(PLAIN)
    flat = replace(flat, slots=tuple(replace(slot, price=0.0) for slot in flat))
    book = new_book(flat)
    assert book.day(PLAIN).quality is PriceQuality.SUSPECT
    assert book.day(PLAIN).reasons
    assert book.coverage(local(PLAIN, 12)) == Coverage(DayCoverage.PROVISIONAL, DayCoverage.MISSING)


def test_a_day_copied_from_the_one_before_is_suspect() -> None:
    series = prices_of(PLAIN)
    copy = replace(series, slots=tuple(PriceSlot(s.start + DAY, s.end + DAY, s.price) for s in series))
    assert new_book(series, copy).day(PLAIN + DAY).quality is PriceQuality.SUSPECT


@pytest.mark.parametrize("day", [SPRING, PLAIN, AUTUMN])
def test_freshness_depends_on_coverage(day) -> None:
    """Today is known until midnight; tomorrow arrives or does not."""
    book = new_book(prices_of(day))
    freshness_by_hour = {hour: book.freshness(local(day, hour, 30)) for hour in (0, 12, 14, 15, 21, 22)}
    assert freshness_by_hour == {
        0: Freshness.EXPECTED,
        12: Freshness.EXPECTED,
        14: Freshness.EXPECTED,
        15: Freshness.LATE,
        21: Freshness.LATE,
        22: Freshness.STALE,
    }
    assert book.freshness(local(day + DAY, 0)) is Freshness.NONE
    assert book.freshness(local(day, 0) - timedelta(microseconds=1)) is Freshness.NONE
    assert book.known_until(local(day, 12)) == local(day + DAY, 0)
    assert book.known_until(local(day + DAY, 0)) is None
    book.add(prices_of(day + DAY))
    assert book.freshness(local(day, 14)) is Freshness.FRESH
    assert book.freshness(local(day, 23, 59)) is Freshness.FRESH
    assert book.known_until(local(day, 12)) == local(day + 2 * DAY, 0)


def test_known_until_ends_at_a_gap() -> None:
    book = new_book(prices_of(PLAIN, drop=(60,)))  # 15:00
    assert book.known_until(local(PLAIN, 8)) == local(PLAIN, 15)
    assert book.freshness(local(PLAIN, 8)) is Freshness.LATE
    assert book.freshness(local(PLAIN, 13, 1)) is Freshness.STALE
    assert book.freshness(local(PLAIN, 15, 1)) is Freshness.NONE
    assert book.freshness(local(PLAIN, 16)) is Freshness.LATE
    assert book.coverage(local(PLAIN, 8)).today is DayCoverage.MISSING


@pytest.mark.parametrize(("zone", "hour"), [("Europe/Lisbon", 23), ("Europe/Helsinki", 1)])
def test_zones_in_another_time_zone_than_the_auction(zone, hour) -> None:
    """Auction days are in Central European time: one hour early in Lisbon, one hour late in Helsinki."""
    book = PriceBook("DE_LU", ZoneInfo(zone))
    book.add(prices_of(PLAIN, days=2))
    now = datetime.combine(PLAIN, time(14), book.zone).astimezone(UTC)
    assert book.coverage(now).tomorrow is DayCoverage.FINAL
    assert book.freshness(now) is Freshness.FRESH
    assert book.known_until(now).astimezone(book.zone).hour == hour
    tomorrow = book.day(PLAIN + DAY)
    assert (tomorrow.published, tomorrow.quality) == (True, PriceQuality.GOOD)
    assert tomorrow.complete is (zone == "Europe/Helsinki")


def test_sixty_days_are_retained() -> None:
    book = new_book(prices_of(PLAIN - 62 * DAY, 60, days=62))
    book.add(prices_of(PLAIN + DAY, 60))
    assert not book.day(PLAIN - 61 * DAY).slots
    assert book.day(PLAIN - 60 * DAY).complete
    late = replace(prices_of(PLAIN - 70 * DAY), fetched_at=local(PLAIN, 12))
    assert book.add(late) == ()
    assert not book.day(PLAIN - 70 * DAY).slots


def test_a_book_has_one_currency_set_by_entsoe() -> None:
    book = new_book(prices_of(PLAIN, source="nord_pool", currency="SEK"))
    assert book.currency == "SEK"
    book.add(prices_of(PLAIN + DAY))
    assert (book.currency, book.day(PLAIN).slots) == ("EUR", ())
    with pytest.raises(BookError, match="Prices in SEK are not allowed in a book in EUR"):
        book.add(prices_of(PLAIN, source="nord_pool", currency="SEK"))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"area": "FR"}, "Prices of FR are not allowed in the book of DE_LU"),
        ({"sequence": 2}, "auction sequence 2"),
        ({"source": "https://example.org/api?securityToken=canary"}, "A source's name"),
        ({"resolution": HOUR}, "not as long as the resolution says"),
        ({"resolution": timedelta(seconds=90)}, "whole minutes are"),
        ({"slots": tuple(reversed(prices_of(PLAIN).slots))}, "out of order or out of step"),
        ({"slots": (PriceSlot(local(PLAIN, 0), local(PLAIN, 0, 15), float("nan")),)}, "is no number"),
    ],
)
def test_invalid_series_are_rejected(change, text) -> None:
    with pytest.raises(BookError, match=text) as error:
        PriceBook("DE_LU", BERLIN).add(replace(prices_of(PLAIN), **change))
    assert "canary" not in str(error.value)


row = st.lists(st.none() | st.integers(-50, 50), min_size=24, max_size=24)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(MINUTES), row, row)
def test_merging_never_overlaps_and_prefers_entsoe(minutes, ours, theirs) -> None:
    """Two sources at different resolutions never overlap, and all slots of ENTSO-E are kept."""
    day = prices_of(PLAIN, minutes)
    entsoe_series = replace(
        day, slots=tuple(replace(s, price=p / 100) for s, p in zip(day, ours, strict=False) if p is not None)
    )
    hourly = prices_of(PLAIN, 60, source="nord_pool")
    nord_pool_series = replace(
        hourly, slots=tuple(replace(s, price=p / 100) for s, p in zip(hourly, theirs, strict=False) if p is not None)
    )
    book = new_book(entsoe_series, nord_pool_series)
    slots = book.slots()
    assert all(a.end <= b.start for a, b in pairwise(slots))
    day = book.day(PLAIN)
    if day.sources != ("nord_pool",):
        assert set(entsoe_series.slots) <= set(slots)
    assert PriceBook.from_dict(json.loads(json.dumps(book.to_dict())), BERLIN).slots() == slots


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(MINUTES), st.sampled_from(MINUTES), row, row)
def test_price_difference_matches_a_slot_by_slot_calculation(first, second, ours, theirs) -> None:
    def series(minutes, values):
        day = prices_of(PLAIN, minutes)
        return replace(
            day, slots=tuple(replace(s, price=p) for s, p in zip(day, values, strict=False) if p is not None)
        )

    a, b = series(first, ours), series(second, theirs)
    moments = [local(PLAIN, 0) + n * timedelta(minutes=15) for n in range(96)]
    differences = [abs(a.at(m).price - b.at(m).price) for m in moments if a.at(m) and b.at(m)]
    found = source_days.price_difference(a, b)
    if not differences:
        assert found is None
    else:
        assert found.mean == pytest.approx(sum(differences) / len(differences))
        assert found.largest == max(differences)
        assert found.time == len(differences) * timedelta(minutes=15)
