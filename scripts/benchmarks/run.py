"""Run measurements and compare each result with its limit. The exit code is 1 if a limit is exceeded."""

import argparse
import asyncio
import os
from pathlib import Path
import sys
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.benchmarks.backtest import backtest_year, closed_loop
from scripts.benchmarks.forecasts import forecasts
from scripts.benchmarks.ledger import ledger
from scripts.benchmarks.modbus import full_map, recovery, redundant_writes, reloads, write_latency, wrong_values
from scripts.benchmarks.pictures import pictures
from scripts.benchmarks.planner import planner_speed, planner_year
from scripts.benchmarks.prices import prices_fetch, prices_parse
from scripts.benchmarks.real import real_homes
from scripts.benchmarks.rows import Measure, Row
from scripts.benchmarks.subscribers import subscribers

MEASURES: dict[str, Measure] = {
    measure.__name__: measure
    for measure in (
        full_map,
        write_latency,
        wrong_values,
        recovery,
        reloads,
        redundant_writes,
        prices_parse,
        prices_fetch,
        forecasts,
        ledger,
        planner_speed,
        planner_year,
        closed_loop,
        backtest_year,
        subscribers,
        pictures,
    )
}

REAL = "real"  # over recorded homes, which are not part of the project


def _print(row: Row) -> bool:
    passed = row.limit is None or row.measured <= row.limit
    limit = f"limit {row.limit:g} {row.unit}".rstrip() if row.limit is not None else ""
    verdict = limit and f"{limit}  {'ok' if passed else 'EXCEEDED'}"
    print(f"  {row.what:<95} {row.measured:>9.3f} {row.unit:<3} {verdict}", flush=True)
    return passed


def main() -> int:
    """Run the selected measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "measures", nargs="*", choices=[*MEASURES, REAL, []], help="the measurements to run; default: all but real"
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, about a minute")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="for real: a folder with series and battery.json")
    parser.add_argument("--timezone", type=ZoneInfo, default=ZoneInfo("Europe/Paris"), help="of their market")
    arguments = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
    passed = True
    if REAL in arguments.measures:
        if arguments.data is None:
            parser.error("real needs --data FOLDER, with CSV series and a battery.json")
        for row in real_homes(arguments.data, arguments.timezone):
            passed &= _print(row)
        arguments.measures.remove(REAL)
        if not arguments.measures:
            return _verdict(passed=passed)
    for name in arguments.measures or MEASURES:
        print(f"{name}: {(MEASURES[name].__doc__ or '').splitlines()[0]}")
        for row in asyncio.run(MEASURES[name](quick=arguments.quick)):
            passed &= _print(row)
    return _verdict(passed=passed)


def _verdict(*, passed: bool) -> int:
    print("All limits met." if passed else "At least one limit exceeded.")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
