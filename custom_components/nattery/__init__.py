"""Nattery: a hybrid inverter on RS485, as entities of Home Assistant."""

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .clock import ClockKeeper
from .connections import simulator_store
from .const import DOMAIN, PLATFORMS
from .coordinator import NatteryConfigEntry
from .issues import IssueKeeper, async_clear
from .services import async_setup_services
from .site import Site, wear_store

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register the actions, which belong to the integration and not to an entry."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: NatteryConfigEntry) -> bool:
    """Open the line and set up what stands on it; whatever fails closes the line again."""
    site = Site(hass, entry)
    try:
        await site.async_open()
        entry.runtime_data = site
        await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    except BaseException:
        await site.line.async_close()
        raise

    async def async_stop(_: Event) -> None:
        await site.async_close()

    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, async_stop))
    IssueKeeper(hass, entry).async_start()
    ClockKeeper(hass, entry).async_start()
    return True


async def async_unload_entry(hass: HomeAssistant, entry: NatteryConfigEntry) -> bool:
    """Close the entities, then the line."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.async_close()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: NatteryConfigEntry) -> None:
    """Forget what was kept between starts, and what was still to be told."""
    async_clear(hass, entry.entry_id)
    await wear_store(hass, entry.entry_id).async_remove()
    await simulator_store(hass, entry.entry_id).async_remove()
