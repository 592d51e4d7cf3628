"""The time to run over: a quarter of an hour a line, from a CSV file or from the ledger."""

from collections.abc import Iterable, Sequence
import csv
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from ..forecast.quarters import moment, quarter
from ..ledger.entry import QUARTER, QUARTER_HOURS, LedgerEntry
from ..planner.problem import HUGE, YEARS

NEEDED = ("start", "import_price", "export_price", "pv_kw", "load_kw")
FORECASTS = ("pv_forecast_kw", "load_forecast_kw")
PRICES = frozenset({"import_price", "export_price"})
_MINUTES = QUARTER.total_seconds() / 60


class BacktestError(ValueError):
    """Input that cannot be run over; the text is one sentence that names the line and the column, or the field."""


class Gap(NamedTuple):
    """Quarters that are not there: from one moment to another (UTC)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """Quarters in order of time, one value of each column for each of them.

    `numbers` are those of `forecast.clock`. `hours` is how long each was seen: a whole quarter, or less of one that the
    ledger saw in part. Prices per kWh, powers mean kW over what was seen. Forecasts are None where there are none.
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
        """How many quarters."""
        return len(self.numbers)

    @property
    def start(self) -> datetime:
        """When it begins, UTC."""
        return moment(self.numbers[0])

    @property
    def end(self) -> datetime:
        """When it ends, UTC."""
        return moment(self.numbers[-1] + 1)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Where quarters are missing in between."""
        return tuple(Gap(moment(a + 1), moment(b)) for a, b in pairwise(self.numbers) if b > a + 1)


def series_from_csv(lines: Iterable[str]) -> TimeSeries:
    """The series in the lines of a CSV file with a header; columns in any order, others than ours are left alone.

    Every line begins where the one before ended. Raises BacktestError.
    """
    rows = csv.reader(lines, strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        places = _places(header)
        numbers: list[int] = []
        columns: dict[str, list[float]] = {name: [] for name in places if name != "start"}
        for cells in rows:
            if not cells:
                continue
            where = f"Line {rows.line_num}"
            if len(cells) != len(header):
                raise BacktestError(f"{where} has {len(cells)} cells: the header has {len(header)}")
            numbers.append(_number_of(where, cells[places["start"]].strip(), numbers))
            for name, column in columns.items():
                column.append(_value(where, name, cells[places[name]]))
    except csv.Error as error:
        raise BacktestError(f"Line {rows.line_num} is not CSV: {error}") from None
    if not numbers:
        raise BacktestError("The series has no lines below its header: at least one quarter of an hour is needed")
    return TimeSeries(numbers, [QUARTER_HOURS] * len(numbers), **columns)


def priced_in(quarters: Iterable[LedgerEntry], currency: str) -> list[LedgerEntry]:
    """Those quarters that are booked with prices in `currency`, which are all that money can be counted of."""
    return [one for one in quarters if one.prices is not None and one.prices.currency == currency]


def series_from_ledger(quarters: Iterable[LedgerEntry], currency: str) -> TimeSeries:
    """The series of what is booked with prices in `currency`; what is not in the book, or has no such price, is a gap.

    Raises BacktestError where nothing is left.
    """
    usable = priced_in(quarters, currency)
    if not usable:
        raise BacktestError(f"There is no quarter with prices in {currency} in the ledger")
    prices = [one.prices for one in usable if one.prices is not None]
    hours = [one.coverage * QUARTER_HOURS for one in usable]
    return TimeSeries(
        [quarter(one.start) for one in usable],
        hours,
        [price.import_price for price in prices],
        [price.export_price for price in prices],
        [one.energies.pv_kwh / seen for one, seen in zip(usable, hours, strict=True)],
        [one.energies.load_kwh / seen for one, seen in zip(usable, hours, strict=True)],
    )


def _places(header: list[str]) -> dict[str, int]:
    """Where each of our columns is."""
    if not any(header):
        raise BacktestError(f"The series is empty: a header with {', '.join(NEEDED)} is needed")
    for name in (*NEEDED, *FORECASTS):
        if header.count(name) > 1:
            raise BacktestError(f"Line 1 has the column {name} more than once")
    for name in NEEDED:
        if name not in header:
            raise BacktestError(f"Line 1 has no column {name}: {', '.join(NEEDED)} are needed")
    return {name: header.index(name) for name in (*NEEDED, *FORECASTS) if name in header}


def _number_of(where: str, text: str, before: list[int]) -> int:
    """The quarter that begins at a time, which follows those before."""
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise BacktestError(
            f"{where}: start cannot be {text[:40]!r}: a time such as 2026-01-10T00:00+01:00 is needed"
        ) from None
    if start.utcoffset() is None:
        raise BacktestError(
            f"{where}: start {text} has no offset, and local times come twice when clocks go back: write +01:00 or Z"
        )
    if start.year not in YEARS:
        raise BacktestError(f"{where}: start cannot be in {start.year}: allowed is {YEARS.start} to {YEARS.stop - 1}")
    number = quarter(start)
    if moment(number) != start:
        raise BacktestError(f"{where}: start {text} is not on a quarter of an hour")
    if before and number != before[-1] + 1:
        raise BacktestError(f"{where}: start {text} {_misplaced(number - before[-1])}")
    return number


def _misplaced(step: int) -> str:
    if step <= 0:
        what = "is that of the line before again" if step == 0 else "is earlier than the line before"
        return f"{what}: quarters of an hour in order of time are needed"
    return f"is {step * _MINUTES:g} minutes after the line before: quarters of an hour without a gap are needed"


def _value(where: str, name: str, cell: str) -> float:
    low = -HUGE if name in PRICES else 0.0
    try:
        value = float(cell)
    except ValueError:
        value = None
    if value is None or not low <= value <= HUGE:
        raise BacktestError(
            f"{where}: {name} cannot be {cell.strip()[:40]!r}: allowed is a number from {low:g} to {HUGE:g}"
        )
    return value
