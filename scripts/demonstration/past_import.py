"""Gives the demo's past to Home Assistant: the integration's stores, and statistics."""

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
    """Import the statistics of a file of the past.

    Home Assistant's sums count from its own first state of a sensor, so those of the past end at zero.
    """
    if name in folder.saved_facts():
        return
    document = _read(folder, name)
    states = {one["entity_id"]: one["attributes"] for one in await client.call_command("get_states")}
    registry = await client.call_command("config/entity_registry/list")
    entities = {one["unique_id"].partition("_")[2]: one["entity_id"] for one in registry if one["platform"] == DOMAIN}
    for key, rows in document["rows"].items():
        entity = entities.get(key, f"sensor.inverter_{key}")  # the Energy dashboard's own sensors have fixed names
        if entity in states:
            unit = states[entity]["unit_of_measurement"]
            await client.call_command(
                "recorder/import_statistics",
                metadata=_metadata(entity, unit, has_sum=key in document["last"]),
                stats=[_row(row, document["last"].get(key)) for row in rows],
            )
    folder.save_facts(**{name: "imported"})


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


def _row(row: Json, last_sum: float | None) -> Json:
    return row if last_sum is None else {**row, "sum": row["sum"] - last_sum}


def _read(folder: DemoFolder, name: str) -> Any:  # noqa: ANN401  (JSON)
    return json.loads((folder.past / f"{name}.json").read_text("utf-8"))
