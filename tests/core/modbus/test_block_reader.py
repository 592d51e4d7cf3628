from collections.abc import Callable

import pytest

from custom_components.nattery.core.inverter.inverter import Inverter
from custom_components.nattery.core.inverter.table import RegisterGroup, Tier
from custom_components.nattery.core.modbus import block_reader
from custom_components.nattery.core.modbus.block_reader import BlockReader
from custom_components.nattery.core.modbus.blocks import RegisterRange
from custom_components.nattery.core.modbus.client import ModbusClient
from custom_components.nattery.core.modbus.errors import IllegalAddressError, NoResponseError
from custom_components.nattery.core.modbus.timing import Timing
from custom_components.nattery.core.modbus.transport import SerialTransport
from custom_components.nattery.core.simulator.faults import FaultKind, FaultPlan, LineFault
from custom_components.nattery.core.simulator.simulator import Simulator

START = 0x7530
ALL_ADDRESSES = frozenset(range(0x10000))

type OpenClient = Callable[..., tuple[ModbusClient, Simulator]]


@pytest.fixture
def open_client(simulator_pty, request) -> OpenClient:
    def open_with_options(**options) -> tuple[ModbusClient, Simulator]:
        simulator, path = simulator_pty(**options)
        client = ModbusClient(SerialTransport(path), timing=Timing(margin=0.25, min_quarantine=0.5))
        client.start()
        request.addfinalizer(client.close)
        return client, simulator

    return open_with_options


def refuse_addresses(simulator: Simulator, *addresses: int) -> None:
    """Make the simulated inverter answer these addresses with exception 2."""
    read = simulator.device.read

    def refuse(address: int, count: int) -> list[int]:
        if any(address <= refused < address + count for refused in addresses):
            return read(0x0001, 1)  # an undefined address: exception 2
        return read(address, count)

    simulator.device.read = refuse


async def test_illegal_address_excludes_only_its_own_register(open_client: OpenClient) -> None:
    client, simulator = open_client()
    refuse_addresses(simulator, START + 5)
    reader = BlockReader(client, 1, ALL_ADDRESSES)
    wanted = [RegisterRange(START + place) for place in range(20)]
    reading = await reader.read(wanted)
    assert set(reading.failed) == {RegisterRange(START + 5)}
    assert isinstance(reading.failed[RegisterRange(START + 5)], IllegalAddressError)
    assert len(reading.words) == 19
    requests = simulator.traffic.counters.requests
    assert requests <= 11
    again = await reader.read(wanted)
    assert set(again.failed) == {RegisterRange(START + 5)}
    assert reader.unsupported == (RegisterRange(START + 5),)
    assert simulator.traffic.counters.requests - requests <= 2


async def test_unsupported_register_is_retried_later(open_client: OpenClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_reader, "RETRY_AFTER", 0.0)
    client, simulator = open_client()
    good = simulator.device.read
    refuse_addresses(simulator, START)
    reader = BlockReader(client, 1, ALL_ADDRESSES)
    assert (await reader.read([RegisterRange(START)])).failed
    simulator.device.read = good
    assert not (await reader.read([RegisterRange(START)])).failed
    assert reader.unsupported == ()


async def test_refused_gap_is_not_read_again(open_client: OpenClient) -> None:
    client, simulator = open_client()
    refuse_addresses(simulator, START + 1)
    reader = BlockReader(client, 1, ALL_ADDRESSES)
    wanted = [RegisterRange(START), RegisterRange(START + 2)]
    assert not (await reader.read(wanted)).failed
    assert simulator.traffic.counters.requests == 3
    assert not (await reader.read(wanted)).failed
    assert simulator.traffic.counters.requests == 5


async def test_timeout_of_one_block_fails_only_its_own_values(open_client: OpenClient) -> None:
    lost = LineFault(FaultKind.RESPONSE_LOST)
    client, _ = open_client(faults=FaultPlan(script={2: lost, 3: lost}))
    inverter = Inverter(client, 1, groups=tuple(RegisterGroup))
    report = await inverter.read(Tier.FAST)
    assert report.failed
    assert report.values
    assert {type(error) for error in report.failed.values()} == {NoResponseError}
    assert report.error is None
    assert not report.failed.keys() & report.values.keys()


async def test_remaining_blocks_are_skipped_after_two_timeouts(open_client: OpenClient) -> None:
    client, simulator = open_client(unit=7)
    report = await Inverter(client, 1).read(Tier.SETTINGS)
    assert isinstance(report.error, NoResponseError)
    assert simulator.traffic.counters.other_units <= 4
