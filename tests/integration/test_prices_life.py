"""Prices are added, changed and removed with their subentry; no resources remain and no prices are lost."""

import asyncio
from datetime import timedelta
import logging
from pathlib import Path
import threading
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.event import _TrackPointUTCTime
import pytest

from custom_components.nattery.core.simulator.simulator import Simulator

from .market import PriceSetup, add_prices, price_data


def price_timers(hass: HomeAssistant) -> list[str]:
    """Return the pending timers of prices in the event loop."""
    timers = [timer._callback for timer in hass.loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
    names = [str(timer.job.name) for timer in timers if isinstance(timer, _TrackPointUTCTime)]
    return [name for name in names if "prices" in name]


def price_tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if "prices" in task.get_name()]


def threads() -> int:
    return len([thread for thread in threading.enumerate() if "nattery" in thread.name])


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def store_key(house: PriceSetup) -> str:
    return f"nattery.{house.entry.entry_id}.prices"


def subentry_of(house: PriceSetup) -> ConfigSubentry:
    (subentry,) = house.entry.subentries.values()
    return subentry


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    records = [one for one in caplog.records if one.levelno >= logging.WARNING]
    return [one.getMessage() for one in records if one.name.startswith("custom_components.nattery")]


async def test_reloads_leave_no_resources_behind(price_setup: PriceSetup, caplog: pytest.LogCaptureFixture) -> None:
    await price_setup.start()
    await price_setup.hass.config_entries.async_reload(price_setup.entry.entry_id)
    await price_setup.settle()
    assert sorted(price_timers(price_setup.hass)) == ["Inverter prices fetch", "Inverter prices snapshot"]
    before = threads(), open_files(), len(asyncio.all_tasks())
    caplog.clear()
    for _ in range(5):
        assert await price_setup.hass.config_entries.async_reload(price_setup.entry.entry_id)
        await price_setup.settle()
    assert sorted(price_timers(price_setup.hass)) == ["Inverter prices fetch", "Inverter prices snapshot"]
    assert threads() <= before[0]
    assert open_files() <= before[1]
    assert len(asyncio.all_tasks()) <= before[2]
    assert warnings(caplog) == []
    assert len(price_setup.market.queries) == 1, "a reload is no reason to ask"


async def test_unload(price_setup: PriceSetup, hass_storage: dict[str, Any]) -> None:
    await price_setup.start()
    await price_setup.unload()
    assert price_timers(price_setup.hass) == []
    assert price_tasks() == []
    kept = hass_storage[store_key(price_setup)]["data"]
    assert {page["day"] for page in kept["pages"]} == {"2026-11-19", "2026-11-20"}
    assert len(kept["fetches"]) == 1


async def test_the_book_is_stored_soon_after_a_fetch(price_setup: PriceSetup, hass_storage: dict[str, Any]) -> None:
    await price_setup.start()
    await price_setup.advance_to("09:07:20")
    assert len(hass_storage[store_key(price_setup)]["data"]["fetches"]) == 1


async def test_unload_during_a_fetch(price_setup: PriceSetup, hass_storage: dict[str, Any]) -> None:
    price_setup.market.behaviour.next_modes = ["slow:0.3"]
    add_prices(price_setup.hass, price_setup.entry, price_data(price_setup.market.url))
    assert await price_setup.hass.config_entries.async_setup(price_setup.entry.entry_id)
    await price_setup.wait_for_queries(1)
    prices = price_setup.prices
    assert prices.is_fetching
    await price_setup.unload()
    assert not prices.is_fetching
    assert price_timers(price_setup.hass) == []
    assert price_tasks() == []
    await price_setup.advance_to("10:00")
    assert hass_storage[store_key(price_setup)]["data"]["pages"] == []
    assert price_timers(price_setup.hass) == []


async def test_stop_of_home_assistant_during_a_fetch(price_setup: PriceSetup, caplog: pytest.LogCaptureFixture) -> None:
    await price_setup.start()
    price_setup.market.behaviour.next_modes = ["slow:0.3"]
    refresh_task = asyncio.create_task(price_setup.call_action("refresh_prices"))
    await price_setup.wait_for_queries(2)
    caplog.clear()
    price_setup.hass.set_state(CoreState.stopping)
    price_setup.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    with pytest.raises(HomeAssistantError):
        await refresh_task
    await price_setup.hass.async_block_till_done()
    assert price_timers(price_setup.hass) == []
    assert price_tasks() == []
    assert warnings(caplog) == []


async def test_removal_deletes_the_stored_book(price_setup: PriceSetup, hass_storage: dict[str, Any]) -> None:
    await price_setup.start()
    await price_setup.unload()
    assert store_key(price_setup) in hass_storage
    await price_setup.hass.config_entries.async_remove(price_setup.entry.entry_id)
    await price_setup.advance_to("10:00")
    assert store_key(price_setup) not in hass_storage
    assert price_timers(price_setup.hass) == []


# Prices that are added, changed and removed while the house runs


async def test_adding_prices(price_setup: PriceSetup) -> None:
    assert await price_setup.hass.config_entries.async_setup(price_setup.entry.entry_id)
    await price_setup.settle()
    assert price_setup.entry.runtime_data.prices is None
    add_prices(price_setup.hass, price_setup.entry, price_data(price_setup.market.url))
    await price_setup.settle()
    assert float(price_setup.value("import_price")) > 0


async def test_changing_prices(price_setup: PriceSetup) -> None:
    """Reloads once, and keeps the known prices."""
    await price_setup.start()
    before, old = float(price_setup.value("import_price")), price_setup.entry.runtime_data
    changed = {**subentry_of(price_setup).data, "tariff": {"import_rate": {"fee": 0.3}}}
    price_setup.hass.config_entries.async_update_subentry(price_setup.entry, subentry_of(price_setup), data=changed)
    await price_setup.settle()
    site = price_setup.entry.runtime_data
    assert site is not old
    assert float(price_setup.value("import_price")) == pytest.approx(before + 0.3)
    assert len(price_setup.market.queries) == 1
    await price_setup.settle()
    assert price_setup.entry.runtime_data is site
    price_setup.hass.config_entries.async_update_entry(price_setup.entry, title="House")
    await price_setup.settle()
    assert price_setup.entry.runtime_data is site, "another change is no reason"


async def test_removing_prices(
    price_setup: PriceSetup, entity_registry: er.EntityRegistry, device_registry: dr.DeviceRegistry
) -> None:
    await price_setup.start()
    subentry, entity_id = subentry_of(price_setup), price_setup.entity_id("import_price")
    price_setup.hass.config_entries.async_remove_subentry(price_setup.entry, subentry.subentry_id)
    await price_setup.settle()
    assert price_setup.entry.runtime_data.prices is None
    assert entity_registry.async_get(entity_id) is None
    assert price_setup.hass.states.get(entity_id) is None
    assert len(dr.async_entries_for_config_entry(device_registry, price_setup.entry.entry_id)) == 1
    assert price_timers(price_setup.hass) == []
    assert price_setup.entry.state is ConfigEntryState.LOADED


async def test_another_zone_starts_a_new_book(price_setup: PriceSetup) -> None:
    await price_setup.start()
    german = price_setup.value("spot_price")
    changed = {**subentry_of(price_setup).data, "area": "AT"}
    price_setup.hass.config_entries.async_update_subentry(price_setup.entry, subentry_of(price_setup), data=changed)
    await price_setup.settle()
    book = price_setup.prices.fetcher.book
    assert book.area == "AT"
    assert len(book.log.fetches) == 1
    assert price_setup.market.queries[-1]["in_Domain"] == "10YAT-APG------L"
    assert price_setup.value("spot_price") not in {german, "unknown"}


async def test_a_new_token_is_tried_at_once(price_setup: PriceSetup) -> None:
    """Regardless of how often the old one was rejected."""
    price_setup.market.behaviour.mode = "unauthorized"
    await price_setup.start()
    await price_setup.step_to("2026-11-20 09:20", timedelta(minutes=2))
    assert price_setup.value("price_status") == "unauthorized"
    price_setup.market.behaviour.mode = "ok"
    price_setup.market.behaviour.token = "another"
    changed = {**subentry_of(price_setup).data, "token": "another"}
    price_setup.hass.config_entries.async_update_subentry(price_setup.entry, subentry_of(price_setup), data=changed)
    await price_setup.settle()
    assert price_setup.value("price_status") == "ok"
    assert float(price_setup.value("import_price")) > 0


# What was kept


@pytest.mark.parametrize(
    "kept",
    [
        {"version": 1, "data": {"nonsense": 1}},
        {"version": 1, "data": ["nonsense"]},
        {"version": 1, "data": {"version": 1, "area": "DE_LU", "currency": "EUR", "pages": [{}], "changes": []}},
        {"version": 1, "data": {"version": 99, "area": "DE_LU", "currency": "EUR", "pages": []}},
        {"version": 99, "data": {}},
    ],
    ids=["no book", "no object", "damaged page", "later book", "later store"],
)
async def test_a_damaged_book_is_replaced(
    price_setup: PriceSetup, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture, kept: dict[str, Any]
) -> None:
    hass_storage[store_key(price_setup)] = {"minor_version": 1, "key": store_key(price_setup), **kept}
    await price_setup.start()
    (warning,) = warnings(caplog)
    assert warning.startswith("Starting with an empty price book for Inverter: ")
    assert price_setup.value("price_freshness") == "expected"
    await price_setup.unload()
    assert len(hass_storage[store_key(price_setup)]["data"]["pages"]) == 2


async def test_a_failing_platform_leaves_no_prices_running(
    price_setup: PriceSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise HomeAssistantError("no platforms today")

    add_prices(price_setup.hass, price_setup.entry, price_data(price_setup.market.url))
    monkeypatch.setattr(price_setup.hass.config_entries, "async_forward_entry_setups", fails)
    assert not await price_setup.hass.config_entries.async_setup(price_setup.entry.entry_id)
    assert price_timers(price_setup.hass) == []


async def test_an_inverter_never_connected_leaves_no_prices_running(
    price_setup: PriceSetup, simulator: Simulator
) -> None:
    await price_setup.hass.async_add_executor_job(simulator.stop)
    add_prices(price_setup.hass, price_setup.entry, price_data(price_setup.market.url))
    assert not await price_setup.hass.config_entries.async_setup(price_setup.entry.entry_id)
    assert price_setup.entry.state is ConfigEntryState.SETUP_RETRY
    assert price_timers(price_setup.hass) == []
    assert price_tasks() == []
