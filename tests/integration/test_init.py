"""An entry comes, goes, comes back and is forgotten; nothing is left behind and nothing is lost."""

import asyncio
import logging
from pathlib import Path
import threading
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import serial

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.simulator.faults import FaultKind, LineFault
from custom_components.nattery.core.simulator.simulator import Simulator

from .conftest import SERIAL, until


@pytest.fixture
def on_serial(hass: HomeAssistant, house_entry: MockConfigEntry, serial_port: str) -> MockConfigEntry:
    """The entry, on a real serial line at its real pace."""
    hass.config_entries.async_update_entry(house_entry, data={"type": "serial", "device": serial_port, "unit": 1})
    return house_entry


def threads() -> list[str]:
    return sorted(thread.name for thread in threading.enumerate() if "nattery" in thread.name)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def in_the_middle_of_a_poll(entry: MockConfigEntry) -> asyncio.Task[None]:
    """Begin to read everything slowly, and come back when the line is busy."""
    site = entry.runtime_data
    before = site.connection.bus.statistics.snapshot().requests
    poll = asyncio.create_task(site.identified_device.settings.async_refresh())
    await until(lambda: site.connection.bus.statistics.snapshot().requests >= before + 2)
    return poll


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and "nattery" in record.name
    ]


async def test_set_up_and_unloaded(
    hass: HomeAssistant, house: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    (device,) = dr.async_entries_for_config_entry(device_registry, house.entry_id)
    assert device.identifiers == {(DOMAIN, SERIAL)}
    assert device.serial_number == SERIAL
    assert threads()
    assert await hass.config_entries.async_unload(house.entry_id)
    assert house.state is ConfigEntryState.NOT_LOADED
    assert not [name for name in threads() if "bus" in name]


async def test_five_reloads_leave_nothing_behind(
    hass: HomeAssistant, setup_simulated: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """With the simulated inverter, which has a thread and a port of its own."""
    await hass.config_entries.async_reload(setup_simulated.entry_id)
    await hass.async_block_till_done()
    before = threads(), open_files(), len(asyncio.all_tasks())
    caplog.clear()
    for _ in range(5):
        assert await hass.config_entries.async_reload(setup_simulated.entry_id)
        await hass.async_block_till_done()
    assert setup_simulated.state is ConfigEntryState.LOADED
    assert [len(name) for name in threads()] == [len(name) for name in before[0]]
    assert open_files() <= before[1]
    assert len(asyncio.all_tasks()) <= before[2]
    assert complaints(caplog) == []


async def test_the_simulated_inverter_remembers(hass: HomeAssistant, setup_simulated: MockConfigEntry) -> None:
    await setup_simulated.runtime_data.identified_device.async_write({"max_charge_current": 42})
    assert await hass.config_entries.async_reload(setup_simulated.entry_id)
    assert setup_simulated.runtime_data.identified_device.value("max_charge_current") == 42
    assert (
        setup_simulated.runtime_data.identified_device.inverter.write_counter.writes_today(
            setup_simulated.runtime_data.identified_device.today
        )
        == 1
    )


async def test_a_strange_memory_begins_a_new_life(
    hass: HomeAssistant,
    simulated_entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    key = f"{DOMAIN}.{simulated_entry.entry_id}.simulator"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": {"version": 99}}
    assert await hass.config_entries.async_setup(simulated_entry.entry_id)
    assert "so it starts anew" in caplog.text
    assert await hass.config_entries.async_unload(simulated_entry.entry_id)


async def test_removed_and_forgotten(
    hass: HomeAssistant, setup_simulated: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await setup_simulated.runtime_data.identified_device.async_write({"max_charge_current": 42})
    await hass.config_entries.async_unload(setup_simulated.entry_id)
    kept = {f"{DOMAIN}.{setup_simulated.entry_id}.{what}" for what in ("wear", "simulator")}
    assert kept <= hass_storage.keys()
    await hass.config_entries.async_remove(setup_simulated.entry_id)
    assert not kept & hass_storage.keys()


async def test_reloaded_in_the_middle_of_a_poll(
    hass: HomeAssistant, on_serial: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    assert await hass.config_entries.async_setup(on_serial.entry_id)
    caplog.clear()
    poll = await in_the_middle_of_a_poll(on_serial)
    assert await hass.config_entries.async_reload(on_serial.entry_id)
    await poll
    assert on_serial.runtime_data.identified_device.readings.last_update_success
    assert complaints(caplog) == []


async def test_a_poll_that_finds_the_line_closed_is_no_failure(
    hass: HomeAssistant, house: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """As when it waited in the queue while the entry was unloaded."""
    site = house.runtime_data
    before = site.identified_device.readings.data
    caplog.clear()
    await site.connection.async_close()
    await site.identified_device.readings.async_refresh()
    assert site.identified_device.readings.last_update_success
    assert site.identified_device.readings.data is before
    assert complaints(caplog) == []


async def test_home_assistant_stopped_in_the_middle_of_a_poll(
    hass: HomeAssistant,
    on_serial: MockConfigEntry,
    serial_port: str,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The port is given back, the wear book is on disk, and nobody complains."""
    assert await hass.config_entries.async_setup(on_serial.entry_id)
    await on_serial.runtime_data.identified_device.async_write({"max_charge_current": 42})
    caplog.clear()
    poll = await in_the_middle_of_a_poll(on_serial)
    hass.set_state(CoreState.stopping)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await poll
    await hass.async_block_till_done()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert not [name for name in threads() if "bus" in name]
    with serial.Serial(serial_port, exclusive=True):
        pass
    assert hass_storage[f"{DOMAIN}.{on_serial.entry_id}.wear"]["data"]["total"] == {"max_charge_current": 1}
    assert complaints(caplog) == []
    with pytest.raises(HomeAssistantError) as caught:
        await on_serial.runtime_data.identified_device.async_write({"max_charge_current": 43})
    assert caught.value.translation_key == "link_closed"


async def test_cable_pulled_in_the_middle_of_a_write(
    hass: HomeAssistant, on_serial: MockConfigEntry, simulator: Simulator, hasty: None
) -> None:
    """The write says that it is not known what became of it; when the cable is back, all goes on."""
    assert await hass.config_entries.async_setup(on_serial.entry_id)
    site = on_serial.runtime_data
    for coordinator in site.identified_device.coordinators:  # no poll may take the place of the write
        coordinator.update_interval = None
        coordinator._unschedule_refresh()
    number = simulator.traffic.counters.requests + 2  # after the fresh reading that comes before every write
    pulled = LineFault(FaultKind.PORT_GONE, seconds=1.0)
    simulator._options.faults.script[number] = pulled
    with pytest.raises(HomeAssistantError) as caught:
        await site.identified_device.async_write({"max_charge_current": 42})
    assert caught.value.translation_key in {"uncertain_write", "link_lost", "link_not_found"}
    await until(lambda: site.connection.bus.connected and site.identified_device.readings.last_update_success)
    (written,) = await site.identified_device.async_write({"max_charge_current": 43})
    assert written.new == 43
    assert simulator.device.memory.get("MaxChgCurrSet") == [430]


# What stands in the way of a start


async def test_not_ready_while_nobody_is_there(
    hass: HomeAssistant, house_entry: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.stop()
    assert not await hass.config_entries.async_setup(house_entry.entry_id)
    assert house_entry.state is ConfigEntryState.SETUP_RETRY
    assert house_entry.error_reason_translation_key == "link_refused"
    assert not [name for name in threads() if "bus" in name]


async def test_a_platform_that_fails_closes_the_line(
    hass: HomeAssistant, house_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hass.config_entries, "async_forward_entry_setups", fails)
    assert not await hass.config_entries.async_setup(house_entry.entry_id)
    assert not [name for name in threads() if "bus" in name]


async def test_platforms_that_stay_keep_the_line(
    hass: HomeAssistant, house: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(*_: object) -> bool:
        return False

    with monkeypatch.context() as patch:
        patch.setattr(hass.config_entries, "async_unload_platforms", refuses)
        assert not await hass.config_entries.async_unload(house.entry_id)
    assert house.state is ConfigEntryState.FAILED_UNLOAD
    await house.runtime_data.identified_device.readings.async_refresh()
    assert house.runtime_data.identified_device.readings.last_update_success
    house.mock_state(hass, ConfigEntryState.LOADED)  # so that it is unloaded after all


async def fails(*_: object) -> None:
    raise HomeAssistantError("no platforms today")
