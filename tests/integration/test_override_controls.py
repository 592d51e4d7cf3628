"""The entities that override the plan: what is selected or pressed is done, shown, and ends on time."""

from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import State
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.control.overrides import MAX_OVERRIDES, Override, OverrideRequest
from custom_components.nattery.trading.coordinator import TradingCoordinator
from custom_components.nattery.trading.override_controls import TRADING_BUTTONS

from .books import MORNING, BookedHouse, add_trading, berlin
from .texts import TEXTS

OFF = "Automation is off, so the battery would not do this. Turn on Automation first."
MIDNIGHT = berlin("2026-11-21 00:00")


def trading_of(house: BookedHouse) -> TradingCoordinator:
    trading = house.site.trading
    assert trading is not None
    return trading


def entity(house: BookedHouse, platform: str, key: str) -> str:
    found = er.async_get(house.hass).async_get_entity_id(platform, DOMAIN, trading_of(house).unique_id(key))
    assert found
    return found


def state(house: BookedHouse, platform: str, key: str) -> State:
    found = house.hass.states.get(entity(house, platform, key))
    assert found
    return found


async def act(house: BookedHouse, platform: str, name: str, key: str, **data: Any) -> None:
    target = {"entity_id": entity(house, platform, key), **data}
    await house.hass.services.async_call(platform, name, target, blocking=True)


async def select(house: BookedHouse, option: str) -> None:
    await act(house, "select", "select_option", "wanted_action", option=option)


async def press(house: BookedHouse, key: str) -> None:
    await act(house, "button", "press", key)


def held(start: datetime, end: datetime) -> OverrideRequest:
    return OverrideRequest(ActionKind.HOLD, end, start=start)


def overrides(house: BookedHouse) -> tuple[Override, ...]:
    return trading_of(house).controller.overrides


def wanted(house: BookedHouse) -> str:
    return state(house, "select", "wanted_action").state


def message_of(error: ServiceValidationError) -> str:
    assert error.translation_key
    text: str = TEXTS["exceptions"][error.translation_key]["message"]
    return text.format(**error.translation_placeholders or {})


# --- the select


async def test_a_selected_action_is_done_for_the_chosen_time(automatic: BookedHouse) -> None:
    house = automatic
    assert wanted(house) == "follow_plan"
    await act(house, "number", "set_value", "override_minutes", value=90)
    await select(house, "charge")
    (one,) = overrides(house)
    now = dt_util.utcnow()
    assert (one.kind, one.power, one.start, one.end) == ("charge", 5000, now, now + timedelta(minutes=90))
    assert wanted(house) == "charge"
    shown = state(house, "sensor", "battery_action")
    assert (shown.state, shown.attributes["performed"], shown.attributes["override"]) == ("charge", True, one.id)
    assert shown.attributes["reason"] == "Set by you until 12:30."
    assert state(house, "sensor", "trading_status").state == "Charging at 5 kW."


async def test_the_end_is_on_time_and_shown_at_once(automatic: BookedHouse) -> None:
    """The coordinator itself looks at half past each minute only."""
    house = automatic
    await act(house, "number", "set_value", "override_minutes", value=15)
    await select(house, "hold")
    (one,) = overrides(house)
    await house.walk(one.end - timedelta(seconds=1))
    assert wanted(house) == "hold"
    await house.walk(one.end + timedelta(milliseconds=1), timedelta(seconds=1))
    assert wanted(house) == "follow_plan"
    assert state(house, "sensor", "battery_action").attributes["override"] is None


async def test_another_selection_replaces_what_is_in_force_and_not_what_is_to_come(automatic: BookedHouse) -> None:
    house, trading = automatic, trading_of(automatic)
    (later,) = await trading.async_change_overrides([held(berlin("19:00"), berlin("20:00"))])
    await select(house, "charge")
    await select(house, "discharge")
    assert [(one.kind, one.power) for one in overrides(house)] == [("hold", 0), ("discharge", 5000)]
    assert wanted(house) == "discharge"
    await select(house, "follow_plan")
    assert overrides(house) == (later,)
    assert wanted(house) == "follow_plan"


async def test_a_later_override_is_shown_when_it_starts(automatic: BookedHouse) -> None:
    house = automatic
    start = MORNING + timedelta(minutes=5)
    await trading_of(house).async_change_overrides([held(start, start + timedelta(minutes=5))])
    assert wanted(house) == "follow_plan"
    await house.walk(start + timedelta(milliseconds=1), timedelta(seconds=10))
    assert wanted(house) == "hold"


async def test_the_duration_has_limits_and_survives_a_restart(automatic: BookedHouse) -> None:
    house = automatic
    number = state(house, "number", "override_minutes")
    assert float(number.state) == 60
    assert (number.attributes["min"], number.attributes["max"]) == (15, 1440)
    for wrong in (14, 1441):
        with pytest.raises(ServiceValidationError):
            await act(house, "number", "set_value", "override_minutes", value=wrong)
    await act(house, "number", "set_value", "override_minutes", value=240)
    assert await house.hass.config_entries.async_reload(house.entry.entry_id)
    await house.settle()
    assert float(state(house, "number", "override_minutes").state) == 240
    assert trading_of(house).override_duration == timedelta(hours=4)


# --- the buttons


@pytest.mark.parametrize(
    ("key", "kind", "power", "end"),
    [
        ("charge_hour", "charge", 5000, None),
        ("hold_hour", "hold", 0, None),
        ("sell_hour", "discharge", 5000, None),
        ("pause_until_tomorrow", "self_consume", 0, MIDNIGHT),
    ],
)
async def test_a_button_overrides_the_plan(automatic: BookedHouse, key: str, kind: str, power: float, end: Any) -> None:
    house = automatic
    await press(house, "hold_hour")
    await press(house, key)
    (one,) = overrides(house)
    until = end or dt_util.utcnow() + timedelta(hours=1)
    assert (one.kind, one.power, one.end) == (kind, power, until)
    assert wanted(house) == kind


@pytest.mark.parametrize(
    ("evening", "midnight"),
    [
        ("2026-10-24 23:30:00+02:00", "2026-10-25 00:00"),
        ("2026-10-25 00:30:00+02:00", "2026-10-26 00:00"),
        ("2027-03-28 00:30:00+01:00", "2027-03-29 00:00"),
    ],
)
async def test_tomorrow_begins_at_local_midnight_on_any_day(booked: BookedHouse, evening: str, midnight: str) -> None:
    booked.clock.move_to(evening)
    add_trading(booked)
    house = await booked.set_up()
    await trading_of(house).async_set_automatic(on=True)
    await press(house, "pause_until_tomorrow")
    (one,) = overrides(house)
    assert one.end == berlin(midnight)


async def test_back_to_the_plan_clears_all_overrides(automatic: BookedHouse) -> None:
    house = automatic
    await trading_of(house).async_change_overrides([held(berlin("19:00"), berlin("20:00"))])
    await press(house, "charge_hour")
    await press(house, "back_to_plan")
    assert overrides(house) == ()
    assert wanted(house) == "follow_plan"
    await press(house, "back_to_plan")


async def test_too_many_overrides_are_refused_and_none_is_lost(automatic: BookedHouse) -> None:
    house, trading = automatic, trading_of(automatic)
    trading.controller.change_overrides([held(berlin("12:00"), berlin("12:30"))] * MAX_OVERRIDES)
    with pytest.raises(ServiceValidationError) as caught:
        await press(house, "charge_hour")
    assert message_of(caught.value) == "There are too many overrides. Clear some of them first."
    assert len(overrides(house)) == MAX_OVERRIDES


# --- a dry run


async def test_a_dry_run_refuses_overrides_and_says_what_to_do(dry: BookedHouse) -> None:
    house = dry
    before = trading_of(house).controller.as_dict()
    plain = {button.key for button in TRADING_BUTTONS} - {"back_to_plan", "resume"}
    for key in plain:
        with pytest.raises(ServiceValidationError) as caught:
            await press(house, key)
        assert message_of(caught.value) == OFF
    for option in ("self_consume", "hold", "charge", "discharge"):
        with pytest.raises(ServiceValidationError) as caught:
            await select(house, option)
        assert message_of(caught.value) == OFF
    call = {"config_entry_id": house.entry.entry_id, "action": "hold", "duration": "01:00"}
    with pytest.raises(ServiceValidationError) as caught:
        await house.hass.services.async_call(DOMAIN, "override", call, blocking=True)
    assert message_of(caught.value) == OFF
    await select(house, "follow_plan")
    await press(house, "back_to_plan")
    await press(house, "resume")
    assert trading_of(house).controller.as_dict() == before


async def test_an_override_from_before_the_dry_run_is_not_mistaken_for_real(automatic: BookedHouse) -> None:
    house = automatic
    await press(house, "charge_hour")
    await act(house, "switch", "turn_off", "automation")
    shown = state(house, "sensor", "battery_action")
    assert (shown.state, shown.attributes["performed"], shown.attributes["mode"]) == ("charge", False, "dry_run")
    assert shown.attributes["reason"] == "Would charge at 5 kW: automation is off. Set by you until 12:00."
    assert state(house, "sensor", "trading_status").state == "Would charge at 5 kW: automation is off."
    await press(house, "back_to_plan")
    assert overrides(house) == ()
