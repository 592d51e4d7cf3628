from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import math
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.market.prices import PriceQuality, PriceSeries, PriceSlot, local_day
from custom_components.nattery.core.market.quality import judge, quality_reason, reason_in_english

BERLIN = ZoneInfo("Europe/Berlin")
NOVEMBER, SPRING, AUTUMN = date(2025, 11, 12), date(2025, 3, 30), date(2025, 10, 26)
EURO = {"EUR"}


def price(moment: datetime) -> float:
    """Different in every quarter of an hour, and from day to day."""
    return 0.08 + 0.05 * math.sin(moment.timestamp() / 10_000)


def day_of(day: date = NOVEMBER, minutes: int = 15, change=lambda _, price: price, **options) -> PriceSeries:
    start, end = local_day(day, BERLIN)
    length = timedelta(minutes=minutes)
    edges = [start + n * length for n in range((end - start) // length)]
    slots = tuple(PriceSlot(edge, edge + length, change(n, price(edge))) for n, edge in enumerate(edges))
    return PriceSeries(**{"area": "DE_LU", "currency": "EUR", "resolution": length, "slots": slots, "source": "entsoe"}
        | {"fetched_at": datetime(2025, 11, 11, tzinfo=UTC)} | options)  # fmt: skip


def judged(series: PriceSeries, day: date = NOVEMBER, **options) -> PriceSeries:
    return judge(series, *local_day(day, BERLIN), **{"zone": BERLIN, "currencies": EURO} | options)


@pytest.mark.parametrize("day", [NOVEMBER, SPRING, AUTUMN])
@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_a_day_of_any_length_is_good(day, minutes) -> None:
    good = judged(day_of(day, minutes), day)
    assert (good.quality, good.reasons) == (PriceQuality.GOOD, ())


def test_another_source_is_a_fallback_at_best() -> None:
    assert judged(day_of(source="energy_charts")).quality is PriceQuality.FALLBACK


@given(st.sets(st.integers(0, 95), min_size=1))
def test_any_missing_slot_makes_the_day_incomplete(missing) -> None:
    whole = day_of()
    found = judged(replace(whole, slots=tuple(slot for n, slot in enumerate(whole) if n not in missing)))
    assert found.quality is PriceQuality.INCOMPLETE
    first = whole.slots[min(missing)].start
    assert tuple(map(reason_in_english, found.reasons)) == (
        f"{len(missing)} of 96 prices of 15 minutes are missing, the first at {first:%Y-%m-%d %H:%M} UTC",
    )


def test_the_slots_of_another_day_or_length_are_no_day() -> None:
    whole = day_of()
    assert judged(day_of(SPRING), NOVEMBER).quality is PriceQuality.INCOMPLETE
    more = replace(
        whole, slots=(*whole.slots, PriceSlot(whole.slots[-1].end, whole.slots[-1].end + whole.resolution, 0.1))
    )
    assert judged(more).reasons == (Explanation("price_reason_misaligned", {"minutes": 15}),)
    assert judged(replace(whole, resolution=timedelta(minutes=30))).quality is PriceQuality.INCOMPLETE


def suspicion(series: PriceSeries, day: date = NOVEMBER, **options) -> str:
    found = judged(series, day, **options)
    assert found.quality is PriceQuality.SUSPECT
    assert len(found.reasons) == 1
    return reason_in_english(found.reasons[0])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number(value) -> None:
    assert suspicion(day_of(change=lambda n, price: value if n == 7 else price)) == "1 prices are not numbers"


@pytest.mark.parametrize("value", [-0.51, 5.01, 93.0])
def test_prices_beyond_the_limits_of_the_auction(value) -> None:
    text = suspicion(day_of(change=lambda n, price: value if n == 7 else price))
    assert text == f"1 prices are outside -0.5 to 5 EUR/kWh, such as {value:g}"


@pytest.mark.parametrize("value", [-0.5, 4.0])
def test_the_limits_themselves_are_possible(value) -> None:
    assert judged(day_of(change=lambda n, price: value if n == 7 else price)).quality is PriceQuality.GOOD


def test_limits_go_with_the_currency() -> None:
    crowns = day_of(change=lambda _, price: 12 * price + 10, currency="SEK")
    assert judged(crowns, currencies={"SEK", "EUR"}).quality is PriceQuality.GOOD
    assert "are outside" in suspicion(replace(crowns, currency="EUR"))


@pytest.mark.parametrize("value", [0.0, 0.08])
def test_a_flat_day(value) -> None:
    assert suspicion(day_of(change=lambda *_: value)) == f"all 96 prices are the same ({value:g})"


def test_an_unexpected_currency() -> None:
    assert suspicion(day_of(currency="PLN")) == "the currency is PLN, not EUR"
    assert judged(day_of(currency="PLN"), currencies=None).quality is PriceQuality.GOOD
    assert suspicion(day_of(currency="XXX"), currencies={"XXX"}) == "the currency XXX is not known"


def test_a_copy_of_the_day_before() -> None:
    before = day_of(date(2025, 11, 11))
    prices = [slot.price for slot in before]
    assert suspicion(day_of(change=lambda n, _: prices[n]), before=before) == "all prices are those of the day before"
    assert judged(day_of(change=lambda n, _: prices[n] + (n == 95) / 1000), before=before).quality is PriceQuality.GOOD
    assert judged(day_of(AUTUMN), AUTUMN, before=before).quality is PriceQuality.GOOD


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_zeros_around_a_change_of_the_clocks(day) -> None:
    night = day_of(day, change=lambda n, price: 0.0 if 8 <= n < 12 else price)
    assert suspicion(night, day) == "4 zeros in a row around the clock change"
    noon = day_of(day, change=lambda n, price: 0.0 if 44 <= n < 60 else price)
    assert judged(noon, day).quality is PriceQuality.GOOD


def test_zeros_in_any_other_night_are_prices() -> None:
    assert judged(day_of(change=lambda n, price: 0.0 if 8 <= n < 16 else price)).quality is PriceQuality.GOOD


@pytest.mark.parametrize("minutes", [15, 60])
def test_another_source_that_says_otherwise(minutes) -> None:
    agreeing = day_of(minutes=minutes, source="energy_charts", change=lambda _, price: price + 0.01)
    assert judged(day_of(), beside=agreeing).quality is PriceQuality.GOOD
    far = day_of(minutes=minutes, source="energy_charts", change=lambda _, price: price + 0.1)
    text = suspicion(day_of(), beside=far)
    assert text.startswith("the prices typically differ by 0.1")
    assert text.endswith("EUR/kWh from those of energy_charts")
    assert judged(day_of(), beside=replace(far, currency="SEK")).quality is PriceQuality.GOOD
    assert judged(day_of(), beside=replace(far, slots=far.slots[:2])).quality is PriceQuality.GOOD


def test_every_reason_is_told() -> None:
    found = judged(day_of(change=lambda n, _: math.nan if n == 3 else 99.0, currency="PLN"))
    assert len(found.reasons) == 3


def test_an_old_verdict_does_not_stay() -> None:
    assert judged(replace(day_of(), quality=PriceQuality.SUSPECT, reasons=(quality_reason("copied"),))).reasons == ()
