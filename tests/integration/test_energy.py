"""The Energy dashboard takes the entities as they are."""

from homeassistant.components.energy.data import EnergyPreferencesUpdate, async_get_manager
from homeassistant.components.energy.validate import async_validate
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
    get_start_time,
)

DASHBOARD: EnergyPreferencesUpdate = {
    "energy_sources": [
        {
            "type": "grid",
            "stat_energy_from": "sensor.inverter_grid_import_energy",
            "stat_energy_to": "sensor.inverter_grid_export_energy",
            "stat_rate": "sensor.inverter_grid_power",
            "stat_cost": None,
            "entity_energy_price": None,
            "number_energy_price": None,
            "stat_compensation": None,
            "entity_energy_price_export": None,
            "number_energy_price_export": None,
            "cost_adjustment_day": 0,
        },
        {
            "type": "solar",
            "stat_energy_from": "sensor.inverter_pv_energy",
            "stat_rate": "sensor.inverter_pv_power",
            "config_entry_solar_forecast": None,
        },
        {
            "type": "battery",
            "stat_energy_from": "sensor.inverter_battery_discharge_energy",
            "stat_energy_to": "sensor.inverter_battery_charge_energy",
            "stat_rate": "sensor.inverter_battery_power",
            "stat_soc": "sensor.inverter_battery_state_of_charge",
        },
    ],
    "device_consumption": [
        {"stat_consumption": "sensor.inverter_load_energy", "stat_rate": "sensor.inverter_load_power"},
    ],
}


async def test_the_dashboard_finds_no_fault_with_any_of_them(recorder_mock, hass, house):
    assert await async_setup_component(hass, "energy", {})
    await (await async_get_manager(hass)).async_update(DASHBOARD)
    await async_wait_recording_done(hass)
    do_adhoc_statistics(hass, start=get_start_time(dt_util.utcnow()))
    await async_wait_recording_done(hass)

    found = (await async_validate(hass)).as_dict()
    assert len(found["energy_sources"]) == 3
    assert not [issues for part in found.values() for issues in part if issues]
