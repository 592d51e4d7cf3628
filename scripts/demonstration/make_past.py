"""Gives a new demo a past of three weeks: python -m scripts.demonstration.make_past --folder FOLDER.

The days before today are the same for every demo that starts today, so they are kept in a folder of the repository.
"""

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from hashlib import sha256
import json
from pathlib import Path
import shutil
import sys
from tempfile import mkdtemp
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.nattery.core.app.recorder_state import RecorderState
from custom_components.nattery.core.ledger.ledger import Ledger
from custom_components.nattery.core.ledger.reports import local_days
from custom_components.nattery.core.simulator.initial_state import serial_number

from .demo_past import DemoPast, PastSimulation
from .folder import CORE, ROOT, SEED, DemoFolder, time_zone
from .home_statistics import HourlyStatistics, money_statistics
from .price_history import PriceHistory

DAYS = 21
CACHE = ROOT / ".demo-history"
_KEPT = timedelta(days=1)
_SOURCES = (CORE, Path(__file__).parent, ROOT / "scripts" / "entsoe_standin")


def make_past(folder: DemoFolder, cache: Path = CACHE, days: int = DAYS) -> None:
    """Write the past of `days` local days and of today so far to a folder in which no demo has run."""
    zone, site = ZoneInfo(time_zone()), serial_number(SEED)
    today = datetime.now(zone).date()
    first, *_, last = local_days(today - timedelta(days=days), today, zone)
    clock_zone = timezone(datetime.now(zone).utcoffset() or timedelta())
    past = cached_days(cache, first.start, last.start, zone, clock_zone)
    simulation = PastSimulation(past, zone, clock_zone)
    meter = asyncio.run(simulation.run(datetime.now(UTC)))
    money = money_statistics(past.entries, zone, simulation.stored_value)
    _write(folder, past, meter, money)
    prices = PriceHistory(first.start)
    prices.publish(past.end, early=True)
    _write_json(folder.past / "prices.json", prices.book.to_dict())
    Ledger(folder.config / "nattery.db").write(site, past.entries)


def cached_days(cache: Path, start: datetime, end: datetime, zone: tzinfo, clock_zone: timezone) -> DemoPast:
    """Return the past from one local midnight to another, and keep it for the next demo of this day."""
    site, place = serial_number(SEED), cache / _digest(start, end, zone, clock_zone)
    if place.is_dir():
        return DemoPast.load(place, site, end)
    past = DemoPast(start)
    asyncio.run(PastSimulation(past, zone, clock_zone).run(end))
    cache.mkdir(parents=True, exist_ok=True)
    _drop_old(cache)
    temporary = Path(mkdtemp(dir=cache))
    past.save(temporary, site)
    try:
        temporary.rename(place)
    except OSError:  # another demo was first
        shutil.rmtree(temporary)
    return past


def _digest(*conditions: object) -> str:
    """Return a name for the past under some conditions and this version of the code."""
    digest = sha256(repr(conditions).encode())
    for path in _code():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _code() -> Iterator[Path]:
    for folder in _SOURCES:
        yield from sorted(folder.rglob("*.py"))


def _drop_old(cache: Path) -> None:
    """Remove what was made on earlier days."""
    oldest = (datetime.now(UTC) - _KEPT).timestamp()
    for place in cache.iterdir():
        with suppress(FileNotFoundError):
            if place.stat().st_mtime < oldest:
                shutil.rmtree(place)


def _write(folder: DemoFolder, past: DemoPast, meter: RecorderState, money: HourlyStatistics) -> None:
    """Write what the programs of the demo continue from."""
    folder.past.mkdir(exist_ok=True)
    _write_json(folder.past / "forecasts.json", past.log.to_dict())
    _write_json(folder.past / "meter.json", meter.to_dict())
    _write_json(folder.past / "statistics.json", past.statistics.to_dict())
    _write_json(folder.past / "money.json", money.to_dict())
    _write_json(folder.state, past.inverter)


def _write_json(path: Path, content: Any) -> None:  # noqa: ANN401  (JSON)
    path.write_text(json.dumps(content), "utf-8")


def main() -> int:
    """Make the past."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    make_past(DemoFolder(parser.parse_args().folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
