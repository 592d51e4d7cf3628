"""Prices of quarter-hours, whatever the length of the market's own slots."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..forecast.quarters import quarter
from ..ledger.entry import QUARTER, EntryPrices, quarter_start
from ..market.pricer import PricedDay, Pricer
from ..market.prices import PriceQuality, PriceSlot, resampled
from ..market.tariff import PriceKind, TariffError
from ..planning.following_days import PRICE_DAYS

TRADABLE = frozenset({PriceQuality.GOOD, PriceQuality.FALLBACK})
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PricedInterval:
    """The start of a quarter-hour (UTC) and its prices per kWh."""

    start: datetime
    import_price: float
    export_price: float
    spot_price: float | None = None


@dataclass(frozen=True, slots=True)
class PricedIntervals:
    """Quarter-hours with prices.

    `ahead` starts with the present quarter-hour and has no gap. `known` has the import and export prices (per kWh) of
    the last days too, by number of the quarter-hour: they tell what energy left at the end of the plan will bring.
    """

    ahead: tuple[PricedInterval, ...]
    known: Mapping[int, tuple[float, float]]


def known_intervals(pricer: Pricer, now: datetime) -> PricedIntervals:
    """Return the quarter-hours whose prices are known and good enough to trade on."""
    tomorrow = now.astimezone(pricer.book.zone).date() + _DAY
    known: dict[datetime, PricedInterval] = {}
    for days_ago in range(PRICE_DAYS + 1):
        priced = pricer.day(tomorrow - days_ago * _DAY)
        if priced.day.quality in TRADABLE:
            known |= {interval.start: interval for interval in _intervals_of(priced)}
    ahead: list[PricedInterval] = []
    start = quarter_start(now)
    while start in known:
        ahead.append(known[start])
        start += QUARTER
    end = start
    return PricedIntervals(
        tuple(ahead),
        {quarter(at): (one.import_price, one.export_price) for at, one in known.items() if at < end},
    )


def _intervals_of(priced: PricedDay) -> Iterator[PricedInterval]:
    bought, sold, spot = (
        prices_by_quarter_hour(priced.slots[kind]) for kind in (PriceKind.IMPORT, PriceKind.EXPORT, PriceKind.SPOT)
    )
    return (PricedInterval(start, bought[start], sold[start], spot.get(start)) for start in bought if start in sold)


def prices_by_quarter_hour(slots: Iterable[PriceSlot]) -> dict[datetime, float]:
    """Return the price of each quarter-hour that the slots cover, by its start."""
    return {slot.start: slot.price for slot in resampled(slots, QUARTER)}


def entry_prices(pricer: Pricer, starts: Iterable[datetime]) -> dict[datetime, EntryPrices]:
    """Return the ledger's prices of those quarter-hours that have one.

    A day on which the tariff's template fails has none; the prices report that failure themselves.
    """
    wanted = set(starts)
    found: dict[datetime, EntryPrices] = {}
    for day in sorted({start.astimezone(pricer.book.zone).date() for start in wanted}):
        try:
            slots = pricer.day(day).slots
        except TariffError:
            continue
        bought, sold, spot = (
            prices_by_quarter_hour(slots[kind]) for kind in (PriceKind.IMPORT, PriceKind.EXPORT, PriceKind.SPOT)
        )
        for start in wanted & bought.keys() & sold.keys():
            found[start] = EntryPrices(pricer.book.currency, bought[start], sold[start], spot.get(start))
    return found
