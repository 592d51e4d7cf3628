"""Any local day, past or future: prices, what was booked, planned and forecast."""

from datetime import UTC, date, datetime, timedelta
import re
from typing import Any, Final

from homeassistant.components.websocket_api.const import ERR_INVALID_FORMAT
from homeassistant.util import dt as dt_util

from ..core.app.day_columns import DayRecords, day_columns, day_currency
from ..core.app.interval_prices import entry_prices
from ..core.ledger.entry import QUARTER, LedgerEntry, quarter_start
from ..core.ledger.json_row import report_to_json
from ..core.ledger.reports import Period, local_days
from ..core.market.book import RETENTION
from ..websocket.errors import CommandError
from .coordinator import TradingCoordinator

_YEARS: Final = range(1971, 2200)
_ISO_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_FORESIGHT: Final = timedelta(days=3)  # beyond all published prices and forecasts
_SHOWN: Final = 40  # characters of a given value that an error repeats


def parse_day(value: object) -> date:
    """Return the day that a text such as "2026-11-26" names; raises CommandError."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and _ISO_DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        first, last = str(_YEARS.start), str(_YEARS.stop - 1)
        raise CommandError(ERR_INVALID_FORMAT, "bad_day", value=str(value)[:_SHOWN], first=first, last=last)
    return day


async def async_day(trading: TradingCoordinator, day: date) -> dict[str, Any]:
    """Return a local day in columns, and the report of what is booked of it; raises LedgerError."""
    zone, now = dt_util.get_default_time_zone(), dt_util.utcnow()
    (period,) = local_days(day, day, zone)
    booked = Period(period.start, min(period.end, quarter_start(now)))  # empty for a day to come
    entries: tuple[LedgerEntry, ...] = ()
    sums = None
    if booked.quarters:
        entries = await trading.recorder.async_read(booked.start, booked.end)
    if entries:
        (report,) = await trading.recorder.async_reports([booked])
        sums = report_to_json(report)
    currency = day_currency(entries, trading.prices.pricer.book.currency)
    records = DayRecords(
        currency,
        {entry.start: entry for entry in entries},
        entry_prices(trading.prices.pricer, starts := _near(period, now)),
        trading.recorder.expected(),
        {start: issued for start in starts if period.end > now and (issued := trading.forecasts.issued(start))},
        trading.data.plan,
    )
    return {
        "day": day.isoformat(),
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "time_zone": str(zone),
        "currency": currency or None,
        "columns": day_columns(period, now, records),
        "sums": sums,
    }


def _near(period: Period, now: datetime) -> list[datetime]:
    """Return the quarter-hours of a day that is near enough for the price book; it is not asked for any other."""
    if not now - RETENTION - _FORESIGHT < period.start < now + _FORESIGHT:
        return []
    return [period.start.astimezone(UTC) + number * QUARTER for number in range(period.quarters)]
