"""What a newcomer finds: inverter and prices set up through their own flows, entities, windows, energy, a dashboard.

Every step looks first whether it was done, so that a start that was interrupted goes on where it stopped.
"""

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import Any

from annotatedyaml import load_yaml_dict

from .api import LOGIN, Api, Json
from .errors import DemoError
from .folder import Folder
from .waiting import until

DOMAIN, TITLE, PRICES, TRADING = "nattery", "Inverter", "prices", "trading"
DASHBOARD, DASHBOARD_TITLE, DASHBOARD_ICON = "home-battery", "Home battery", "mdi:home-battery"
_DASHBOARD_FILE = Path(__file__).with_name("dashboard.yaml")
_BATTERY_KWH = 10.2
AUTOMATION = "switch.battery_trading_automation"
_PATIENCE = 60

# What the house shows beside the entities that are on by themselves, and that stands on the dashboard.
_WANTED = (
    "sensor.inverter_response_time_median",
    "sensor.inverter_communication_errors",
    "sensor.inverter_writes_today",
    "sensor.inverter_clock_drift",
    "sensor.inverter_last_fault",
)
# The simulated battery of 10 kWh, at a price that a household pays, and a usual connection.
_TRADING: Json = {
    "capacity": 10.0,
    "battery_price": 3500.0,
    "charge": 4.5,
    "discharge": 4.5,
    "import": 6.0,
    "export": 6.0,
    "more": {"cycles": 8000, "efficiency": 90.0, "soc_min": 10.0, "soc_max": 100.0},
}
# What a household pays and gets in Italy, about: losses, grid fees and levies, and three bands of the supplier.
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


async def furnish(api: Api, folder: Folder, market: str) -> bool:
    """Do what is not done yet, with prices from the URL `market`; whether Home Assistant must be restarted for it."""
    await _until_running(api)
    await _set_up_inverter(api, folder)
    await until_loaded(api, folder)
    await _set_up_prices(api, folder, market)
    await until_loaded(api, folder)
    await _set_up_trading(api, folder)
    await _until_trading(api)
    await _count_energy(api)
    await _hang_dashboard(api, folder)
    await _ignore_repairs(api)
    return await _show_wanted(api)


async def until_loaded(api: Api, folder: Folder) -> None:
    """Wait until Home Assistant is running and the inverter's entry is loaded."""

    async def loaded() -> bool:
        entry = await _entry(api, folder)
        return bool(entry and entry["state"] == "loaded")

    await _until_running(api)
    try:
        async with asyncio.timeout(_PATIENCE):
            await until(loaded)
    except TimeoutError:
        entry = await _entry(api, folder) or {}
        reason = entry.get("reason") or entry.get("state") or "somebody removed its entry"
        raise DemoError(f"The integration does not load: {reason}.") from None


async def _until_running(api: Api) -> None:
    async def running() -> bool:
        return bool((await api.call("get_config"))["state"] == "RUNNING")

    await until(running)


async def _entry(api: Api, folder: Folder) -> Json | None:
    """The entry of our inverter, whatever it is called by now."""
    known = folder.remembered().get("entry")
    for entry in await api.call("config_entries/get", domain=DOMAIN):
        if entry["entry_id"] == known or (known is None and entry["title"] == TITLE):
            found: Json = entry
            return found
    return None


async def _set_up_inverter(api: Api, folder: Folder) -> None:
    """Walk the config flow, or its reconfiguration when the folder was moved."""
    entry, device = await _entry(api, folder), str(folder.link)
    if entry and folder.remembered().get("device") == device:
        return
    start: Json = {"handler": DOMAIN, "show_advanced_options": False}
    answer: Json = {"device": device, "more": {}}
    if entry:
        start["entry_id"] = entry["entry_id"]
    else:
        answer["name"] = TITLE
    end = await api.walk_flow("flow", start, {"next_step_id": "serial"}, answer)
    if end["type"] != "create_entry" and end.get("reason") != "reconfigure_successful":
        raise DemoError(f"The config flow of the integration did not take {device}: {end.get('errors') or end}.")
    entry_id = entry["entry_id"] if entry else end["result"]["entry_id"]
    folder.remember(device=device, entry=entry_id)


async def _set_up_prices(api: Api, folder: Folder, market: str) -> None:
    """Walk the flow of prices, or its reconfiguration when they have moved."""
    entry_id = folder.remembered()["entry"]
    kept = await api.call("config_entries/subentries/list", entry_id=entry_id)
    prices = next((subentry for subentry in kept if subentry["subentry_type"] == PRICES), None)
    if prices and folder.remembered().get("market") == market:
        return
    start: Json = {"handler": [entry_id, PRICES]}
    connection: Json = {"area": _AREA, "token": LOGIN, "more": {"url": market, "timeout": _PATIENCE}}
    if prices:
        start["subentry_id"] = prices["subentry_id"]
        answers: list[Json] = [{"next_step_id": "connection"}, connection]
    else:
        answers = [connection, _TARIFF, {"next_step_id": "save"}]
    end = await api.walk_flow("subentries/flow", start, *answers)
    if end["type"] != "create_entry" and end.get("reason") != "reconfigure_successful":
        raise DemoError(f"The flow of prices did not take {market}: {end.get('errors') or end}.")
    folder.remember(market=market)


async def _set_up_trading(api: Api, folder: Folder) -> None:
    """Walk the flow of trading, then turn automation on, once: who turns it off finds it off."""
    if folder.remembered().get("trading"):
        return
    entry_id = folder.remembered()["entry"]
    kept = await api.call("config_entries/subentries/list", entry_id=entry_id)
    if all(subentry["subentry_type"] != TRADING for subentry in kept):
        end = await api.walk_flow("subentries/flow", {"handler": [entry_id, TRADING]}, _TRADING)
        if end["type"] != "create_entry":
            raise DemoError(f"The flow of trading ended otherwise: {end.get('errors') or end}.")
    await _until_trading(api)
    await api.act("switch.turn_on", AUTOMATION)
    folder.remember(trading="on")


async def _until_trading(api: Api) -> None:
    """Wait until automation can be switched, which is when the inverter has been met anew."""

    async def met() -> bool:
        states = {known["entity_id"]: known["state"] for known in await api.call("get_states")}
        return states.get(AUTOMATION) in {"on", "off"}

    async with asyncio.timeout(_PATIENCE):
        await until(met)


async def _show_wanted(api: Api) -> bool:
    """Enable what the dashboard shows; whether anything was not."""
    changed = False
    for entity in _WANTED:
        known = await api.call("config/entity_registry/get", entity_id=entity)
        if known["disabled_by"]:
            await api.call("config/entity_registry/update", entity_id=entity, disabled_by=None)
            changed = True
    return changed


async def _count_energy(api: Api) -> None:
    """Tell the Energy dashboard what to count, unless it was told before."""
    if not (await api.ask("energy/get_prefs"))["success"]:
        await api.call("energy/save_prefs", **_ENERGY)


async def _hang_dashboard(api: Api, folder: Folder) -> None:
    """Make our dashboard the first that everybody sees; when its file is a newer one, put that in its place."""
    digest = sha256(_DASHBOARD_FILE.read_bytes()).hexdigest()
    if folder.remembered().get("dashboard") == digest:
        return
    if all(known["url_path"] != DASHBOARD for known in await api.call("lovelace/dashboards/list")):
        look = {"title": DASHBOARD_TITLE, "icon": DASHBOARD_ICON, "show_in_sidebar": True, "require_admin": False}
        await api.call("lovelace/dashboards/create", url_path=DASHBOARD, mode="storage", **look)
    dashboard: dict[str, Any] = load_yaml_dict(str(_DASHBOARD_FILE))
    await api.call("lovelace/config/save", url_path=DASHBOARD, config=dashboard)
    await api.call("frontend/set_system_data", key="core", value={"default_panel": DASHBOARD})
    folder.remember(dashboard=digest)


async def _ignore_repairs(api: Api) -> None:
    """Home Assistant complains that it was installed as the demo installs it; a newcomer need not read that."""
    for issue in (await api.call("repairs/list_issues"))["issues"]:
        if issue["domain"] == "homeassistant" and not issue["ignored"]:
            await api.call("repairs/ignore_issue", domain=issue["domain"], issue_id=issue["issue_id"], ignore=True)
