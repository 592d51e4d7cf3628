"""Local days and price series for the tests of prices: normal days, and the two with a clock change."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from custom_components.nattery.core.market.book import PriceBook
from custom_components.nattery.core.market.prices import PriceSeries, PriceSlot, local_day

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN, PLAIN = date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 11)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MINUTES = (15, 30, 60)
NOW = datetime(2026, 11, 10, 14, tzinfo=UTC)


def starts_of(day, minutes):
    start, end = local_day(day, BERLIN)
    length = timedelta(minutes=minutes)
    return [start + index * length for index in range((end - start) // length)]


def price(start):
    """Return a price in EUR/MWh; some are negative."""
    return round((start.hour * 60 + start.minute) * 7 % 211 - 40.25, 2)


def prices_of(day, minutes=15, *, source="entsoe", days=1, shift=0.0, zone=BERLIN, drop=(), currency="EUR"):
    """Return a series over whole local days, with a different curve for every day."""
    start, _ = local_day(day, zone)
    _, end = local_day(day + (days - 1) * DAY, zone)
    length = timedelta(minutes=minutes)
    edges = [start + index * length for index in range((end - start) // length + 1)]
    slots = [
        PriceSlot(a, b, round(0.1 + shift + ((a.hour * 60 + a.minute) * 7 + a.day * 13) % 101 / 1000, 6))
        for index, (a, b) in enumerate(pairwise(edges))
        if index not in drop
    ]
    fetched = datetime.combine(day - DAY, time(13), BERLIN).astimezone(UTC)
    return PriceSeries("DE_LU", currency, length, tuple(slots), source, fetched)


def local(day, hour, minute=0):
    return datetime.combine(day, time(hour, minute), BERLIN).astimezone(UTC)


def new_book(*series):
    book = PriceBook("DE_LU", BERLIN)
    for each in series:
        book.add(each)
    return book
