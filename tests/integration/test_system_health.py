"""How all lines do together."""

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.simulator.simulator import Simulator

from .texts import TEXTS


async def test_system_health(hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator) -> None:
    other = MockConfigEntry(domain=DOMAIN, data=dict(house.data), unique_id="SIM2")
    other.add_to_hass(hass)
    assert await async_setup_component(hass, "system_health", {})
    info = await get_system_health_info(hass, DOMAIN)
    assert info.keys() == TEXTS["system_health"]["info"].keys()
    assert info["inverters"] == 2
    assert info["answering"] == 1
    assert info["requests"] > 10
    assert info["errors"] == 0
    assert info["turnaround"] >= 0
    assert info["pymodbus"].startswith("3.")
    await hass.async_add_executor_job(simulator.stop)
    await house.runtime_data.identified_device.readings.async_refresh()
    info = await get_system_health_info(hass, DOMAIN)
    assert info["answering"] == 0
    assert info["errors"] > 0


async def test_system_health_without_an_inverter(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "system_health", {})
    assert await async_setup_component(hass, DOMAIN, {})
    info = await get_system_health_info(hass, DOMAIN)
    assert (info["inverters"], info["answering"], info["turnaround"]) == (0, 0, None)
