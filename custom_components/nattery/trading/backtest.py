"""The action that runs the backtest over the home's own ledger, with its battery or with another one.

The work is done in a process (`core/backtest/process.py`), one at a time in all of Home Assistant.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
import probatio as vol

from ..action_helpers import moment, refuse
from ..action_schema import action_schema
from ..const import DOMAIN
from ..core.app.backtest_case import MIN_QUARTERS, BacktestCase, TooFewEntriesError
from ..core.app.settings import TradingSettings
from ..core.backtest.process import run_in_process
from ..core.ledger.entry import quarter_start
from ..core.ledger.errors import LedgerError
from ..core.ledger.reports import Period, local_days
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
    wear_from,
)

BACKTEST: Final = "backtest"
ATTR_START, ATTR_END = "start", "end"
RUNNING: HassKey[asyncio.Task[dict[str, Any]]] = HassKey(f"{DOMAIN}_backtest")

_DEFAULT_SPAN: Final = timedelta(days=30)
_LONGEST_SPAN: Final = timedelta(days=400)
_DAY: Final = timedelta(days=1)


def _number(low: float, high: float) -> Callable[[object], float]:
    number: Callable[[object], float] = vol.All(vol.Coerce(float), vol.Range(min=low, max=high))
    return number


_SCHEMA: Final = action_schema(
    {
        vol.Optional(ATTR_START): moment,
        vol.Optional(ATTR_END): moment,
        vol.Optional(CONF_CAPACITY): _number(0.1, 1000),
        vol.Optional(CONF_CHARGE): _number(0.1, 100),
        vol.Optional(CONF_DISCHARGE): _number(0.1, 100),
        vol.Optional(CONF_WEAR): _number(0, 100),
        vol.Optional(CONF_BATTERY_PRICE): _number(0, 1_000_000),
        vol.Optional(CONF_PEAK_PRICE): _number(0, 10_000),
    },
    one_of=(CONF_WEAR, CONF_BATTERY_PRICE),
)


@callback
def async_setup_backtest_service(hass: HomeAssistant) -> None:
    """Register the action."""
    hass.services.async_register(DOMAIN, BACKTEST, _async_backtest, _SCHEMA, SupportsResponse.ONLY)


async def _async_backtest(call: ServiceCall) -> ServiceResponse:
    """Return what each strategy would have cost, by default over the last days, beside what was really paid."""
    hass = call.hass
    trading = await async_trading(call, POLICY_READ, SAVINGS[0].key)
    period, settings = _period(call), _settings_to_try(call, trading)
    if RUNNING in hass.data:
        raise refuse("backtest_busy")
    # Unloading the config entry cancels the task.
    task = trading.config_entry.async_create_background_task(
        hass, _async_run(trading, period, settings), f"{trading.name} backtest"
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


async def _async_run(
    trading: TradingCoordinator, requested: Period | None, settings: TradingSettings
) -> dict[str, Any]:
    try:
        period = requested or await _async_last_days(trading)
        entries = await trading.recorder.async_read(period.start, period.end)
        if requested is None and entries:  # the ledger may be younger
            period = replace(period, start=_midnight(entries[0].start))
        currency, zone = trading.prices.pricer.book.currency, dt_util.get_default_time_zone()
        case = await trading.hass.async_add_executor_job(
            BacktestCase.of, entries, period, currency, zone, trading.settings, settings
        )
        document = await run_in_process(case.request)
    except TooFewEntriesError as error:
        raise refuse("backtest_too_little", quarters=str(error.quarters), least=str(MIN_QUARTERS)) from None
    except (LedgerError, WorkerError) as error:
        raise translated(HomeAssistantError, error) from error
    return case.report(document)


def _period(call: ServiceCall) -> Period | None:
    """Return the whole quarter-hours that are requested and have passed, or None if no times are given."""
    if not {ATTR_START, ATTR_END} & call.data.keys():
        return None
    now = dt_util.utcnow()
    end = quarter_start(min(call.data.get(ATTR_END, now), now))
    start = quarter_start(call.data.get(ATTR_START, dt_util.as_local(end) - _DEFAULT_SPAN))  # days of the local clock
    if not start < end <= start + _LONGEST_SPAN:
        raise refuse("bad_range", days=str(_LONGEST_SPAN.days))
    return Period(start, end)


async def _async_last_days(trading: TradingCoordinator) -> Period:
    """Return the last local days that are over and in the ledger."""
    today = dt_util.start_of_local_day()
    last = await trading.recorder.async_previous(dt_util.as_utc(today))
    day = dt_util.as_local(last.start if last else today - _DAY).date()
    days = local_days(day - _DEFAULT_SPAN + _DAY, day, dt_util.get_default_time_zone())
    return Period(days[0].start, days[-1].end)


def _midnight(moment: datetime) -> datetime:
    return dt_util.as_utc(dt_util.start_of_local_day(dt_util.as_local(moment)))


def _settings_to_try(call: ServiceCall, trading: TradingCoordinator) -> TradingSettings:
    """Return the home's own settings with those that the call gives."""
    names = (CONF_CAPACITY, CONF_CHARGE, CONF_DISCHARGE, CONF_WEAR, CONF_PEAK_PRICE)
    settings = replace(trading.settings, **{name: call.data[name] for name in names if name in call.data})
    if CONF_BATTERY_PRICE in call.data:
        data = {name: value for name, value in trading.subentry.data.items() if name != CONF_WEAR}
        data |= {CONF_CAPACITY: settings.capacity, CONF_BATTERY_PRICE: call.data[CONF_BATTERY_PRICE]}
        settings = replace(settings, wear=wear_from(data))
    return settings
