"""The command `nattery backtest`: its options, and what it does with them."""

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
from .system import house_from
from .time_series import BacktestError, TimeSeries, series_from_csv, series_from_ledger

DONE, FAILED, BAD_INPUT = 0, 1, 2
LARGEST_SERIES, LARGEST_HOUSE = 200_000_000, 20_000_000  # bytes: decades of quarters, and any battery
_SECONDS = 0.5, 10.0  # between two words of progress: on a terminal, and elsewhere
_ALL_TIME = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_NAMES = {
    "no_battery": "no battery",
    "self_consumption": "self-consumption",
    "daily_plan": "planned once a day",
    "closed_loop": "closed loop",
    "perfect_forecast": "perfect forecast",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `nattery backtest`.

    They stay text until `run` judges them, so that every error is one sentence.
    """
    add = parser.add_argument
    add("series", nargs="?", metavar="SERIES.csv", help="quarters of an hour, see docs/backtest.md")
    add("--ledger", metavar="PATH|URL", help="run over what is booked in this ledger instead")
    add("--site", metavar="NAME", help="whose quarters, where the ledger has several sites")
    add("--battery", required=True, metavar="BATTERY.json", help="battery and grid as in a problem file")
    add("--timezone", required=True, metavar="ZONE", help="the local clock of the prices, such as Europe/Berlin")
    add("--json", action="store_true", help="one JSON object: the cost of each way, and details")


def run(args: Namespace) -> int:
    """Print what each way came to; 0, or 1 for a failure and 2 for bad input with a sentence on stderr."""
    try:
        zone = _zone(args.timezone)
        house = house_from(_read(args.battery, LARGEST_HOUSE))
        series = _series(args, house)
        result = run_backtest(series, house, zone, _progress(house))
    except (BacktestError, ProblemError) as error:
        return _complain(str(error), BAD_INPUT)
    except LedgerError as error:
        return _complain(str(error), FAILED)
    sys.stdout.write(f"{json.dumps(result.as_document())}\n" if args.json else _as_text(result))
    return DONE


def _complain(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except OSError, ValueError, LookupError:
        raise BacktestError(f"--timezone cannot be {name!r}: allowed is a zone such as Europe/Berlin") from None


def _read(path: str, most: int) -> str:
    """The text of a file."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise BacktestError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > most:
        raise BacktestError(f"{path} is too large: at most {most // 1_000_000} MB are allowed")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BacktestError(f"{path} is no text in UTF-8: line {line} is not") from None


def _series(args: Namespace, house: Problem) -> TimeSeries:
    if (args.series is None) == (args.ledger is None):
        raise BacktestError("Either SERIES.csv or --ledger is needed, and not both")
    if args.series is not None:
        return series_from_csv(_read(args.series, LARGEST_SERIES).splitlines(keepends=True))
    # SQLAlchemy takes long to import, so only who asks for the ledger waits for it.
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
    return series_from_ledger(ledger.read(site, *_ALL_TIME), house.currency)


def _progress(house: Problem) -> Progress:
    """Say on stderr how far it is: often and in place on a terminal, now and then elsewhere."""
    in_place = sys.stderr.isatty()
    pause = _SECONDS[0 if in_place else 1]
    begun = said = monotonic()
    if house.peak_price_per_kw:
        sys.stderr.write("A capacity tariff is planned anew each quarter, which takes some minutes for a year\n")

    def tell(done: float) -> None:
        nonlocal said
        now = monotonic()
        if in_place and done >= 1:
            sys.stderr.write("\r\x1b[K")
        elif now - said >= pause:
            said = now
            left = (now - begun) * (1 - done) / done if done else 0.0
            text = f"{done:4.0%} done, about {left:.0f} s to go"
            sys.stderr.write(f"\r{text}\x1b[K" if in_place else f"{text}\n")
            sys.stderr.flush()

    return tell


def _as_text(result: BacktestResult) -> str:
    """One line for each way, then what share of the possible gain was got."""
    series, money = result.series, result.house.currency
    days = len(series) / 96
    lines = [
        f"{series.start:%Y-%m-%d %H:%M} to {series.end:%Y-%m-%d %H:%M} UTC: {len(series)} quarters, {days:.1f} days",
        *_gaps(series),
        f"a kWh stored at the end counts {result.worth:.4f} {money}",
        "",
        f"{'':<20}{'cost ' + money:>12}{'grid':>12}{'wear':>10}{'stored kWh':>12}{'saved':>12}",
    ]
    costs = result.costs
    for name, account in result.accounts.items():
        grid, saved = account.grid_cost + account.peak_cost, costs["self_consumption"] - costs[name]
        lines.append(
            f"{_NAMES[name]:<20}{costs[name]:12.4f}{grid:12.4f}{account.wear:10.4f}"
            f"{account.stored_change():+12.3f}{saved:+12.4f}"
        )
    lines += ["", "saved is against self-consumption"]
    if result.captured is not None:
        lines.append(f"the closed loop gets {result.captured:.1%} of what a perfect forecast would gain")
    return "\n".join([*lines, ""])


def _gaps(series: TimeSeries) -> list[str]:
    gaps = series.gaps
    if not gaps:
        return []
    longest = max(gaps, key=lambda gap: gap.end - gap.start)
    missing = series.numbers[-1] + 1 - series.numbers[0] - len(series)
    where = f"the longest from {longest.start:%Y-%m-%d %H:%M} to {longest.end:%Y-%m-%d %H:%M}"
    return [f"{missing} quarters in {len(gaps)} gaps are left out, {where}"]
