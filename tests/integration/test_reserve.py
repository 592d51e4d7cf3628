"""The reserve in Home Assistant: its number and its actions, over restarts, and every call that is refused."""

from datetime import timedelta
from typing import Any

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.app.preferences import TimedReserve
from custom_components.nattery.core.app.reserve import MAX_RESERVES
from custom_components.nattery.core.planner.strategies import STRATEGIES
from custom_components.nattery.trading.coordinator import TradingCoordinator
from custom_components.nattery.trading.storage import trading_store

from .books import BookedHouse, berlin
from .test_ledger_actions import set_up
from .test_trading_input import act
from .texts import TEXTS

HOUR = {"duration": "01:00"}
WRONG: tuple[tuple[dict[str, Any], str, str | None], ...] = (
    (
        {},
        "missing_soc",
        "Say how much to keep in reserve: a state of charge (soc) from 0 to 100 %, for example 60.",
    ),
    (
        {"soc": 60},
        "missing_reserve_end",
        "Say when the reserve ends: give either until, for example 2026-11-27 22:00, or a duration, for example 06:00.",
    ),
    ({"soc": 60, "until": "2026-11-20 14:00:00", **HOUR}, "missing_reserve_end", None),
    ({"soc": 101, **HOUR}, "bad_reserve_soc", "A reserve of 101 % is not allowed: 0 to 100 % are."),
    ({"soc": -1, **HOUR}, "bad_reserve_soc", None),
    ({"soc": "plenty", **HOUR}, "bad_reserve_soc", "A reserve of plenty % is not allowed: 0 to 100 % are."),
    ({"soc": float("nan"), **HOUR}, "bad_reserve_soc", None),
    ({"soc": [60], **HOUR}, "bad_reserve_soc", None),
    ({"soc": True, **HOUR}, "bad_reserve_soc", None),
    (
        {"soc": 60, "until": "2026-11-20 10:59:59"},
        "bad_reserve_time",
        "A reserve must end after it starts, after now, and at most 31 days from now.",
    ),
    ({"soc": 60, "start": "2026-11-20 14:00:00", "until": "2026-11-20 13:00:00"}, "bad_reserve_time", None),
    ({"soc": 60, "duration": {"days": 32}}, "bad_reserve_time", None),
    ({"soc": 60, "until": "soon"}, "bad_time", None),
    ({"soc": 60, "duration": {"days": 400}}, "bad_period", None),
)


@pytest.fixture
async def house(booked: BookedHouse) -> BookedHouse:
    """The house at eleven in Berlin, with a plan."""
    await set_up(booked)
    await booked.walk(timedelta(seconds=2))
    return booked


def trading_of(house: BookedHouse) -> TradingCoordinator:
    assert house.site.trading is not None
    return house.site.trading


def state_of(house: BookedHouse, platform: str, key: str) -> Any:
    found = er.async_get(house.hass).async_get_entity_id(platform, DOMAIN, trading_of(house).unique_id(key))
    assert found
    return house.hass.states.get(found)


async def test_a_reserve_for_some_time_is_planned_listed_and_cleared(house: BookedHouse) -> None:
    trading = trading_of(house)
    start, end = berlin("15:00"), berlin("18:00")
    done = await act(house, "reserve", soc=80, start="2026-11-20 15:00:00", until="2026-11-20 18:00:00")
    listed = {"id": done["id"], "soc": 80.0, "start": start.isoformat(), "until": end.isoformat()}
    assert done == listed
    assert trading.data.plan is not None
    assert min(slot.soc_end for slot in trading.data.plan if start <= slot.end <= end) >= 0.8 - 1e-6
    plan = await act(house, "get_plan")
    assert (plan["reserve"], plan["timed_reserves"]) == (0.0, [listed])
    number = state_of(house, "number", "reserve")
    assert number.state == "0.0"
    assert number.attributes["timed_reserves"] == [listed]
    assert number.attributes["present_reserve"] == 0
    await house.walk(start + timedelta(minutes=1), timedelta(minutes=15))
    assert state_of(house, "number", "reserve").attributes["present_reserve"] == 80
    assert trading.controller.limits.reserve == 80
    other = await act(house, "reserve", soc=30, duration="01:00")
    assert await act(house, "clear_reserve", id=done["id"]) == {"cleared": 1}
    assert [one.id for one in trading.timed_reserves] == [other["id"]]
    assert trading.controller.limits.reserve == 30
    assert await act(house, "clear_reserve") == {"cleared": 1}
    assert await act(house, "clear_reserve") == {"cleared": 0}
    assert trading.controller.limits.reserve == 0


async def test_a_reserve_survives_a_restart_and_ends_by_itself(house: BookedHouse) -> None:
    done = await act(house, "reserve", soc=50.5, duration={"hours": 2})
    assert await house.hass.config_entries.async_reload(house.entry.entry_id)
    assert trading_of(house).timed_reserves == (
        TimedReserve(done["id"], 0.505, trading_of(house).timed_reserves[0].start, berlin("13:00:02")),
    )
    await house.walk(berlin("13:00:03"), timedelta(minutes=20))
    assert trading_of(house).timed_reserves == ()
    assert (await act(house, "get_plan"))["timed_reserves"] == []


async def test_what_was_stored_before_keeps_what_the_battery_does(house: BookedHouse) -> None:
    """The reserve counted in one strategy only, which is no strategy of its own any more."""
    hass, entry = house.hass, house.entry
    for saved, strategy, reserve in (
        ({"strategy": "backup_reserve", "reserve": 0.35, "import_limit": 7.0}, "optimise", "35.0"),
        ({"strategy": "peak_shaving", "reserve": 0.35, "import_limit": 7.0}, "peak_shaving", "0.0"),
    ):
        assert await hass.config_entries.async_unload(entry.entry_id)
        await trading_store(hass, entry.entry_id).async_save({**saved, "controller": None})
        assert await hass.config_entries.async_setup(entry.entry_id)
        assert state_of(house, "select", "strategy").state == strategy
        assert state_of(house, "number", "reserve").state == reserve
        assert state_of(house, "number", "import_limit").state == "7.0"


@pytest.mark.parametrize(("data", "key", "sentence"), WRONG, ids=[str(data) for data, _, _ in WRONG])
async def test_a_reserve_that_cannot_be(house: BookedHouse, data: dict[str, Any], key: str, sentence: str) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        await act(house, "reserve", **data)
    assert caught.value.translation_key == key
    said = TEXTS["exceptions"][key]["message"].format(**caught.value.translation_placeholders or {})
    assert sentence in (None, said)
    assert trading_of(house).timed_reserves == ()


async def test_an_unknown_reserve_and_too_many(house: BookedHouse) -> None:
    trading = trading_of(house)
    with pytest.raises(ServiceValidationError) as caught:
        await act(house, "clear_reserve", id="99")
    assert caught.value.translation_key == "unknown_reserve"
    many = tuple(TimedReserve(str(number), 0.3, berlin("11:00"), berlin("12:00")) for number in range(MAX_RESERVES))
    trading.preferences = type(trading.preferences)(timed_reserves=many)
    with pytest.raises(ServiceValidationError) as caught:
        await act(house, "reserve", soc=60, **HOUR)
    assert caught.value.translation_key == "too_many_reserves"
    assert caught.value.translation_placeholders == {"most": str(MAX_RESERVES)}


async def test_every_strategy_is_explained_where_it_is_chosen(house: BookedHouse) -> None:
    labels = TEXTS["entity"]["select"]["strategy"]["state"]
    assert labels.keys() == STRATEGIES.keys() == TEXTS["selector"]["strategy"]["options"].keys()
    explained = {key.removeprefix("strategy_") for key in TEXTS["common"] if key.startswith("strategy_")}
    assert explained == STRATEGIES.keys()
    entity_id = state_of(house, "select", "strategy").entity_id
    for key in STRATEGIES:
        await house.hass.services.async_call(
            "select", "select_option", {"entity_id": entity_id, "option": key}, blocking=True
        )
        assert state_of(house, "select", "strategy").attributes["explanation"] == TEXTS["common"][f"strategy_{key}"]
