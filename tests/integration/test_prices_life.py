"""Prices come, change and go with their entry; nothing is left behind and nothing is lost."""

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

from .market import PriceHouse, add_prices, price_data


def price_timers(hass: HomeAssistant) -> list[str]:
    """The timers about prices that wait in the event loop."""
    timers = [timer._callback for timer in hass.loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
    names = [str(timer.job.name) for timer in timers if isinstance(timer, _TrackPointUTCTime)]
    return [name for name in names if "prices" in name]


def price_tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if "prices" in task.get_name()]


def threads() -> int:
    return len([thread for thread in threading.enumerate() if "nattery" in thread.name])


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def store_key(house: PriceHouse) -> str:
    return f"nattery.{house.entry.entry_id}.prices"


def subentry_of(house: PriceHouse) -> ConfigSubentry:
    (subentry,) = house.entry.subentries.values()
    return subentry


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    records = [one for one in caplog.records if one.levelno >= logging.WARNING]
    return [one.getMessage() for one in records if one.name.startswith("custom_components.nattery")]


async def test_reloads_leave_nothing_behind(price_house: PriceHouse, caplog: pytest.LogCaptureFixture) -> None:
    await price_house.start()
    await price_house.hass.config_entries.async_reload(price_house.entry.entry_id)
    await price_house.settle()
    assert sorted(price_timers(price_house.hass)) == ["Inverter prices ask", "Inverter prices look"]
    before = threads(), open_files(), len(asyncio.all_tasks())
    caplog.clear()
    for _ in range(5):
        assert await price_house.hass.config_entries.async_reload(price_house.entry.entry_id)
        await price_house.settle()
    assert sorted(price_timers(price_house.hass)) == ["Inverter prices ask", "Inverter prices look"]
    assert threads() <= before[0]
    assert open_files() <= before[1]
    assert len(asyncio.all_tasks()) <= before[2]
    assert warnings(caplog) == []
    assert len(price_house.market.queries) == 1, "a reload is no reason to ask"


async def test_unloaded(price_house: PriceHouse, hass_storage: dict[str, Any]) -> None:
    await price_house.start()
    await price_house.unload()
    assert price_timers(price_house.hass) == []
    assert price_tasks() == []
    kept = hass_storage[store_key(price_house)]["data"]
    assert {page["day"] for page in kept["pages"]} == {"2026-11-19", "2026-11-20"}
    assert len(kept["fetches"]) == 1


async def test_the_book_is_on_disk_soon_after_prices_came(
    price_house: PriceHouse, hass_storage: dict[str, Any]
) -> None:
    await price_house.start()
    await price_house.at("09:07:20")
    assert len(hass_storage[store_key(price_house)]["data"]["fetches"]) == 1


async def test_unloaded_in_the_middle_of_a_question(price_house: PriceHouse, hass_storage: dict[str, Any]) -> None:
    price_house.market.behaviour.plan = ["slow:0.3"]
    add_prices(price_house.hass, price_house.entry, price_data(price_house.market.url))
    assert await price_house.hass.config_entries.async_setup(price_house.entry.entry_id)
    await price_house.asked(1)
    prices = price_house.prices
    assert prices.asking
    await price_house.unload()
    assert not prices.asking
    assert price_timers(price_house.hass) == []
    assert price_tasks() == []
    await price_house.at("10:00")
    assert hass_storage[store_key(price_house)]["data"]["pages"] == []
    assert price_timers(price_house.hass) == []


async def test_home_assistant_stopped_in_the_middle_of_a_question(
    price_house: PriceHouse, caplog: pytest.LogCaptureFixture
) -> None:
    await price_house.start()
    price_house.market.behaviour.plan = ["slow:0.3"]
    waiting = asyncio.create_task(price_house.act("refresh_prices"))
    await price_house.asked(2)
    caplog.clear()
    price_house.hass.set_state(CoreState.stopping)
    price_house.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    with pytest.raises(HomeAssistantError):
        await waiting
    await price_house.hass.async_block_till_done()
    assert price_timers(price_house.hass) == []
    assert price_tasks() == []
    assert warnings(caplog) == []


async def test_removed_and_forgotten(price_house: PriceHouse, hass_storage: dict[str, Any]) -> None:
    await price_house.start()
    await price_house.unload()
    assert store_key(price_house) in hass_storage
    await price_house.hass.config_entries.async_remove(price_house.entry.entry_id)
    await price_house.at("10:00")
    assert store_key(price_house) not in hass_storage
    assert price_timers(price_house.hass) == []


# Prices that are added, changed and removed while the house runs


async def test_added(price_house: PriceHouse) -> None:
    assert await price_house.hass.config_entries.async_setup(price_house.entry.entry_id)
    await price_house.settle()
    assert price_house.entry.runtime_data.prices is None
    add_prices(price_house.hass, price_house.entry, price_data(price_house.market.url))
    await price_house.settle()
    assert float(price_house.value("import_price")) > 0


async def test_changed(price_house: PriceHouse) -> None:
    """Once, and with the prices that are known."""
    await price_house.start()
    before, old = float(price_house.value("import_price")), price_house.entry.runtime_data
    changed = {**subentry_of(price_house).data, "tariff": {"import_rate": {"fee": 0.3}}}
    price_house.hass.config_entries.async_update_subentry(price_house.entry, subentry_of(price_house), data=changed)
    await price_house.settle()
    site = price_house.entry.runtime_data
    assert site is not old
    assert float(price_house.value("import_price")) == pytest.approx(before + 0.3)
    assert len(price_house.market.queries) == 1
    await price_house.settle()
    assert price_house.entry.runtime_data is site
    price_house.hass.config_entries.async_update_entry(price_house.entry, title="House")
    await price_house.settle()
    assert price_house.entry.runtime_data is site, "another change is no reason"


async def test_removed(
    price_house: PriceHouse, entity_registry: er.EntityRegistry, device_registry: dr.DeviceRegistry
) -> None:
    await price_house.start()
    subentry, entity_id = subentry_of(price_house), price_house.entity_id("import_price")
    price_house.hass.config_entries.async_remove_subentry(price_house.entry, subentry.subentry_id)
    await price_house.settle()
    assert price_house.entry.runtime_data.prices is None
    assert entity_registry.async_get(entity_id) is None
    assert price_house.hass.states.get(entity_id) is None
    assert len(dr.async_entries_for_config_entry(device_registry, price_house.entry.entry_id)) == 1
    assert price_timers(price_house.hass) == []
    assert price_house.entry.state is ConfigEntryState.LOADED


async def test_another_area_begins_a_new_book(price_house: PriceHouse) -> None:
    await price_house.start()
    german = price_house.value("spot_price")
    changed = {**subentry_of(price_house).data, "area": "AT"}
    price_house.hass.config_entries.async_update_subentry(price_house.entry, subentry_of(price_house), data=changed)
    await price_house.settle()
    book = price_house.prices.desk.book
    assert book.area == "AT"
    assert len(book.log.fetches) == 1
    assert price_house.market.queries[-1]["in_Domain"] == "10YAT-APG------L"
    assert price_house.value("spot_price") not in {german, "unknown"}


async def test_a_new_token_is_tried_at_once(price_house: PriceHouse) -> None:
    """However often the old one was refused."""
    price_house.market.behaviour.mode = "unauthorized"
    await price_house.start()
    await price_house.walk("2026-11-20 09:20", timedelta(minutes=2))
    assert price_house.value("price_status") == "unauthorized"
    price_house.market.behaviour.mode = "ok"
    price_house.market.behaviour.token = "another"
    changed = {**subentry_of(price_house).data, "token": "another"}
    price_house.hass.config_entries.async_update_subentry(price_house.entry, subentry_of(price_house), data=changed)
    await price_house.settle()
    assert price_house.value("price_status") == "ok"
    assert float(price_house.value("import_price")) > 0


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
async def test_a_damaged_book_begins_anew(
    price_house: PriceHouse, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture, kept: dict[str, Any]
) -> None:
    hass_storage[store_key(price_house)] = {"minor_version": 1, "key": store_key(price_house), **kept}
    await price_house.start()
    (warning,) = warnings(caplog)
    assert warning.startswith("The price book of Inverter begins anew: ")
    assert price_house.value("price_freshness") == "expected"
    await price_house.unload()
    assert len(hass_storage[store_key(price_house)]["data"]["pages"]) == 2


async def test_a_platform_that_fails_leaves_no_prices_running(
    price_house: PriceHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise HomeAssistantError("no platforms today")

    add_prices(price_house.hass, price_house.entry, price_data(price_house.market.url))
    monkeypatch.setattr(price_house.hass.config_entries, "async_forward_entry_setups", fails)
    assert not await price_house.hass.config_entries.async_setup(price_house.entry.entry_id)
    assert price_timers(price_house.hass) == []


async def test_an_inverter_that_was_never_met_leaves_no_prices_running(
    price_house: PriceHouse, simulator: Simulator
) -> None:
    await price_house.hass.async_add_executor_job(simulator.stop)
    add_prices(price_house.hass, price_house.entry, price_data(price_house.market.url))
    assert not await price_house.hass.config_entries.async_setup(price_house.entry.entry_id)
    assert price_house.entry.state is ConfigEntryState.SETUP_RETRY
    assert price_timers(price_house.hass) == []
    assert price_tasks() == []
