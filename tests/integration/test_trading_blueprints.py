"""The blueprints of trading, run by the real automations of a house that trades; what reaches a phone is caught."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta, tzinfo
from pathlib import Path
import shutil
import time
from typing import Any

from homeassistant.components.trace.util import async_get_trace, async_list_traces
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.control.planned import runs_of
from custom_components.nattery.core.trading.plan import Plan, PlannedSlot
from custom_components.nattery.core.trading.problem import Problem
from custom_components.nattery.trading import coordinator
from custom_components.nattery.trading.coordinator import TradingCoordinator
from custom_components.nattery.trading.planning import Made, Wish

from .books import BookedHouse, berlin
from .test_blueprints import AUTOMATION, ROOT
from .test_ledger_actions import ledger, set_up

MEMORY, STORM, HOLIDAY = "input_text.memory", "binary_sensor.storm", "input_boolean.holiday"
ANNA, BEN = "person.anna", "person.ben"
SLOT, EDGE, PLANNING = 900, 1, 2  # seconds: a slot, how late the hand on the clock is at its edge, until a plan is made
ANSWER = "mobile_app_notification_action"

plan_really = coordinator.make


@dataclass
class Script:
    """The trades of the plan by the clock of Berlin: "charge 12:00 13:00 3"; the rest is plain self-consumption."""

    trades: tuple[str, ...] = ()

    def make(self, problem: Problem, wish: Wish, previous: Plan | None, zone: tzinfo) -> Made:
        """Plan as the house does, with these trades in it."""
        made = plan_really(problem, replace(wish, strategy="self_consumption"), previous, zone)
        plan = replace(made.plan, slots=tuple(self._slot(slot) for slot in made.plan))
        return replace(made, plan=plan, runs=runs_of(plan, problem))

    def _slot(self, slot: PlannedSlot) -> PlannedSlot:
        for trade in self.trades:
            kind, start, end, power = trade.split()
            if berlin(start) <= slot.start < berlin(end):
                charge, discharge = (float(power), 0.0) if kind == "charge" else (0.0, float(power))
                return replace(slot, action=ActionKind(kind), charge_kw=charge, discharge_kw=discharge)
        return slot


@dataclass
class Trader:
    """A house that trades by a script, its one automation, and what came to the phones.

    Automations that wait never come to rest, so that they are given time and not waited for.
    """

    house: BookedHouse
    script: Script = field(default_factory=Script)
    phones: dict[str, str] = field(default_factory=dict)  # ids of devices by their names
    sent: list[ServiceCall] = field(default_factory=list)

    @property
    def hass(self) -> HomeAssistant:
        return self.house.hass

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

    async def act(self, action: str, **data: Any) -> Any:
        """What an action about this house answers."""
        data = {"config_entry_id": self.house.entry.entry_id, **data}
        return await self.hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)

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
        for _ in range(10):
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


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A folder of configuration with our blueprints in it."""
    shutil.copytree(ROOT / "blueprints", Path(hass_tmp_config_dir) / "blueprints", dirs_exist_ok=True)
    return hass_tmp_config_dir


@pytest.fixture
async def trader(booked: BookedHouse, hass_config_dir: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Trader]:
    """A house that trades in automatic mode, at eleven in the morning."""
    booked.hass.config.config_dir = hass_config_dir
    trader = Trader(booked)
    monkeypatch.setattr(coordinator, "make", trader.script.make)
    await set_up(booked)
    await trader.call("switch.turn_on", entity_id=trader.entity_id("switch", "automation"))
    await trader.trading.async_replan()
    await trader.phone("Anna's phone")
    trader.sent = trader.catch("mobile_app_anna_s_phone")
    yield trader
    if trader.hass.states.get(AUTOMATION):
        await trader.call("automation.turn_off", entity_id=AUTOMATION)


# Confirmed trades


async def confirm(trader: Trader, *trades: str, **inputs: Any) -> None:
    """The automation with its usual inputs, and a plan."""
    await trader.plan(*trades)
    usual = {
        "plan": trader.entity_id("sensor", "plan_made"),
        "kind": "charge",
        "phones": list(trader.phones.values()),
    }
    await trader.automate("confirm_trade", **usual | inputs)
    await trader.plan(*trades)


def questions(trader: Trader) -> list[ServiceCall]:
    """What was asked, without what tidies up."""
    return [call for call in trader.sent if call.data["message"] != "clear_notification"]


def buttons(call: ServiceCall) -> list[str]:
    """The actions of a question: do it, leave it."""
    return [one["action"] for one in call.data["data"]["actions"]]


async def test_a_trade_is_asked_about_once_and_done_when_it_shall_be(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("11:29")
    assert not trader.sent
    await trader.go("11:31")
    (call,) = trader.sent
    assert call.data["title"] == "Battery trading"
    reason = (await trader.act("explain_slot", at="2026-11-20 12:00:00"))["reason"]
    assert call.data["message"] == (
        f"Charges 3.0 kWh with up to 3.0 kW from 12:00 to 13:00. {reason}. Without an answer it is done."
    )
    assert [one["title"] for one in call.data["data"]["actions"]] == ["Do it", "Leave it"]
    await trader.answer(buttons(call)[0])
    (_, tidied) = trader.sent
    assert tidied.data["message"] == "clear_notification"
    assert tidied.data["data"]["tag"] == call.data["data"]["tag"]
    await trader.go("12:31")
    assert trader.outcome == "charge"
    await trader.go("13:31")
    assert len(trader.sent) == 2
    assert trader.vetoes == []


async def test_a_trade_that_is_left_is_self_consumption_until_it_ends(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 13:00 3", "discharge 13:00 13:30 2")
    await trader.go("11:31")
    await trader.answer(buttons(trader.sent[0])[1])
    assert trader.vetoes == ["12:00-13:00"]
    await trader.go("12:31")
    assert trader.outcome == "self_consume"
    await trader.go("13:16")
    assert trader.outcome == "discharge"
    assert len(questions(trader)) == 1
