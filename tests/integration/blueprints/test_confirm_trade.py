"""The blueprint that asks on the phone before a trade."""

from typing import Any

from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest

from custom_components.nattery.core.app.planning import run_planner

from .automated_home import AUTOMATION
from .trading_home import PLANNER, TradingHome, choose


def usual(trader: TradingHome) -> dict[str, Any]:
    """The usual inputs."""
    plan, phones = trader.entity_id("sensor", "plan_made"), list(trader.phones.values())
    return {"plan": plan, "kind": "charge", "phones": phones}


async def confirm(trader: TradingHome, *trades: str, **inputs: Any) -> None:
    """The automation with its usual inputs, and a plan."""
    await trader.plan(*trades)
    await trader.automate("confirm_trade", **usual(trader) | inputs)
    await trader.plan(*trades)


def questions(trader: TradingHome) -> list[ServiceCall]:
    """What was asked, without what tidies up."""
    return [call for call in trader.sent if call.data["message"] != "clear_notification"]


def buttons(call: ServiceCall) -> list[str]:
    """The actions of a question: do it, leave it."""
    return [one["action"] for one in call.data["data"]["actions"]]


async def test_a_trade_is_asked_about_once_and_done_when_it_shall_be(trader: TradingHome) -> None:
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("11:29")
    assert not trader.sent
    await trader.go("11:31")
    (call,) = trader.sent
    assert call.data["title"] == "Battery trading"
    reason = (await trader.act("explain_slot", at="2026-11-20 12:00:00"))["reason"]
    assert call.data["message"] == (
        f"Charge 3.0 kWh at up to 3.0 kW from 12:00 to 13:00? {reason} Without an answer, the battery does it."
    )
    assert [one["title"] for one in call.data["data"]["actions"]] == ["Do it", "Skip it"]
    await trader.answer(buttons(call)[0])
    (_, tidied) = trader.sent
    assert tidied.data["message"] == "clear_notification"
    assert tidied.data["data"]["tag"] == call.data["data"]["tag"]
    await trader.go("12:31")
    assert trader.outcome == "charge"
    await trader.go("13:31")
    assert len(trader.sent) == 2
    assert trader.vetoes == []


async def test_a_trade_that_is_left_is_self_consumption_until_it_ends(trader: TradingHome) -> None:
    await confirm(trader, "charge 12:00 13:00 3", "discharge 13:00 13:30 2")
    await trader.go("11:31")
    await trader.answer(buttons(trader.sent[0])[1])
    assert trader.vetoes == ["12:00-13:00"]
    await trader.go("12:31")
    assert trader.outcome == "self_consume"
    await trader.go("13:16")
    assert trader.outcome == "discharge"
    assert len(questions(trader)) == 1


async def test_without_an_answer_it_is_done_and_can_still_be_left(trader: TradingHome) -> None:
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("12:31")
    assert trader.outcome == "charge"
    await trader.answer(buttons(trader.sent[0])[1])
    assert trader.outcome == "self_consume"
    assert trader.vetoes == ["12:00-13:00"]
    await trader.go("13:01")
    assert len(questions(trader)) == 1


async def test_a_question_goes_away_when_it_is_over(trader: TradingHome) -> None:
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("12:59")
    assert len(trader.sent) == 1
    await trader.go("13:01")
    assert trader.sent[1].data["message"] == "clear_notification"


async def test_without_an_answer_it_is_left_and_can_still_be_done(trader: TradingHome) -> None:
    await confirm(trader, "charge 12:00 13:00 3", otherwise="leave")
    await trader.go("11:59:49")
    assert trader.vetoes == []
    await trader.go("11:59:52")
    assert trader.vetoes == ["12:00-13:00"]
    await trader.go("12:16")
    assert trader.outcome == "self_consume"
    assert questions(trader)[0].data["message"].endswith("Without an answer, the battery skips it.")
    await trader.answer(buttons(trader.sent[0])[0])
    assert trader.vetoes == []
    assert trader.outcome == "charge"


async def test_answers_to_other_questions_do_not_count(trader: TradingHome) -> None:
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
async def test_a_question_moves_along_with_its_trade(trader: TradingHome, moved: str) -> None:
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


async def test_an_answer_moves_along_with_its_trade(trader: TradingHome) -> None:
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("11:31")
    await trader.answer(buttons(trader.sent[0])[1])
    await trader.plan("charge 12:15 13:30 4")
    assert trader.vetoes == ["12:00-13:30"], "it grows with the trade"
    await trader.go("12:46")
    assert trader.vetoes == ["12:00-13:30"], "nothing is set anew while it lasts"
    await trader.plan("charge 12:15 13:00 4")
    assert trader.vetoes == ["12:00-13:30"]
    assert len(questions(trader)) == 1


async def test_a_trade_that_is_given_up_takes_its_question_along(trader: TradingHome) -> None:
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
    assert trader.vetoes == ["12:00-13:00"], "the plan contains the veto, whatever else it would do"
    await trader.go("12:16")
    assert trader.outcome == "self_consume"
    await trader.go("13:01")
    assert trader.vetoes == []


async def test_a_trade_that_moves_far_is_asked_about_at_its_own_time(trader: TradingHome) -> None:
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


async def test_one_question_for_a_trade_with_short_pauses_and_another_after_a_long_one(trader: TradingHome) -> None:
    await confirm(trader, "charge 12:00 12:30 3", "charge 13:00 13:30 2", "charge 14:15 14:30 3")
    await trader.go("11:31")
    (call,) = trader.sent
    assert call.data["message"].startswith("Charge 2.5 kWh at up to 3.0 kW from 12:00 to 13:30?")
    await trader.answer(buttons(call)[0])
    await trader.go("13:46")
    assert "from 14:15 to 14:30" in questions(trader)[1].data["message"]


async def test_two_trades_in_a_row_are_two_questions_with_their_own_buttons(trader: TradingHome) -> None:
    await confirm(trader, "charge 12:00 12:15 3", "charge 12:30 12:45 3", lead={"minutes": 10})
    await trader.go("12:21")
    first, second = (buttons(call) for call in questions(trader))
    await trader.answer(first[1])
    assert trader.vetoes == []
    await trader.answer(second[1])
    assert trader.vetoes == ["12:30-12:45"]


@pytest.mark.parametrize(("otherwise", "outcome"), [("do", "charge"), ("leave", "self_consume")])
async def test_a_trade_planned_at_the_last_moment_is_asked_about_at_once(
    trader: TradingHome, otherwise: str, outcome: str
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


async def test_a_lead_time_between_two_plans(trader: TradingHome) -> None:
    await confirm(trader, "charge 12:00 13:00 3", lead={"minutes": 20})
    await trader.go("11:39:50")
    assert not trader.sent
    await trader.go("11:40:10")
    assert len(trader.sent) == 1


async def test_what_is_planned_with_less_power_is_done_without_a_question(trader: TradingHome) -> None:
    await confirm(trader, "charge 12:00 12:30 1.5", "charge 12:30 13:00 2.5", least=2)
    await trader.go("11:59")
    assert not trader.sent
    await trader.go("12:01")
    assert "from 12:30 to 13:00" in trader.sent[0].data["message"]
    assert trader.outcome == "charge"


async def test_a_sale_is_asked_about_in_other_words(trader: TradingHome) -> None:
    texts = {"title": "Akku", "message": "{{ kind }} {{ start }}", "accept": "Ja", "refuse": "Nein"}
    await confirm(trader, "charge 11:45 12:15 3", "discharge 12:15 13:00 3", kind="discharge", **texts)
    await trader.go("11:46")
    (call,) = trader.sent
    assert (call.data["title"], call.data["message"]) == ("Akku", "discharge 12:15")
    assert [one["title"] for one in call.data["data"]["actions"]] == ["Ja", "Nein"]
    await trader.answer(buttons(call)[1])
    assert trader.vetoes == ["12:15-13:00"]


async def test_a_dry_run_asks_nothing(trader: TradingHome) -> None:
    await trader.call("switch.turn_off", entity_id=trader.entity_id("switch", "automation"))
    await confirm(trader, "charge 12:00 13:00 3", otherwise="leave")
    await trader.go("12:16")
    assert not trader.sent
    assert trader.vetoes == []


async def test_what_a_person_wants_is_not_asked_about(trader: TradingHome) -> None:
    await trader.act("override", action="charge", start="2026-11-20 12:00:00", until="2026-11-20 13:00:00")
    await confirm(trader, "charge 12:00 13:15 3", otherwise="leave")
    await trader.go("12:29")
    assert not trader.sent
    await trader.go("12:31")
    assert "from 13:00 to 13:15" in trader.sent[0].data["message"]
    assert trader.outcome == "charge"


async def test_who_clears_the_override_has_answered(trader: TradingHome) -> None:
    await confirm(trader, "charge 12:00 13:00 3", otherwise="leave")
    await trader.go("12:05")
    await trader.act("clear_override")
    await trader.go("12:16")
    await trader.plan("charge 12:00 13:30 3")
    await trader.go("12:31")
    assert trader.vetoes == []
    assert trader.outcome == "charge"


async def test_a_trade_that_was_left_stays_left_through_a_restart(trader: TradingHome) -> None:
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


async def test_an_answer_counts_although_the_integration_is_loaded_anew(trader: TradingHome) -> None:
    await confirm(trader, "charge 12:00 13:00 3")
    await trader.go("11:31")
    assert await trader.hass.config_entries.async_reload(trader.house.entry.entry_id)
    await trader.settle()
    await trader.answer(buttons(trader.sent[0])[1])
    await trader.go("11:46")
    assert trader.vetoes == ["12:00-13:00"]
    assert len(questions(trader)) == 1


async def test_every_phone_is_asked_and_one_that_fails_keeps_nobody_from_answering(trader: TradingHome) -> None:
    await trader.phone("Ben")
    failing = trader.catch("mobile_app_ben", raise_exception=HomeAssistantError("no"))
    await confirm(trader, "charge 12:00 13:00 3", phones=[trader.phones["Ben"], trader.phones["Anna's phone"]])
    await trader.go("11:31")
    assert len(failing) == len(trader.sent) == 1
    await trader.answer(buttons(trader.sent[0])[1])
    assert trader.vetoes == ["12:00-13:00"]
    assert [calls[1].data["message"] for calls in (failing, trader.sent)] == ["clear_notification"] * 2


async def test_what_is_really_planned_is_asked_about(trader: TradingHome, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the planner itself, which wants the battery full at once."""
    monkeypatch.setattr(PLANNER, run_planner)
    await trader.automate("confirm_trade", **usual(trader))
    await choose(trader, "optimise", 95)
    (call,) = trader.sent
    assert trader.outcome == "charge"
    await trader.answer(buttons(call)[1])
    (veto,) = trader.vetoes
    assert "from {} to {}".format(*veto.split("-")) in call.data["message"]
    assert trader.outcome == "self_consume"
    await trader.go("11:16")
    slot = trader.trading.data.slot(dt_util.utcnow())
    assert slot
    assert slot.action == "self_consume", "the plan contains the veto"
    assert slot.override
    assert trader.outcome == "self_consume"
    assert len(questions(trader)) == 1
