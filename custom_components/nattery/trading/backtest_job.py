"""The backtest of one home: run in a process, with progress; its last result is kept over restarts.

One runs at a time in all of Home Assistant (`core/backtest/process.py`). The action and the websocket commands use the
same job.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..action_helpers import refuse
from ..const import DOMAIN, LOGGER
from ..core.app.backtest_case import MIN_QUARTERS, BacktestCase, TooFewEntriesError
from ..core.app.settings import TradingSettings
from ..core.backtest.process import run_in_process
from ..core.ledger.entry import quarter_start
from ..core.ledger.errors import LedgerError
from ..core.ledger.reports import Period, local_days
from ..core.process.errors import WorkerError
from ..errors import translated
from .ledger_recorder import LedgerRecorder
from .price_source import TradingPrices
from .settings import (
    CONF_BATTERY_PRICE,
    CONF_CAPACITY,
    CONF_CHARGE,
    CONF_DISCHARGE,
    CONF_PEAK_PRICE,
    CONF_WEAR,
    wear_from,
)

ATTR_START, ATTR_END = "start", "end"
RUNNING: HassKey[BacktestJob] = HassKey(f"{DOMAIN}_backtest")

_STORE_VERSION: Final = 1
_DEFAULT_SPAN: Final = timedelta(days=30)
_LONGEST_SPAN: Final = timedelta(days=400)
_DAY: Final = timedelta(days=1)
_KEPT_GAPS: Final = 100  # of a result; the answer of the action has all
_DIGITS: Final = 4
_PROGRESS_STEP: Final = 0.005  # smaller steps are not sent

type BacktestOutcome = dict[str, Any] | HomeAssistantError


class JobState(StrEnum):
    """What has become of the last backtest."""

    IDLE = "idle"  # there was none
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class JobStatus:
    """The last backtest as plain JSON: what was asked for, why it failed, when it ended, and the last result."""

    state: JobState = JobState.IDLE
    request: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    finished_at: str | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> JobStatus:
        """Return what was stored; one that was running then did not end. Raises KeyError or ValueError."""
        state = JobState(data["state"])
        state = JobState.CANCELLED if state is JobState.RUNNING else state
        return cls(state, data["request"], data["result"], data["error"], data["finished_at"])


def backtest_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the store of the last backtest."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.backtest")


class BacktestJob:
    """Runs the backtest of one home and keeps its status."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        settings: TradingSettings,
        subentry_data: Mapping[str, Any],
        prices: TradingPrices,
        recorder: LedgerRecorder,
    ) -> None:
        """Run nothing yet."""
        self._hass = hass
        self._entry = entry
        self._settings = settings
        self._subentry_data = subentry_data
        self._prices = prices
        self._recorder = recorder
        self._store = backtest_store(hass, entry.entry_id)
        self._status = JobStatus()
        self._task: asyncio.Task[BacktestOutcome] | None = None
        self._progress = 0.0
        self._begun = 0.0  # the event loop's time
        self._user: str | None = None
        self._listeners: list[Callable[[], None]] = []

    async def async_open(self) -> None:
        """Load the last status."""
        try:
            if (data := await self._store.async_load()) is not None:
                self._status = JobStatus.from_dict(data)
        except (AttributeError, HomeAssistantError, KeyError, TypeError, ValueError) as error:
            LOGGER.warning("The last backtest of %s is discarded: %s", self._entry.title, type(error).__name__)

    async def async_close(self) -> None:
        """Cancel what is running, and store the status."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._store.async_save(asdict(self._status))

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call a listener when status or progress change; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def status(self) -> dict[str, Any]:
        """The status with the progress (0 to 1) and the seconds left, None if unknown."""
        running = self._status.state is JobState.RUNNING
        left = None
        if running and self._progress:
            elapsed = self._hass.loop.time() - self._begun
            left = round(elapsed * (1 - self._progress) / self._progress)
        done = float(self._status.state is JobState.DONE)
        progress = round(self._progress if running else done, _DIGITS)
        return {**asdict(self._status), "state": self._status.state.value, "progress": progress, "seconds_left": left}

    @callback
    def start(self, options: Mapping[str, Any], user: str | None = None) -> asyncio.Task[BacktestOutcome]:
        """Start a backtest with the options of the action, and return its task.

        The result of the task is the report, or the error. Raises ServiceValidationError if one is running, or for
        times that cannot be.
        """
        period, settings = _period(options), self._settings_to_try(options)
        if RUNNING in self._hass.data:
            raise refuse("backtest_busy")
        request = {name: one.isoformat() if isinstance(one, datetime) else one for name, one in options.items()}
        self._status = replace(self._status, state=JobState.RUNNING, request=request, error=None, finished_at=None)
        self._progress, self._begun, self._user = 0.0, self._hass.loop.time(), user
        self._hass.data[RUNNING] = self
        self._task = self._entry.async_create_background_task(
            self._hass, self._async_run(period, settings), f"{self._entry.title} backtest"
        )
        self._task.add_done_callback(self._on_end)
        self._notify()
        return self._task

    @callback
    def cancel(self) -> bool:
        """Cancel the running backtest, which kills its process; return whether there was one."""
        return self._task is not None and self._task.cancel()

    def was_started_by(self, user: str) -> bool:
        """Return whether a user has started the last backtest."""
        return self._user == user

    async def _async_run(self, requested: Period | None, settings: TradingSettings) -> BacktestOutcome:
        try:
            period = requested or await self._async_last_days()
            entries = await self._recorder.async_read(period.start, period.end)
            if requested is None and entries:  # the ledger may be younger
                period = replace(period, start=_midnight(entries[0].start))
            currency, zone = self._prices.pricer.book.currency, dt_util.get_default_time_zone()
            case = await self._hass.async_add_executor_job(
                BacktestCase.of, entries, period, currency, zone, self._settings, settings
            )
            document = await run_in_process(case.request, progress=self._on_progress)
        except TooFewEntriesError as error:
            return refuse("backtest_too_little", quarters=str(error.quarters), least=str(MIN_QUARTERS))
        except (LedgerError, WorkerError) as error:
            return translated(HomeAssistantError, error)
        return case.report(document)

    @callback
    def _on_progress(self, done: float) -> None:
        if done >= self._progress + _PROGRESS_STEP:
            self._progress = done
            self._notify()

    @callback
    def _on_end(self, task: asyncio.Task[BacktestOutcome]) -> None:
        self._task = None
        del self._hass.data[RUNNING]
        status = replace(self._status, finished_at=dt_util.utcnow().isoformat())
        if task.cancelled():
            self._status = replace(status, state=JobState.CANCELLED)
        elif isinstance(outcome := task.result(), HomeAssistantError):
            self._status = replace(status, state=JobState.FAILED, error=_error(outcome))
        else:
            result = {**outcome, "gaps": outcome["gaps"][:_KEPT_GAPS]}
            self._status = replace(status, state=JobState.DONE, result=result)
        self._store.async_delay_save(lambda: asdict(self._status))
        self._notify()

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    async def _async_last_days(self) -> Period:
        """Return the last local days that are over and in the ledger."""
        today = dt_util.start_of_local_day()
        last = await self._recorder.async_previous(dt_util.as_utc(today))
        day = dt_util.as_local(last.start if last else today - _DAY).date()
        days = local_days(day - _DEFAULT_SPAN + _DAY, day, dt_util.get_default_time_zone())
        return Period(days[0].start, days[-1].end)

    def _settings_to_try(self, options: Mapping[str, Any]) -> TradingSettings:
        """Return the home's own settings with those that the options give."""
        names = (CONF_CAPACITY, CONF_CHARGE, CONF_DISCHARGE, CONF_WEAR, CONF_PEAK_PRICE)
        settings = replace(self._settings, **{name: options[name] for name in names if name in options})
        if CONF_BATTERY_PRICE in options:
            data = {name: value for name, value in self._subentry_data.items() if name != CONF_WEAR}
            data |= {CONF_CAPACITY: settings.capacity, CONF_BATTERY_PRICE: options[CONF_BATTERY_PRICE]}
            settings = replace(settings, wear=wear_from(data))
        return settings


def _error(error: HomeAssistantError) -> dict[str, Any]:
    values = dict(error.translation_placeholders or {})
    return {"key": error.translation_key, "values": values, "message": str(error)}


def _period(options: Mapping[str, Any]) -> Period | None:
    """Return the whole quarter-hours that are requested and have passed, or None if no times are given."""
    if not {ATTR_START, ATTR_END} & options.keys():
        return None
    now = dt_util.utcnow()
    end = quarter_start(min(options.get(ATTR_END, now), now))
    start = quarter_start(options.get(ATTR_START, dt_util.as_local(end) - _DEFAULT_SPAN))  # days of the local clock
    if not start < end <= start + _LONGEST_SPAN:
        raise refuse("bad_range", days=str(_LONGEST_SPAN.days))
    return Period(start, end)


def _midnight(moment: datetime) -> datetime:
    return dt_util.as_utc(dt_util.start_of_local_day(dt_util.as_local(moment)))
