"""What the tests of websocket commands share: a connection of a user, and its answers."""

import asyncio
from collections.abc import Callable
from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import CLIENT_ID
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator


async def connect(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, user: User) -> MockHAClientWebSocket:
    """Return a connection of a user."""
    token = hass.auth.async_create_access_token(await hass.auth.async_create_refresh_token(user, CLIENT_ID))
    return await hass_ws_client(hass, token)


async def send(client: MockHAClientWebSocket, name: str, **fields: Any) -> dict[str, Any]:
    """Send a command and return its answer; events of earlier subscriptions are passed over."""
    await client.send_json_auto_id({"type": name, **fields})
    while (answer := await client.receive_json())["type"] != "result":
        pass
    assert isinstance(answer, dict)
    return answer


async def subscribe(client: MockHAClientWebSocket, name: str, entry_id: str) -> Any:
    """Subscribe and return the first event."""
    answer = await send(client, name, entry_id=entry_id)
    assert answer["success"], answer
    return await next_event(client)


async def next_event(client: MockHAClientWebSocket) -> Any:
    """Return the event that comes next."""
    message = await client.receive_json()
    assert message["type"] == "event", message
    return message["event"]


async def event_with(client: MockHAClientWebSocket, is_expected: Callable[[Any], Any]) -> Any:
    """Return the first event that is as expected."""
    async with asyncio.timeout(30):
        while not is_expected(event := await next_event(client)):
            pass
    return event


async def pending_events(client: MockHAClientWebSocket) -> list[Any]:
    """Return the events that were sent before now: messages keep their order, so they precede the pong."""
    await client.send_json_auto_id({"type": "ping"})
    events = []
    while (message := await client.receive_json())["type"] != "pong":
        events.append(message["event"])
    return events
