"""The time series that a backtest runs over, in quarter-hours, from a CSV file or from the ledger."""

from collections.abc import Iterable, Sequence
import csv
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from ..forecast.quarters import moment, quarter
from ..ledger.entry import QUARTER, QUARTER_HOURS, LedgerEntry
from ..planner.problem import ALLOWED_YEARS, MAX_MAGNITUDE

REQUIRED_COLUMNS = ("start", "import_price", "export_price", "pv_kw", "load_kw")
FORECAST_COLUMNS = ("pv_forecast_kw", "load_forecast_kw")
PRICE_COLUMNS = frozenset({"import_price", "export_price"})
_MINUTES = QUARTER.total_seconds() / 60


class BacktestError(ValueError):
    """Raised for invalid input. The text is one sentence that names the line and the column, or the field."""


class Gap(NamedTuple):
    """Missing quarter-hours, from one time to another (UTC)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """Quarter-hours in order of time, with one value per column for each.

    `numbers` count quarter-hours as `forecast.quarters` does. `hours` is the metered length of each: a whole
    quarter-hour, or less if the ledger saw only a part of it. Prices are per kWh, powers are averages (kW) over the
    metered time. Forecasts are None if there are none.
    """

    numbers: Sequence[int]
    hours: Sequence[float]
    import_price: Sequence[float]
    export_price: Sequence[float]
    pv_kw: Sequence[float]
    load_kw: Sequence[float]
    pv_forecast_kw: Sequence[float] | None = None
    load_forecast_kw: Sequence[float] | None = None

    def __len__(self) -> int:
        """Return the number of quarter-hours."""
        return len(self.numbers)

    @property
    def start(self) -> datetime:
        """The beginning of the series, UTC."""
        return moment(self.numbers[0])

    @property
    def end(self) -> datetime:
        """The end of the series, UTC."""
        return moment(self.numbers[-1] + 1)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gaps between quarter-hours."""
        return tuple(Gap(moment(a + 1), moment(b)) for a, b in pairwise(self.numbers) if b > a + 1)


def series_from_csv(lines: Iterable[str]) -> TimeSeries:
    """Return the series of CSV lines with a header. Columns may be in any order; unknown columns are ignored.

    Each line must begin where the one before it ends. Raises BacktestError.
    """
    rows = csv.reader(lines, strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        positions = _column_positions(header)
        numbers: list[int] = []
        columns: dict[str, list[float]] = {name: [] for name in positions if name != "start"}
        for cells in rows:
            if not cells:
                continue
            line = f"Line {rows.line_num}"
            if len(cells) != len(header):
                raise BacktestError(f"{line} has {len(cells)} cells: the header has {len(header)}")
            numbers.append(_quarter_number(line, cells[positions["start"]].strip(), numbers))
            for name, column in columns.items():
                column.append(_number(line, name, cells[positions[name]]))
    except csv.Error as error:
        raise BacktestError(f"Line {rows.line_num} is not CSV: {error}") from None
    if not numbers:
        raise BacktestError("The series has no lines below its header: at least one quarter of an hour is needed")
    return TimeSeries(numbers, [QUARTER_HOURS] * len(numbers), **columns)


def priced_in(entries: Iterable[LedgerEntry], currency: str) -> list[LedgerEntry]:
    """Return the entries that have prices in `currency`. Only for these can costs be calculated."""
    return [entry for entry in entries if entry.prices is not None and entry.prices.currency == currency]


def series_from_ledger(entries: Iterable[LedgerEntry], currency: str) -> TimeSeries:
    """Return the series of the ledger entries with prices in `currency`. All other quarter-hours are gaps.

    Raises BacktestError if no entry is left.
    """
    usable = priced_in(entries, currency)
    if not usable:
        raise BacktestError(f"There is no quarter with prices in {currency} in the ledger")
    prices = [entry.prices for entry in usable if entry.prices is not None]
    hours = [entry.coverage * QUARTER_HOURS for entry in usable]
    return TimeSeries(
        [quarter(entry.start) for entry in usable],
        hours,
        [price.import_price for price in prices],
        [price.export_price for price in prices],
        [entry.energies.pv_kwh / hours_seen for entry, hours_seen in zip(usable, hours, strict=True)],
        [entry.energies.load_kwh / hours_seen for entry, hours_seen in zip(usable, hours, strict=True)],
    )


def _column_positions(header: list[str]) -> dict[str, int]:
    """Return the position of each known column in the header."""
    if not any(header):
        raise BacktestError(f"The series is empty: a header with {', '.join(REQUIRED_COLUMNS)} is needed")
    for name in (*REQUIRED_COLUMNS, *FORECAST_COLUMNS):
        if header.count(name) > 1:
            raise BacktestError(f"Line 1 has the column {name} more than once")
    for name in REQUIRED_COLUMNS:
        if name not in header:
            raise BacktestError(f"Line 1 has no column {name}: {', '.join(REQUIRED_COLUMNS)} are needed")
    return {name: header.index(name) for name in (*REQUIRED_COLUMNS, *FORECAST_COLUMNS) if name in header}


def _quarter_number(line: str, text: str, previous: list[int]) -> int:
    """Return the number of the quarter-hour that begins at a time. It must follow the previous ones."""
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise BacktestError(
            f"{line}: start cannot be {text[:40]!r}: a time such as 2026-01-10T00:00+01:00 is needed"
        ) from None
    if start.utcoffset() is None:
        raise BacktestError(
            f"{line}: start {text} has no offset, and local times come twice when clocks go back: write +01:00 or Z"
        )
    if start.year not in ALLOWED_YEARS:
        raise BacktestError(
            f"{line}: start cannot be in {start.year}: allowed is {ALLOWED_YEARS.start} to {ALLOWED_YEARS.stop - 1}"
        )
    number = quarter(start)
    if moment(number) != start:
        raise BacktestError(f"{line}: start {text} is not on a quarter of an hour")
    if previous and number != previous[-1] + 1:
        raise BacktestError(f"{line}: start {text} {_order_error(number - previous[-1])}")
    return number


def _order_error(step: int) -> str:
    if step <= 0:
        what = "is that of the line before again" if step == 0 else "is earlier than the line before"
        return f"{what}: quarters of an hour in order of time are needed"
    return f"is {step * _MINUTES:g} minutes after the line before: quarters of an hour without a gap are needed"


def _number(line: str, name: str, cell: str) -> float:
    low = -MAX_MAGNITUDE if name in PRICE_COLUMNS else 0.0
    try:
        value = float(cell)
    except ValueError:
        value = None
    if value is None or not low <= value <= MAX_MAGNITUDE:
        raise BacktestError(
            f"{line}: {name} cannot be {cell.strip()[:40]!r}: allowed is a number from {low:g} to {MAX_MAGNITUDE:g}"
        )
    return value
