"""Ledger entries for tests."""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.ledger.entry import (
    QUARTER,
    Energies,
    EntryPrices,
    Expectation,
    ForecastEnergies,
    LedgerEntry,
    MeteredInterval,
)
from custom_components.nattery.core.ledger.pricing import create_entry
from custom_components.nattery.core.planner.problem import BatteryModel

HOME = "home"
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 10, 23, tzinfo=UTC)  # a local midnight in Berlin
BATTERY = BatteryModel(
    capacity_kwh=10,
    soc_start=0.5,
    soc_min=0.1,
    soc_max=1.0,
    charge_kw=5,
    discharge_kw=5,
    charge_efficiency=0.95,
    discharge_efficiency=0.95,
    wear_per_kwh=0.03,
)
PRICES = EntryPrices("EUR", 0.31234, 0.0789, 0.09512)


def make_interval(start=START, *, coverage=1.0, soc=0.5, soc_change=0.0, **energies) -> MeteredInterval:
    """Return a metered interval; energies by name, such as load_kwh."""
    return MeteredInterval(start, coverage, Energies(**energies), soc, soc_change)


def make_entry(
    start=START, *, prices: EntryPrices | None = PRICES, previous: LedgerEntry | None = None, **arguments
) -> LedgerEntry:
    """Return an entry with every field set."""
    entry = create_entry(
        make_interval(start, **arguments),
        BATTERY,
        previous,
        prices=prices,
        action=ActionKind.CHARGE,
        reason=Explanation("charge_cheap", {"price": 0.31234, "used_at": datetime(2026, 11, 11, 17, tzinfo=UTC)}),
        expected=Expectation(0.123456, -0.25, 0.512, ActionKind.DISCHARGE, -1.234),
    )
    return replace(entry, forecast=ForecastEnergies(0.321, 0.456))


def make_entries(count: int, start=START, *, seed: int = 1, currency: str = "EUR") -> list[LedgerEntry]:
    """Return consecutive entries with random values that the ledger stores exactly."""
    chance = Random(seed)
    created: list[LedgerEntry] = []
    for number in range(count):
        energies = {name: chance.randrange(2000) / 1000 for name in Energies.__annotations__}
        prices = EntryPrices(currency, chance.randrange(500_000) / 1e6, chance.randrange(-99_999, 200_000) / 1e6)
        created.append(
            make_entry(start + number * QUARTER, prices=prices, previous=created[-1] if created else None, **energies)
        )
    return [as_stored(entry) for entry in created]


def as_stored(quarter: LedgerEntry) -> LedgerEntry:
    """Return an entry as the ledger reads it back, rounded to whole Wh, millionths and so on."""
    energies, battery, baseline, money = quarter.energies, quarter.battery, quarter.baseline, quarter.money
    return replace(
        quarter,
        coverage=round(quarter.coverage * 900) / 900,
        energies=_rounded(energies, 3),
        soc=round(quarter.soc, 3),
        battery=_rounded(battery, 3),
        baseline=replace(_rounded(replace(baseline, stored=0), 3), stored=_rounded(baseline.stored, 3)),
        prices=quarter.prices and _rounded(quarter.prices, 6),
        money=money and _rounded(money, 6),
        expected=quarter.expected and replace(_rounded(quarter.expected, 3), cost=round(quarter.expected.cost, 6)),
    )


def _rounded(one, digits):
    values = {name: getattr(one, name) for name in one.__dataclass_fields__}
    return replace(
        one, **{name: round(value, digits) for name, value in values.items() if isinstance(value, float | int)}
    )
