"""Who may see prices, and who may have them fetched."""

from homeassistant.auth.models import User
from homeassistant.core import Context
from homeassistant.exceptions import Unauthorized, UnknownUser
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from .market import PriceHouse
from .subscribing import refusal
from .test_prices_websocket import SUBSCRIBE

READS = {"get_prices": {}, "find_window": {"duration": "01:00"}}


async def pressed(house: PriceHouse, context: Context) -> None:
    button = {"entity_id": house.entity_id("refresh_prices")}
    await house.hass.services.async_call("button", "press", button, blocking=True, context=context)


async def subscribed(house: PriceHouse, user: User, hass_ws_client: WebSocketGenerator) -> str | None:
    """The error that a user gets who wants to subscribe; None without one."""
    return await refusal(house.hass, house.entry, SUBSCRIBE, user, hass_ws_client)


async def test_reading_is_not_fetching(
    price_house: PriceHouse, hass_read_only_user: User, hass_ws_client: WebSocketGenerator
) -> None:
    await price_house.start()
    context = Context(user_id=hass_read_only_user.id)
    for action, data in READS.items():
        assert await price_house.act(action, **data, context=context)
    assert await subscribed(price_house, hass_read_only_user, hass_ws_client) is None
    with pytest.raises(Unauthorized):
        await price_house.act("refresh_prices", context=context)
    with pytest.raises(Unauthorized):
        await pressed(price_house, context)
    assert len(price_house.market.queries) == 1


async def test_who_may_nothing_gets_nothing(price_house: PriceHouse, hass_ws_client: WebSocketGenerator) -> None:
    await price_house.start()
    nobody = await price_house.hass.auth.async_create_user("Nobody", group_ids=[])
    context = Context(user_id=nobody.id)
    for action, data in {**READS, "refresh_prices": {}}.items():
        with pytest.raises(Unauthorized):
            await price_house.act(action, **data, context=context)
    with pytest.raises(Unauthorized):
        await pressed(price_house, context)
    assert await subscribed(price_house, nobody, hass_ws_client) == "unauthorized"
    assert len(price_house.market.queries) == 1


async def test_users_and_automations_may_all(price_house: PriceHouse, hass_admin_user: User) -> None:
    await price_house.start()
    for context in (Context(user_id=hass_admin_user.id), Context()):
        for action, data in {**READS, "refresh_prices": {}}.items():
            assert await price_house.act(action, **data, context=context)
        await pressed(price_house, context)
    assert len(price_house.market.queries) == 5


async def test_a_user_who_is_gone(price_house: PriceHouse) -> None:
    await price_house.start()
    with pytest.raises(UnknownUser):
        await price_house.act("get_prices", context=Context(user_id="nobody"))
