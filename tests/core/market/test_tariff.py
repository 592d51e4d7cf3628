from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
import json
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.market.prices import PriceSlot, local_day
from custom_components.nattery.core.market.tariff import DAYS, Band, PriceKind, Rate, Tariff, TariffError, hourly_means

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN, PLAIN = date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 11)
MINUTES = (15, 30, 60)


def day_slots(day, minutes=15, price=0.1):
    """Return the slots of a local day; `price` is a number or a function of the index."""
    start, end = local_day(day, BERLIN)
    length = timedelta(minutes=minutes)
    edges = [start + index * length for index in range((end - start) // length + 1)]
    return [PriceSlot(a, b, price(i) if callable(price) else price) for i, (a, b) in enumerate(pairwise(edges))]


def slot(text, price=0.1, minutes=15):
    start = datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)
    return PriceSlot(start, start + timedelta(minutes=minutes), price)


def price_of(tariff, text, price=0.1, kind=PriceKind.IMPORT):
    return tariff.price([slot(text, price)], kind, BERLIN)[0].price


def test_import_is_spot_by_factor_and_fees_with_vat() -> None:
    tariff = Tariff(Rate(factor=1.05, fee=0.15, vat_percent=19))
    assert price_of(tariff, "2026-11-11T12:00", 0.1) == pytest.approx((0.1 * 1.05 + 0.15) * 1.19)
    assert price_of(tariff, "2026-11-11T12:00", -0.5) == pytest.approx((-0.5 * 1.05 + 0.15) * 1.19)


def test_export_subtracts_its_fee_and_respects_its_floor() -> None:
    tariff = Tariff(export_rate=Rate(factor=0.9, fee=0.01, vat_percent=7, floor=0))
    assert price_of(tariff, "2026-11-11T12:00", 0.1, PriceKind.EXPORT) == pytest.approx((0.09 - 0.01) * 1.07, abs=1e-6)
    assert price_of(tariff, "2026-11-11T12:00", -0.1, PriceKind.EXPORT) == 0
    assert price_of(Tariff(export_rate=Rate()), "2026-11-11T12:00", -0.1, PriceKind.EXPORT) == -0.1


def test_a_fixed_price_is_a_fee_without_spot() -> None:
    assert price_of(Tariff(Rate(factor=0, fee=0.25, vat_percent=20)), "2026-11-11T12:00", 0.7) == 0.3


def test_spot_prices_are_unchanged() -> None:
    slots = day_slots(PLAIN)
    assert Tariff(Rate(fee=1)).price(slots, PriceKind.SPOT, BERLIN) == tuple(slots)


def test_the_first_band_that_applies_adds_its_fee() -> None:
    tariff = Tariff(
        Rate(
            fee=0.1,
            bands=(
                Band(0.05, "17:00", "20:00", DAYS[:5], "10-01", "03-31"),
                Band(-0.02, "22:00", "06:00"),
                Band(0.01, days=("sat", "sun", "holiday")),
            ),
        ),
        holidays=("12-25", "2026-04-03"),
    )
    fees = {
        "2026-11-11T17:00": 0.15,  # a Wednesday evening in winter
        "2026-11-11T19:59": 0.15,
        "2026-11-11T20:00": 0.1,
        "2026-07-08T17:00": 0.1,  # in summer
        "2026-11-14T18:00": 0.11,  # a Saturday
        "2026-11-14T23:00": 0.08,  # the night comes first in the list
        "2026-11-15T05:59": 0.08,
        "2026-11-15T06:00": 0.11,
        "2026-12-25T18:00": 0.11,  # a Friday, and a holiday of every year
        "2026-04-03T12:00": 0.11,  # a holiday of one year
        "2027-04-02T12:00": 0.1,
        "2026-01-05T18:00": 0.15,  # the season spans New Year
        "2026-10-01T18:00": 0.15,  # and has its first day, a Thursday
        "2026-03-31T18:00": 0.15,  # and its last, a Tuesday
        "2026-09-30T18:00": 0.1,
        "2026-04-01T18:00": 0.1,
    }
    for text, fee in fees.items():
        assert price_of(tariff, text, 0) == pytest.approx(fee), text


def test_a_band_past_midnight_belongs_to_the_day_it_began_on() -> None:
    tariff = Tariff(Rate(bands=(Band(1, "22:00", "06:00", ("fri",)),)))
    nights = ["2026-11-13T01:00", "2026-11-13T22:00", "2026-11-14T05:45", "2026-11-14T22:00"]
    assert [price_of(tariff, text, 0) for text in nights] == [0, 1, 1, 0]


@pytest.mark.parametrize("minutes", MINUTES)
@pytest.mark.parametrize(("day", "hours"), [(SPRING, 3), (PLAIN, 4), (AUTUMN, 5)])
def test_bands_go_by_the_clock_on_the_wall_when_it_changes(day, hours, minutes) -> None:
    """From 00:00 to 04:00 there are three hours on the day that loses one and five on the day that gains one."""
    tariff = Tariff(Rate(bands=(Band(1, "00:00", "04:00"),)))
    priced = tariff.price(day_slots(day, minutes, 0), PriceKind.IMPORT, BERLIN)
    assert Counter(priced_slot.price for priced_slot in priced)[1] == hours * 60 / minutes
    assert [priced_slot.start.astimezone(BERLIN).hour < 4 for priced_slot in priced] == [
        priced_slot.price == 1 for priced_slot in priced
    ]


@pytest.mark.parametrize("minutes", MINUTES)
@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (PLAIN, 24), (AUTUMN, 25)])
def test_hourly_tariffs_use_the_mean_of_each_hour(day, hours, minutes) -> None:
    slots = day_slots(day, minutes, lambda index: index / 100)
    means = hourly_means(slots, BERLIN)
    assert [(priced_slot.start, priced_slot.end) for priced_slot in means] == [
        (priced_slot.start, priced_slot.end) for priced_slot in slots
    ]
    slots_per_hour = 60 // minutes
    hour_means = [means[index : index + slots_per_hour] for index in range(0, len(means), slots_per_hour)]
    assert len(hour_means) == hours
    for index, hour in enumerate(hour_means):
        assert [priced_slot.price for priced_slot in hour] == pytest.approx(
            [(slots_per_hour * index + (slots_per_hour - 1) / 2) / 100] * slots_per_hour
        )
    assert Tariff(Rate(hourly=True)).price(slots, PriceKind.IMPORT, BERLIN)[0].price == pytest.approx(
        sum(range(slots_per_hour)) / slots_per_hour / 100
    )


def test_an_hour_with_a_gap_has_no_mean() -> None:
    slots = day_slots(PLAIN)
    means = hourly_means(slots[:5] + slots[6:], BERLIN)
    assert [priced_slot.start for priced_slot in means] == [priced_slot.start for priced_slot in slots[:4] + slots[8:]]


def test_hours_are_local_with_a_fractional_offset() -> None:
    zone = ZoneInfo("Asia/Kolkata")
    start = datetime(2026, 11, 11, 0, 0, tzinfo=zone).astimezone(UTC)
    quarter = timedelta(minutes=15)
    slots = [PriceSlot(start + index * quarter, start + (index + 1) * quarter, index) for index in range(4)]
    assert [priced_slot.price for priced_slot in hourly_means(slots, zone)] == [1.5] * 4


def test_a_template_gets_the_start_of_each_slot_and_replaces_the_formula() -> None:
    tariff = Tariff(export_rate=Rate(fee=9, vat_percent=19, floor=-0.05, template="{{ spot }}"))
    starts_seen = []

    def formula(start, spot):
        starts_seen.append(start)
        return spot - 0.02

    slots = day_slots(AUTUMN, 60, lambda index: 0 if index else -1)
    priced = tariff.price(slots, PriceKind.EXPORT, BERLIN, formula)
    assert [priced_slot.price for priced_slot in priced] == [-0.05] + [-0.02] * 24
    assert [start.astimezone(UTC) for start in starts_seen] == [priced_slot.start for priced_slot in slots]
    assert [start.strftime("%H %z") for start in starts_seen[1:5]] == ["01 +0200", "02 +0200", "02 +0100", "03 +0100"]


def test_a_template_without_formula_or_with_an_invalid_result_is_an_error() -> None:
    tariff = Tariff(Rate(template="{{ spot }}"))
    with pytest.raises(TariffError, match=r"^import_rate.template: the template has to be evaluated"):
        tariff.price(day_slots(PLAIN), PriceKind.IMPORT, BERLIN)
    for result in (float("nan"), "0.1", None, True):

        def formula(start, spot, result=result):
            return result

        with pytest.raises(TariffError, match=r"it gave .* for 2026-11-11 00:00; a number, per kWh, is needed"):
            tariff.price(day_slots(PLAIN), PriceKind.IMPORT, BERLIN, formula)


def test_a_formula_is_not_used_without_a_template() -> None:
    assert (
        Tariff(Rate(fee=1)).price([slot("2026-11-11T12:00")], PriceKind.IMPORT, BERLIN, lambda *_: 1 / 0)[0].price
        == 1.1
    )


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            {"import_rate": {"vat_percent": 190}},
            "import_rate.vat_percent: 190 is not allowed: a number from 0 to 100 is",
        ),
        ({"import_rate": {"fee": "0.1"}}, "import_rate.fee: '0.1' is not allowed: a number from -1000 to 1000 is"),
        ({"import_rate": {"fee": float("nan")}}, "import_rate.fee: nan is not allowed"),
        ({"export_rate": {"factor": True}}, "export_rate.factor: True is not allowed"),
        ({"export_rate": {"florr": 0}}, "export_rate.florr: there is no such setting; there are factor, fee, bands"),
        ({"export_rate": []}, r"export_rate: \[\] is not allowed: an object with factor"),
        ({"import_rate": {"hourly": 1}}, "import_rate.hourly: 1 is not allowed: true or false is"),
        ({"import_rate": {"bands": {}}}, "import_rate.bands: {} is not allowed: a list is"),
        ({"import_rate": {"bands": [{}]}}, r"import_rate.bands\[0\].fee: it is missing"),
        ({"import_rate": {"bands": [{"fee": 1}, {"fee": 1, "start": "6:00"}]}}, r"bands\[1\].start: '6:00' is not"),
        ({"import_rate": {"bands": [{"fee": 1, "start": "06:00", "end": "06:00"}]}}, "from 06:00 to 06:00 is empty"),
        (
            {"import_rate": {"bands": [{"fee": 1, "days": ["monday"]}]}},
            "days: 'monday' is not allowed: one of mon, tue",
        ),
        ({"import_rate": {"bands": [{"fee": 1, "days": "mon"}]}}, "days: 'mon' is not allowed: a list is"),
        ({"import_rate": {"bands": [{"fee": 1, "days": []}]}}, "days: no day is chosen"),
        (
            {"import_rate": {"bands": [{"fee": 1, "first": "02-30"}]}},
            "first: '02-30' is not allowed: a day of the year",
        ),
        ({"holidays": ["2026-02-29"]}, "holidays: '2026-02-29' is not allowed: a day such as"),
        ({"holidays": [1]}, "holidays: 1 is not allowed"),
        ({"zone": "x"}, "zone: there is no such setting; there are import_rate, export_rate, holidays"),
    ],
)
def test_an_invalid_tariff_states_the_place_and_what_is_allowed(data, text) -> None:
    with pytest.raises(TariffError, match=text):
        Tariff.from_dict(data)


numbers = st.floats(-10, 10)
clocks = st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda t: f"{t[0]:02}:{t[1]:02}")
days_of_year = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: day.isoformat()[5:])
bands = st.builds(
    Band,
    fee=numbers,
    start=clocks,
    end=st.just("24:00"),
    days=st.lists(st.sampled_from(DAYS), min_size=1, unique=True).map(tuple),
    first=days_of_year,
    last=days_of_year,
)
rates = st.builds(
    Rate,
    factor=numbers,
    fee=numbers,
    bands=st.lists(bands, max_size=3).map(tuple),
    vat_percent=st.floats(0, 100),
    floor=st.none() | numbers,
    hourly=st.booleans(),
    template=st.text(max_size=5),
)


@given(st.builds(Tariff, rates, rates, st.lists(days_of_year, max_size=3).map(tuple)))
def test_a_tariff_survives_json(tariff) -> None:
    assert Tariff.from_dict(json.loads(json.dumps(tariff.to_dict()))) == tariff


def test_an_empty_tariff_is_the_spot_price() -> None:
    assert Tariff.from_dict({}) == Tariff()
    slots = day_slots(SPRING, price=lambda index: index / 1000)
    assert (
        Tariff().price(slots, PriceKind.IMPORT, BERLIN)
        == tuple(slots)
        == Tariff().price(slots, PriceKind.EXPORT, BERLIN)
    )
