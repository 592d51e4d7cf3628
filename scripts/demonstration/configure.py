"""Configures Home Assistant: inverter, prices and trading through their flows, Energy dashboard, dashboard, first page.

Each step checks first whether it is done already, so that an interrupted start continues where it stopped.
"""

import asyncio
from shutil import rmtree

from .api import LOGIN, HomeAssistantClient, Json
from .errors import DemoError
from .folder import DemoFolder
from .home_forms import AREA, TARIFF_FORM, TRADING_FORM
from .past_import import DOMAIN, import_statistics
from .waiting import wait_until

TITLE, PRICES, TRADING = "Inverter", "prices", "trading"
PANEL = "nattery"
DASHBOARD, DASHBOARD_TITLE, DASHBOARD_ICON = "home-battery", "Home battery", "mdi:home-battery"
_DASHBOARD: Json = {"strategy": {"type": "custom:nattery"}}
_BATTERY_KWH = 10.2
AUTOMATION = "switch.battery_trading_automation"
_TIMEOUT = 60

_ENERGY: Json = {
    "energy_sources": [
        {
            "type": "grid",
            "stat_energy_from": "sensor.inverter_grid_import_energy",
            "stat_energy_to": "sensor.inverter_grid_export_energy",
            "stat_cost": None,
            "entity_energy_price": "sensor.electricity_import_price",
            "number_energy_price": None,
            "stat_compensation": None,
            "entity_energy_price_export": "sensor.electricity_export_price",
            "number_energy_price_export": None,
            "power_config": {"stat_rate": "sensor.inverter_grid_power"},
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
            "stat_soc": "sensor.inverter_battery_state_of_charge",
            "power_config": {"stat_rate": "sensor.inverter_battery_power"},
            "capacity": _BATTERY_KWH,
        },
    ],
    "device_consumption": [
        {
            "stat_consumption": "sensor.inverter_load_energy",
            "stat_rate": "sensor.inverter_load_power",
            "name": "Appliances",
        },
    ],
}


async def configure(client: HomeAssistantClient, folder: DemoFolder, market: str) -> bool:
    """Set up the inverter and its prices, from the URL `market`, and the screen, as far as that is not done yet.

    Return whether Home Assistant must be restarted before trading can be set up.
    """
    await _wait_until_running(client)
    await _set_up_inverter(client, folder)
    await wait_until_loaded(client, folder)
    await _set_up_prices(client, folder, market)
    await wait_until_loaded(client, folder)
    await _configure_energy(client)
    await _save_dashboard(client, folder)
    await _ignore_repairs(client)
    facts = folder.saved_facts()
    return "past" in facts and "stores" not in facts


async def configure_trading(client: HomeAssistantClient, folder: DemoFolder) -> None:
    """Set up trading and give Home Assistant the past, as far as that is not done yet; get tomorrow's prices."""
    await wait_until_loaded(client, folder)
    has_past = "past" in folder.saved_facts()
    if has_past:
        await import_statistics(client, folder, "statistics")
    await _refresh_prices(client, folder)
    await _set_up_trading(client, folder)
    await _wait_for_trading(client)
    if has_past:
        await import_statistics(client, folder, "money")
        rmtree(folder.past, ignore_errors=True)  # Home Assistant has all of it


async def wait_until_loaded(client: HomeAssistantClient, folder: DemoFolder) -> None:
    """Wait until Home Assistant is running and the config entry of the inverter is loaded."""

    async def loaded() -> bool:
        entry = await _entry(client, folder)
        return bool(entry and entry["state"] == "loaded")

    await _wait_until_running(client)
    try:
        async with asyncio.timeout(_TIMEOUT):
            await wait_until(loaded)
    except TimeoutError:
        entry = await _entry(client, folder) or {}
        reason = entry.get("reason") or entry.get("state") or "its config entry was removed"
        raise DemoError(f"The integration does not load: {reason}.") from None


async def _wait_until_running(client: HomeAssistantClient) -> None:
    async def running() -> bool:
        return bool((await client.call_command("get_config"))["state"] == "RUNNING")

    await wait_until(running)


async def _entry(client: HomeAssistantClient, folder: DemoFolder) -> Json | None:
    """Return the config entry of the inverter, even if it was renamed, or None."""
    known = folder.saved_facts().get("entry")
    for entry in await client.call_command("config_entries/get", domain=DOMAIN):
        if entry["entry_id"] == known or (known is None and entry["title"] == TITLE):
            found: Json = entry
            return found
    return None


async def _set_up_inverter(client: HomeAssistantClient, folder: DemoFolder) -> None:
    """Complete the config flow, or its reconfiguration if the folder was moved."""
    entry, device = await _entry(client, folder), str(folder.link)
    if entry and folder.saved_facts().get("device") == device:
        return
    start: Json = {"handler": DOMAIN, "show_advanced_options": False}
    user_input: Json = {"device": device, "more": {}}
    if entry:
        start["entry_id"] = entry["entry_id"]
    else:
        user_input["name"] = TITLE
    end = await client.complete_flow("flow", start, {"next_step_id": "serial"}, user_input)
    if end["type"] != "create_entry" and end.get("reason") != "reconfigure_successful":
        raise DemoError(f"The config flow of the integration did not take {device}: {end.get('errors') or end}.")
    entry_id = entry["entry_id"] if entry else end["result"]["entry_id"]
    folder.save_facts(device=device, entry=entry_id)


async def _set_up_prices(client: HomeAssistantClient, folder: DemoFolder, market: str) -> None:
    """Complete the subentry flow of prices, or its reconfiguration if their URL has changed."""
    entry_id = folder.saved_facts()["entry"]
    subentries = await client.call_command("config_entries/subentries/list", entry_id=entry_id)
    prices = next((subentry for subentry in subentries if subentry["subentry_type"] == PRICES), None)
    if prices and folder.saved_facts().get("market") == market:
        return
    start: Json = {"handler": [entry_id, PRICES]}
    connection: Json = {"area": AREA, "token": LOGIN, "more": {"url": market, "timeout": _TIMEOUT}}
    if prices:
        start["subentry_id"] = prices["subentry_id"]
        inputs: list[Json] = [{"next_step_id": "change_connection"}, connection]
    else:
        inputs = [connection, TARIFF_FORM, {"next_step_id": "save"}]
    end = await client.complete_flow("subentries/flow", start, *inputs)
    if end["type"] != "create_entry" and end.get("reason") != "reconfigure_successful":
        raise DemoError(f"The flow of prices did not take {market}: {end.get('errors') or end}.")
    folder.save_facts(market=market)


async def _set_up_trading(client: HomeAssistantClient, folder: DemoFolder) -> None:
    """Complete the subentry flow of trading and turn automation on; in later runs leave it as it is."""
    if folder.saved_facts().get("trading"):
        return
    entry_id = folder.saved_facts()["entry"]
    subentries = await client.call_command("config_entries/subentries/list", entry_id=entry_id)
    if all(subentry["subentry_type"] != TRADING for subentry in subentries):
        end = await client.complete_flow("subentries/flow", {"handler": [entry_id, TRADING]}, TRADING_FORM)
        if end["type"] != "create_entry":
            raise DemoError(f"The flow of trading ended otherwise: {end.get('errors') or end}.")
    await _wait_for_trading(client)
    await client.perform_action("switch.turn_on", AUTOMATION)
    folder.save_facts(trading="on")


async def _wait_for_trading(client: HomeAssistantClient) -> None:
    """Wait until automation can be switched, which is after the inverter was identified."""

    async def is_available() -> bool:
        states = {known["entity_id"]: known["state"] for known in await client.call_command("get_states")}
        return states.get(AUTOMATION) in {"on", "off"}

    async with asyncio.timeout(_TIMEOUT):
        await wait_until(is_available)


async def _refresh_prices(client: HomeAssistantClient, folder: DemoFolder) -> None:
    """Fetch prices in every run but the first, which has just fetched them.

    The integration expects tomorrow's prices at noon, but the stand-in has them at any hour. If a fetch is running
    already, the action fails and is not needed.
    """
    if folder.saved_facts().get("trading"):
        data = {"config_entry_id": folder.saved_facts()["entry"]}
        await client.send_command("call_service", domain=DOMAIN, service="refresh_prices", service_data=data)


async def _configure_energy(client: HomeAssistantClient) -> None:
    """Configure the Energy dashboard unless it is configured already."""
    if not (await client.send_command("energy/get_prefs"))["success"]:
        await client.call_command("energy/save_prefs", **_ENERGY)


async def _save_dashboard(client: HomeAssistantClient, folder: DemoFolder) -> None:
    """Add the dashboard that the integration makes by itself, and make the panel the first page."""
    if folder.saved_facts().get("dashboard") == PANEL:
        return
    if all(known["url_path"] != DASHBOARD for known in await client.call_command("lovelace/dashboards/list")):
        options = {"title": DASHBOARD_TITLE, "icon": DASHBOARD_ICON, "show_in_sidebar": True, "require_admin": False}
        await client.call_command("lovelace/dashboards/create", url_path=DASHBOARD, mode="storage", **options)
    await client.call_command("lovelace/config/save", url_path=DASHBOARD, config=_DASHBOARD)
    await client.call_command("frontend/set_system_data", key="core", value={"default_panel": PANEL})
    folder.save_facts(dashboard=PANEL)


async def _ignore_repairs(client: HomeAssistantClient) -> None:
    """Ignore Home Assistant's own repair issues, which are about the way the demo installs it."""
    for issue in (await client.call_command("repairs/list_issues"))["issues"]:
        if issue["domain"] == "homeassistant" and not issue["ignored"]:
            await client.call_command(
                "repairs/ignore_issue", domain=issue["domain"], issue_id=issue["issue_id"], ignore=True
            )
