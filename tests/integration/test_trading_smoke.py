"""Smoke."""
import asyncio
from types import MappingProxyType
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .market import add_prices, price_data, stand_in


async def test_smoke(hass: HomeAssistant, simulated_entry: MockConfigEntry, tmp_path) -> None:
    hass.config.config_dir = str(tmp_path)
    with stand_in() as server:
        add_prices(hass, simulated_entry, price_data(server.url))
        data = {"capacity": 10.0, "battery_price": 3000.0, "charge": 5.0, "discharge": 5.0, "import": 10.0, "export": 10.0}
        hass.config_entries.async_add_subentry(simulated_entry, ConfigSubentry(data=MappingProxyType(data), subentry_type="trading", title="Battery trading", unique_id="trading"))
        assert await hass.config_entries.async_setup(simulated_entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=False)
        for _ in range(12):
            await asyncio.sleep(1)
            s = hass.states.get("sensor.battery_trading_plan_made")
            if s and s.state not in ("unknown",): break
        for s in sorted(hass.states.async_all(), key=lambda s: s.entity_id):
            if "trading" in s.entity_id:
                print("XX", s.entity_id, s.state, {k: v for k, v in s.attributes.items() if k not in ("friendly_name", "options", "event_types")})
        await hass.services.async_call("switch", "turn_on", {"entity_id": "switch.battery_trading_automation"}, blocking=True)
        print("XX", hass.states.get("sensor.battery_trading_action"))
        r = await hass.services.async_call("nattery", "override", {"config_entry_id": simulated_entry.entry_id, "action": "charge", "power": 2000, "duration": "01:00"}, blocking=True, return_response=True)
        print("XX", r, hass.states.get("sensor.battery_trading_action"))
        r = await hass.services.async_call("nattery", "get_plan", {"config_entry_id": simulated_entry.entry_id}, blocking=True, return_response=True)
        for s in r["slots"][:60:6]: print("XX", s["start"][11:16], s["action"], s["reason"])
        print("XX", r["notes"])
        assert await hass.config_entries.async_unload(simulated_entry.entry_id)
