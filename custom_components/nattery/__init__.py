"""Nattery: a hybrid inverter on RS485 and the prices of its power, as entities of Home Assistant."""

from typing import Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.typing import ConfigType

from .clock_sync import ClockSync
from .connections import simulator_store
from .const import DOMAIN, PLATFORMS
from .device import wear_store
from .frontend import async_register_screen, async_unregister_screen
from .identity import identity_store
from .issue_monitor import IssueMonitor
from .issues import async_clear
from .prices.coordinator import price_store
from .runtime import NatteryConfigEntry, NatteryRuntime
from .services import async_setup_services
from .trading.backtest_job import backtest_store
from .trading.forecasts import forecast_store
from .trading.ledger_recorder import meter_store
from .trading.storage import trading_store
from .trading.weather import cloud_store
from .websocket.table import async_setup_commands

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register the actions and websocket commands, which belong to the integration and not to an entry."""
    async_setup_services(hass)
    async_setup_commands(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: NatteryConfigEntry) -> bool:
    """Set up prices, which are shown at once, then connect to the inverter and set up the rest."""
    await async_register_screen(hass)
    runtime = entry.runtime_data = NatteryRuntime(hass, entry)
    subentries = _subentries_of(entry)

    @callback
    def changed(_change: ConfigEntryChange, changed: ConfigEntry) -> None:
        nonlocal subentries
        if changed is entry and (now := _subentries_of(entry)) != subentries:
            subentries = now  # unloading is a change too, but no reason to reload
            hass.config_entries.async_schedule_reload(entry.entry_id)

    # Connecting can take a while, and the user may add prices meanwhile.
    entry.async_on_unload(async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed))
    try:
        await _async_open(hass, entry)
    except BaseException:
        await runtime.async_close()
        raise

    async def async_stop(_: Event) -> None:
        await runtime.async_close()

    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, async_stop))
    IssueMonitor(hass, entry).async_start()
    ClockSync(hass, entry).async_start()
    return True


def _subentries_of(entry: ConfigEntry) -> list[dict[str, Any]]:
    """Return a copy, since Home Assistant changes a subentry in place."""
    return [dict(subentry.as_dict()) for subentry in entry.subentries.values()]


async def _async_open(hass: HomeAssistant, entry: NatteryConfigEntry) -> None:
    """Open prices, add the platforms, then connect to the inverter; unload the platforms if that fails."""
    runtime = entry.runtime_data
    if runtime.prices is not None:
        await runtime.prices.async_open()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    try:
        await runtime.async_connect()
    except BaseException:
        await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
        raise


async def async_unload_entry(hass: HomeAssistant, entry: NatteryConfigEntry) -> bool:
    """Unload the entities, then close the connection."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.async_close()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: NatteryConfigEntry) -> None:
    """Remove the repair issues and everything stored, except the ledger, which is the user's record.

    `docs/home-assistant.md` tells how to remove the ledger, which other entries may use too.
    """
    async_clear(hass, entry.entry_id)
    async_unregister_screen(hass, entry)
    stores = (
        wear_store,
        identity_store,
        simulator_store,
        price_store,
        trading_store,
        forecast_store,
        cloud_store,
        meter_store,
        backtest_store,
    )
    for store in stores:
        await store(hass, entry.entry_id).async_remove()
