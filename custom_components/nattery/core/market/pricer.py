"""Days at the prices of a tariff: worked out once, and again only when the book says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from .book import PriceBook, PriceDay
from .prices import PriceSlot
from .statistics import PriceLevel, PriceStatistics, level, statistics
from .tariff import Hook, PriceKind, Tariff

_DAYS_KEPT = 8


@dataclass(frozen=True)
class PricedDay:
    """A day of the book, and its slots by kind."""

    day: PriceDay
    slots: Mapping[PriceKind, tuple[PriceSlot, ...]]

    @cached_property
    def levels(self) -> tuple[PriceLevel, ...]:
        """How each import price compares with the day's others."""
        bought = self.slots[PriceKind.IMPORT]
        return tuple(level(slot.price, bought) for slot in bought)

    @cached_property
    def statistics(self) -> PriceStatistics | None:
        """The day's import prices in short; None before it is published."""
        return statistics(self.slots[PriceKind.IMPORT]) if self.day.published else None


class Pricer:
    """Applies a tariff to the days of a book; templates are evaluated by `hooks` when a day is worked out."""

    def __init__(self, book: PriceBook, tariff: Tariff, hooks: Mapping[PriceKind, Hook] | None = None) -> None:
        """Price the days of `book`; a tariff with templates needs a hook for each."""
        self.book, self.tariff = book, tariff
        self._hooks = dict(hooks or {})
        self._days: dict[date, PricedDay] = {}

    def day(self, day: date) -> PricedDay:
        """A local day; raises TariffError where a template gives no number."""
        known = self.book.day(day)
        priced = self._days.get(day)
        if priced is None or priced.day is not known:
            slots = {
                kind: self.tariff.price(known.slots, kind, self.book.zone, self._hooks.get(kind)) for kind in PriceKind
            }
            priced = self._days[day] = PricedDay(known, slots)
            self._days = dict(sorted(self._days.items())[-_DAYS_KEPT:])
        return priced
