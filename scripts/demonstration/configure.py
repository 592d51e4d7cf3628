"""Configures Home Assistant: inverter, prices and trading through their flows, entities, Energy dashboard, dashboard.

Each step checks first whether it is done already, so that an interrupted start continues where it stopped.
"""

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import Any

from annotatedyaml import load_yaml_dict

from .api import LOGIN, HomeAssistantClient, Json
from .errors import DemoError
from .folder import DemoFolder
from .waiting import wait_until

DOMAIN, TITLE, PRICES, TRADING = "nattery", "Inverter", "prices", "trading"
DASHBOARD, DASHBOARD_TITLE, DASHBOARD_ICON = "home-battery", "Home battery", "mdi:home-battery"
_DASHBOARD_FILE = Path(__file__).with_name("dashboard.yaml")
_BATTERY_KWH = 10.2
AUTOMATION = "switch.battery_trading_automation"
_TIMEOUT = 60

# Entities on the dashboard that are disabled by default.
_ENABLED_ENTITIES = (
    "sensor.inverter_response_time_median",
    "sensor.inverter_communication_errors",
    "sensor.inverter_writes_today",
    "sensor.inverter_clock_drift",
    "sensor.inverter_last_fault",
)
# The simulated battery of 10 kWh at a typical price, with a typical grid connection.
_TRADING: Json = {
    "capacity": 10.0,
    "battery_price": 3500.0,
    "charge": 4.5,
    "discharge": 4.5,
    "import": 6.0,
    "export": 6.0,
    "more": {"cycles": 8000, "efficiency": 90.0, "soc_min": 10.0, "soc_max": 100.0},
}
# Approximate prices of a household in Italy: losses, grid fees, levies, and three time bands of the supplier.
_AREA = "IT_NORD"
_WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
_TARIFF: Json = {
    "import_rate": {
        "factor": 1.1,
        "fee": 0.068,
        "vat_percent": 10,
        "bands": [
            {"fee": 0.032, "start": "08:00:00", "end": "19:00:00", "days": _WORKDAYS},
            {"fee": 0.021, "start": "07:00:00", "end": "23:00:00", "days": [*_WORKDAYS, "sat"]},
            {"fee": 0.009},
        ],
        "hourly": False,
    },
    "export_rate": {"factor": 1, "fee": 0.006, "vat_percent": 0, "floor": 0, "hourly": False},
    "holidays": ["01-01", "01-06", "04-25", "05-01", "06-02", "08-15", "11-01", "12-08", "12-25", "12-26"],
}
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
    """Do all steps not done yet, with prices from the URL `market`; return whether Home Assistant must be restarted."""
    await _wait_until_running(client)
    await _set_up_inverter(client, folder)
    await wait_until_loaded(client, folder)
    await _set_up_prices(client, folder, market)
    await wait_until_loaded(client, folder)
    await _set_up_trading(client, folder)
    await _wait_for_trading(client)
    await _configure_energy(client)
    await _save_dashboard(client, folder)
    await _ignore_repairs(client)
    return await _enable_entities(client)


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
    connection: Json = {"area": _AREA, "token": LOGIN, "more": {"url": market, "timeout": _TIMEOUT}}
    if prices:
        start["subentry_id"] = prices["subentry_id"]
        inputs: list[Json] = [{"next_step_id": "change_connection"}, connection]
    else:
        inputs = [connection, _TARIFF, {"next_step_id": "save"}]
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
        end = await client.complete_flow("subentries/flow", {"handler": [entry_id, TRADING]}, _TRADING)
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


async def _enable_entities(client: HomeAssistantClient) -> bool:
    """Enable the entities on the dashboard; return whether any was disabled."""
    changed = False
    for entity in _ENABLED_ENTITIES:
        known = await client.call_command("config/entity_registry/get", entity_id=entity)
        if known["disabled_by"]:
            await client.call_command("config/entity_registry/update", entity_id=entity, disabled_by=None)
            changed = True
    return changed


async def _configure_energy(client: HomeAssistantClient) -> None:
    """Configure the Energy dashboard unless it is configured already."""
    if not (await client.send_command("energy/get_prefs"))["success"]:
        await client.call_command("energy/save_prefs", **_ENERGY)


async def _save_dashboard(client: HomeAssistantClient, folder: DemoFolder) -> None:
    """Save the dashboard and make it the default; replace it if its file has changed."""
    digest = sha256(_DASHBOARD_FILE.read_bytes()).hexdigest()
    if folder.saved_facts().get("dashboard") == digest:
        return
    if all(known["url_path"] != DASHBOARD for known in await client.call_command("lovelace/dashboards/list")):
        options = {"title": DASHBOARD_TITLE, "icon": DASHBOARD_ICON, "show_in_sidebar": True, "require_admin": False}
        await client.call_command("lovelace/dashboards/create", url_path=DASHBOARD, mode="storage", **options)
    dashboard: dict[str, Any] = load_yaml_dict(str(_DASHBOARD_FILE))
    await client.call_command("lovelace/config/save", url_path=DASHBOARD, config=dashboard)
    await client.call_command("frontend/set_system_data", key="core", value={"default_panel": DASHBOARD})
    folder.save_facts(dashboard=digest)


async def _ignore_repairs(client: HomeAssistantClient) -> None:
    """Ignore Home Assistant's own repair issues, which are about the way the demo installs it."""
    for issue in (await client.call_command("repairs/list_issues"))["issues"]:
        if issue["domain"] == "homeassistant" and not issue["ignored"]:
            await client.call_command(
                "repairs/ignore_issue", domain=issue["domain"], issue_id=issue["issue_id"], ignore=True
            )
