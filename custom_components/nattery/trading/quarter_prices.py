"""The prices at which quarter-hours are booked, whatever the length of the exchange's slots."""

from collections.abc import Iterable
from datetime import datetime

from ..core.ledger.entry import QUARTER, EntryPrices
from ..core.market.pricer import Pricer
from ..core.market.prices import PriceSlot, resampled
from ..core.market.tariff import PriceKind, TariffError


def by_quarter(slots: Iterable[PriceSlot]) -> dict[datetime, float]:
    """The price of each quarter-hour that these slots cover, by its start."""
    return {slot.start: slot.price for slot in resampled(slots, QUARTER)}


def quarter_prices(pricer: Pricer, starts: Iterable[datetime]) -> dict[datetime, EntryPrices]:
    """The prices of those quarter-hours that have one; none of a day for which the tariff's template fails."""
    wanted = set(starts)
    found: dict[datetime, EntryPrices] = {}
    for day in sorted({start.astimezone(pricer.book.zone).date() for start in wanted}):
        try:
            slots = pricer.day(day).slots
        except TariffError:  # which the prices tell about themselves
            continue
        bought, sold, spot = (by_quarter(slots[kind]) for kind in (PriceKind.IMPORT, PriceKind.EXPORT, PriceKind.SPOT))
        for start in wanted & bought.keys() & sold.keys():
            found[start] = EntryPrices(pricer.book.currency, bought[start], sold[start], spot.get(start))
    return found
