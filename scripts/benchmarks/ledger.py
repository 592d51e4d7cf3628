"""Measurements of the ledger: the size of a year, and the time to book, report and read it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import json
import math
from pathlib import Path
from random import Random
import sqlite3
import statistics
import tempfile
import time
from zoneinfo import ZoneInfo

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.explanation import Explanation, ExplanationValue
from custom_components.nattery.core.ledger.entry import (
    QUARTER,
    Energies,
    EntryPrices,
    Expectation,
    ForecastEnergies,
    LedgerEntry,
    MeteredInterval,
)
from custom_components.nattery.core.ledger.ledger import Ledger
from custom_components.nattery.core.ledger.pricing import create_entry
from custom_components.nattery.core.ledger.reports import local_days
from custom_components.nattery.core.planner.problem import BatteryModel

from .rows import Row

SITE, ZONE = "home", ZoneInfo("Europe/Berlin")
START = datetime(2024, 12, 31, 23, tzinfo=UTC)
DAYS = 365
_BATTERY = BatteryModel(10, 0.5, 5, 5, soc_min=0.1, wear_per_kwh=0.03)

_NUMBERS = ("marginal_value", "break_even_price", "margin", "losses_and_wear", "used_price")


def year_of_entries() -> Iterator[LedgerEntry]:
    """Return a synthetic year of a home with PV and a trading battery; each entry has one of the longest reasons."""
    rng, soc, entry = Random(1), 0.5, None
    kinds = list(ActionKind)
    for number in range(DAYS * 96):
        start = START + number * QUARTER
        hour = start.hour + start.minute / 60
        spot = round(0.09 + 0.05 * math.cos((hour - 19) / 12 * math.pi) + rng.gauss(0, 0.02), 5)
        pv = max(0.0, 1.2 * math.cos((hour - 11.5) / 12 * math.pi)) * rng.random()
        load = 0.06 + 0.3 * rng.random() ** 3
        kind = rng.choice(kinds)
        moved = min(max(soc + rng.uniform(-0.05, 0.05), 0.1), 1.0) - soc
        soc += moved
        battery = moved * 10 / (0.95 if moved > 0 else 1 / 0.95)
        grid = load + battery - pv
        energies = Energies(max(grid, 0), max(-grid, 0), max(battery, 0), max(-battery, 0), pv, load)
        used_at = start + timedelta(hours=rng.randrange(24))
        numbers = {name: rng.random() / 3 for name in _NUMBERS}
        values: dict[str, ExplanationValue] = {"price": spot + 0.18, "power_kw": abs(battery), "used_at": used_at}
        reason = Explanation(rng.choice(("plan_charge", "plan_store_surplus")), {**values, **numbers})
        entry = create_entry(
            MeteredInterval(start, 1.0, energies, soc, moved),
            _BATTERY,
            entry,
            prices=EntryPrices("EUR", round((spot + 0.18) * 1.19, 6), spot, spot),
            action=kind,
            reason=reason,
            expected=Expectation(grid * spot, grid, soc, kind, 4 * battery),
        )
        entry = replace(entry, forecast=ForecastEnergies(pv * rng.random(), load * rng.random()))
        yield entry


def _seconds(action: Callable[[], object], rounds: int = 1) -> float:
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def _copy_with_bare_driver(path: Path) -> None:
    """Copy the same rows into an equal table with Python's own driver, for comparison."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(f"{path}-copy")) as copy:
        (create_table,) = source.execute("SELECT sql FROM sqlite_master WHERE name = 'nattery_quarters'").fetchone()
        rows = source.execute("SELECT * FROM nattery_quarters").fetchall()
        copy.execute("PRAGMA journal_mode = WAL")
        copy.execute(create_table)
        copy.executemany(f"INSERT INTO nattery_quarters VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608
        copy.commit()


def measure_year(*, quick: bool) -> list[tuple[str, float, float, str]]:
    """Return the measured rows."""
    entries = list(year_of_entries())
    reasons = statistics.mean(len(json.dumps(entry.reason.to_dict()["values"])) for entry in entries if entry.reason)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        book = Ledger(path)
        written = _seconds(lambda: book.write(SITE, entries))
        size = path.stat().st_size / 1e6
        bare = _seconds(lambda: _copy_with_bare_driver(path))
        one = _seconds(lambda: book.write(SITE, entries[-1:]), 10 if quick else 50)
        now, rounds = entries[-1].end, 3 if quick else 10
        savings = _seconds(lambda: book.savings(SITE, now, ZONE, "EUR", 0.2), rounds)
        days = local_days(date(2025, 1, 1), date(2025, 12, 31), ZONE)
        daily = _seconds(lambda: book.reports(SITE, days, "EUR", 0.2), rounds)
        spots = {entry.start: entry.prices.spot_price or 0.0 for entry in entries[-60 * 96 :] if entry.prices}
        corrected = _seconds(lambda: book.mispriced(SITE, "EUR", spots), rounds)
        read = _seconds(lambda: book.read(SITE, START, now), rounds // 3)
    return [
        (f"size of a year of quarters, with plan, forecast and {reasons:.0f} bytes of reason", size, 25, "MB"),
        ("booking a year at once, over copying the same rows with the bare driver", written / bare, 10, "x"),
        ("booking one quarter, flushed to disk", 1000 * one, 100, "ms"),
        ("savings of today, this month and the year", 1000 * savings, 200, "ms"),
        ("a report for each day of a year", 1000 * daily, 500, "ms"),
        ("looking for corrected prices in sixty days", 1000 * corrected, 500, "ms"),
        ("reading every quarter of a year", read, 5, "s"),
    ]


async def ledger(*, quick: bool) -> list[Row]:
    """A year of quarter-hours in SQLite: its size, and the time to book it, report it and read it."""
    return [Row(*row) for row in await asyncio.to_thread(measure_year, quick=quick)]
