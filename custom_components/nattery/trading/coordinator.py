"""Trading in one house: plans anew when anything that matters has changed, sees to it that it is done, and tells."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..core.action import ActionKind
from ..core.control.controller import Controller, Decision, Mode
from ..core.control.errors import SavedStateError
from ..core.control.guards import SocLimits
from ..core.control.inverter_battery import InverterBattery
from ..core.control.overrides import Override
from ..core.explanation import Note
from ..core.ledger.entry import Expectation, quarter_start
from ..core.market.book import Freshness
from ..core.market.snapshot import PriceSnapshot
from ..core.planner.plan import Plan, PlannedSlot, PlanRun
from ..core.planner.problem import ProblemError
from ..prices.coordinator import PriceCoordinator
from ..subentry import SubentryCoordinator
from .booked_reasons import booked
from .forecasts import ForecastService
from .house import House
from .ledger_recorder import LedgerRecorder, Peak
from .planning import TRADABLE, PlanningInputs, PlanResult, TradingPreferences, known_quarters, make
from .settings import TradingSettings
from .words import Words

_STORE_VERSION: Final = 1
_SAVE_DELAY: Final = 0  # at once: the next life must know whether it has something to hand back
_QUIET: Final = 1.0  # seconds in which what happens together is planned for together
_DEVIATION: Final = 0.03  # of the battery's capacity beside the plan, from which a new one is made
_QUARTERS: Final = (0, 15, 30, 45)
_NOT_FRESH: Final = frozenset({Freshness.STALE, Freshness.NONE})
_BEGINNING: Final = timedelta(minutes=1)  # of a quarter-hour
_PERCENT: Final = 100
NO_READINGS: Final = "no_readings"  # why there is no plan

type DecisionListener = Callable[[Decision], None]


def trading_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Where is kept what people have chosen, and what the controller must not forget."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.trading")


@dataclass(frozen=True, slots=True)
class TradingState:
    """What entities show: the plan with its promises and when it was made, what is done now, what keeps plans away.

    `began` is when the plan's first run did, in an earlier plan perhaps.
    """

    made: PlanResult | None = None
    made_at: datetime | None = None
    began: datetime | None = None
    decision: Decision | None = None
    trouble: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def plan(self) -> Plan | None:
        """The plan itself."""
        return self.made.plan if self.made else None

    def slot(self, now: datetime) -> PlannedSlot | None:
        """What is planned for a moment."""
        return self.made.plan.at(now) if self.made else None

    @property
    def runs(self) -> tuple[PlanRun, ...]:
        """The plan's runs of equal slots; the first one with its real beginning."""
        first, *rest = self.made.plan.runs if self.made else [None]
        return (replace(first, start=self.began or first.start), *rest) if first else ()

    def beginning(self, made: PlanResult) -> datetime:
        """When the first run of the next plan began, if this one has it already."""
        first = made.plan.runs[0]
        known = (run.start for run in self.runs if run.start <= first.start < run.end and run.is_like(first))
        return next(known, first.start)

    def planned_soc(self, now: datetime) -> float | None:
        """The charge (0 to 1) that the plan has at a moment, between the ends of the slot before and of its own."""
        slot = self.slot(now)
        if self.made is None or slot is None:
            return None
        ends = (one.soc_end for one in self.made.plan if one.end == slot.start)
        before = next(ends, self.made.soc_start)
        return before + (slot.soc_end - before) * ((now - slot.start) / (slot.end - slot.start))


class TradingCoordinator(SubentryCoordinator[TradingState]):
    """Planner and controller of one battery, and its books."""

    words: Words

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry, house: House, prices: PriceCoordinator
    ) -> None:
        """Describe it; nothing runs before `async_open`."""
        super().__init__(hass, entry, subentry, "trading")
        self.settings = TradingSettings.of(subentry.data)
        self.prices = prices
        self.wish = TradingPreferences()
        self.books = LedgerRecorder(hass, entry, house, self.settings, prices, self._stored_value)
        self.forecasts = ForecastService(hass, entry, house, self.books.just_ended)
        self.data = TradingState()
        self._house = house
        self._store = trading_store(hass, entry.entry_id)
        self._known: tuple[object, ...] = ()
        self._stops: list[CALLBACK_TYPE] = []
        self._decision_listeners: list[DecisionListener] = []
        self._replan = Debouncer(hass, LOGGER, cooldown=_QUIET, immediate=False, function=self.async_replan)

    async def async_open(self) -> None:
        """Put the safe default back where something else was left, then plan and carry out."""
        self.words = await Words.async_load(self.hass)
        battery = InverterBattery(
            self._house.inverter, dt_util.get_default_time_zone(), now=dt_util.utcnow, on_written=self._house.written
        )
        self.controller = Controller(battery, now=dt_util.utcnow, on_change=self._save)
        await self._async_restore()
        if not self._house.wrong_device:
            await self.controller.release_control()
        self.controller.limits = SocLimits(low=self.settings.soc_min * _PERCENT, high=self.settings.soc_max * _PERCENT)
        await self.forecasts.async_open()
        await self.books.async_open()
        self._stops = [
            self.prices.async_add_listener(self._prices_changed),
            self.books.async_listen(self.async_update_listeners),
            self.forecasts.async_listen(self.async_plan_soon),
            self._house.readings.async_add_listener(self._look_at_charge),
            async_track_utc_time_change(self.hass, self._quarter, minute=_QUARTERS, second=1),
            async_track_utc_time_change(self.hass, self._minute, second=30),
        ]
        self.async_plan_soon()

    async def async_close(self) -> None:
        """Stop, put the safe default back, and keep everything."""
        for stop in self._stops:
            stop()
        self._stops.clear()
        self._replan.async_shutdown()
        if not self._house.wrong_device:
            await self.controller.release_control()
        await self._store.async_save(self._as_dict())
        await self.forecasts.async_close()
        await self.books.async_close()

    # --- what people choose

    @property
    def automatic(self) -> bool:
        """Whether the plan is carried out."""
        return self.controller.mode is Mode.AUTOMATIC

    async def async_set_automatic(self, *, on: bool) -> None:
        """Carry the plan out, or only say what would be done."""
        await self.controller.set_mode(Mode.AUTOMATIC if on else Mode.DRY_RUN)
        await self.async_tick()

    async def async_set_preferences(self, wish: TradingPreferences) -> None:
        """Plan for something else from now on."""
        self.wish = wish
        self._save()
        await self.async_replan()

    async def async_override(
        self, kind: ActionKind, end: datetime, power: float = 0.0, start: datetime | None = None
    ) -> Override:
        """Do something else than the plan until `end`; raises OverrideError."""
        override = self.controller.override(kind, end, power, start)
        await self.async_tick()
        return override

    async def async_clear_override(self, identifier: str | None = None) -> int:
        """Go back to the plan; how many overrides that ended."""
        cleared = self.controller.clear_override(identifier)
        await self.async_tick()
        return cleared

    @callback
    def async_listen(self, listener: DecisionListener) -> CALLBACK_TYPE:
        """Be told of every change of action; the answer ends that."""
        self._decision_listeners.append(listener)
        return lambda: self._decision_listeners.remove(listener)

    # --- planning

    @callback
    def async_plan_soon(self) -> None:
        """Plan anew, together with whatever else happens within a second."""
        self.config_entry.async_create_background_task(self.hass, self._replan.async_call(), f"{self.name} planning")

    async def async_replan(self) -> None:
        """Plan anew now, and see that it is done."""
        self._show(**await self._async_plan())
        await self.async_tick()

    async def _async_plan(self) -> dict[str, Any]:
        """What is to be shown: a new plan, or why there is none."""
        now = dt_util.utcnow()
        soc = self._house.value("battery_soc")
        if not self._house.readings.last_update_success or not isinstance(soc, int | float):
            return {"trouble": NO_READINGS}
        if not self.prices.last_update_success:
            return {"trouble": "no_prices"}
        quarters = known_quarters(self.prices.pricer, now)
        if not quarters.ahead:
            return {"trouble": "no_prices", "made": None, "notes": ()}
        forecast = await self.forecasts.async_make(next(iter(quarters)).start, len(quarters))
        peak = await self.books.async_peak() if self.settings.peak_price else Peak()
        currency = self.prices.pricer.book.currency
        situation = PlanningInputs(self.settings, quarters, forecast, now, soc / _PERCENT, currency, peak.kw)
        try:
            made = await self.hass.async_add_executor_job(make, situation, self.wish, self.data.plan)
        except ProblemError as error:
            LOGGER.warning("No plan for %s: %s", self.config_entry.title, error)
            return {"trouble": "no_plan", "made": None, "notes": ()}
        told = (*made.notes, *forecast.notes, *(() if peak.booked else (Note("peak_unknown"),)))
        notes = tuple(self.words.note(note) for note in told)
        return {"made": made, "made_at": now, "began": self.data.beginning(made), "trouble": None, "notes": notes}

    def _stored_value(self) -> float | None:
        """What a stored kWh is worth at the end of the plan, for the books."""
        return self.data.plan.terminal_value if self.data.plan else None

    # --- carrying out

    async def async_tick(self) -> Decision | None:
        """See what is to be done now, and that it is done; None where another inverter answers than ours."""
        made, before = self.data.made, self.data.decision
        if self._house.wrong_device:  # a stranger is told nothing
            return None
        decision = await self.controller.tick(made.runs if made else (), prices_fresh=self._prices_fresh)
        self._show(decision=decision)
        self._expect(decision)
        if before is None or _said(before) != _said(decision):
            for listener in tuple(self._decision_listeners):
                listener(decision)
        return decision

    @property
    def _prices_fresh(self) -> bool:
        seen: PriceSnapshot | None = self.prices.data if self.prices.last_update_success else None
        return seen is not None and seen.freshness not in _NOT_FRESH and seen.today.day.quality in TRADABLE

    def _expect(self, decision: Decision) -> None:
        """Tell the books what was planned and is done in this quarter-hour."""
        slot = self.data.slot(decision.at)
        wanted = decision.action.kind if decision.action else ActionKind.SELF_CONSUME
        kind = wanted if decision.performed else ActionKind.SELF_CONSUME
        because = slot.reason if slot is not None and decision.reason.key == "plan" else decision.reason
        expected = None
        # What is expected of the rest of a quarter-hour is not what was expected of it.
        if slot is not None and slot.start - quarter_start(slot.start) < _BEGINNING:
            hours = (slot.end - slot.start) / timedelta(hours=1)
            cost = slot.money.import_cost - slot.money.export_revenue
            expected = Expectation(cost=cost, grid_kwh=slot.grid_kw * hours, soc=slot.soc_end)
        self.books.async_expect(decision.at, kind, booked(because, undone=kind is not wanted), expected)

    @callback
    def _show(self, **changes: Any) -> None:  # noqa: ANN401  (fields of View)
        self.async_set_updated_data(replace(self.data, **changes))

    # --- what happens

    @callback
    def _quarter(self, _now: datetime) -> None:
        self.async_plan_soon()

    @callback
    def _minute(self, _now: datetime) -> None:
        self.config_entry.async_create_background_task(self.hass, self.async_tick(), f"{self.name} tick")

    @callback
    def _prices_changed(self) -> None:
        """A new slot is no news for the planner; new prices are."""
        seen = self.prices.data
        days = tuple(day.slots for day in (seen.today, seen.tomorrow)) if self.prices.last_update_success else ()
        if days != self._known:
            self._known = days
            self.async_plan_soon()

    @callback
    def _look_at_charge(self) -> None:
        """Plan anew when the battery has more or less in it than was planned."""
        soc, now = self._house.value("battery_soc"), dt_util.utcnow()
        if not self._house.readings.last_update_success or not isinstance(soc, int | float):
            return
        planned = self.data.planned_soc(now)
        off = planned is not None and abs(planned - soc / _PERCENT) > _DEVIATION
        # What else keeps plans away ends with news of its own, or is looked at with the next quarter-hour.
        if off or self.data.trouble == NO_READINGS:
            self.async_plan_soon()

    # --- what is kept

    @callback
    def _save(self) -> None:
        """Keep what was chosen, and show it at once: what follows of it takes seconds on the wire."""
        self._store.async_delay_save(self._as_dict, _SAVE_DELAY)
        self.async_update_listeners()

    def _as_dict(self) -> dict[str, Any]:
        wish = self.wish
        return {
            "strategy": wish.strategy,
            "reserve": wish.reserve,
            "import_limit": wish.import_limit,
            "controller": self.controller.as_dict(),
        }

    async def _async_restore(self) -> None:
        kept = await self._store.async_load() or {}
        known = {name: kept[name] for name in ("strategy", "reserve", "import_limit") if name in kept}
        self.wish = (
            TradingPreferences(**known) if known else TradingPreferences(import_limit=self.settings.import_limit)
        )
        try:
            self.controller.restore(kept.get("controller"))
        except SavedStateError as error:
            LOGGER.warning("Trading of %s begins anew: %s", self.config_entry.title, error)


def _said(decision: Decision) -> tuple[object, ...]:
    action = decision.action
    return (decision.mode, action.kind if action else None, action.power if action else 0.0, decision.reason.key)
