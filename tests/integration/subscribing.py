"""What the tests of permissions share: a user who subscribes."""

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator


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
