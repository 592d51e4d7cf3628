"""What the actions of trading refuse, each in one sentence, and how they take times."""

from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.exceptions import ServiceValidationError
import probatio as vol
import pytest

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.control.overrides import MAX_OVERRIDES, OverrideRequest

from .books import BookedHouse, berlin
from .test_ledger_actions import set_up
from .texts import TEXTS

PLANNING = timedelta(seconds=2)
HOUR = {"duration": "01:00"}
BEFORE_WINTER = "2026-10-24 20:00:00+02:00"
BEFORE_SUMMER = "2027-03-27 20:00:00+01:00"


async def act(house: BookedHouse, name: str, /, **data: Any) -> Any:
    return await house.hass.services.async_call(
        DOMAIN, name, {"config_entry_id": house.entry.entry_id, **data}, blocking=True, return_response=True
    )


async def refused(house: BookedHouse, name: str, /, **data: Any) -> tuple[str, str]:
    """The key and the sentence with which a call is refused, and that it has changed nothing."""
    trading = house.site.trading
    assert trading is not None
    before = trading.controller.as_dict()
    with pytest.raises(ServiceValidationError) as caught:
        await act(house, name, **data)
    assert trading.controller.as_dict() == before
    error = caught.value
    assert error.translation_key
    said = TEXTS["exceptions"][error.translation_key]["message"].format(**error.translation_placeholders or {})
    assert said.endswith(".")
    return error.translation_key, said


def power_of(sentence: str) -> str:
    return f"A power of {sentence}"


WRONG: tuple[tuple[dict[str, Any], str, str | None], ...] = (
    ({"action": "hold", "power": 100, **HOUR}, "power_not_allowed", "Only charging and discharging have a power."),
    ({"action": "self_consume", "power": 0, **HOUR}, "power_not_allowed", None),
    (
        {"action": "charge", "power": 5001, **HOUR},
        "bad_power",
        power_of("5001 W is not allowed. Your battery is set up for 1 to 5000 W."),
    ),
    (
        {"action": "discharge", "power": 0, **HOUR},
        "bad_power",
        power_of("0 W is not allowed. Your battery is set up for 1 to 5000 W."),
    ),
    ({"action": "charge", "power": -3000, **HOUR}, "bad_power", None),
    ({"action": "charge", "power": float("nan"), **HOUR}, "bad_power", None),
    ({"action": "charge", "power": "inf", **HOUR}, "bad_power", None),
    (
        {"action": "hold", "start": "2026-11-20 14:00:00", "until": "2026-11-20 13:00:00"},
        "bad_override",
        "An override must end after it starts, after now, and at most 7 days from now.",
    ),
    ({"action": "hold", "start": "2026-11-20 14:00:00", "until": "2026-11-20 14:00:00"}, "bad_override", None),
    ({"action": "hold", "start": "2026-11-20 08:00:00", **HOUR}, "bad_override", None),
    ({"action": "hold", "until": "2026-11-20 10:59:59"}, "bad_override", None),
    ({"action": "hold", "duration": 0}, "bad_override", None),
    ({"action": "hold", "duration": {"days": 7, "minutes": 1}}, "bad_override", None),
    ({"action": "hold", "until": "2199-12-31 23:59:59"}, "bad_override", None),
)


@pytest.fixture
async def house(booked: BookedHouse) -> BookedHouse:
    """The house at eleven in Berlin, with a plan, whose battery may charge and discharge with 5 kW."""
    await set_up_automatic(booked)
    await booked.walk(PLANNING)
    return booked


async def set_up_automatic(booked: BookedHouse) -> BookedHouse:
    """The house with trading and automation on, since a dry run refuses overrides."""
    house = await set_up(booked)
    assert house.site.trading is not None
    await house.site.trading.async_set_automatic(on=True)
    return house


async def test_an_override_that_cannot_be(house: BookedHouse) -> None:
    for data, key, sentence in WRONG:
        found, said = await refused(house, "override", **data)
        assert found == key, data
        assert sentence in (None, said)
    assert (await act(house, "override", action="charge", power=5000, **HOUR))["power"] == 5000


@pytest.mark.parametrize(
    "data",
    [
        {"action": "hold"},
        {"action": "hold", "until": "2026-11-20 14:00:00", **HOUR},
        {"action": "explode", **HOUR},
        {"action": "charge", "power": "lots", **HOUR},
        {"action": "hold", "until": "soon"},
        {"action": "hold", "until": "9999-12-31 23:59:59"},
        {"action": "hold", "start": "0001-01-01 00:00:00", **HOUR},
        {"action": "hold", "duration": "-01:00"},
        {"action": "hold", "duration": {"days": 10**12}},
        {"action": "hold", "duration": {"days": 900_000_000}},
    ],
    ids=str,
)
async def test_an_override_that_makes_no_sense(house: BookedHouse, data: dict[str, Any]) -> None:
    assert house.site.trading is not None
    with pytest.raises((vol.Invalid, ServiceValidationError)):
        await act(house, "override", **data)
    assert house.site.trading.controller.overrides == ()


async def test_without_a_power_it_is_the_highest(house: BookedHouse) -> None:
    powers = [(await act(house, "override", action=kind, **HOUR))["power"] for kind in ("charge", "discharge", "hold")]
    assert powers == [5000, 5000, 0]


async def test_a_time_without_an_offset_is_by_the_clock_of_the_house(house: BookedHouse) -> None:
    done = await act(house, "override", action="hold", start="2026-11-20 12:00:00", until="2026-11-20 13:30:00")
    assert (done["start"], done["until"]) == (berlin("12:00").isoformat(), berlin("13:30").isoformat())
    done = await act(house, "override", action="hold", start="2026-11-20T12:00:00Z", **HOUR)
    assert (done["start"], done["until"]) == (berlin("13:00").isoformat(), berlin("14:00").isoformat())


async def test_an_hour_that_comes_twice(booked: BookedHouse) -> None:
    """Which one is meant is not guessed; with an offset it is clear, and a stretch over both is two hours longer."""
    booked.clock.move_to(BEFORE_WINTER)
    house = await set_up_automatic(booked)
    for data in ({"until": "2026-10-25 02:30:00"}, {"start": "2026-10-25 02:00:00", **HOUR}):
        key, said = await refused(house, "override", action="hold", **data)
        assert key == "time_twice"
        assert said.startswith("2026-10-25 02:")
    for offset, hour in (("+02:00", 0), ("+01:00", 1)):
        done = await act(house, "override", action="hold", until=f"2026-10-25 02:30:00{offset}")
        assert datetime.fromisoformat(done["until"]) == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    done = await act(house, "override", action="hold", start="2026-10-25 01:00:00", until="2026-10-25 03:00:00")
    assert datetime.fromisoformat(done["until"]) - datetime.fromisoformat(done["start"]) == timedelta(hours=3)


async def test_an_hour_that_never_comes(booked: BookedHouse) -> None:
    booked.clock.move_to(BEFORE_SUMMER)
    house = await set_up_automatic(booked)
    key, said = await refused(house, "override", action="hold", until="2027-03-28 02:30:00")
    assert key == "time_never"
    assert said == "2027-03-28 02:30 does not exist because the clocks go forward at that time. Choose another time."
    done = await act(house, "override", action="hold", start="2027-03-28 01:00:00", until="2027-03-28 03:00:00")
    assert datetime.fromisoformat(done["until"]) - datetime.fromisoformat(done["start"]) == timedelta(hours=1)


async def test_no_such_override(house: BookedHouse) -> None:
    mine = (await act(house, "override", action="hold", **HOUR))["id"]
    sentence = "There is no override with the ID 99."
    assert await refused(house, "clear_override", id="99") == ("unknown_override", sentence)
    assert await act(house, "clear_override", id=mine) == {"cleared": 1}
    assert (await refused(house, "clear_override", id=mine))[0] == "unknown_override"
    assert await act(house, "clear_override") == {"cleared": 0}


async def test_there_is_an_end_to_overrides(house: BookedHouse) -> None:
    trading = house.site.trading
    assert trading is not None
    trading.controller.change_overrides([OverrideRequest(ActionKind.HOLD, berlin("12:00"))] * MAX_OVERRIDES)
    key, said = await refused(house, "override", action="hold", **HOUR)
    assert (key, said) == ("too_many_overrides", "There are too many overrides. Clear some of them first.")
    assert await act(house, "clear_override") == {"cleared": MAX_OVERRIDES}


async def test_a_slot_that_is_not_planned(house: BookedHouse) -> None:
    key, said = await refused(house, "explain_slot", at="2026-11-20 10:00:00")
    assert (key, said) == ("no_slot", "Nothing is planned for 2026-11-20 10:00.")
    with pytest.raises((vol.Invalid, ServiceValidationError)):
        await act(house, "explain_slot", at="0001-01-01 00:00:00")
    assert (await act(house, "explain_slot", at="2026-11-20 12:07:00"))["start"] == berlin("12:00").isoformat()


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("get_plan", {}),
        ("explain_slot", {}),
        ("replan", {}),
        ("override", {"action": "hold", **HOUR}),
        ("clear_override", {}),
        ("reserve", {"soc": 60, **HOUR}),
        ("clear_reserve", {}),
    ],
)
async def test_a_house_that_does_not_trade(booked: BookedHouse, action: str, data: dict[str, Any]) -> None:
    house = await booked.set_up()
    with pytest.raises(ServiceValidationError) as caught:
        await act(house, action, **data)
    assert caught.value.translation_key == "no_trading"
    assert house.site.trading is None
