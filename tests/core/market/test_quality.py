from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import math
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.market.prices import PriceQuality, PriceSeries, PriceSlot, local_day
from custom_components.nattery.core.market.quality import assess, quality_reason, reason_in_english

BERLIN = ZoneInfo("Europe/Berlin")
NOVEMBER, SPRING, AUTUMN = date(2025, 11, 12), date(2025, 3, 30), date(2025, 10, 26)
EURO = {"EUR"}


def price(moment: datetime) -> float:
    """Return a price that differs in every quarter-hour and from day to day."""
    return 0.08 + 0.05 * math.sin(moment.timestamp() / 10_000)


def day_of(day: date = NOVEMBER, minutes: int = 15, change=lambda _, price: price, **options) -> PriceSeries:
    start, end = local_day(day, BERLIN)
    length = timedelta(minutes=minutes)
    edges = [start + n * length for n in range((end - start) // length)]
    slots = tuple(PriceSlot(edge, edge + length, change(n, price(edge))) for n, edge in enumerate(edges))
    return PriceSeries(**{"area": "DE_LU", "currency": "EUR", "resolution": length, "slots": slots, "source": "entsoe"}
        | {"fetched_at": datetime(2025, 11, 11, tzinfo=UTC)} | options)  # fmt: skip


def assessed(series: PriceSeries, day: date = NOVEMBER, **options) -> PriceSeries:
    return assess(series, *local_day(day, BERLIN), **{"zone": BERLIN, "currencies": EURO} | options)


@pytest.mark.parametrize("day", [NOVEMBER, SPRING, AUTUMN])
@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_a_day_of_any_length_is_good(day, minutes) -> None:
    good = assessed(day_of(day, minutes), day)
    assert (good.quality, good.reasons) == (PriceQuality.GOOD, ())


def test_another_source_is_a_fallback_at_best() -> None:
    assert assessed(day_of(source="energy_charts")).quality is PriceQuality.FALLBACK


@given(st.sets(st.integers(0, 95), min_size=1))
def test_any_missing_slot_makes_the_day_incomplete(missing) -> None:
    whole = day_of()
    series_found = assessed(replace(whole, slots=tuple(slot for n, slot in enumerate(whole) if n not in missing)))
    assert series_found.quality is PriceQuality.INCOMPLETE
    first = whole.slots[min(missing)].start
    assert tuple(map(reason_in_english, series_found.reasons)) == (
        f"{len(missing)} of 96 prices of 15 minutes are missing, the first at {first:%Y-%m-%d %H:%M} UTC",
    )


def test_slots_of_another_day_or_length_are_incomplete() -> None:
    whole = day_of()
    assert assessed(day_of(SPRING), NOVEMBER).quality is PriceQuality.INCOMPLETE
    more = replace(
        whole, slots=(*whole.slots, PriceSlot(whole.slots[-1].end, whole.slots[-1].end + whole.resolution, 0.1))
    )
    assert assessed(more).reasons == (Explanation("price_reason_misaligned", {"minutes": 15}),)
    assert assessed(replace(whole, resolution=timedelta(minutes=30))).quality is PriceQuality.INCOMPLETE


def only_reason(series: PriceSeries, day: date = NOVEMBER, **options) -> str:
    series_found = assessed(series, day, **options)
    assert series_found.quality is PriceQuality.SUSPECT
    assert len(series_found.reasons) == 1
    return reason_in_english(series_found.reasons[0])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number(value) -> None:
    assert only_reason(day_of(change=lambda n, price: value if n == 7 else price)) == "1 prices are not numbers"


@pytest.mark.parametrize("value", [-0.51, 5.01, 93.0])
def test_prices_beyond_the_limits_of_the_auction(value) -> None:
    text = only_reason(day_of(change=lambda n, price: value if n == 7 else price))
    assert text == f"1 prices are outside -0.5 to 5 EUR/kWh, such as {value:g}"


@pytest.mark.parametrize("value", [-0.5, 4.0])
def test_the_limits_themselves_are_allowed(value) -> None:
    assert assessed(day_of(change=lambda n, price: value if n == 7 else price)).quality is PriceQuality.GOOD


def test_limits_depend_on_the_currency() -> None:
    crowns = day_of(change=lambda _, price: 12 * price + 10, currency="SEK")
    assert assessed(crowns, currencies={"SEK", "EUR"}).quality is PriceQuality.GOOD
    assert "are outside" in only_reason(replace(crowns, currency="EUR"))


@pytest.mark.parametrize("value", [0.0, 0.08])
def test_a_flat_day(value) -> None:
    assert only_reason(day_of(change=lambda *_: value)) == f"all 96 prices are the same ({value:g})"


def test_an_unexpected_currency() -> None:
    assert only_reason(day_of(currency="PLN")) == "the currency is PLN, not EUR"
    assert assessed(day_of(currency="PLN"), currencies=None).quality is PriceQuality.GOOD
    assert only_reason(day_of(currency="XXX"), currencies={"XXX"}) == "the currency XXX is not known"


def test_a_copy_of_the_day_before() -> None:
    previous_day = day_of(date(2025, 11, 11))
    prices = [slot.price for slot in previous_day]
    assert (
        only_reason(day_of(change=lambda n, _: prices[n]), previous_day=previous_day)
        == "all prices are those of the day before"
    )
    assert (
        assessed(day_of(change=lambda n, _: prices[n] + (n == 95) / 1000), previous_day=previous_day).quality
        is PriceQuality.GOOD
    )
    assert assessed(day_of(AUTUMN), AUTUMN, previous_day=previous_day).quality is PriceQuality.GOOD


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_zeros_around_a_clock_change(day) -> None:
    night = day_of(day, change=lambda n, price: 0.0 if 8 <= n < 12 else price)
    assert only_reason(night, day) == "4 zeros in a row around the clock change"
    noon = day_of(day, change=lambda n, price: 0.0 if 44 <= n < 60 else price)
    assert assessed(noon, day).quality is PriceQuality.GOOD


def test_zeros_in_any_other_night_are_accepted() -> None:
    assert assessed(day_of(change=lambda n, price: 0.0 if 8 <= n < 16 else price)).quality is PriceQuality.GOOD


@pytest.mark.parametrize("minutes", [15, 60])
def test_another_source_that_disagrees(minutes) -> None:
    close = day_of(minutes=minutes, source="energy_charts", change=lambda _, price: price + 0.01)
    assert assessed(day_of(), other_source=close).quality is PriceQuality.GOOD
    far = day_of(minutes=minutes, source="energy_charts", change=lambda _, price: price + 0.1)
    text = only_reason(day_of(), other_source=far)
    assert text.startswith("the prices typically differ by 0.1")
    assert text.endswith("EUR/kWh from those of energy_charts")
    assert assessed(day_of(), other_source=replace(far, currency="SEK")).quality is PriceQuality.GOOD
    assert assessed(day_of(), other_source=replace(far, slots=far.slots[:2])).quality is PriceQuality.GOOD


def test_all_reasons_are_returned() -> None:
    series_found = assessed(day_of(change=lambda n, _: math.nan if n == 3 else 99.0, currency="PLN"))
    assert len(series_found.reasons) == 3


def test_an_old_verdict_does_not_stay() -> None:
    assert assessed(replace(day_of(), quality=PriceQuality.SUSPECT, reasons=(quality_reason("copied"),))).reasons == ()
