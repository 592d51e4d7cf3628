"""Which booked days have to be checked against the market's spot prices."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from ..market.book import RETENTION, PriceBook
from ..market.prices import PriceSlot
from .interval_prices import prices_by_quarter_hour

type DaySlots = Mapping[date, tuple[PriceSlot, ...]]


class SpotPriceReview:
    """Remembers the slots that the ledger's entries of each day agree with.

    An entry can disagree because its spot price was not known when it was booked, or has been corrected since. A new
    tariff is no reason: it applies from the time it is set.
    """

    def __init__(self) -> None:
        """Start without any day that agrees."""
        self._agreed: dict[date, tuple[PriceSlot, ...]] = {}

    def changed_days(self, book: PriceBook, now: datetime) -> DaySlots:
        """Return the slots of the days whose entries may disagree; at first, of every day in the price book."""
        today = now.astimezone(book.zone).date()
        days = {day: book.day(day).slots for day in (today - timedelta(past) for past in range(RETENTION.days + 1))}
        self._agreed = {day: slots for day, slots in self._agreed.items() if day in days}
        return {day: slots for day, slots in days.items() if slots != self._agreed.get(day, ())}

    def agree(self, days: DaySlots) -> None:
        """Remember that the entries of these days agree with their slots."""
        self._agreed |= days

    def forget(self, day: date) -> None:
        """Check the entries of a day once more."""
        self._agreed.pop(day, None)


def spot_prices(days: DaySlots) -> dict[datetime, float]:
    """Return the spot price of every quarter-hour of some days, by its start."""
    return {start: price for slots in days.values() for start, price in prices_by_quarter_hour(slots).items()}
