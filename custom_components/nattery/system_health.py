"""How all lines do together, for Settings, System, Repairs, System information."""

from importlib.metadata import version
from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .runtime import NatteryConfigEntry


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register the information."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Counts over all entries since each was loaded; the turnaround is that of the slowest line, in milliseconds."""
    entries: list[NatteryConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    loaded: list[NatteryConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    sites = [entry.runtime_data for entry in loaded]
    lines = [site.line.bus.statistics.snapshot() for site in sites]
    turnarounds = [line.turnaround_p50 for line in lines if line.turnaround_p50 is not None]
    return {
        "inverters": len(entries),
        "answering": sum(site.readings.last_update_success for site in sites),
        "requests": sum(line.requests for line in lines),
        "errors": sum(line.error_count for line in lines),
        "turnaround": round(1000 * max(turnarounds)) if turnarounds else None,
        "pymodbus": await hass.async_add_executor_job(version, "pymodbus"),
    }
