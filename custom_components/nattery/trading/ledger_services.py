"""The action that reads the ledger: entries of quarter-hours, or reports of local days or months."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import probatio as vol

from ..action_helpers import moment, refuse
from ..action_schema import action_schema
from ..const import DOMAIN
from ..core.ledger.entry import LedgerEntry
from ..core.ledger.errors import LedgerError
from ..core.ledger.json_row import entry_to_json, report_to_json
from ..core.ledger.reports import Period, local_days, local_months
from ..core.sentences import Sentences
from ..errors import translated
from .coordinator import TradingCoordinator
from .savings import SAVINGS
from .services import async_trading

GET_LEDGER: Final = "get_ledger"
ATTR_START, ATTR_END, ATTR_PERIOD = "start", "end", "period"
QUARTER, DAY, MONTH = "quarter", "day", "month"

_MOMENT: Final = timedelta(microseconds=1)
_LONGEST: Final = {QUARTER: timedelta(days=31), DAY: timedelta(days=800), MONTH: timedelta(days=7500)}
_PERIODS: Final[Mapping[str, Callable[[date, date, tzinfo], tuple[Period, ...]]]] = {
    DAY: local_days,
    MONTH: local_months,
}


_SCHEMA: Final = action_schema(
    {
        vol.Optional(ATTR_START): moment,
        vol.Optional(ATTR_END): moment,
        vol.Optional(ATTR_PERIOD, default=QUARTER): vol.In(_LONGEST),
    }
)


@callback
def async_setup_ledger_services(hass: HomeAssistant) -> None:
    """Register the action."""
    hass.services.async_register(DOMAIN, GET_LEDGER, _async_get_ledger, _SCHEMA, SupportsResponse.ONLY)


async def _async_get_ledger(call: ServiceCall) -> ServiceResponse:
    """Return what is booked, by default from the start of today until now."""
    trading = await async_trading(call, POLICY_READ, SAVINGS[0].key)
    period, end = call.data[ATTR_PERIOD], call.data.get(ATTR_END, dt_util.utcnow())
    start = call.data.get(ATTR_START, dt_util.as_utc(dt_util.start_of_local_day()))
    if not start < end <= start + _LONGEST[period]:
        raise refuse("bad_range", days=str(_LONGEST[period].days))
    try:
        rows = await _async_rows(trading, period, start, end)
    except LedgerError as error:
        raise translated(HomeAssistantError, error) from error
    return {"period": period, "rows": rows}


async def _async_rows(trading: TradingCoordinator, period: str, start: datetime, end: datetime) -> list[Any]:
    if period == QUARTER:
        entries = await trading.recorder.async_read(start, end)
        return await trading.hass.async_add_executor_job(_entry_rows, entries, trading.sentences)
    zone = dt_util.get_default_time_zone()
    first, last = start.astimezone(zone).date(), (end - _MOMENT).astimezone(zone).date()
    return [
        report_to_json(report) for report in await trading.recorder.async_reports(_PERIODS[period](first, last, zone))
    ]


def _entry_rows(entries: Sequence[LedgerEntry], sentences: Sentences) -> list[dict[str, Any]]:
    """Return entries as plain JSON with their reasons as sentences; a month of them takes a while."""
    return [{**entry_to_json(entry), **_reason_texts(entry, sentences)} for entry in entries]


def _reason_texts(entry: LedgerEntry, sentences: Sentences) -> dict[str, str | None]:
    """Return sentence and details in the entry's own currency; None if the texts or the values are not known."""
    texts: dict[str, str | None] = {"reason": None, "details": None}
    if (reason := entry.reason) is None:
        return texts
    own = replace(sentences, currency=entry.prices.currency) if entry.prices else sentences
    for name, make in (("reason", own.sentence), ("details", own.details)):
        with suppress(KeyError, TypeError, ValueError):
            texts[name] = make(reason, entry.start)
    return texts
