"""The command that tells what is set up, and what its user may do."""

from typing import Any

from homeassistant.auth.const import GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.nattery.const import CONF_GROUPS, DOMAIN
from custom_components.nattery.core.inverter.table import RegisterGroup
from custom_components.nattery.core.planner.strategies import STRATEGIES

from .books import TRADING_ENTITIES, BookedHouse
from .commands import connect, send
from .market import PRICE_ENTITIES
from .test_ledger_actions import set_up
from .test_trading_permissions import of_group, of_policy


async def site_of(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, user: Any = None) -> dict[str, Any]:
    """Return what the command answers."""
    client = await hass_ws_client(hass) if user is None else await connect(hass, hass_ws_client, user)
    answer = await send(client, "nattery/site")
    assert answer["success"], answer
    result: dict[str, Any] = answer["result"]
    return result


async def test_nothing_is_set_up(hass: HomeAssistant, socket_enabled: None, hass_ws_client: WebSocketGenerator) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    site = await site_of(hass, hass_ws_client)
    assert site == {"api": 1, "version": site["version"], "time_zone": hass.config.time_zone, "entries": []}
    assert site["version"].count(".") == 2


async def test_an_inverter_alone(
    hass: HomeAssistant, house: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    (entry,) = (await site_of(hass, hass_ws_client))["entries"]
    assert (entry["entry_id"], entry["title"], entry["state"]) == (house.entry_id, house.title, "loaded")
    assert (entry["prices"], entry["trading"], entry["currency"], entry["limits"]) == (False, False, None, None)
    assert entry["simulated"] is True
    assert entry["strategies"] == []
    assert entry["may"] == {"see": True, "steer": False, "registers": True}
    assert entry["entities"]["battery_soc"].startswith("sensor.")


@pytest.mark.usefixtures("everything_enabled")
async def test_every_entity_of_a_whole_set_up_appears_once(
    booked: BookedHouse, hass_ws_client: WebSocketGenerator
) -> None:
    hass, entry = booked.hass, booked.entry
    hass.config_entries.async_update_entry(entry, options={CONF_GROUPS: list(RegisterGroup)})
    await set_up(booked)
    (picture,) = (await site_of(hass, hass_ws_client))["entries"]
    registered = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert sorted(picture["entities"].values()) == sorted(one.entity_id for one in registered)
    assert len(registered) > 250
    assert "None" not in picture["entities"]
    for platform, key in TRADING_ENTITIES | PRICE_ENTITIES:
        assert picture["entities"][key].startswith(f"{platform}."), key


async def test_a_key_of_two_platforms_is_named_with_the_platform(
    hass: HomeAssistant, house: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    registry = er.async_get(hass)
    new = {"translation_key": "battery_soc", "config_entry": house}
    other = registry.async_get_or_create("number", DOMAIN, "another", **new)
    disabled = er.RegistryEntryDisabler.USER
    registry.async_get_or_create("select", DOMAIN, "third", disabled_by=disabled, **{**new, "translation_key": "alarm"})
    (entry,) = (await site_of(hass, hass_ws_client))["entries"]
    entities = entry["entities"]
    assert "battery_soc" not in entities
    assert entities["number.battery_soc"] == other.entity_id
    assert entities["sensor.battery_soc"].startswith("sensor.")
    assert "alarm" not in entities
    assert entities["binary_sensor.alarm"].startswith("binary_sensor.")


async def test_a_whole_set_up(booked: BookedHouse, hass_ws_client: WebSocketGenerator) -> None:
    house = await set_up(booked)
    (entry,) = (await site_of(house.hass, hass_ws_client))["entries"]
    assert (entry["prices"], entry["trading"], entry["currency"]) == (True, True, "EUR")
    assert entry["strategies"] == list(STRATEGIES)
    assert entry["limits"] == {
        "capacity_kwh": 10.0,
        "soc_min": 0.1,
        "soc_max": 1.0,
        "charge_w": 5000,
        "discharge_w": 5000,
        "import_w": 10000,
        "export_w": 10000,
    }
    disabled = {one.entity_id for one in er.async_get(house.hass).entities.values() if one.disabled_by is not None}
    assert disabled
    assert disabled.isdisjoint(entry["entities"].values())
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    (unloaded,) = (await site_of(house.hass, hass_ws_client))["entries"]
    assert (unloaded["state"], unloaded["currency"]) == ("not_loaded", None)
    assert {key: unloaded[key] for key in ("entities", "limits", "may", "trading")} == {
        key: entry[key] for key in ("entities", "limits", "may", "trading")
    }


async def test_what_a_viewer_a_user_and_an_administrator_may(
    booked: BookedHouse, hass_ws_client: WebSocketGenerator
) -> None:
    house = await set_up(booked)
    hass = house.hass
    expected = {
        GROUP_ID_READ_ONLY: {"see": True, "steer": False, "registers": False},
        GROUP_ID_USER: {"see": True, "steer": True, "registers": False},
    }
    (everything,) = (await site_of(hass, hass_ws_client))["entries"]
    assert everything["may"] == {"see": True, "steer": True, "registers": True}
    for group, may in expected.items():
        (entry,) = (await site_of(hass, hass_ws_client, await of_group(hass, group)))["entries"]
        assert entry == {**everything, "may": may}
    assert (await site_of(hass, hass_ws_client, await of_group(hass)))["entries"] == []


async def test_who_may_read_one_entity_gets_that_one(booked: BookedHouse, hass_ws_client: WebSocketGenerator) -> None:
    house = await set_up(booked)
    hass = house.hass
    entity_id = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{house.entry.unique_id}_battery_soc")
    assert entity_id is not None
    user = of_policy(hass, entity_id=entity_id, policy="read")
    (entry,) = (await site_of(hass, hass_ws_client, user))["entries"]
    assert entry["entities"] == {"battery_soc": entity_id}
    assert entry["may"] == {"see": False, "steer": False, "registers": False}
    assert (entry["currency"], entry["limits"]) == (None, None)
