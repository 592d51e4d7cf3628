"""Who may see what is traded, and who may decide it: every action, every entity and the subscription."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from homeassistant.auth.const import GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.trading.override_controls import TRADING_BUTTONS
from custom_components.nattery.trading.websocket import SUBSCRIBE

from .books import BookedHouse
from .subscribing import refusal
from .test_ledger_actions import set_up as set_up_trading

READS: dict[str, dict[str, Any]] = {"get_plan": {}, "explain_slot": {}, "get_ledger": {}}
CONTROLS: dict[str, dict[str, Any]] = {
    "override": {"action": "hold", "duration": "01:00"},
    "clear_override": {},
    "reserve": {"soc": 60, "duration": "01:00"},
    "clear_reserve": {},
}
ENTITIES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("select", "select_option", "wanted_action", {"option": "hold"}),
    ("number", "set_value", "override_minutes", {"value": 30}),
    *(("button", "press", description.key, {}) for description in TRADING_BUTTONS),
    ("switch", "turn_on", "automation", {}),
    ("switch", "toggle", "automation", {}),
    ("select", "select_option", "strategy", {"option": "self_consumption"}),
    ("number", "set_value", "reserve", {"value": 45}),
    ("number", "set_value", "import_limit", {"value": 4}),
)


async def set_up(house: BookedHouse) -> BookedHouse:
    """The house with trading, which has made its first plan and carries it out."""
    await set_up_trading(house)
    assert house.site.trading is not None
    await house.site.trading.async_set_automatic(on=True)
    await house.walk(timedelta(seconds=2))
    return house


async def of_group(hass: HomeAssistant, *groups: str) -> User:
    return await hass.auth.async_create_user("Somebody", group_ids=list(groups))


def of_policy(hass: HomeAssistant, *, entity_id: str, policy: str) -> User:
    """One who may this with that entity, and nothing else."""
    user = MockUser(name="Somebody").add_to_hass(hass)
    user.mock_policy({"entities": {"entity_ids": {entity_id: {policy: True}}}})
    return user


def entity_id(house: BookedHouse, platform: str, key: str) -> str:
    assert house.site.trading is not None
    found = er.async_get(house.hass).async_get_entity_id(platform, DOMAIN, house.site.trading.unique_id(key))
    assert found
    return found


async def permitted(call: Awaitable[Any]) -> bool:
    """Whether a call passes; what it gives must be something then."""
    try:
        answer = await call
    except Unauthorized:
        return False
    assert answer
    return True


async def permitted_actions(house: BookedHouse, context: Context) -> set[str]:
    """Every action that passes, those of entities by the entity's key."""

    async def act(domain: str, name: str, data: dict[str, Any], *, answers: bool) -> Any:
        call = house.hass.services.async_call
        answer = await call(domain, name, data, blocking=True, return_response=answers, context=context)
        return answer if answers else True

    passed = set()
    for name, data in {**READS, "replan": {}, **CONTROLS}.items():
        asked = {"config_entry_id": house.entry.entry_id, **data}
        if await permitted(act(DOMAIN, name, asked, answers=True)):
            passed.add(name)
    for platform, name, key, data in ENTITIES:
        target = {"entity_id": entity_id(house, platform, key), **data}
        if await permitted(act(platform, name, target, answers=False)):
            passed.add(key)
    return passed


async def subscribed(house: BookedHouse, user: User, hass_ws_client: WebSocketGenerator) -> bool:
    refused = await refusal(house.hass, house.entry, SUBSCRIBE, user, hass_ws_client)
    assert refused in (None, "unauthorized")
    return refused is None


def decided(house: BookedHouse) -> tuple[object, ...]:
    """All that somebody could have changed."""
    trading = house.site.trading
    assert trading is not None
    return trading.automatic, trading.preferences, trading.controller.as_dict(), trading.data


ALL = {*READS, "replan", *CONTROLS, *(key for _, _, key, _ in ENTITIES)}


@pytest.mark.parametrize(
    ("groups", "sees", "passes"),
    [
        ([], False, set()),
        ([GROUP_ID_READ_ONLY], True, set(READS)),
        ([GROUP_ID_USER], True, ALL),
    ],
    ids=["nobody", "reader", "resident"],
)
async def test_what_a_group_may(
    booked: BookedHouse, hass_ws_client: WebSocketGenerator, groups: list[str], sees: bool, passes: set[str]
) -> None:
    house = await set_up(booked)
    before = decided(house)
    user = await of_group(house.hass, *groups)
    assert await subscribed(house, user, hass_ws_client) is sees
    assert await permitted_actions(house, Context(user_id=user.id)) == passes
    assert (decided(house) == before) is (passes != ALL), "nothing is changed by who may not"


@pytest.mark.parametrize(
    ("platform", "key", "policy", "sees", "passes"),
    [
        ("sensor", "battery_action", "read", True, {"get_plan", "explain_slot"}),
        ("sensor", "battery_action", "control", False, set()),
        ("sensor", "savings_today", "read", False, {"get_ledger"}),
        ("switch", "automation", "read", False, set()),
        ("switch", "automation", "control", False, {*CONTROLS, "automation"}),
    ],
)
async def test_what_a_single_entity_allows(
    booked: BookedHouse,
    hass_ws_client: WebSocketGenerator,
    platform: str,
    key: str,
    policy: str,
    sees: bool,
    passes: set[str],
) -> None:
    house = await set_up(booked)
    user = of_policy(house.hass, entity_id=entity_id(house, platform, key), policy=policy)
    assert await subscribed(house, user, hass_ws_client) is sees
    assert await permitted_actions(house, Context(user_id=user.id)) == passes


async def test_automations_may_all(booked: BookedHouse) -> None:
    assert await permitted_actions(await set_up(booked), Context()) == ALL


async def test_a_user_who_is_gone(booked: BookedHouse) -> None:
    house = await set_up(booked)
    before = decided(house)
    assert await permitted_actions(house, Context(user_id="nobody")) == set()
    assert decided(house) == before
