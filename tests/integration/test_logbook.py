"""Which setting was changed, from what to what, and by whom."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.nattery.const import DOMAIN, EVENT_WRITTEN


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"max_charge_current": 60}, "Charge current limit was changed from 100.0 A to 60.0 A"),
        ({"output_priority": "hybrid"}, "Output priority was changed from Solar first to Hybrid"),
        ({"eco_mode_setting": 1}, "Eco mode was changed from off to on"),
        ({"charge_start_1": "22:30"}, "Charge start 1 was changed from 00:00 to 22:30"),
        ({"unit_id": 1}, None),
        ({"clear_alarms_command": 1}, "AlarmClearCtrl was set to on"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
async def test_logbook(  # noqa: PLR0917
    recorder_mock: Any,
    hass: HomeAssistant,
    house: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_admin_user: User,
    device_registry: dr.DeviceRegistry,
    values: dict[str, Any],
    message: str | None,
) -> None:
    """On the page of the device, with who did it; an unchanged setting is no news."""
    hass.config.components.add("frontend")
    assert await async_setup_component(hass, "logbook", {})
    (device,) = dr.async_entries_for_config_entry(device_registry, house.entry_id)
    start = dt_util.utcnow()
    await house.runtime_data.identified_device.async_write(values, Context(user_id=hass_admin_user.id), confirm=True)
    await hass.async_block_till_done()
    await async_wait_recording_done(hass)
    client = await hass_ws_client()
    await client.send_json_auto_id(
        {"type": "logbook/get_events", "start_time": start.isoformat(), "device_ids": [device.id]}
    )
    found = [event for event in (await client.receive_json())["result"] if event.get("domain") == DOMAIN]
    if message is None:
        assert found == []
        return
    (told,) = found
    assert told["name"] == "Inverter"
    assert told["message"] == message
    assert told["context_user_id"] == hass_admin_user.id


async def test_the_event_is_plain_json(hass: HomeAssistant, house: MockConfigEntry) -> None:
    """For automations that listen to it."""
    events = async_capture_events(hass, EVENT_WRITTEN)
    await house.runtime_data.identified_device.async_write({"charge_start_1": "22:30"})
    await house.runtime_data.identified_device.async_write({"charge_start_1": "22:30"})
    (event,) = events
    assert event.data["config_entry_id"] == house.entry_id
    assert event.data["device_id"]
    assert (
        event.data.items()
        >= {"key": "charge_start_1", "symbol": "ChargeStartTime1", "old": "00:00", "new": "22:30"}.items()
    )
