from collections.abc import Callable

import pytest

from custom_components.nattery.core.inverter.inverter import Inverter
from custom_components.nattery.core.inverter.table import RegisterGroup, Tier
from custom_components.nattery.core.modbus import block_reader as reader_module
from custom_components.nattery.core.modbus.block_reader import BlockReader
from custom_components.nattery.core.modbus.blocks import Span
from custom_components.nattery.core.modbus.client import ModbusClient
from custom_components.nattery.core.modbus.errors import IllegalAddressError, NoResponseError
from custom_components.nattery.core.modbus.timing import Timing
from custom_components.nattery.core.modbus.transport import SerialTransport
from custom_components.nattery.core.simulator.faults import FaultKind, FaultPlan, LineFault
from custom_components.nattery.core.simulator.simulator import Simulator

START = 0x7530
EVERYWHERE = frozenset(range(0x10000))

type OpenBus = Callable[..., tuple[ModbusClient, Simulator]]


@pytest.fixture
def open_bus(simulator_pty, request) -> OpenBus:
    def open_(**options) -> tuple[ModbusClient, Simulator]:
        simulator, path = simulator_pty(**options)
        bus = ModbusClient(SerialTransport(path), timing=Timing(margin=0.25, quiet=0.5))
        bus.start()
        request.addfinalizer(bus.close)
        return bus, simulator

    return open_


def holes(simulator: Simulator, *addresses: int) -> None:
    """Make the device refuse these addresses."""
    read = simulator.device.read

    def refuse(address: int, count: int) -> list[int]:
        if any(address <= hole < address + count for hole in addresses):
            return read(0x0001, 1)  # undefined: the device answers with exception 2
        return read(address, count)

    simulator.device.read = refuse


async def test_a_refused_register_is_found_set_aside_and_the_rest_goes_on(open_bus: OpenBus) -> None:
    bus, simulator = open_bus()
    holes(simulator, START + 5)
    reader = BlockReader(bus, 1, EVERYWHERE)
    wanted = [Span(START + place) for place in range(20)]
    reading = await reader.read(wanted)
    assert set(reading.failed) == {Span(START + 5)}
    assert isinstance(reading.failed[Span(START + 5)], IllegalAddressError)
    assert len(reading.words) == 19
    requests = simulator.record.tally.requests
    assert requests <= 11
    again = await reader.read(wanted)
    assert set(again.failed) == {Span(START + 5)}
    assert reader.set_aside == (Span(START + 5),)
    assert simulator.record.tally.requests - requests <= 2


async def test_what_was_set_aside_is_tried_again_later(open_bus: OpenBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "RETRY_AFTER", 0.0)
    bus, simulator = open_bus()
    good = simulator.device.read
    holes(simulator, START)
    reader = BlockReader(bus, 1, EVERYWHERE)
    assert (await reader.read([Span(START)])).failed
    simulator.device.read = good
    assert not (await reader.read([Span(START)])).failed
    assert reader.set_aside == ()


async def test_a_refused_hole_between_good_registers_is_never_read_through_again(open_bus: OpenBus) -> None:
    bus, simulator = open_bus()
    holes(simulator, START + 1)
    reader = BlockReader(bus, 1, EVERYWHERE)
    wanted = [Span(START), Span(START + 2)]
    assert not (await reader.read(wanted)).failed
    assert simulator.record.tally.requests == 3
    assert not (await reader.read(wanted)).failed
    assert simulator.record.tally.requests == 5


async def test_one_silent_block_blanks_only_its_own_values(open_bus: OpenBus) -> None:
    lost = LineFault(FaultKind.LOST)
    bus, _ = open_bus(faults=FaultPlan(script={2: lost, 3: lost}))
    inverter = Inverter(bus, 1, options=tuple(RegisterGroup))
    report = await inverter.read(Tier.FAST)
    assert report.failed
    assert report.values
    assert {type(error) for error in report.failed.values()} == {NoResponseError}
    assert report.error is None
    assert not report.failed.keys() & report.values.keys()


async def test_a_dead_inverter_is_not_asked_for_block_after_block(open_bus: OpenBus) -> None:
    bus, simulator = open_bus(unit=7)
    report = await Inverter(bus, 1).read(Tier.SETTINGS)
    assert isinstance(report.error, NoResponseError)
    assert simulator.record.tally.others <= 4
