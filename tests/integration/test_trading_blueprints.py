"""The blueprints of trading, run by the real automations of a house that trades; what reaches a phone is caught."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
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
from custom_components.nattery.core.app.planning import PlanningInputs, PlanResult, planning_problem, run_planner
from custom_components.nattery.core.app.preferences import TradingPreferences
from custom_components.nattery.core.control.plan_actions import runs_of
from custom_components.nattery.core.planner.plan import Plan, PlannedSlot
from custom_components.nattery.trading.coordinator import TradingCoordinator
from scripts.entsoe_standin.server import StandIn

from .books import BookedHouse, berlin
from .test_blueprints import AUTOMATION, ROOT
from .test_ledger_actions import ledger, set_up

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
            while self.trading.controller._lock.locked():
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
    monkeypatch.setattr(PLANNER, trader.script.run)
    await set_up(booked)
    await trader.call("switch.turn_on", entity_id=trader.entity_id("switch", "automation"))
    await trader.trading.async_replan()
    await trader.phone("Anna's phone")
    trader.sent = trader.catch("mobile_app_anna_s_phone")
    yield trader
    if trader.hass.states.get(AUTOMATION):
        await trader.call("automation.turn_off", entity_id=AUTOMATION)


# Confirmed trades


def usual(trader: Trader) -> dict[str, Any]:
    """The usual inputs."""
    plan, phones = trader.entity_id("sensor", "plan_made"), list(trader.phones.values())
    return {"plan": plan, "kind": "charge", "phones": phones}


async def confirm(trader: Trader, *trades: str, **inputs: Any) -> None:
    """The automation with its usual inputs, and a plan."""
    await trader.plan(*trades)
    await trader.automate("confirm_trade", **usual(trader) | inputs)
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


async def test_without_an_answer_it_is_done_and_can_still_be_left(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("12:31")
    assert trader.outcome == "charge"
    await trader.answer(buttons(trader.sent[0])[1])
    assert trader.outcome == "self_consume"
    assert trader.vetoes == ["12:00-13:00"]
    await trader.go("13:01")
    assert len(questions(trader)) == 1


async def test_a_question_goes_away_when_it_is_over(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("12:59")
    assert len(trader.sent) == 1
    await trader.go("13:01")
    assert trader.sent[1].data["message"] == "clear_notification"


async def test_without_an_answer_it_is_left_and_can_still_be_done(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 13:00 3", otherwise="leave")
    await trader.go("11:59:49")
    assert trader.vetoes == []
    await trader.go("11:59:52")
    assert trader.vetoes == ["12:00-13:00"]
    await trader.go("12:16")
    assert trader.outcome == "self_consume"
    assert questions(trader)[0].data["message"].endswith("Without an answer it is left.")
    await trader.answer(buttons(trader.sent[0])[0])
    assert trader.vetoes == []
    assert trader.outcome == "charge"


async def test_answers_to_other_questions_do_not_count(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("11:31")
    _, leave = buttons(trader.sent[0])
    await trader.answer(leave + "1")
    await trader.answer(leave.replace("NATTERY", "OTHER"))
    await trader.call("automation.turn_off", entity_id=AUTOMATION)
    await trader.call("automation.turn_on", entity_id=AUTOMATION)
    await trader.plan("charge 12:00 13:00 3")
    _, again = buttons(trader.sent[1])
    assert again != leave
    await trader.answer(leave)
    assert trader.vetoes == []
    await trader.answer(again)
    assert trader.vetoes == ["12:00-13:00"]


@pytest.mark.parametrize("moved", ["charge 12:15 13:15 3", "charge 11:45 12:45 3", "charge 12:00 14:00 3"])
async def test_a_question_moves_along_with_its_trade(trader: Trader, moved: str) -> None:
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("11:31")
    await trader.plan(moved)
    first, second = trader.sent
    assert not first.data["data"]["alert_once"]
    assert second.data["data"]["alert_once"], "the phone is silent"
    assert buttons(second) == buttons(first)
    _, start, end, _ = moved.split()
    assert f"from {start} to {end}" in second.data["message"]
    await trader.answer(buttons(first)[1])
    assert trader.vetoes == [f"{start}-{end}"]


async def test_an_answer_moves_along_with_its_trade(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("11:31")
    await trader.answer(buttons(trader.sent[0])[1])
    await trader.plan("charge 12:15 13:30 4")
    assert trader.vetoes == ["12:15-13:30"]
    await trader.go("12:46")
    assert trader.vetoes == ["12:15-13:30"], "nothing is set anew while it lasts"
    await trader.plan("charge 12:15 13:00 4")
    assert trader.vetoes == ["12:15-13:00"]
    assert len(questions(trader)) == 1


async def test_a_trade_that_is_given_up_takes_question_and_veto_along(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("11:31")
    await trader.plan()
    assert [call.data["message"] for call in trader.sent[1:]] == ["clear_notification"]
    await trader.answer(buttons(trader.sent[0])[1])
    assert trader.vetoes == []
    await trader.plan("charge 12:00 13:00 3")
    await trader.answer(buttons(questions(trader)[1])[1])
    assert trader.vetoes == ["12:00-13:00"]
    await trader.plan("discharge 12:00 13:00 3")
    assert trader.vetoes == []
    await trader.go("12:16")
    assert trader.outcome == "discharge"


async def test_a_trade_that_moves_far_is_asked_about_at_its_own_time(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 12:30 3")
    await trader.go("11:31")
    old = buttons(trader.sent[0])
    await trader.plan("charge 13:15 14:00 3")
    await trader.go("12:44")
    assert len(questions(trader)) == 1
    await trader.go("12:46")
    new = buttons(questions(trader)[1])
    assert not set(old) & set(new)
    await trader.answer(old[1])
    assert trader.vetoes == []
    await trader.answer(new[1])
    assert trader.vetoes == ["13:15-14:00"]


async def test_one_question_for_a_trade_with_short_pauses_and_another_after_a_long_one(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 12:30 3", "charge 13:00 13:30 2", "charge 14:15 14:30 3")
    await trader.go("11:31")
    (call,) = trader.sent
    assert call.data["message"].startswith("Charges 2.5 kWh with up to 3.0 kW from 12:00 to 13:30.")
    await trader.answer(buttons(call)[0])
    await trader.go("13:46")
    assert "from 14:15 to 14:30" in questions(trader)[1].data["message"]


async def test_two_trades_in_a_row_are_two_questions_with_their_own_buttons(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 12:15 3", "charge 12:30 12:45 3", lead={"minutes": 10})
    await trader.go("12:21")
    first, second = (buttons(call) for call in questions(trader))
    await trader.answer(first[1])
    assert trader.vetoes == []
    await trader.answer(second[1])
    assert trader.vetoes == ["12:30-12:45"]


@pytest.mark.parametrize(("otherwise", "outcome"), [("do", "charge"), ("leave", "self_consume")])
async def test_a_trade_planned_at_the_last_moment_is_asked_about_at_once(
    trader: Trader, otherwise: str, outcome: str
) -> None:
    await confirm(trader, otherwise=otherwise)
    await trader.go("11:36")
    await trader.plan("charge 11:30 12:30 3")
    (call,) = trader.sent
    assert "from 11:36 to 12:30" in call.data["message"]
    await trader.go("11:46")
    assert trader.outcome == outcome
    await trader.answer(buttons(call)[otherwise == "do"])
    assert trader.outcome == ("self_consume" if otherwise == "do" else "charge")
    await trader.go("12:16")
    assert len(questions(trader)) == 1


async def test_a_lead_time_between_two_plans(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 13:00 3", lead={"minutes": 20})
    await trader.go("11:39:50")
    assert not trader.sent
    await trader.go("11:40:10")
    assert len(trader.sent) == 1


async def test_what_is_planned_with_less_power_is_done_without_a_question(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 12:30 1.5", "charge 12:30 13:00 2.5", least=2)
    await trader.go("11:59")
    assert not trader.sent
    await trader.go("12:01")
    assert "from 12:30 to 13:00" in trader.sent[0].data["message"]
    assert trader.outcome == "charge"


async def test_a_sale_is_asked_about_in_other_words(trader: Trader) -> None:
    texts = {"title": "Akku", "message": "{{ kind }} {{ start }}", "accept": "Ja", "refuse": "Nein"}
    await confirm(trader, "charge 11:45 12:15 3", "discharge 12:15 13:00 3", kind="discharge", **texts)
    await trader.go("11:46")
    (call,) = trader.sent
    assert (call.data["title"], call.data["message"]) == ("Akku", "discharge 12:15")
    assert [one["title"] for one in call.data["data"]["actions"]] == ["Ja", "Nein"]
    await trader.answer(buttons(call)[1])
    assert trader.vetoes == ["12:15-13:00"]


async def test_a_dry_run_asks_nothing(trader: Trader) -> None:
    await trader.call("switch.turn_off", entity_id=trader.entity_id("switch", "automation"))
    await confirm(trader, "charge 12:00 13:00 3", otherwise="leave")
    await trader.go("12:16")
    assert not trader.sent
    assert trader.vetoes == []


async def test_what_a_person_wants_is_not_asked_about(trader: Trader) -> None:
    await trader.act("override", action="charge", start="2026-11-20 12:00:00", until="2026-11-20 13:00:00")
    await confirm(trader, "charge 12:00 13:15 3", otherwise="leave")
    await trader.go("12:29")
    assert not trader.sent
    await trader.go("12:31")
    assert "from 13:00 to 13:15" in trader.sent[0].data["message"]
    assert trader.outcome == "charge"


async def test_who_clears_the_override_has_answered(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 13:00 3", otherwise="leave")
    await trader.go("12:05")
    await trader.act("clear_override")
    await trader.go("12:16")
    await trader.plan("charge 12:00 13:30 3")
    await trader.go("12:31")
    assert trader.vetoes == []
    assert trader.outcome == "charge"


async def test_a_trade_that_was_left_stays_left_through_a_restart(trader: Trader) -> None:
    """And nobody is asked again."""
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("11:31")
    await trader.answer(buttons(trader.sent[0])[1])
    await trader.call("automation.turn_off", entity_id=AUTOMATION)
    assert await trader.hass.config_entries.async_reload(trader.house.entry.entry_id)
    await trader.call("automation.turn_on", entity_id=AUTOMATION)
    await trader.go("12:31")
    assert trader.outcome == "self_consume"
    assert len(questions(trader)) == 1


async def test_an_answer_counts_although_the_integration_is_loaded_anew(trader: Trader) -> None:
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("11:31")
    assert await trader.hass.config_entries.async_reload(trader.house.entry.entry_id)
    await trader.settle()
    await trader.answer(buttons(trader.sent[0])[1])
    await trader.go("11:46")
    assert trader.vetoes == ["12:00-13:00"]
    assert len(questions(trader)) == 1


async def test_every_phone_is_asked_and_one_that_fails_keeps_nobody_from_answering(trader: Trader) -> None:
    await trader.phone("Ben")
    failing = trader.catch("mobile_app_ben", raise_exception=HomeAssistantError("no"))
    await confirm(trader, "charge 12:00 13:00 3", phones=[trader.phones["Ben"], trader.phones["Anna's phone"]])
    await trader.go("11:31")
    assert len(failing) == len(trader.sent) == 1
    await trader.answer(buttons(trader.sent[0])[1])
    assert trader.vetoes == ["12:00-13:00"]
    assert [calls[1].data["message"] for calls in (failing, trader.sent)] == ["clear_notification"] * 2


async def test_what_is_really_planned_is_asked_about(trader: Trader, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the planner itself, which wants the battery full at once."""
    monkeypatch.setattr(PLANNER, run_planner)
    await trader.automate("confirm_trade", **usual(trader))
    await choose(trader, "backup_reserve", 95)
    (call,) = trader.sent
    assert trader.outcome == "charge"
    await trader.answer(buttons(call)[1])
    (veto,) = trader.vetoes
    assert "from {} to {}".format(*veto.split("-")) in call.data["message"]
    assert trader.outcome == "self_consume"
    await trader.go("11:16")
    slot = trader.trading.data.slot(dt_util.utcnow())
    assert slot
    assert slot.action == "charge", "the planner still wants to"
    assert trader.outcome == "self_consume"
    assert len(questions(trader)) == 1


# Pauses


async def pause(trader: Trader, **inputs: Any) -> None:
    """The automation with its usual inputs, in a house where two people are at home and no storm is near."""
    for domain, helper in (("input_text", "memory"), ("input_boolean", "holiday")):
        assert await async_setup_component(trader.hass, domain, {domain: {helper: {}}})
    show(trader, home=True, storm=False)
    inputs = {
        "strategy": trader.entity_id("select", "strategy"),
        "reserve": trader.entity_id("number", "reserve"),
        "memory": MEMORY,
        "people": [ANNA, BEN],
        "absences": [HOLIDAY],
        "warnings": [STORM],
        "patience": {"hours": 1},
        **inputs,
    }
    await trader.automate("pause_trading", **inputs)


def show(trader: Trader, *, home: bool | None = None, storm: bool | None = None) -> None:
    """Let everybody go or come, and the storm too."""
    if home is not None:
        for one in (ANNA, BEN):
            trader.hass.states.async_set(one, "home" if home else "not_home")
    if storm is not None:
        trader.hass.states.async_set(STORM, "on" if storm else "off")


def chosen(trader: Trader) -> tuple[str, float]:
    """Strategy and reserve."""
    return trader.value("select", "strategy"), float(trader.value("number", "reserve"))


async def choose(trader: Trader, strategy: str, reserve: float) -> None:
    """Choose by hand."""
    await trader.call("select.select_option", entity_id=trader.entity_id("select", "strategy"), option=strategy)
    await trader.call("number.set_value", entity_id=trader.entity_id("number", "reserve"), value=reserve)
    await trader.settle()


BEFORE = ("arbitrage", 35.0)
AWAY = ("self_consumption", 35.0)
STORMY = ("backup_reserve", 80.0)


async def test_a_pause_when_all_have_been_away_for_long_enough(trader: Trader) -> None:
    await pause(trader)
    await choose(trader, *BEFORE)
    trader.hass.states.async_set(ANNA, "Work")
    await trader.go("12:10")
    assert chosen(trader) == BEFORE, "Ben is at home"
    trader.hass.states.async_set(BEN, "not_home")
    await trader.go("13:05")
    assert chosen(trader) == BEFORE
    await trader.go("13:15")
    assert chosen(trader) == AWAY
    trader.hass.states.async_set(BEN, "home")
    await trader.settle()
    assert chosen(trader) == BEFORE


async def test_a_switch_for_holidays_pauses_at_once(trader: Trader) -> None:
    await pause(trader, people=[], warnings=[], away_strategy="peak_shaving")
    await choose(trader, *BEFORE)
    await trader.call("input_boolean.turn_on", entity_id=HOLIDAY)
    await trader.settle()
    assert chosen(trader) == ("peak_shaving", 35.0)
    await trader.call("input_boolean.turn_off", entity_id=HOLIDAY)
    await trader.settle()
    assert chosen(trader) == BEFORE


async def test_a_warning_keeps_a_reserve_and_never_lowers_it(trader: Trader) -> None:
    await pause(trader)
    for before, reserve in ((BEFORE, 80.0), (("optimise", 90.0), 90.0)):
        await choose(trader, *before)
        show(trader, storm=True)
        await trader.settle()
        assert chosen(trader) == ("backup_reserve", reserve)
        show(trader, storm=False)
        await trader.settle()
        assert chosen(trader) == before


@pytest.mark.parametrize("first", ["home", "storm"])
async def test_a_warning_goes_before_being_away(trader: Trader, first: str) -> None:
    """Both at once, whichever ends first."""
    await pause(trader)
    await choose(trader, *BEFORE)
    show(trader, home=False)
    await trader.go("12:10")
    assert chosen(trader) == AWAY
    show(trader, storm=True)
    await trader.settle()
    assert chosen(trader) == STORMY
    show(trader, **{first: first == "home"})
    await trader.settle()
    assert chosen(trader) == (STORMY if first == "home" else AWAY)
    show(trader, home=True, storm=False)
    await trader.settle()
    assert chosen(trader) == BEFORE


async def test_what_somebody_chooses_in_a_pause_is_left(trader: Trader) -> None:
    await pause(trader)
    await choose(trader, *BEFORE)
    await trader.call("input_boolean.turn_on", entity_id=HOLIDAY)
    await trader.settle()
    await choose(trader, "manual", 50)
    await trader.go("11:31")
    assert chosen(trader) == ("manual", 50.0)
    show(trader, storm=True)
    await trader.settle()
    assert chosen(trader) == STORMY, "a warning comes anew"
    show(trader, storm=False)
    await trader.settle()
    assert chosen(trader) == ("self_consumption", 50.0)
    await trader.call("input_boolean.turn_off", entity_id=HOLIDAY)
    await trader.settle()
    assert chosen(trader) == ("manual", 50.0)
    await trader.call("input_boolean.turn_on", entity_id=HOLIDAY)
    await trader.settle()
    await choose(trader, *BEFORE)
    await trader.call("input_boolean.turn_off", entity_id=HOLIDAY)
    await trader.settle()
    assert chosen(trader) == BEFORE


@pytest.mark.parametrize("unseen", ["unknown", "unavailable"])
async def test_what_cannot_be_seen_begins_no_pause_and_ends_none(trader: Trader, unseen: str) -> None:
    await pause(trader)
    await choose(trader, *BEFORE)
    for one in (ANNA, BEN, STORM):
        trader.hass.states.async_set(one, unseen)
    await trader.go("13:01")
    assert chosen(trader) == BEFORE
    show(trader, home=False, storm=True)
    await trader.settle()
    trader.hass.states.async_set(STORM, unseen)
    await trader.go("13:16")
    assert chosen(trader) == STORMY
    show(trader, storm=False)
    await trader.go("14:16")
    assert chosen(trader) == AWAY
    trader.hass.states.async_set(ANNA, unseen)
    await trader.go("14:31")
    assert chosen(trader) == AWAY


async def test_a_pause_survives_restarts_and_ends_after_one(trader: Trader) -> None:
    """The memory and the choice survive by themselves; whoever starts looks at once, and asks nobody to wait again."""
    await pause(trader)
    await choose(trader, *BEFORE)
    show(trader, home=False)
    await trader.go("12:10")
    await trader.call("automation.turn_off", entity_id=AUTOMATION)
    assert await trader.hass.config_entries.async_reload(trader.house.entry.entry_id)
    for one in (ANNA, BEN):
        trader.hass.states.async_remove(one)
    show(trader, home=False)
    await trader.call("automation.turn_on", entity_id=AUTOMATION)
    trader.hass.bus.async_fire("automation_reloaded")
    await trader.settle()
    assert chosen(trader) == AWAY
    await trader.call("automation.turn_off", entity_id=AUTOMATION)
    show(trader, home=True)
    await trader.call("automation.turn_on", entity_id=AUTOMATION)
    assert chosen(trader) == AWAY
    trader.hass.bus.async_fire("automation_reloaded")
    await trader.settle()
    assert chosen(trader) == BEFORE


async def test_a_pause_waits_for_a_battery_that_is_not_there(trader: Trader) -> None:
    await pause(trader)
    await choose(trader, *BEFORE)
    assert await trader.hass.config_entries.async_unload(trader.house.entry.entry_id)
    await trader.call("input_boolean.turn_on", entity_id=HOLIDAY)
    memory = trader.hass.states.get(MEMORY)
    assert memory
    assert memory.state in {"", "unknown"}
    assert await trader.hass.config_entries.async_setup(trader.house.entry.entry_id)
    await trader.settle()
    assert chosen(trader) == AWAY


async def test_other_entities_than_those_of_the_battery_are_refused(trader: Trader) -> None:
    limit = trader.entity_id("number", "import_limit")
    await pause(trader, reserve=limit)
    before = trader.hass.states.get(limit)
    show(trader, storm=True)
    await trader.settle()
    assert trader.hass.states.get(limit) == before
    assert trader.value("select", "strategy") == "optimise"
    (trace,) = await async_list_traces(trader.hass, "automation", AUTOMATION)
    whole = await async_get_trace(trader.hass, AUTOMATION, trace["run_id"])
    assert "These are not the strategy and the backup reserve of a battery" in str(whole["trace"])


# The nightly report


async def report(trader: Trader, **inputs: Any) -> list[ServiceCall]:
    """The automation with its usual inputs; the answer fills with what is sent."""
    sent = trader.catch("send_message")
    inputs = {
        "problem": trader.entity_id("binary_sensor", "trading_problem"),
        "expected_cost": trader.entity_id("sensor", "expected_cost_tomorrow"),
        "expected_saving": trader.entity_id("sensor", "expected_saving_tomorrow"),
        "notify": ["notify.phone"],
        "at": "14:10:00",
        **inputs,
    }
    await trader.automate("nightly_report", **inputs)
    return sent


async def test_a_report_says_what_the_ledger_says(trader: Trader) -> None:
    trader.script.trades = ("charge 11:15 11:45 3", "charge 2026-11-21T02:00 2026-11-21T04:00 2.5")
    await trader.house.walk(berlin("12:01"))  # what comes after it is not metered
    sent = await report(trader)
    await trader.go("14:10:05")
    (call,) = sent
    assert call.data["title"] == "Battery"
    lines = call.data["message"].splitlines()
    expected = []
    for name, period in (("Today", "day"), ("This month", "month")):
        ((row,)) = (await ledger(trader.house, period=period))["rows"]
        assert row["import_kwh"] > 1
        hours = 13 if period == "day" else 19 * 24 + 13
        expected.append(
            f"{name} the battery saved {row['saved_over_no_battery']:.2f} EUR, of which "
            f"{row['saved_over_self_consumption']:.2f} EUR by planning. Bought {row['import_kwh']:.1f} kWh, "
            f"sold {row['export_kwh']:.1f} kWh, for {row['grid_cost']:.2f} EUR together. "
            f"{hours:.1f} hours are missing from the book."
        )
    cost, saving = (float(trader.value("sensor", f"expected_{key}_tomorrow")) for key in ("cost", "saving"))
    expected.append(
        f"Tomorrow is expected to cost {cost:.2f} EUR, {saving:.2f} EUR less than plain self-consumption, with "
        "5.0 kWh charged from the grid and 0.0 kWh sold from the battery."
    )
    assert lines == expected


async def test_what_is_not_known_is_said_to_be_so(trader: Trader) -> None:
    """Nothing is booked yet, tomorrow's prices have not come, and nothing is carried out."""
    await trader.call("switch.turn_off", entity_id=trader.entity_id("switch", "automation"))
    sent = await report(trader, at="11:10:00")
    await trader.go("11:10:05")
    nothing = "what was saved is not known. Bought 0.0 kWh, sold 0.0 kWh."
    assert sent[0].data["message"].splitlines() == [
        f"Today: {nothing} 11.0 hours are missing from the book.",
        f"This month: {nothing} {19 * 24 + 11}.0 hours are missing from the book.",
        "Of tomorrow nothing is known yet.",
        "The automation is off: the plan is not carried out.",
    ]


async def test_a_battery_that_is_gone_is_reported_and_the_actions_are_done(trader: Trader) -> None:
    """Although nobody can be told."""
    done = async_mock_service(trader.hass, "test", "done")
    sent = await report(trader, at="11:20:00", actions=[{"action": "test.done", "data": {"said": "{{ summary }}"}}])
    trader.catch("send_message", raise_exception=HomeAssistantError("no"))
    assert await trader.hass.config_entries.async_unload(trader.house.entry.entry_id)
    trader.house.clock.move_to(berlin("11:20") + timedelta(seconds=EDGE))
    for _ in range(20):
        await trader.hass.loop.run_in_executor(None, time.sleep, 0.002)
    assert not sent
    assert done[0].data["said"].splitlines() == [
        "The book cannot be read: nothing is known of today and this month.",
        "Of tomorrow nothing is known yet.",
        "Whether anything is wrong is not known.",
    ]


async def test_a_problem_is_told_in_words(trader: Trader) -> None:
    sent = await report(trader, at="11:20:00")
    trader.house.simulator.stop()
    await trader.go("11:16")
    await trader.go("11:20:05")
    reason = trader.hass.states.get(trader.entity_id("sensor", "battery_action")).attributes["reason"]
    assert reason.startswith("The inverter cannot be read")
    assert f"\nProblem: {reason}." in sent[0].data["message"]


async def test_a_report_in_other_words(trader: Trader) -> None:
    sent = await report(trader, at="11:05:00", title="Akku", message="{{ today.load_kwh }} {{ automatic }}")
    await trader.go("11:05:05")
    assert (sent[0].data["title"], sent[0].data["message"]) == ("Akku", "0.0 True")


async def test_hours_without_a_price_are_told(booked: BookedHouse, hass_config_dir: str, market: StandIn) -> None:
    market.behaviour.mode = "unavailable"
    booked.hass.config.config_dir = hass_config_dir
    trader = Trader(booked)
    await set_up(booked)
    await trader.house.walk(berlin("11:31"))
    sent = await report(trader, at="11:35:00")
    await trader.go("11:35:05")
    (row,) = (await ledger(booked, period="day"))["rows"]
    assert sent[0].data["message"].splitlines()[0] == (
        f"Today: what was saved is not known. Bought {row['import_kwh']:.1f} kWh, sold {row['export_kwh']:.1f} kWh. "
        "11.0 hours are missing from the book. 0.5 hours have no price."
    )
    assert "\nProblem: " in sent[0].data["message"]
    await trader.call("automation.turn_off", entity_id=AUTOMATION)
