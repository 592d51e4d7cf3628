"""A house whose inverter says nothing when it starts."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.issues import WRONG_DEVICE, issue_id
from custom_components.nattery.sensor import COMMUNICATION

from .conftest import HOST, SERIAL, until

CONNECTION = "binary_sensor.inverter_connection"


@pytest.fixture
async def met(hass: HomeAssistant, house_entry: MockConfigEntry, simulator: Simulator) -> MockConfigEntry:
    """An entry that has met its inverter, not loaded; the inverter is gone."""
    assert await hass.config_entries.async_setup(house_entry.entry_id)
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(house_entry.entry_id)
    await hass.async_add_executor_job(simulator.stop)
    return house_entry


def states(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, str]:
    """Every entity of the inverter that has a state, with it."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    found = {entity.entity_id: hass.states.get(entity.entity_id) for entity in entities if not entity.disabled}
    return {entity_id: state.state for entity_id, state in found.items() if state is not None}


async def test_an_inverter_that_was_met_before_may_be_silent(
    hass: HomeAssistant,
    everything_enabled: None,
    met: MockConfigEntry,
    simulator: Simulator,
    port: int,
    hasty: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """All its entities are there, unavailable, until it answers by itself."""
    assert await hass.config_entries.async_setup(met.entry_id)
    assert met.state is ConfigEntryState.LOADED
    silent = states(hass, met)
    assert silent[CONNECTION] == "off"
    always = {
        er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{SERIAL}_{talk.key}") for talk in COMMUNICATION
    }
    assert {entity_id for entity_id, state in silent.items() if state != "unavailable"} == {CONNECTION, *always}
    await hass.async_add_executor_job(simulator.serve_tcp, HOST, port)
    await until(lambda: "unavailable" not in states(hass, met).values())
    answering = states(hass, met)
    assert answering.keys() == silent.keys()
    assert answering[CONNECTION] == "on"
    assert "Traceback" not in caplog.text
    assert met.runtime_data.identified_device.identity.serial_number == SERIAL
    await hass.config_entries.async_unload(met.entry_id)


async def test_one_that_was_never_met_is_waited_for(
    hass: HomeAssistant, house_entry: MockConfigEntry, simulator: Simulator, hasty: None
) -> None:
    await hass.async_add_executor_job(simulator.stop)
    assert not await hass.config_entries.async_setup(house_entry.entry_id)
    assert house_entry.state is ConfigEntryState.SETUP_RETRY
    assert states(hass, house_entry) == {}


async def test_another_inverter_is_an_error_at_once(
    hass: HomeAssistant, met: MockConfigEntry, port: int, issue_registry: ir.IssueRegistry
) -> None:
    with Simulator(seed=2, turnaround=0.001) as stranger:
        await hass.async_add_executor_job(stranger.serve_tcp, HOST, port)
        assert not await hass.config_entries.async_setup(met.entry_id)
        assert met.state is ConfigEntryState.SETUP_ERROR
        assert met.error_reason_translation_key == "wrong_device"
        assert issue_registry.async_get_issue(DOMAIN, issue_id(met.entry_id, WRONG_DEVICE))
        assert set(states(hass, met).values()) <= {"unavailable"}


async def test_another_inverter_that_answers_later_is_not_polled(
    hass: HomeAssistant, met: MockConfigEntry, port: int, issue_registry: ir.IssueRegistry, hasty: None
) -> None:
    """Where the remembered one was silent, whoever answers is asked who it is."""
    assert await hass.config_entries.async_setup(met.entry_id)
    with Simulator(seed=2, turnaround=0.001) as stranger:
        await hass.async_add_executor_job(stranger.serve_tcp, HOST, port)
        await until(lambda: met.runtime_data.identified_device.wrong_device)
        shown = {entity_id for entity_id, state in states(hass, met).items() if state != "unavailable"}
        assert shown == {CONNECTION}
        assert issue_registry.async_get_issue(DOMAIN, issue_id(met.entry_id, WRONG_DEVICE))
        assert await hass.config_entries.async_unload(met.entry_id)


async def test_who_it_was_is_forgotten_with_the_entry(
    hass: HomeAssistant, met: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    key = f"{DOMAIN}.{met.entry_id}.identity"
    assert hass_storage[key]["data"]["serial_number"] == SERIAL
    await hass.config_entries.async_remove(met.entry_id)
    assert key not in hass_storage
