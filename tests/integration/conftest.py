"""For the tests inside Home Assistant: a real simulated inverter behind a real bus, over loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import freezegun
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

from custom_components.nattery.const import DOMAIN, SIMULATED
from custom_components.nattery.coordinator import local_now
from custom_components.nattery.core.market.entsoe.process import PriceQueryProcess
from custom_components.nattery.core.modbus.timing import Timing
from custom_components.nattery.core.modbus.transport import SerialTransport, TcpTransport
from custom_components.nattery.core.simulator.initial_state import serial_number
from custom_components.nattery.core.simulator.simulator import Simulator
from scripts.entsoe_standin.server import StandIn
from tests.ports import free_port

from .books import MORNING, TARIFF, BookedHouse, add_trading
from .market import PriceSetup, add_prices, price_data, run_in_thread, stand_in

# A test may stop the clock of the house; the wire and the inverter at its end live on.
freezegun.configure(
    extend_ignore_list=["custom_components.nattery.core.modbus", "custom_components.nattery.core.simulator"]
)

SERIAL = serial_number(1)
ENTRY_ID = "01HNATTERY0000000000000001"  # always the same, since an entry spreads its questions by it
HOST = "127.0.0.1"


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Let the world turn until the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def _custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant find this integration; the recorder, where a test has one, must be there before."""
    if "recorder_mock" in request.fixturenames:
        request.getfixturevalue("recorder_mock")
    request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Snapshots that know Home Assistant's objects."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def everything_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch those entities on as well that wait to be asked for."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


@pytest.fixture
def simulated_entry(hass: HomeAssistant, hass_storage: dict[str, Any], socket_enabled: None) -> MockConfigEntry:
    """An entry with the built-in simulated inverter, added and not set up."""
    return _added(hass, {"type": SIMULATED, "unit": 255})


@pytest.fixture
async def setup_simulated(hass: HomeAssistant, simulated_entry: MockConfigEntry) -> AsyncIterator[MockConfigEntry]:
    """That entry, loaded; unloaded again at the end."""
    async for entry in _loaded(hass, simulated_entry):
        yield entry


@pytest.fixture
def simulator(hass: HomeAssistant, socket_enabled: None) -> Iterator[Simulator]:
    """An inverter in the hands of the test, which thinks faster than a real one."""
    with Simulator(turnaround=0.001, local_clock=local_now) as simulator:
        yield simulator


@pytest.fixture
def port(simulator: Simulator) -> int:
    """Where it listens, on loopback."""
    return simulator.serve_tcp(HOST, free_port())


@pytest.fixture
def serial_port(simulator: Simulator, tmp_path: Path) -> str:
    """The other place where it answers: a serial port, at the pace of a real one."""
    return simulator.serve_pty(tmp_path / "inverter")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find silence out in a moment, which takes seconds on a real line."""
    monkeypatch.setattr(SerialTransport, "timing", lambda _: Timing(margin=0.3, min_quarantine=0.3))
    monkeypatch.setattr(TcpTransport, "timing", lambda _: Timing(baud=None, margin=0.3, min_quarantine=0.3))


@pytest.fixture
def house_entry(hass: HomeAssistant, hass_storage: dict[str, Any], port: int) -> MockConfigEntry:
    """An entry for that inverter behind a TCP gateway, added and not set up."""
    return _added(hass, {"type": "tcp", "host": HOST, "port": port, "unit": 255})


@pytest.fixture
async def house(hass: HomeAssistant, house_entry: MockConfigEntry) -> AsyncIterator[MockConfigEntry]:
    """That entry, loaded; unloaded again at the end."""
    async for entry in _loaded(hass, house_entry):
        yield entry


@pytest.fixture
def market(socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Start the stand-in for ENTSO-E, queried without a worker process."""
    monkeypatch.setattr(PriceQueryProcess, "run", run_in_thread)
    with stand_in() as market:
        yield market


@pytest.fixture
async def price_setup(
    hass: HomeAssistant, house_entry: MockConfigEntry, market: StandIn, freezer: freezegun.api.FrozenDateTimeFactory
) -> AsyncIterator[PriceSetup]:
    """Return a config entry with prices in Berlin on a Friday morning; not set up, and unloaded at the end."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to("2026-11-20 09:07:00+01:00")
    house = PriceSetup(hass, house_entry, market, freezer)
    yield house
    await house.settle()
    await house.unload()


@pytest.fixture
async def morning(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Stop the clock of the house at eleven in Berlin; an inverter made afterwards lives in that morning too."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(MORNING)


@pytest.fixture
async def booked(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    morning: None,
    simulator: Simulator,
    house_entry: MockConfigEntry,
    market: StandIn,
    tmp_path: Path,
) -> AsyncIterator[BookedHouse]:
    """A house with prices in that morning, with a folder of its own; not set up, and unloaded at the end."""
    hass.config.config_dir = str(tmp_path)
    add_prices(hass, house_entry, price_data(market.url, tariff=TARIFF))
    house = BookedHouse(hass, house_entry, freezer, simulator)
    yield house
    await house.settle()
    if house_entry.state is ConfigEntryState.LOADED:
        assert await hass.config_entries.async_unload(house_entry.entry_id)


@pytest.fixture
async def dry(booked: BookedHouse) -> BookedHouse:
    """That house with trading and a plan, in a dry run."""
    add_trading(booked)
    await booked.set_up()
    await booked.walk(timedelta(seconds=2))
    return booked


@pytest.fixture
async def automatic(dry: BookedHouse) -> BookedHouse:
    """The same with automation on."""
    assert dry.site.trading is not None
    await dry.site.trading.async_set_automatic(on=True)
    return dry


def _added(hass: HomeAssistant, data: dict[str, Any]) -> MockConfigEntry:
    entry = MockConfigEntry(domain=DOMAIN, title="Inverter", data=data, unique_id=SERIAL, entry_id=ENTRY_ID)
    entry.add_to_hass(hass)
    return entry


async def _loaded(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncIterator[MockConfigEntry]:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    yield entry
    await hass.async_block_till_done()  # it may be about to be loaded anew
    if entry.state is ConfigEntryState.LOADED:
        assert await hass.config_entries.async_unload(entry.entry_id)
