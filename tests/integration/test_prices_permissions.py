"""Permissions to read and to fetch prices."""

from homeassistant.auth.models import User
from homeassistant.core import Context
from homeassistant.exceptions import Unauthorized, UnknownUser
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from .market import PriceSetup
from .subscribing import refusal
from .test_prices_websocket import SUBSCRIBE

READS = {"get_prices": {}, "find_window": {"duration": "01:00"}}


async def press_button(house: PriceSetup, context: Context) -> None:
    button = {"entity_id": house.entity_id("refresh_prices")}
    await house.hass.services.async_call("button", "press", button, blocking=True, context=context)


async def subscription_error(house: PriceSetup, user: User, hass_ws_client: WebSocketGenerator) -> str | None:
    """Return the error of a user's subscription, or None."""
    return await refusal(house.hass, house.entry, SUBSCRIBE, user, hass_ws_client)


async def test_read_permission_does_not_allow_fetching(
    price_setup: PriceSetup, hass_read_only_user: User, hass_ws_client: WebSocketGenerator
) -> None:
    await price_setup.start()
    context = Context(user_id=hass_read_only_user.id)
    for action, data in READS.items():
        assert await price_setup.call_action(action, **data, context=context)
    assert await subscription_error(price_setup, hass_read_only_user, hass_ws_client) is None
    with pytest.raises(Unauthorized):
        await price_setup.call_action("refresh_prices", context=context)
    with pytest.raises(Unauthorized):
        await press_button(price_setup, context)
    assert len(price_setup.market.queries) == 1


async def test_without_permission_nothing_is_allowed(
    price_setup: PriceSetup, hass_ws_client: WebSocketGenerator
) -> None:
    await price_setup.start()
    nobody = await price_setup.hass.auth.async_create_user("Nobody", group_ids=[])
    context = Context(user_id=nobody.id)
    for action, data in {**READS, "refresh_prices": {}}.items():
        with pytest.raises(Unauthorized):
            await price_setup.call_action(action, **data, context=context)
    with pytest.raises(Unauthorized):
        await press_button(price_setup, context)
    assert await subscription_error(price_setup, nobody, hass_ws_client) == "unauthorized"
    assert len(price_setup.market.queries) == 1


async def test_users_and_automations_may_do_everything(price_setup: PriceSetup, hass_admin_user: User) -> None:
    await price_setup.start()
    for context in (Context(user_id=hass_admin_user.id), Context()):
        for action, data in {**READS, "refresh_prices": {}}.items():
            assert await price_setup.call_action(action, **data, context=context)
        await press_button(price_setup, context)
    assert len(price_setup.market.queries) == 5


async def test_a_deleted_user(price_setup: PriceSetup) -> None:
    await price_setup.start()
    with pytest.raises(UnknownUser):
        await price_setup.call_action("get_prices", context=Context(user_id="nobody"))
