"""The command `nattery backtest`."""

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
import json
from pathlib import Path
import sys
from time import monotonic
from zoneinfo import ZoneInfo

from ..ledger.errors import LedgerError
from ..planner.problem import Problem, ProblemError
from .backtest import BacktestResult, Progress, run as run_backtest
from .system import read_system
from .time_series import BacktestError, TimeSeries, series_from_csv, series_from_ledger

DONE, FAILED, BAD_INPUT = 0, 1, 2
MAX_SERIES_BYTES, MAX_BATTERY_FILE_BYTES = 200_000_000, 20_000_000  # decades of quarters, and any battery file
_PROGRESS_SECONDS = 0.5, 10.0  # between progress reports: on a terminal, and elsewhere
_ALL_TIME = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_WAY_NAMES = {
    "no_battery": "no battery",
    "self_consumption": "self-consumption",
    "daily_plan": "planned once a day",
    "closed_loop": "closed loop",
    "perfect_forecast": "perfect forecast",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `nattery backtest`.

    They stay text until `run` validates them, so that every error is one sentence.
    """
    add = parser.add_argument
    add("series", nargs="?", metavar="SERIES.csv", help="quarter-hours, see docs/backtest.md")
    add("--ledger", metavar="PATH|URL", help="run over the entries of this ledger instead")
    add("--site", metavar="NAME", help="the site to use, if the ledger has several")
    add("--battery", required=True, metavar="BATTERY.json", help="battery and grid as in a problem file")
    add("--timezone", required=True, metavar="ZONE", help="the time zone of the prices' market, such as Europe/Berlin")
    add("--json", action="store_true", help="one JSON object: the cost of each way, and details")


def run(args: Namespace) -> int:
    """Print the cost of each way and return the exit code: 1 for a failure, 2 for invalid input, otherwise 0.

    Errors are one sentence on stderr.
    """
    try:
        zone = _parse_zone(args.timezone)
        system = read_system(_read_text(args.battery, MAX_BATTERY_FILE_BYTES))
        series = _load_series(args, system)
        result = run_backtest(series, system, zone, _progress_reporter(system))
    except (BacktestError, ProblemError) as error:
        return _report_error(str(error), BAD_INPUT)
    except LedgerError as error:
        return _report_error(str(error), FAILED)
    sys.stdout.write(f"{json.dumps(result.as_document())}\n" if args.json else _format_result(result))
    return DONE


def _report_error(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


def _parse_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except OSError, ValueError, LookupError:
        raise BacktestError(f"--timezone cannot be {name!r}: allowed is a zone such as Europe/Berlin") from None


def _read_text(path: str, max_bytes: int) -> str:
    """Return the text of a file."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise BacktestError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > max_bytes:
        raise BacktestError(f"{path} is too large: at most {max_bytes // 1_000_000} MB are allowed")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BacktestError(f"{path} is not UTF-8 text: see line {line}") from None


def _load_series(args: Namespace, system: Problem) -> TimeSeries:
    if (args.series is None) == (args.ledger is None):
        raise BacktestError("Either SERIES.csv or --ledger is needed, not both")
    if args.series is not None:
        return series_from_csv(_read_text(args.series, MAX_SERIES_BYTES).splitlines(keepends=True))
    # SQLAlchemy takes long to import, so it is imported only for a backtest over the ledger.
    from ..ledger.ledger import Ledger  # noqa: PLC0415

    is_url = "://" in args.ledger
    if not is_url and not Path(args.ledger).is_file():
        raise BacktestError(f"{args.ledger} cannot be read: there is no such file")
    ledger = Ledger(args.ledger if is_url else Path(args.ledger))
    sites = ledger.sites()
    site = sites[0] if args.site is None and len(sites) == 1 else args.site
    if site not in sites:
        allowed = f"allowed is {', '.join(sites)}" if sites else "nothing is booked in this ledger"
        raise BacktestError(f"--site cannot be {site!r}: {allowed}" if site else f"--site is needed: {allowed}")
    return series_from_ledger(ledger.read(site, *_ALL_TIME), system.currency)


def _progress_reporter(system: Problem) -> Progress:
    """Return a function that reports progress on stderr: often and in place on a terminal, else every few seconds."""
    in_place = sys.stderr.isatty()
    pause = _PROGRESS_SECONDS[0 if in_place else 1]
    started = reported = monotonic()
    if system.peak_price_per_kw:
        sys.stderr.write("With a capacity tariff every quarter is planned from scratch: a year takes some minutes\n")

    def report(done: float) -> None:
        nonlocal reported
        now = monotonic()
        if in_place and done >= 1:
            sys.stderr.write("\r\x1b[K")
        elif now - reported >= pause:
            reported = now
            left = (now - started) * (1 - done) / done if done else 0.0
            text = f"{done:4.0%} done, about {left:.0f} s to go"
            sys.stderr.write(f"\r{text}\x1b[K" if in_place else f"{text}\n")
            sys.stderr.flush()

    return report


def _format_result(result: BacktestResult) -> str:
    """Return one line per way, then the captured share of the possible savings."""
    series, money = result.series, result.system.currency
    days = len(series) / 96
    lines = [
        f"{series.start:%Y-%m-%d %H:%M} to {series.end:%Y-%m-%d %H:%M} UTC: {len(series)} quarters, {days:.1f} days",
        *_format_gaps(series),
        f"energy stored at the end is valued at {result.terminal_value:.4f} {money}/kWh",
        "",
        f"{'':<20}{'cost ' + money:>12}{'grid':>12}{'wear':>10}{'stored kWh':>12}{'saved':>12}",
    ]
    costs = result.costs
    for name, account in result.accounts.items():
        grid, saved = account.grid_cost + account.peak_cost, costs["self_consumption"] - costs[name]
        lines.append(
            f"{_WAY_NAMES[name]:<20}{costs[name]:12.4f}{grid:12.4f}{account.wear:10.4f}"
            f"{account.stored_change():+12.3f}{saved:+12.4f}"
        )
    lines += ["", "saved: compared with self-consumption"]
    if result.captured is not None:
        lines.append(f"the closed loop achieves {result.captured:.1%} of the savings with a perfect forecast")
    return "\n".join([*lines, ""])


def _format_gaps(series: TimeSeries) -> list[str]:
    gaps = series.gaps
    if not gaps:
        return []
    longest = max(gaps, key=lambda gap: gap.end - gap.start)
    missing = series.numbers[-1] + 1 - series.numbers[0] - len(series)
    where = f"the longest from {longest.start:%Y-%m-%d %H:%M} to {longest.end:%Y-%m-%d %H:%M}"
    return [f"{missing} quarters in {len(gaps)} gaps are missing, {where}"]
