"""Issues come when a person is needed, say what to do, and go by themselves."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.repairs import DOMAIN as REPAIRS, RepairsFlowManager, repairs_flow_manager
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.inverter.write_counter import REFUSE_AT, WARN_AT
from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.device import InverterDevice
from custom_components.nattery.issue_monitor import CHECK_INTERVAL, SILENT_AFTER, STRAY_PERIOD, SUSPICIOUS
from custom_components.nattery.issues import (
    SECOND_MASTER,
    SILENT_LINE,
    WRITE_LIMIT,
    WRONG_DEVICE,
    issue_id,
)

from .conftest import HOST, until
from .texts import TEXTS, placeholders_of


def issue(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> ir.IssueEntry | None:
    """The issue, after a look at whether its text can be filled in."""
    found = ir.async_get(hass).async_get_issue(DOMAIN, issue_id(entry.entry_id, name))
    if found is not None:
        assert found.translation_key == name
        texts = TEXTS["issues"][name]
        given = set(found.translation_placeholders or ())
        assert placeholders_of(texts["title"] + texts.get("description", "")) <= given
        assert given >= {"entry"}
    return found


async def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory, span: timedelta) -> None:
    freezer.tick(span)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
async def flows(hass: HomeAssistant) -> RepairsFlowManager:
    assert await async_setup_component(hass, REPAIRS, {})
    manager = repairs_flow_manager(hass)
    assert manager is not None
    return manager


async def test_nothing_is_wrong(hass: HomeAssistant, house: MockConfigEntry) -> None:
    assert [issue.issue_id for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN] == []


# The wrong device


async def test_another_inverter_at_the_start(
    hass: HomeAssistant, house_entry: MockConfigEntry, simulator: Simulator, port: int
) -> None:
    hass.config_entries.async_update_entry(house_entry, unique_id="SIM000000000000")
    assert not await hass.config_entries.async_setup(house_entry.entry_id)
    assert house_entry.state is ConfigEntryState.SETUP_ERROR
    assert house_entry.error_reason_translation_key == "wrong_device"
    found = issue(hass, house_entry, WRONG_DEVICE)
    assert found is not None
    assert not found.is_fixable
    assert found.translation_placeholders == {"entry": "Inverter", "place": f"{HOST}:{port}"}
    hass.config_entries.async_update_entry(house_entry, unique_id=simulator.device.serial)
    assert await hass.config_entries.async_reload(house_entry.entry_id)
    assert issue(hass, house_entry, WRONG_DEVICE) is None


async def test_another_inverter_after_the_line_was_down(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, port: int
) -> None:
    """Nothing of it is shown, nothing is written to it, and the right one is welcome again."""
    device = house.runtime_data.identified_device
    await lose_connection(hass, house, simulator)
    with Simulator(seed=2) as other:
        await hass.async_add_executor_job(other.serve_tcp, HOST, port)
        await until(lambda: issue(hass, house, WRONG_DEVICE) is not None)
        assert device.wrong_device
        assert not device.readings.last_update_success
        with pytest.raises(Exception, match="A device other than the configured inverter responds"):
            await device.async_write({"max_charge_current": 42})
        with pytest.raises(Exception, match="A device other than the configured inverter responds"):
            await device.async_sync_clock()
        assert not other.device.writes
    await hass.async_add_executor_job(simulator.serve_tcp, HOST, port)
    await until(lambda: issue(hass, house, WRONG_DEVICE) is None and device.readings.last_update_success)


@pytest.mark.parametrize("action", ["poll", "write", "set the clock"])
async def test_another_inverter_is_found_out_by_whoever_is_first(
    hass: HomeAssistant,
    house: MockConfigEntry,
    simulator: Simulator,
    port: int,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
) -> None:
    """A poll or a write may open the connection again, before anything else is told that it is back."""
    device = house.runtime_data.identified_device
    monkeypatch.setattr(InverterDevice, "async_reconnect", InverterDevice.async_refresh)
    monkeypatch.setattr(InverterDevice, "async_refresh", nothing)
    await lose_connection(hass, house, simulator)
    with Simulator(seed=2) as other:
        await hass.async_add_executor_job(other.serve_tcp, HOST, port)
        await until(lambda: device.inverter.client.connected)
        if action == "poll":
            await device.readings.async_refresh()
            assert not device.readings.last_update_success
        else:
            write = device.async_write({"max_charge_current": 42}) if action == "write" else device.async_sync_clock()
            with pytest.raises(Exception, match="A device other than the configured inverter responds"):
                await write
        assert not other.device.writes
        assert issue(hass, house, WRONG_DEVICE) is not None


async def lose_connection(hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator) -> None:
    """Stop the inverter, and notice that at once and not only with the next poll."""
    await hass.async_add_executor_job(simulator.stop)
    await entry.runtime_data.identified_device.readings.async_refresh()
    assert not entry.runtime_data.identified_device.readings.last_update_success


async def nothing(*_: object) -> None:
    """Do nothing."""


async def test_removing_the_entry_removes_what_was_told(
    hass: HomeAssistant, house_entry: MockConfigEntry, port: int
) -> None:
    hass.config_entries.async_update_entry(house_entry, unique_id="SIM000000000000")
    await hass.config_entries.async_setup(house_entry.entry_id)
    assert issue(hass, house_entry, WRONG_DEVICE) is not None
    await hass.config_entries.async_remove(house_entry.entry_id)
    assert issue(hass, house_entry, WRONG_DEVICE) is None


# The silent line


async def fall_silent(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    await hass.async_add_executor_job(simulator.stop)
    await entry.runtime_data.identified_device.readings.async_refresh()
    assert not entry.runtime_data.identified_device.readings.last_update_success
    await pass_time(hass, freezer, SILENT_AFTER - CHECK_INTERVAL / 2)
    assert issue(hass, entry, SILENT_LINE) is None
    await pass_time(hass, freezer, CHECK_INTERVAL)


async def test_a_silent_line_is_told_and_taken_back(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, port: int, freezer: FrozenDateTimeFactory
) -> None:
    await fall_silent(hass, house, simulator, freezer)
    found = issue(hass, house, SILENT_LINE)
    assert found is not None
    assert found.is_fixable
    assert found.translation_placeholders is not None
    assert "refused the connection" in found.translation_placeholders["reason"]
    await hass.async_add_executor_job(simulator.serve_tcp, HOST, port)
    await house.runtime_data.identified_device.async_reconnect()
    assert issue(hass, house, SILENT_LINE) is None


async def test_a_silent_line_can_be_asked_at_once(
    hass: HomeAssistant,
    house: MockConfigEntry,
    simulator: Simulator,
    port: int,
    freezer: FrozenDateTimeFactory,
    flows: RepairsFlowManager,
) -> None:
    await fall_silent(hass, house, simulator, freezer)
    form = await flows.async_init(DOMAIN, data={"issue_id": issue_id(house.entry_id, SILENT_LINE)})
    assert form["type"] is FlowResultType.FORM
    texts = TEXTS["issues"][SILENT_LINE]["fix_flow"]
    given = set(form["description_placeholders"] or ())
    assert given >= placeholders_of("".join(texts["step"]["confirm"].values()) + texts["error"]["still_silent"])
    form = await flows.async_configure(form["flow_id"], {})
    assert form["errors"] == {"base": "still_silent"}
    assert issue(hass, house, SILENT_LINE) is not None
    await hass.async_add_executor_job(simulator.serve_tcp, HOST, port)
    done = await flows.async_configure(form["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert issue(hass, house, SILENT_LINE) is None


async def test_an_unloaded_entry_is_not_asked(
    hass: HomeAssistant,
    house: MockConfigEntry,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    flows: RepairsFlowManager,
) -> None:
    await fall_silent(hass, house, simulator, freezer)
    form = await flows.async_init(DOMAIN, data={"issue_id": issue_id(house.entry_id, SILENT_LINE)})
    await hass.config_entries.async_unload(house.entry_id)
    assert issue(hass, house, SILENT_LINE) is None
    done = await flows.async_configure(form["flow_id"], {})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_loaded")


# A second master


async def test_a_second_master_is_suspected(
    hass: HomeAssistant, house: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    statistics = house.runtime_data.connection.bus.statistics
    statistics.count("stray_bytes", SUSPICIOUS - 1)
    await pass_time(hass, freezer, CHECK_INTERVAL)
    assert issue(hass, house, SECOND_MASTER) is None
    statistics.count("foreign_frames")
    await pass_time(hass, freezer, CHECK_INTERVAL)
    found = issue(hass, house, SECOND_MASTER)
    assert found is not None
    assert not found.is_fixable
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["strays"] == str(SUSPICIOUS)
    await pass_time(hass, freezer, STRAY_PERIOD)
    assert issue(hass, house, SECOND_MASTER) is None


async def test_a_little_noise_is_no_second_master(
    hass: HomeAssistant, house: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Even where it adds up to much over a day."""
    for _ in range(12):
        house.runtime_data.connection.bus.statistics.count("stray_bytes", SUSPICIOUS // 2)
        await pass_time(hass, freezer, STRAY_PERIOD + CHECK_INTERVAL)
        assert issue(hass, house, SECOND_MASTER) is None


# Too many writes


async def test_the_write_limit(hass: HomeAssistant, house: MockConfigEntry, freezer: FrozenDateTimeFactory) -> None:
    site = house.runtime_data
    for _ in range(WARN_AT - 1):
        site.identified_device.inverter.write_counter.record("max_charge_current", site.identified_device.today)
    await site.identified_device.settings.async_refresh()
    assert issue(hass, house, WRITE_LIMIT) is None
    await site.identified_device.async_write({"max_charge_current": 42})
    found = issue(hass, house, WRITE_LIMIT)
    assert found is not None
    assert not found.is_fixable
    assert found.translation_placeholders == {
        "entry": "Inverter",
        "registers": f"MaxChgCurrSet ({WARN_AT})",
        "warn": str(WARN_AT),
        "limit": str(REFUSE_AT),
    }
    await pass_time(hass, freezer, timedelta(days=1))
    assert issue(hass, house, WRITE_LIMIT) is None
