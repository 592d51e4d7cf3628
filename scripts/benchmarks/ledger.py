"""The ledger: how large a year is, and how long it takes to book and to report it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
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
from custom_components.nattery.core.ledger.entry import (
    QUARTER,
    Energies,
    EntryPrices,
    Expectation,
    LedgerEntry,
    MeteredInterval,
)
from custom_components.nattery.core.ledger.ledger import Ledger
from custom_components.nattery.core.ledger.pricing import create_entry
from custom_components.nattery.core.ledger.reports import local_days
from custom_components.nattery.core.planner.problem import BatteryModel
from custom_components.nattery.core.planner.reasons import Reason
from custom_components.nattery.trading.booked_reasons import booked

from .rows import Row

SITE, ZONE = "home", ZoneInfo("Europe/Berlin")
START = datetime(2024, 12, 31, 23, tzinfo=UTC)
DAYS = 365
_BATTERY = BatteryModel(10, 0.5, 5, 5, soc_min=0.1, wear_per_kwh=0.03)


def year_of_quarters() -> Iterator[LedgerEntry]:
    """A home with PV and a battery that trades: all numbers differ, and each line has one of the longest reasons."""
    chance, soc, line = Random(1), 0.5, None
    kinds = list(ActionKind)
    for number in range(DAYS * 96):
        start = START + number * QUARTER
        hour = start.hour + start.minute / 60
        spot = round(0.09 + 0.05 * math.cos((hour - 19) / 12 * math.pi) + chance.gauss(0, 0.02), 5)
        pv = max(0.0, 1.2 * math.cos((hour - 11.5) / 12 * math.pi)) * chance.random()
        load = 0.06 + 0.3 * chance.random() ** 3
        kind = chance.choice(kinds)
        moved = min(max(soc + chance.uniform(-0.05, 0.05), 0.1), 1.0) - soc
        soc += moved
        battery = moved * 10 / (0.95 if moved > 0 else 1 / 0.95)
        grid = load + battery - pv
        energies = Energies(max(grid, 0), max(-grid, 0), max(battery, 0), max(-battery, 0), pv, load)
        used_at = start + timedelta(hours=chance.randrange(24))
        numbers = {name: chance.random() / 3 for name in ("worth", "turns_at", "margin", "burden", "used_price")}
        values = {**numbers, "price": spot + 0.18, "power_kw": abs(battery), "used_at": used_at}
        reason = booked(Reason(chance.choice(("charge", "store_surplus")), values))
        line = create_entry(
            MeteredInterval(start, 1.0, energies, soc, moved),
            _BATTERY,
            line,
            prices=EntryPrices("EUR", round((spot + 0.18) * 1.19, 6), spot, spot),
            action=kind,
            reason=reason,
            expected=Expectation(grid * spot, grid, soc),
        )
        yield line


def _seconds(action: Callable[[], object], rounds: int = 1) -> float:
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def _bare(path: Path) -> None:
    """The rival: the same rows into the same table through Python's own driver, and nothing else."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(f"{path}-rival")) as rival:
        (made,) = source.execute("SELECT sql FROM sqlite_master WHERE name = 'nattery_quarters'").fetchone()
        rows = source.execute("SELECT * FROM nattery_quarters").fetchall()
        rival.execute("PRAGMA journal_mode = WAL")
        rival.execute(made)
        rival.executemany(f"INSERT INTO nattery_quarters VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608
        rival.commit()


def year_in_the_book(*, quick: bool) -> list[tuple[str, float, float, str]]:
    """The rows of the measurement."""
    lines = list(year_of_quarters())
    reasons = statistics.mean(len(json.dumps(dict(line.reason.values))) for line in lines if line.reason)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        book = Ledger(path)
        written = _seconds(lambda: book.write(SITE, lines))
        size = path.stat().st_size / 1e6
        bare = _seconds(lambda: _bare(path))
        one = _seconds(lambda: book.write(SITE, lines[-1:]), 10 if quick else 50)
        now, rounds = lines[-1].end, 3 if quick else 10
        savings = _seconds(lambda: book.savings(SITE, now, ZONE, "EUR", 0.2), rounds)
        days = local_days(date(2025, 1, 1), date(2025, 12, 31), ZONE)
        daily = _seconds(lambda: book.reports(SITE, days, "EUR", 0.2), rounds)
        spots = {line.start: line.prices.spot_price or 0.0 for line in lines[-60 * 96 :] if line.prices}
        corrected = _seconds(lambda: book.mispriced(SITE, "EUR", spots), rounds)
        read = _seconds(lambda: book.read(SITE, START, now), rounds // 3)
    return [
        (f"size of a year: {len(lines)} quarters, each with a reason of {reasons:.0f} bytes", size, 20, "MB"),
        ("booking a year at once, over copying the same rows with the bare driver", written / bare, 10, "x"),
        ("booking one quarter, safe on the disk", 1000 * one, 100, "ms"),
        ("savings of today, this month and the year", 1000 * savings, 200, "ms"),
        ("a report for each day of a year", 1000 * daily, 500, "ms"),
        ("looking for corrected prices in sixty days", 1000 * corrected, 500, "ms"),
        ("reading every quarter of a year", read, 5, "s"),
    ]


async def ledger(*, quick: bool) -> list[Row]:
    """A year of quarter-hours in SQLite: its size, and the time to book it, report it and read it."""
    return [Row(*row) for row in await asyncio.to_thread(year_in_the_book, quick=quick)]
