"""The coordinator of trading: connects planner, controller and ledger, and shows their state to entities."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.util import dt as dt_util

from ..const import LOGGER
from ..core.action import ActionKind
from ..core.app.day_expectation import DayExpectation, day_expectation
from ..core.app.interval_prices import TRADABLE
from ..core.app.interval_record import interval_record
from ..core.app.preferences import TimedReserve, TradingPreferences
from ..core.app.reserve import add_reserve, clear_reserves, present_reserves, reserve_at
from ..core.app.trading_state import TradingState
from ..core.app.what_if import Comparison
from ..core.control.controller import Controller, Decision, Mode
from ..core.control.errors import SavedStateError
from ..core.control.guards import SocLimits
from ..core.control.overrides import Override, OverrideRequest
from ..core.control.schedule import ScheduledAction, with_overrides
from ..core.control.status import battery_status, explained_status
from ..core.errors import NatteryError
from ..core.market.book import Freshness
from ..core.market.snapshot import PriceSnapshot
from ..core.sentences import Sentences, Texts
from ..subentry import SubentryCoordinator
from .backtest_job import BacktestJob
from .forecasts import ForecastService
from .ledger_recorder import LedgerRecorder
from .override_timer import OverrideTimer
from .plan_maker import NoPlanError, PlanMaker, PlanRequest
from .price_source import TradingPrices
from .replan_triggers import ReplanTriggers
from .sentences import async_load_texts
from .settings import settings_from
from .storage import SavedTrading, TradingStorage
from .system import TradedSystem

_REPLAN_COOLDOWN: Final = 1.0  # seconds; changes within it are planned for together
_LONGEST_START: Final = 5.0  # seconds that the set-up waits for the first plan and for the ledger
_NOT_FRESH: Final = frozenset({Freshness.STALE, Freshness.NONE})
_PERCENT: Final = 100
_DIGITS: Final = 6
_KILO: Final = 1000
DEFAULT_OVERRIDE: Final = timedelta(hours=1)

type DecisionListener = Callable[[Decision], None]


class TradingCoordinator(SubentryCoordinator[TradingState]):
    """Planner, controller and ledger of one battery."""

    _texts: Texts
    controller: Controller
    _override_timer: OverrideTimer

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        subentry: ConfigSubentry,
        system: TradedSystem,
        prices: TradingPrices,
    ) -> None:
        """Start nothing before `async_open`."""
        super().__init__(hass, entry, subentry, "trading")
        self.settings = settings_from(subentry.data)
        self.prices = prices
        self.preferences = TradingPreferences()
        self.recorder = LedgerRecorder(hass, entry, system.measurements, self.settings, prices, self._stored_value)
        self.forecasts = ForecastService(hass, entry, system.history, self.recorder.just_ended)
        self.backtest = BacktestJob(hass, entry, self.settings, subentry.data, prices, self.recorder)
        self.data = TradingState()
        self.override_duration = DEFAULT_OVERRIDE  # of an action that is selected without an end
        self._system = system
        self._storage = TradingStorage(hass, entry.entry_id, self._to_save)
        self._plan_maker = PlanMaker(hass, self.settings, prices, self.forecasts, self.recorder, system.measurements)
        self._triggers = ReplanTriggers(
            hass, prices, self.forecasts, system.measurements, lambda: self.data, self.async_replan_soon
        )
        self._replan = Debouncer(hass, LOGGER, cooldown=_REPLAN_COOLDOWN, immediate=False, function=self.async_replan)
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._decision_listeners: list[DecisionListener] = []

    async def async_open(self) -> None:
        """Release control of the battery if an earlier start has not, then plan and carry out."""
        self._texts = await async_load_texts(self.hass)
        (battery,) = self._system.batteries
        self.controller = Controller(battery, now=dt_util.utcnow, on_change=self._save)
        await self._async_restore()
        self._override_timer = OverrideTimer(self.hass, lambda: self.controller.overrides, self._on_override_edge)
        await self._async_release_control()
        await self.forecasts.async_open()
        booking = await self.recorder.async_open()
        await self.backtest.async_open()
        self._triggers.async_start()
        self._unsubscribe = [
            self.recorder.async_listen(self.async_update_listeners),
            async_track_utc_time_change(self.hass, self._on_minute, second=30),
            self.async_add_listener(self._override_timer.async_update),
            self._override_timer.async_stop,
        ]
        await self._async_start(booking)

    async def _async_start(self, booking: asyncio.Task[None]) -> None:
        """Plan and book for the first time, so that entities start with values; not for long if something is slow."""
        if self._system.measurements.soc is None:
            self.async_replan_soon()
            return
        planning = self.config_entry.async_create_background_task(
            self.hass, self.async_replan(), f"{self.name} first plan"
        )
        await asyncio.wait([planning, booking], timeout=_LONGEST_START)

    async def async_close(self) -> None:
        """Stop, release control of the battery, and save everything."""
        self._triggers.async_stop()
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        self._replan.async_shutdown()
        await self._async_release_control()
        await self._storage.async_save()
        await self.backtest.async_close()
        await self.forecasts.async_close()
        await self.recorder.async_close()

    # --- what the user chooses

    @property
    def automatic(self) -> bool:
        """Whether the plan is carried out."""
        return self.controller.mode is Mode.AUTOMATIC

    async def async_set_automatic(self, *, on: bool) -> None:
        """Carry the plan out, or only show what would be done."""
        await self.controller.set_mode(Mode.AUTOMATIC if on else Mode.DRY_RUN)
        await self.async_tick()

    async def async_set_preferences(self, preferences: TradingPreferences) -> None:
        """Replan with other preferences."""
        self.preferences = preferences
        self._save()
        await self.async_replan()

    async def async_reserve(self, soc: float, end: datetime, start: datetime | None = None) -> TimedReserve:
        """Keep at least `soc` (0 to 1) from `start` (None: now) to `end`; raises ReserveError."""
        preferences, added = add_reserve(self.preferences, dt_util.utcnow(), soc, end, start)
        await self.async_set_preferences(preferences)
        return added

    async def async_clear_reserve(self, identifier: str | None = None) -> int:
        """Clear one timed reserve, or all, and return how many there were."""
        before = len(self.timed_reserves)
        await self.async_set_preferences(clear_reserves(self.preferences, identifier))
        return before - len(self.timed_reserves)

    @property
    def timed_reserves(self) -> tuple[TimedReserve, ...]:
        """The timed reserves that have not ended."""
        return present_reserves(self.preferences, dt_util.utcnow())

    async def async_change_overrides(
        self, requests: Sequence[OverrideRequest] = (), *, clear: Collection[str] = (), user: str | None = None
    ) -> tuple[Override, ...]:
        """Clear overrides by their IDs, add others, and plan with them; raises OverrideError and changes nothing."""
        added = self.controller.change_overrides(requests, clear=clear, user=user)
        await self.async_replan()
        return added

    async def async_what_if(
        self,
        requests: Sequence[OverrideRequest] = (),
        *,
        clear: Collection[str] = (),
        preferences: TradingPreferences | None = None,
    ) -> Comparison:
        """Return what a change of overrides or preferences would cost; nothing is changed.

        Raises OverrideError, or NoPlanError if no plan can be made now.
        """
        changed = self.controller.overrides_after(requests, clear)
        collected = await self._plan_maker.async_collect(self.controller.overrides)
        if not isinstance(collected, PlanRequest):
            raise NoPlanError("No plan can be made now, so nothing can be compared")
        return await self._plan_maker.async_compare(
            collected, self.preferences, changed, preferences or self.preferences
        )

    async def async_resume(self) -> None:
        """End a pause after a change by hand or a failed write."""
        self.controller.resume()
        await self.async_tick()

    # --- planning

    @callback
    def async_replan_soon(self) -> None:
        """Replan within a second, once for all calls until then."""
        self.config_entry.async_create_background_task(self.hass, self._replan.async_call(), f"{self.name} planning")

    async def async_replan(self) -> None:
        """Replan now, and carry out what is due."""
        collected = await self._plan_maker.async_collect(self.controller.overrides)
        outcome = (
            await self._plan_maker.async_plan(collected, self.preferences, self.data.plan)
            if isinstance(collected, PlanRequest)
            else collected
        )
        self.async_set_updated_data(self.data.after_planning(outcome))
        await self.async_tick()

    @property
    def schedule(self) -> Sequence[ScheduledAction]:
        """The plan with the overrides at their exact times."""
        planned = self.data.result.runs if self.data.result else ()
        return tuple(with_overrides(planned, [one.run for one in self.controller.overrides]))

    def _stored_value(self) -> float | None:
        """Return the value of a stored kWh at the end of the plan, for the ledger's reports."""
        return self.data.plan.terminal.mean_price if self.data.plan else None

    def expected_day(self, day: date) -> DayExpectation | None:
        """Return the expected money of a local day, or None without a plan for any of it."""
        return day_expectation(self.data.result, self.recorder.savings, day, dt_util.get_default_time_zone())

    # --- sentences, in the language of Home Assistant: states and responses have no viewer

    @property
    def sentences(self) -> Sentences:
        """What makes sentences of explanations."""
        return Sentences(self._texts, self.prices.pricer.book.currency or "EUR", dt_util.get_default_time_zone())

    def reason_texts(self) -> dict[str, Any]:
        """Return why the battery does what it does now, as attributes or a part of a response."""
        reason = self.data.reason
        return self.sentences.to_dict(reason, dt_util.now()) if reason else {}

    def status_text(self) -> str | None:
        """Return in one sentence what the battery does, or would do in a dry run; None before the first decision."""
        decision = self.data.decision
        return self.sentences.sentence(battery_status(decision), dt_util.now()) if decision else None

    def activity_text(self, decision: Decision) -> str:
        """Return in one sentence or two what the battery does and why, for the activity log."""
        slot = self.data.slot(decision.at)
        explained = explained_status(decision, slot.reason if slot else None)
        return self.sentences.sentence(explained, dt_util.now())

    def note_sentences(self) -> list[str]:
        """Return the notes on the plan."""
        sentences, now = self.sentences, dt_util.now()
        return [sentences.sentence(note, now) for note in self.data.notes]

    def error_sentence(self, error: NatteryError) -> str:
        """Return the text of an error of the core."""
        return self.sentences.sentence(error.explanation, dt_util.now())

    def action_name(self, kind: ActionKind) -> str:
        """Return the name of an action."""
        return self._texts[f"entity.sensor.battery_action.state.{kind.value}"]

    # --- control

    async def async_tick(self) -> Decision | None:
        """Decide what is due now and carry it out; returns None while another device answers."""
        result, before = self.data.result, self.data.decision
        if self._system.wrong_device:
            return None
        self.controller.limits = self._soc_limits
        reading = self._system.measurements.reading
        decision = await self.controller.tick(
            result.runs if result else (),
            prices_fresh=self._prices_fresh,
            pv_kw=reading.pv_power / _KILO if reading else 0.0,
            load_kw=reading.load_power / _KILO if reading else 0.0,
        )
        self.async_set_updated_data(replace(self.data, decisions=(decision,)))
        record = interval_record(decision, self.data.slot(decision.at), self.forecasts.issued(decision.at))
        self.recorder.async_record(decision.at, record)
        if before is None or not decision.is_like(before):
            for listener in tuple(self._decision_listeners):
                listener(decision)
        return decision

    @callback
    def async_listen(self, listener: DecisionListener) -> CALLBACK_TYPE:
        """Call a listener when mode, action or reason change; returns what ends that."""
        self._decision_listeners.append(listener)
        return lambda: self._decision_listeners.remove(listener)

    @callback
    def _on_override_edge(self, now: datetime) -> None:
        """Start or end an override on time, and plan the rest of its last slot."""
        self._on_minute(now)
        self.async_replan_soon()

    @callback
    def _on_minute(self, _now: datetime) -> None:
        self.config_entry.async_create_background_task(self.hass, self.async_tick(), f"{self.name} tick")

    @property
    def _prices_fresh(self) -> bool:
        snapshot: PriceSnapshot | None = self.prices.data if self.prices.last_update_success else None
        return snapshot is not None and snapshot.freshness not in _NOT_FRESH and snapshot.today.day.quality in TRADABLE

    @property
    def _soc_limits(self) -> SocLimits:
        """The limits that hold now, in percent."""
        reserve = min(reserve_at(self.preferences, dt_util.utcnow()), self.settings.soc_max)
        limits = (self.settings.soc_min, self.settings.soc_max, reserve)
        return SocLimits(*(round(limit * _PERCENT, _DIGITS) for limit in limits))

    async def _async_release_control(self) -> None:
        if not self._system.wrong_device:
            await self.controller.release_control()

    # --- what is kept

    @callback
    def _save(self) -> None:
        """Save, and show the change at once: writing its consequences to the inverter takes seconds."""
        self._storage.async_save_soon()
        self.async_update_listeners()

    def _to_save(self) -> SavedTrading:
        return SavedTrading(self.preferences, self.controller.as_dict())

    async def _async_restore(self) -> None:
        saved = await self._storage.async_load()
        self.preferences = saved.preferences or TradingPreferences(import_limit=self.settings.import_limit)
        try:
            self.controller.restore(saved.controller)
        except SavedStateError as error:
            LOGGER.warning("The saved state of trading of %s is discarded: %s", self.config_entry.title, error)
