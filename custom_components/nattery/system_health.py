"""System information: the connections of all config entries together."""

from importlib.metadata import version
from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .runtime import NatteryConfigEntry


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register the system information."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return counts over all entries since each was loaded, and the turnaround of the slowest inverter in ms."""
    entries: list[NatteryConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    loaded: list[NatteryConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    runtimes = [entry.runtime_data for entry in loaded]
    connections = [runtime.connection.bus.statistics.snapshot() for runtime in runtimes]
    turnarounds = [one.turnaround_p50 for one in connections if one.turnaround_p50 is not None]
    return {
        "inverters": len(entries),
        "answering": sum(runtime.identified_device.readings.last_update_success for runtime in runtimes),
        "requests": sum(one.requests for one in connections),
        "errors": sum(one.error_count for one in connections),
        "turnaround": round(1000 * max(turnarounds)) if turnarounds else None,
        "pymodbus": await hass.async_add_executor_job(version, "pymodbus"),
    }
