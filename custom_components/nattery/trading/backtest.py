"""The action that runs the backtest over the house's own ledger, with its battery or with another.

A process of its own does the work (`core/backtest/process.py`), one at a time in all of Home Assistant.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
import probatio as vol

from ..action_helpers import moment, refuse
from ..const import DOMAIN
from ..core.backtest.account import Account
from ..core.backtest.actual import actual_account
from ..core.backtest.process import BacktestRequest, run_in_process
from ..core.backtest.system import system_from_document
from ..core.backtest.time_series import priced_in, series_from_ledger
from ..core.ledger.entry import LedgerEntry, quarter_start
from ..core.ledger.errors import LedgerError
from ..core.ledger.reports import Period, local_days
from ..core.planner.problem import GridConnection
from ..core.process.errors import WorkerError
from ..errors import translated
from .coordinator import TradingCoordinator
from .savings import SAVINGS
from .services import async_trading
from .settings import (
    CONF_BATTERY_PRICE,
    CONF_CAPACITY,
    CONF_CHARGE,
    CONF_DISCHARGE,
    CONF_PEAK_PRICE,
    CONF_WEAR,
    TradingSettings,
    wear_of,
)

BACKTEST: Final = "backtest"
ATTR_START, ATTR_END = "start", "end"
RUNNING: HassKey[asyncio.Task[dict[str, Any]]] = HassKey(f"{DOMAIN}_backtest")

_USUAL: Final = timedelta(days=30)
_LONGEST: Final = timedelta(days=400)
_LEAST: Final = 96  # quarter-hours, a day: what is stored at the end is valued by the last day
_DIGITS: Final = 6
_DAY: Final = timedelta(days=1)


def _number(low: float, high: float) -> Callable[[object], float]:
    number: Callable[[object], float] = vol.All(vol.Coerce(float), vol.Range(min=low, max=high))
    return number


_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Optional(ATTR_START): moment,
        vol.Optional(ATTR_END): moment,
        vol.Optional(CONF_CAPACITY): _number(0.1, 1000),
        vol.Optional(CONF_CHARGE): _number(0.1, 100),
        vol.Optional(CONF_DISCHARGE): _number(0.1, 100),
        vol.Exclusive(CONF_WEAR, "wear"): _number(0, 100),
        vol.Exclusive(CONF_BATTERY_PRICE, "wear"): _number(0, 1_000_000),
        vol.Optional(CONF_PEAK_PRICE): _number(0, 10_000),
    }
)


@dataclass(frozen=True, slots=True)
class _Case:
    """What is run over, and what really came of it; how many quarter-hours the book lacks, or has without a price."""

    question: BacktestRequest
    actual: Account
    coverage: float
    unseen: int
    unpriced: int


@callback
def async_setup_backtest_service(hass: HomeAssistant) -> None:
    """Register the action."""
    hass.services.async_register(DOMAIN, BACKTEST, _async_backtest, _SCHEMA, SupportsResponse.ONLY)


async def _async_backtest(call: ServiceCall) -> ServiceResponse:
    """Answer what each way would have cost over the last days, or another time, beside what was really paid."""
    hass = call.hass
    trading = await async_trading(call, POLICY_READ, SAVINGS[0].key)
    asked, settings = _asked(call), _wished(call, trading)
    if RUNNING in hass.data:
        raise refuse("backtest_busy")
    # It ends with the entry.
    task = trading.config_entry.async_create_background_task(
        hass, _async_run(trading, asked, settings), f"{trading.name} backtest"
    )
    hass.data[RUNNING] = task
    try:
        await asyncio.wait([task])
    finally:
        task.cancel()
        del hass.data[RUNNING]
    if task.cancelled():
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="backtest_stopped")
    return task.result()


async def _async_run(trading: TradingCoordinator, asked: Period | None, settings: TradingSettings) -> dict[str, Any]:
    try:
        period = asked or await _async_last_days(trading)
        lines = await trading.books.async_read(period.start, period.end)
        if asked is None and lines:  # a book may be younger
            period = replace(period, start=_midnight(lines[0].start))
        case = await trading.hass.async_add_executor_job(_case, lines, period, trading, settings)
        document = await run_in_process(case.question)
    except (LedgerError, WorkerError) as error:
        raise translated(HomeAssistantError, error) from error
    return _answer(case, period, document)


def _asked(call: ServiceCall) -> Period | None:
    """The whole quarter-hours that are asked for, as far as they have passed; None where none are."""
    if not {ATTR_START, ATTR_END} & call.data.keys():
        return None
    now = dt_util.utcnow()
    end = quarter_start(min(call.data.get(ATTR_END, now), now))
    start = quarter_start(call.data.get(ATTR_START, dt_util.as_local(end) - _USUAL))  # by the clock on the wall
    if not start < end <= start + _LONGEST:
        raise refuse("bad_range", days=str(_LONGEST.days))
    return Period(start, end)


async def _async_last_days(trading: TradingCoordinator) -> Period:
    """The last local days that are over and in the book."""
    today = dt_util.start_of_local_day()
    last = await trading.books.async_previous(dt_util.as_utc(today))
    day = dt_util.as_local(last.start if last else today - _DAY).date()
    days = local_days(day - _USUAL + _DAY, day, dt_util.get_default_time_zone())
    return Period(days[0].start, days[-1].end)


def _midnight(moment: datetime) -> datetime:
    return dt_util.as_utc(dt_util.start_of_local_day(dt_util.as_local(moment)))


def _wished(call: ServiceCall, trading: TradingCoordinator) -> TradingSettings:
    """The house's own settings, or what it would be like with others."""
    others = (CONF_CAPACITY, CONF_CHARGE, CONF_DISCHARGE, CONF_WEAR, CONF_PEAK_PRICE)
    settings = replace(trading.settings, **{name: call.data[name] for name in others if name in call.data})
    if CONF_BATTERY_PRICE in call.data:
        bought = {name: value for name, value in trading.subentry.data.items() if name != CONF_WEAR}
        bought |= {CONF_CAPACITY: settings.capacity, CONF_BATTERY_PRICE: call.data[CONF_BATTERY_PRICE]}
        settings = replace(settings, wear=wear_of(bought))
    return settings


def _case(
    lines: Sequence[LedgerEntry], period: Period, trading: TradingCoordinator, settings: TradingSettings
) -> _Case:
    """Make the question of a year of lines; that takes a moment, so it belongs in an executor."""
    currency = trading.prices.pricer.book.currency
    usable = priced_in(lines, currency)
    if len(usable) < _LEAST:
        raise refuse("backtest_too_little", quarters=str(len(usable)), least=str(_LEAST))
    first = usable[0]
    begun = first.soc - first.battery.change_kwh / trading.settings.capacity
    document = {
        "battery": asdict(settings.battery(min(max(begun, 0.0), 1.0))),
        "grid": asdict(GridConnection(settings.import_limit, settings.export_limit)),
        "currency": currency,
        "peak_price_per_kw": settings.peak_price,
    }
    question = BacktestRequest(series_from_ledger(usable, currency), document, trading.hass.config.time_zone)
    return _Case(
        question=question,
        actual=actual_account(usable, system_from_document(document), dt_util.get_default_time_zone()),
        coverage=min(sum(one.coverage for one in usable) / max(period.quarters, 1), 1.0),
        unseen=max(period.quarters - len(lines), 0),
        unpriced=len(lines) - len(usable),
    )


def _answer(case: _Case, period: Period, document: dict[str, Any]) -> dict[str, Any]:
    """The core's document, and what only the book knows."""
    house = case.question.system
    return {
        **document,
        "actual": round(case.actual.cost(document["terminal_value_per_kwh"]), 9),
        "details": {**document["details"], "actual": case.actual.as_document()},
        "battery": {name: round(value, _DIGITS) for name, value in house["battery"].items()},
        "peak_price_per_kw": house["peak_price_per_kw"],
        "period": {"start": period.start.isoformat(), "end": period.end.isoformat()},
        "coverage": round(case.coverage, _DIGITS),
        "unseen": case.unseen,
        "unpriced": case.unpriced,
    }
