"""What the books tell people: the action that reads the ledger, the sensors of savings, and the words of errors."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Context, CoreState, State
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.ledger.entry import QUARTER
from custom_components.nattery.core.ledger.errors import (
    DatabaseError,
    DatabaseTimeoutError,
    LedgerError,
    MeterStateError,
    NewerSchemaError,
)
from custom_components.nattery.errors import action_error, describe
from custom_components.nattery.trading.issues import LEDGER_FAILS
from custom_components.nattery.trading.savings import SAVINGS
from custom_components.nattery.trading.settings import TRADING

from .books import BATTERY, BookedHouse, berlin
from .conftest import SERIAL
from .test_texts import subclasses
from .texts import TEXTS

SECRET = "secret-4f1c"
NOBODY_THERE = "The database server of the ledger in 127.0.0.1:1/books cannot be reached. Check its address"


async def set_up(house: BookedHouse, ledger: str = "") -> BookedHouse:
    """The house with trading, whose books are open from the first poll on."""
    subentry = ConfigSubentry(
        data=MappingProxyType({**BATTERY, "ledger": ledger}),
        subentry_type=TRADING,
        title="Trading",
        unique_id=TRADING,
        subentry_id="01JD5TRADING0000000000000T",
    )
    house.hass.config_entries.async_add_subentry(house.entry, subentry)
    return await house.set_up()


async def ledger(house: BookedHouse, context: Context | None = None, **data: Any) -> Any:
    """What the action answers."""
    return await house.hass.services.async_call(
        DOMAIN,
        "get_ledger",
        {"config_entry_id": house.entry.entry_id, **data},
        blocking=True,
        return_response=True,
        context=context,
    )


def sensor(house: BookedHouse, key: str) -> State:
    unique_id = f"01JD5TRADING0000000000000T_{key}"
    entity_id = er.async_get(house.hass).async_get_entity_id("sensor", DOMAIN, unique_id)
    assert entity_id
    state = house.hass.states.get(entity_id)
    assert state
    return state


async def test_the_ledger_is_read_by_quarter_day_and_month(booked: BookedHouse) -> None:
    house = await set_up(booked)
    await house.walk(berlin("11:31"))
    lines = await house.site.trading.recorder.async_read(berlin("11:00"), berlin("12:00"))
    assert len(lines) == 2

    quarters = await ledger(house)
    assert quarters["period"] == "quarter"
    assert [row["start"] for row in quarters["rows"]] == [line.start.isoformat() for line in lines]
    first = quarters["rows"][0]
    assert first["load_kwh"] == lines[0].energies.load_kwh > 0
    assert first["import_price"] == lines[0].prices.import_price
    assert first["action"] == "self_consume"
    assert first["reason"]
    assert first["expected_cost"] is not None
    assert (await ledger(house, start="2026-11-20 11:15:00"))["rows"] == quarters["rows"][1:]
    assert (await ledger(house, end="2026-11-20T11:15:00+01:00"))["rows"] == quarters["rows"][:1]

    (day,) = (await ledger(house, period="day"))["rows"]
    assert datetime.fromisoformat(day["start"]) == berlin("00:00")
    assert datetime.fromisoformat(day["end"]) == berlin("2026-11-21 00:00")
    assert day["currency"] == "EUR"
    assert day["load_kwh"] == pytest.approx(sum(row["load_kwh"] for row in quarters["rows"]))
    assert day["coverage"] == pytest.approx(sum(row["coverage"] for row in quarters["rows"]) / 96, abs=1e-4)
    assert day["grid_cost"] == pytest.approx(sum(row["cost"] for row in quarters["rows"]))
    stored = day["stored_value_per_kwh"] * day["stored_change_kwh"]
    assert day["cost"] == pytest.approx(day["grid_cost"] + day["wear"] - stored, abs=2e-6)
    assert day["saved_over_no_battery"] == pytest.approx(day["no_battery_cost"] - day["cost"], abs=2e-6)

    days = (await ledger(house, period="day", start="2026-11-19 00:00:00", end="2026-11-22 00:00:00"))["rows"]
    assert [row["load_kwh"] for row in days] == [None, day["load_kwh"], None]
    assert [row["cost"] is None for row in days] == [True, False, True]
    assert [row["coverage"] for row in days] == [0, day["coverage"], 0]
    (month,) = (await ledger(house, period="month"))["rows"]
    assert datetime.fromisoformat(month["start"]) == berlin("2026-11-01 00:00")
    assert month["load_kwh"] == day["load_kwh"]


async def test_the_rest_of_a_quarter_is_not_what_was_expected_of_it(booked: BookedHouse) -> None:
    booked.clock.tick(timedelta(minutes=5))
    house = await set_up(booked)
    await house.walk(berlin("11:31"))
    assert [row["expected_cost"] is None for row in (await ledger(house))["rows"]] == [True, False]


async def test_a_restart_in_the_middle_of_a_quarter_forgets_neither_plan_nor_reason(booked: BookedHouse) -> None:
    house = await set_up(booked)
    await house.walk(berlin("11:20"))
    expected = house.site.trading.recorder._state.records[berlin("11:15")].expected
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    await house.settle()
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    await house.walk(berlin("11:31"))
    line = (await ledger(house))["rows"][1]
    assert line["expected_cost"] == pytest.approx(expected.cost, abs=1e-6)
    assert line["expected_soc"] == pytest.approx(expected.soc, abs=1e-3)
    assert line["action"] == "self_consume"
    assert line["reason"]


async def test_reasons_are_read_with_their_numbers_and_in_words(booked: BookedHouse) -> None:
    house = await set_up(booked)
    await house.walk(berlin("11:14"))
    trading = house.site.trading
    slot = trading.data.slot(berlin("11:14"))
    await house.walk(berlin("11:16"))
    await trading.async_set_automatic(on=True)
    await house.hass.services.async_call(
        DOMAIN,
        "override",
        {"config_entry_id": house.entry.entry_id, "action": "charge", "power": 1234, "until": "2026-11-20 12:00"},
        blocking=True,
        return_response=True,
    )
    await trading.async_set_automatic(on=False)
    await house.walk(berlin("11:31"))
    await trading.async_set_automatic(on=True)
    await house.walk(berlin("11:46"))
    said, undone, done = (await ledger(house))["rows"]
    assert said["reason_key"] == slot.reason.key
    assert said["reason"].startswith(trading.sentences.sentence(slot.reason, slot.start))
    assert said["reason_values"]
    assert json.loads(json.dumps(said)) == said
    until = {"until": "2026-11-20T11:00:00+00:00"}
    assert (undone["reason_key"], undone["action"]) == ("control_override", "self_consume")
    assert undone["reason_values"] == {**until, "undone": True}
    assert undone["reason"] == "Set by you until 12:00. Not carried out: automation is off."
    assert (done["reason_key"], done["action"], done["reason_values"]) == ("control_override", "charge", until)
    assert done["reason"] == "Set by you until 12:00."


async def test_reasons_that_nobody_knows_any_more_are_read_all_the_same(booked: BookedHouse) -> None:
    house = await set_up(booked)
    await house.walk(berlin("11:16"))
    books = house.site.trading.recorder
    last = books.last
    assert last is not None
    reasons = (
        Explanation("full"),
        Explanation("charge"),  # without its numbers, as it was booked once
        Explanation("of_another_age", {"price": 0.1}),
        Explanation("plan_recover", {"power_kw": "much", "price": 0.1}),
        Explanation("override", {"until": "noon"}),
        Explanation("override", {"until": 12}),
        Explanation("plan_strategy", {"strategy": "of_another_age"}),
    )
    lines = [replace(last, start=berlin("09:00") + n * QUARTER, reason=one) for n, one in enumerate(reasons)]
    lines.append(replace(last, reason=None))
    await books._database.async_do(lambda ledger: ledger.write(SERIAL, lines))
    rows = (await ledger(house))["rows"]
    unknown: list[str | None] = [None] * len(reasons)
    unknown[2] = "Charging: the battery is below its minimum."  # only its details cannot be made
    assert [row["reason"] for row in rows] == ["The battery is full: the rest of the sun goes to the grid.", *unknown]
    assert [row["details"] for row in rows] == [None] * len(rows)
    keys = ["plan_full", "plan_charge", "of_another_age", "plan_recover", *["control_override"] * 2, "plan_strategy"]
    assert [row["reason_key"] for row in rows] == [*keys, None]
    assert [row["reason_values"] for row in rows] == [*(dict(one.values) for one in reasons), None]


@pytest.mark.parametrize(
    "data",
    [
        {"start": "2026-11-20 12:00:00"},
        {"start": "2026-11-20 10:00:00", "end": "2026-11-20 10:00:00"},
        {"start": "2026-10-01 00:00:00"},
        {"period": "day", "start": "2020-01-01 00:00:00"},
        {"period": "month", "start": "1980-01-01 00:00:00"},
    ],
    ids=str,
)
async def test_times_that_cannot_be(booked: BookedHouse, data: dict[str, Any]) -> None:
    house = await set_up(booked)
    with pytest.raises(ServiceValidationError) as caught:
        await ledger(house, **data)
    assert caught.value.translation_key == "bad_range"


@pytest.mark.parametrize(
    "data", [{"start": "0001-01-01 00:00:00"}, {"end": "9999-12-31 23:59:59"}, {"start": "soon"}, {"period": "year"}]
)
async def test_questions_that_make_no_sense(booked: BookedHouse, data: dict[str, Any]) -> None:
    house = await set_up(booked)
    with pytest.raises((vol.Invalid, ServiceValidationError)):
        await ledger(house, **data)


async def test_a_house_that_does_not_trade(booked: BookedHouse) -> None:
    house = await booked.set_up()
    with pytest.raises(ServiceValidationError) as caught:
        await ledger(house)
    assert caught.value.translation_key == "no_trading"


async def test_who_may_read_the_ledger(booked: BookedHouse, hass_read_only_user, hass_admin_user) -> None:
    house = await set_up(booked)
    await house.walk(berlin("11:16"))
    nobody = await house.hass.auth.async_create_user("Nobody", group_ids=[])
    with pytest.raises(Unauthorized):
        await ledger(house, Context(user_id=nobody.id))
    for user in (hass_read_only_user, hass_admin_user):
        assert len((await ledger(house, Context(user_id=user.id)))["rows"]) == 1


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (f"postgresql://nattery:{SECRET}@127.0.0.1:1/books", NOBODY_THERE),
        (f"postgresql://127.0.0.1:1/books?user=nattery&password={SECRET}", NOBODY_THERE),
        (
            f"mysql://nattery:{SECRET}@127.0.0.1/books",
            "This is not a ledger address. Enter an address such as postgresql://user:password@",
        ),
        (f"nattery {SECRET}", "This is not a ledger address. Enter an address such as postgresql://user:password@"),
    ],
    ids=["away", "away_password_apart", "of_another_kind", "none"],
)
async def test_a_ledger_that_cannot_be_read_says_why(
    booked: BookedHouse, hass_client: ClientSessionGenerator, caplog: pytest.LogCaptureFixture, url: str, sentence: str
) -> None:
    house = await set_up(booked, url)
    await house.walk(berlin("11:02"))
    answers = []
    for period in ("quarter", "day", "month"):
        with pytest.raises(HomeAssistantError) as caught:
            await ledger(house, period=period)
        answers.append(str(caught.value))
    (said,) = set(answers)
    assert said.startswith(sentence)
    assert "\n" not in said
    for description in SAVINGS:
        assert sensor(house, description.key).state == "unknown"
    issues = [one for one in ir.async_get(house.hass).issues.values() if one.translation_key == LEDGER_FAILS]
    assert [one.translation_placeholders["reason"] for one in issues] == [f"{said}."]
    told = await get_diagnostics_for_config_entry(house.hass, hass_client, house.entry)
    states = [state.as_dict() for state in house.hass.states.async_all()]
    assert SECRET not in f"{said} {told} {states} {issues} {caplog.text}"


async def test_savings_are_told(booked: BookedHouse) -> None:
    house = await set_up(booked)
    await house.walk(berlin("11:31"))
    savings = house.site.trading.recorder.savings
    assert savings.today.money.no_battery != 0
    for description in SAVINGS:
        state, report = sensor(house, description.key), description.report(savings)
        assert float(state.state) == pytest.approx(description.saved(report), abs=5e-5)
        assert state.attributes["unit_of_measurement"] == "EUR"
        assert state.attributes["state_class"] == "total"
        assert state.attributes["cost"] == pytest.approx(report.cost, abs=5e-5)
        otherwise, cost = state.attributes["cost_otherwise"], state.attributes["cost"]
        assert float(state.state) == pytest.approx(otherwise - cost, abs=2e-4)
        assert state.attributes["coverage"] == pytest.approx(report.priced_coverage, abs=5e-5)
    assert sensor(house, "savings_today").attributes["last_reset"] == berlin("00:00").isoformat()
    assert sensor(house, "savings_month").attributes["last_reset"] == berlin("2026-11-01 00:00").isoformat()
    assert "last_reset" not in sensor(house, "savings_total").attributes


async def test_home_assistant_stops(booked: BookedHouse, hass_storage: dict[str, Any]) -> None:
    house = await set_up(booked)
    await house.walk(berlin("11:20"))
    house.hass.set_state(CoreState.stopping)
    house.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await house.settle()
    house.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await house.settle()
    kept = hass_storage[f"nattery.{house.entry.entry_id}.meter"]["data"]
    assert kept["meter"]["start"] == berlin("11:15").isoformat()
    assert kept["meter"]["seconds"] == 300
    assert kept["unbooked"] == []
    house.hass.set_state(CoreState.running)


async def test_what_was_kept_goes_with_the_entry(booked: BookedHouse, hass_storage: dict[str, Any]) -> None:
    house = await set_up(booked)
    await house.walk(timedelta(minutes=2))
    key = f"nattery.{house.entry.entry_id}.meter"
    assert key in hass_storage
    await house.hass.config_entries.async_remove(house.entry.entry_id)
    assert [key for key in hass_storage if house.entry.entry_id in key] == []
    ledger_file = Path(house.hass.config.path("nattery.db"))
    assert await house.hass.async_add_executor_job(ledger_file.exists), "the ledger is the user's record"


# Words


def errors() -> Iterator[LedgerError]:
    for kind in subclasses(LedgerError):
        if issubclass(kind, DatabaseError):
            yield kind("a place", "no such host")
        elif kind is NewerSchemaError:
            yield NewerSchemaError("a place", 9, 1)
        elif kind is MeterStateError:
            yield MeterStateError("it is nonsense")
        elif kind is DatabaseTimeoutError:
            yield DatabaseTimeoutError(25)
        else:
            yield kind()


@pytest.mark.parametrize("error", errors(), ids=lambda error: error.kind)
def test_every_error_of_the_ledger_has_its_sentence(error: LedgerError) -> None:
    key, placeholders = describe(error)
    assert key == f"ledger_{error.kind}"
    said = TEXTS["exceptions"][key]["message"].format(**placeholders)
    assert said.endswith(".")
    assert "  " not in said
    assert "()" not in said
    assert type(action_error(error)) is HomeAssistantError


def test_every_saving_has_a_name() -> None:
    names = [TEXTS["entity"]["sensor"][description.key]["name"] for description in SAVINGS]
    assert len(set(names)) == len(SAVINGS)
