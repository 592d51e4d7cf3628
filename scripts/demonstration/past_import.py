"""Gives the demo's past to Home Assistant: the integration's stores, and statistics."""

from datetime import datetime, timedelta
import json
from typing import Any

from .api import HomeAssistantClient, Json
from .folder import DemoFolder, write_store

DOMAIN = "nattery"
_UNIT_CLASSES = {"kWh": "energy", "W": "power"}
_STORE_VERSION = 1


def write_stores(folder: DemoFolder) -> None:
    """Write the integration's stores while Home Assistant is stopped: forecasts, meter, and prices."""
    entry, storage = folder.saved_facts()["entry"], folder.config / ".storage"
    for name in ("forecasts", "meter"):
        write_store(storage, f"{DOMAIN}.{entry}.{name}", _STORE_VERSION, _read(folder, name))
    book: Json = _read(folder, "prices")
    stored = storage / f"{DOMAIN}.{entry}.prices"
    if stored.exists():  # its first fetch
        book["fetches"] = json.loads(stored.read_text("utf-8"))["data"]["fetches"]
    write_store(storage, stored.name, _STORE_VERSION, book)
    folder.save_facts(stores="written")


async def import_statistics(client: HomeAssistantClient, folder: DemoFolder, name: str) -> None:
    """Import the statistics of a file of the past, and note their sums for `continue_sums`."""
    if name in folder.saved_facts():
        return
    document = _read(folder, name)
    states = {one["entity_id"]: one["attributes"] for one in await client.call_command("get_states")}
    registry = await client.call_command("config/entity_registry/list")
    entities = {one["unique_id"].partition("_")[2]: one["entity_id"] for one in registry if one["platform"] == DOMAIN}
    sums = _open_sums(folder)
    for key, rows in document["rows"].items():
        entity = entities.get(key, f"sensor.inverter_{key}")  # the Energy dashboard's own sensors have fixed names
        if entity not in states:
            continue
        unit, total = states[entity]["unit_of_measurement"], document["sums"].get(key)
        metadata = _metadata(entity, unit, has_sum=total is not None)
        await client.call_command("recorder/import_statistics", metadata=metadata, stats=rows)
        if total is not None:
            last_hour = datetime.fromisoformat(rows[-1]["start"])
            sums[entity] = {"sum": total, "unit": unit, "start": (last_hour + timedelta(hours=1)).isoformat()}
    _save_sums(folder, sums)
    folder.save_facts(**{name: "imported"})


async def continue_sums(client: HomeAssistantClient, folder: DemoFolder) -> bool:
    """Let the sums of Home Assistant's own statistics go on from those of the past; return whether all of them do.

    Home Assistant begins every sum at zero, with the first statistics that it compiles of a sensor.
    """
    sums = _open_sums(folder)
    for entity, one in list(sums.items()):
        period: Json = {"statistic_ids": [entity], "period": "5minute", "types": ["sum"]}
        rows = await client.call_command("recorder/statistics_during_period", start_time=one["start"], **period)
        if rows.get(entity):
            await client.call_command(
                "recorder/adjust_sum_statistics",
                statistic_id=entity,
                start_time=one["start"],
                adjustment=one["sum"],
                adjustment_unit_of_measurement=one["unit"],
            )
            del sums[entity]
            _save_sums(folder, sums)
    return not sums


def _open_sums(folder: DemoFolder) -> Json:
    """Return the sums by entity that Home Assistant's own do not go on from yet."""
    sums: Json = json.loads(folder.saved_facts().get("sums", "{}"))
    return sums


def _save_sums(folder: DemoFolder, sums: Json) -> None:
    folder.save_facts(sums=json.dumps(sums))


def _metadata(entity: str, unit: str, *, has_sum: bool) -> Json:
    return {
        "statistic_id": entity,
        "source": "recorder",
        "name": None,
        "unit_of_measurement": unit,
        "unit_class": _UNIT_CLASSES.get(unit),
        "mean_type": 0 if has_sum else 1,
        "has_sum": has_sum,
    }


def _read(folder: DemoFolder, name: str) -> Any:  # noqa: ANN401  (JSON)
    return json.loads((folder.past / f"{name}.json").read_text("utf-8"))
