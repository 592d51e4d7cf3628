"""What the tests of subscriptions share: what a subscriber is sent, and whether a user may subscribe."""

import asyncio
from collections.abc import Callable
from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator


async def pictures_until(client: MockHAClientWebSocket, is_expected: Callable[[Any], bool]) -> list[Any]:
    """Return the pictures that come, up to one that is as expected; a house that lives may send others before."""
    pictures: list[Any] = []
    async with asyncio.timeout(30):
        while not pictures or not is_expected(pictures[-1]):
            message = await client.receive_json()
            assert message["type"] == "event"
            pictures.append(message["event"])
    return pictures


async def refusal(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, user: User, hass_ws_client: WebSocketGenerator
) -> str | None:
    """The error that a user gets who wants to subscribe to something of an entry; None without one."""
    token = hass.auth.async_create_access_token(await hass.auth.async_create_refresh_token(user, CLIENT_ID))
    client = await hass_ws_client(hass, token)
    await client.send_json_auto_id({"type": kind, "entry_id": entry.entry_id})
    answer = await client.receive_json()
    if answer["success"]:
        assert (await client.receive_json())["event"]["slots"]
        return None
    code: str = answer["error"]["code"]
    return code
