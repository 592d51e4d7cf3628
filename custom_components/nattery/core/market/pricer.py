"""Days of the price book at the prices of a tariff, cached until the book changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from .book import PriceBook, PriceDay
from .prices import PriceSlot
from .statistics import PriceLevel, PriceStatistics, level, statistics
from .tariff import PriceFormula, PriceKind, Tariff

_CACHED_DAYS = 8


@dataclass(frozen=True)
class PricedDay:
    """A day of the price book and its slots at the prices of each kind."""

    day: PriceDay
    slots: Mapping[PriceKind, tuple[PriceSlot, ...]]

    @cached_property
    def levels(self) -> tuple[PriceLevel, ...]:
        """Return the level of each import price among those of the day."""
        imports = self.slots[PriceKind.IMPORT]
        return tuple(level(slot.price, imports) for slot in imports)

    @cached_property
    def statistics(self) -> PriceStatistics | None:
        """Return the statistics of the day's import prices; None before they are published."""
        return statistics(self.slots[PriceKind.IMPORT]) if self.day.published else None


class Pricer:
    """Applies a tariff to the days of a price book and caches the result."""

    def __init__(
        self, book: PriceBook, tariff: Tariff, formulas: Mapping[PriceKind, PriceFormula] | None = None
    ) -> None:
        """Price the days of `book`; a tariff with templates needs a formula for each."""
        self.book, self.tariff = book, tariff
        self._formulas = dict(formulas or {})
        self._days: dict[date, PricedDay] = {}

    def day(self, day: date) -> PricedDay:
        """Return a priced local day; raise TariffError if a template does not return a number."""
        known = self.book.day(day)
        priced = self._days.get(day)
        if priced is None or priced.day is not known:
            slots = {
                kind: self.tariff.price(known.slots, kind, self.book.zone, self._formulas.get(kind))
                for kind in PriceKind
            }
            priced = self._days[day] = PricedDay(known, slots)
            self._days = dict(sorted(self._days.items())[-_CACHED_DAYS:])
        return priced
