from datetime import timedelta

import pytest

from custom_components.nattery.core.market.errors import (
    BadPeriodError,
    BadPriceError,
    ConflictingPricesError,
    MissingPartError,
    NotPublishedError,
    UnknownResolutionError,
    WrongUnitError,
)
from custom_components.nattery.core.market.price_import import find_entries, import_series
from custom_components.nattery.core.market.prices import PriceQuality, is_complete, local_day

from .days import AUTUMN, BERLIN, MINUTES, NOW, PLAIN, SPRING, price, starts_of


def rows(day, start="start", end="end", value="value", *, minutes=60, factor=1.0, text=True):
    entries = []
    for at in starts_of(day, minutes):
        local, until = at.astimezone(BERLIN), (at + timedelta(minutes=minutes)).astimezone(BERLIN)
        entry = {start: local.isoformat() if text else local, value: price(at) * factor}
        entries.append({**entry, end: until.isoformat() if text else until} if end else entry)
    return entries


NEXT = PLAIN + timedelta(days=1)
SHAPES = {
    "nordpool attributes": (
        {
            "current_price": 0.1,
            "today": [0.1] * 24,
            "raw_today": rows(PLAIN, factor=0.001, text=False),
            "raw_tomorrow": rows(NEXT, factor=0.001, text=False),
        },
        "EUR/kWh",
        2,
    ),
    "nordpool without tomorrow": ({"raw_today": rows(PLAIN, factor=0.1), "raw_tomorrow": []}, "ct/kWh", 1),
    "nordpool action": ({"GER": rows(PLAIN, value="price")}, "MWh", 1),
    "energy tables": (
        {"prices_today": rows(PLAIN, "time", "", "price"), "prices_tomorrow": rows(NEXT, "time", "", "price")},
        "EUR/MWh",
        2,
    ),
    "intervals": ({"today_interval_prices": rows(PLAIN, "time", "", minutes=15)}, "€ / MWh", 1),
    "exchange": (
        {"data": rows(PLAIN, "start_time", "end_time", "price_per_kwh", minutes=15, factor=0.001)},
        None,
        1,
    ),
    "exchange in cents": ({"data": rows(PLAIN, "start_time", "end_time", "price_ct_per_kwh", factor=0.1)}, None, 1),
    "home action": ({"prices": {"My home": rows(PLAIN, "start_time", "", "price", factor=0.001)}}, "kWh", 1),
    "supplier action": ({"prices": rows(PLAIN, "timestamp", "", "price", factor=0.001)}, "EUR/kWh", 1),
    "bare list": (rows(PLAIN, minutes=30), None, 1),
}


@pytest.mark.parametrize(("data", "unit", "days"), SHAPES.values(), ids=SHAPES.keys())
def test_common_formats_are_imported(data, unit, days) -> None:
    series = import_series(data, area="DE_LU", currency="EUR", source="sensor.prices", fetched_at=NOW, unit=unit)
    assert is_complete(
        series.slots, local_day(PLAIN, BERLIN)[0], local_day(PLAIN + timedelta(days=days - 1), BERLIN)[1]
    )
    assert [slot.price for slot in series] == pytest.approx([price(slot.start) / 1000 for slot in series])
    assert series.quality is PriceQuality.FALLBACK


@pytest.mark.parametrize("minutes", MINUTES)
@pytest.mark.parametrize("day", [SPRING, AUTUMN])
@pytest.mark.parametrize("end", ["end", ""])
def test_days_with_a_clock_change_are_complete(day, minutes, end) -> None:
    data = {"raw_today": rows(day, end=end, minutes=minutes)}
    series = import_series(data, area="DE_LU", currency="EUR", source="s", fetched_at=NOW, unit="EUR/MWh")
    assert is_complete(series.slots, *local_day(day, BERLIN))


def import_data(data, unit="EUR/MWh", currency="EUR", key=None):
    return import_series(data, area="DE_LU", currency=currency, source="s", fetched_at=NOW, unit=unit, key=key)


@pytest.mark.parametrize(
    ("unit", "currency", "expected"),
    [
        ("EUR/MWh", "EUR", 0.02),
        ("eur/mwh", "EUR", 0.02),
        ("EUR/kWh", "EUR", 20),
        ("€/kWh", "EUR", 20),
        ("ct/kWh", "EUR", 0.2),
        ("Cent/kWh", "EUR", 0.2),
        ("öre/kWh", "SEK", 0.2),
        ("kr/kWh", "DKK", 20),
        ("SEK/MWh", "SEK", 0.02),
        ("MWh", "PLN", 0.02),
        ("EUR/Wh", "EUR", 20_000),
    ],
)
def test_units_are_recognised(unit, currency, expected) -> None:
    hour = {"start": "2026-11-11T00:00:00+01:00", "value": 20}
    assert import_data([hour], unit, currency).slots[0].price == expected


@pytest.mark.parametrize(
    ("unit", "currency"), [("SEK/kWh", "EUR"), ("öre/kWh", "EUR"), ("kr/kWh", "EUR"), ("EUR", "EUR"), ("EUR/m³", "EUR")]
)
def test_unknown_units_are_rejected(unit, currency) -> None:
    with pytest.raises(WrongUnitError):
        import_data([{"start": "2026-11-11T00:00:00+01:00", "value": 20}], unit, currency)


def test_without_a_unit_only_prices_that_must_be_per_mwh_are_accepted() -> None:
    start = "2026-11-11T00:00:00+01:00"
    assert import_data([{"start": start, "value": 20}], None).slots[0].price == 0.02
    assert import_data([{"start": start, "value": -20}], None).slots[0].price == -0.02
    for value, currency in ((0.2, "EUR"), (4.9, "EUR"), (20, "SEK")):
        with pytest.raises(WrongUnitError, match="may be per kWh or per MWh"):
            import_data([{"start": start, "value": value}], None, currency)


def test_one_of_several_lists_must_be_named() -> None:
    data = {"GER": rows(PLAIN, value="price"), "SE3": rows(PLAIN, value="price", factor=2)}
    with pytest.raises(ConflictingPricesError, match=r"several lists of prices \(GER, SE3\): one has to be named"):
        import_data(data)
    assert import_data(data, key="SE3").slots[0].price == pytest.approx(2 * import_data(data, key="GER").slots[0].price)
    with pytest.raises(MissingPartError, match="no list of prices under 'FR'"):
        import_data(data, key="FR")
    homes = {"prices": {"A": rows(PLAIN), "B": rows(PLAIN, factor=2)}}
    with pytest.raises(ConflictingPricesError, match=r"prices\.A, prices\.B"):
        import_data(homes)
    assert find_entries(homes, "B") == rows(PLAIN, factor=2)


def test_a_missing_hour_is_a_gap() -> None:
    """Some integrations lose one of the two hours with the same local time."""
    data = [entry for index, entry in enumerate(rows(AUTUMN)) if index != 2]
    assert len(import_data(data)) == 24
    data = [{**entry, "value": None} if index == 5 else entry for index, entry in enumerate(rows(PLAIN))]
    assert len(import_data(data)) == 23


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, MissingPartError),
        (None, MissingPartError),
        ({"raw_today": []}, MissingPartError),
        ({"raw_today": [1, 2]}, MissingPartError),
        ([{"value": 1}], MissingPartError),
        ([{"start": "2026-11-11T00:00:00Z"}], MissingPartError),
        ([{"start": "2026-11-11T00:00:00", "value": 1}], BadPeriodError),
        ([{"start": "00:00", "value": 1}], BadPeriodError),
        ([{"start": "9999-12-31T23:59:59-12:00", "value": 1}], BadPeriodError),
        ([{"start": "2026-11-11T00:00:00Z", "value": "cheap"}], BadPriceError),
        ([{"start": "2026-11-11T00:00:00Z", "value": None}], NotPublishedError),
        (
            [{"start": "2026-11-11T00:00:00Z", "value": 1}, {"start": "2026-11-11T00:00:00Z", "value": 2}],
            ConflictingPricesError,
        ),
        ([{"start": "2026-11-11T00:00:00Z", "end": "2026-11-11T02:00:00Z", "value": 1}], UnknownResolutionError),
    ],
)
def test_invalid_lists_are_rejected(data, error) -> None:
    with pytest.raises(error):
        import_data(data)
