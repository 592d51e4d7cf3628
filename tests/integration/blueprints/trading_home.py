"""A home that trades by a script, with one automation from a blueprint."""

from dataclasses import dataclass, field, replace
import time
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.app.planning import PlanningInputs, PlanResult, planning_problem, run_planner
from custom_components.nattery.core.app.preferences import TradingPreferences
from custom_components.nattery.core.control.plan_actions import runs_of
from custom_components.nattery.core.planner.plan import Plan, PlannedSlot
from custom_components.nattery.trading.coordinator import TradingCoordinator

from ..books import BookedHouse, berlin
from .automated_home import AUTOMATION

MEMORY, STORM, HOLIDAY = "input_text.memory", "binary_sensor.storm", "input_boolean.holiday"
ANNA, BEN = "person.anna", "person.ben"
SLOT, EDGE, PLANNING = 900, 1, 2  # seconds: a slot, how late the hand on the clock is at its edge, until a plan is made
ANSWER = "mobile_app_notification_action"

PLANNER = "custom_components.nattery.trading.plan_maker.run_planner"


@dataclass
class Script:
    """The trades of the plan by the clock of Berlin: "charge 12:00 13:00 3"; the rest is plain self-consumption."""

    trades: tuple[str, ...] = ()

    def run(self, situation: PlanningInputs, wish: TradingPreferences, previous: Plan | None) -> PlanResult:
        """Plan as the house does, with these trades in it."""
        made = run_planner(situation, replace(wish, strategy="self_consumption"), previous)
        plan = replace(made.plan, slots=tuple(self._slot(slot) for slot in made.plan))
        return replace(made, plan=plan, runs=runs_of(plan, planning_problem(situation)))

    def _slot(self, slot: PlannedSlot) -> PlannedSlot:
        if slot.required:
            return slot
        for trade in self.trades:
            kind, start, end, power = trade.split()
            if berlin(start) <= slot.start < berlin(end):
                charge, discharge = (float(power), 0.0) if kind == "charge" else (0.0, float(power))
                return replace(slot, action=ActionKind(kind), charge_kw=charge, discharge_kw=discharge)
        return slot


@dataclass
class TradingHome:
    """A house that trades by a script, its one automation, and what came to the phones.

    Automations that wait never come to rest, so that they are given time and not waited for.
    """

    house: BookedHouse
    script: Script = field(default_factory=Script)
    phones: dict[str, str] = field(default_factory=dict)  # ids of devices by their names
    sent: list[ServiceCall] = field(default_factory=list)
    replans: int = 0  # that are running now

    @property
    def hass(self) -> HomeAssistant:
        return self.house.hass

    def count_replans(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count the replans that are running: with a busy processor they outlast any fixed number of turns."""
        replan = TradingCoordinator.async_replan

        async def counted(trading: TradingCoordinator) -> None:
            self.replans += 1
            try:
                await replan(trading)
            finally:
                self.replans -= 1

        monkeypatch.setattr(TradingCoordinator, "async_replan", counted)

    @property
    def trading(self) -> TradingCoordinator:
        trading = self.house.site.trading
        assert isinstance(trading, TradingCoordinator)
        return trading

    def entity_id(self, domain: str, key: str) -> str:
        """The entity of trading with this key."""
        found = er.async_get(self.hass).async_get_entity_id(domain, DOMAIN, self.trading.unique_id(key))
        assert found
        return found

    def value(self, domain: str, key: str) -> str:
        state = self.hass.states.get(self.entity_id(domain, key))
        assert state
        return state.state

    async def call(self, action: str, **data: Any) -> None:
        domain, name = action.split(".")
        await self.hass.services.async_call(domain, name, data, blocking=True)

    async def act(self, name: str, **data: Any) -> Any:
        """What an action about this house answers."""
        data = {"config_entry_id": self.house.entry.entry_id, **data}
        return await self.hass.services.async_call(DOMAIN, name, data, blocking=True, return_response=True)

    async def phone(self, name: str) -> None:
        """Give the house another phone, with its notify action."""
        app = MockConfigEntry(domain="mobile_app", title=name)
        app.add_to_hass(self.hass)
        device = dr.async_get(self.hass).async_get_or_create(
            config_entry_id=app.entry_id, identifiers={("mobile_app", name)}, name=name
        )
        self.phones[name] = device.id

    def catch(self, action: str, **more: Any) -> list[ServiceCall]:
        """Register a notify action; the answer fills with what it is sent."""
        return async_mock_service(self.hass, "notify", action, **more)

    async def automate(self, blueprint: str, **inputs: Any) -> None:
        """Set up the one automation from a blueprint."""
        used = {"path": f"{DOMAIN}/{blueprint}.yaml", "input": inputs}
        config = {"id": "tested", "alias": "Tested", "use_blueprint": used}
        assert await async_setup_component(self.hass, "automation", {"automation": [config]})
        state = self.hass.states.get(AUTOMATION)
        assert state
        assert state.state == "on"
        await self.settle()

    async def settle(self) -> None:
        """Let everything come about that does not wait for a later time."""
        for _ in range(2):
            await self._turn(5)
            while self.replans or self.trading.controller._lock.locked():
                await self._turn(1)

    async def _turn(self, times: int) -> None:
        """Give tasks, threads and the wire a moment; the clock of the loop stands still."""
        for _ in range(times):
            await self.hass.loop.run_in_executor(None, time.sleep, 0.002)

    async def tick(self, seconds: float) -> None:
        """Let time pass at once."""
        self.house.clock.tick(seconds)
        self.house.simulator.skip(seconds)
        await self.settle()

    async def go(self, to: str) -> None:
        """Let time pass until a moment on the clock of Berlin, from slot to slot, with a plan at every one."""
        self.hass.loop.slow_callback_duration = 2 * SLOT
        end = berlin(to).timestamp()
        while (left := end - time.time()) > 0:
            await self.tick(min(SLOT - (time.time() - EDGE) % SLOT, left))
            if end - time.time() > PLANNING:
                await self.tick(PLANNING)

    async def plan(self, *trades: str) -> None:
        """Have another plan from now on."""
        self.script.trades = trades
        await self.tick(EDGE)  # two plans of one second are one
        await self.trading.async_replan()
        await self.settle()

    async def answer(self, action: str) -> None:
        """Tap on a button."""
        self.hass.bus.async_fire(ANSWER, {"action": action})
        await self.settle()

    @property
    def vetoes(self) -> list[str]:
        """From when until when overrides want self-consumption."""
        zone = dt_util.get_time_zone("Europe/Berlin")
        return [
            f"{one.start.astimezone(zone):%H:%M}-{one.end.astimezone(zone):%H:%M}"
            for one in self.trading.controller.overrides
            if one.kind is ActionKind.SELF_CONSUME
        ]

    @property
    def outcome(self) -> str:
        """What the battery does now."""
        return self.value("sensor", "battery_action")


async def choose(trader: TradingHome, strategy: str, reserve: float) -> None:
    """Choose by hand."""
    await trader.call("select.select_option", entity_id=trader.entity_id("select", "strategy"), option=strategy)
    await trader.call("number.set_value", entity_id=trader.entity_id("number", "reserve"), value=reserve)
    await trader.settle()
