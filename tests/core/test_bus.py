"""The bus on a real pseudo terminal, against the simulated line; times are a tenth of the real ones."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import os
from pathlib import Path
import threading
import time

import pytest

from custom_components.nattery.core.modbus.client import ModbusClient, Priority
from custom_components.nattery.core.modbus.errors import (
    BadFrameError,
    DeviceFailureError,
    IllegalAddressError,
    ModbusError,
    NoResponseError,
    NotConnectedError,
    UncertainWriteError,
)
from custom_components.nattery.core.modbus.frames import WriteRequest
from custom_components.nattery.core.modbus.timing import Timing
from custom_components.nattery.core.modbus.transport import SerialTransport, TcpTransport
from custom_components.nattery.core.simulator.faults import FaultKind, FaultPlan, LineFault
from custom_components.nattery.core.simulator.simulator import Simulator

SOC, CHARGE_AMPS, IDENTITY = 0x7532, 0xA02F, 0xC746
MARGIN, QUIET = 0.25, 0.6
LATE = 0.4  # after the time-out and before the end of the quiet window
SLOW = {"turnaround": 0.08}  # an answer that can be waited for even on a busy machine

type OpenLine = Callable[..., tuple[ModbusClient, Simulator]]


@pytest.fixture
def open_line(tmp_path: Path, request: pytest.FixtureRequest) -> OpenLine:
    """Serve an inverter with scripted faults and open a bus to it; all is closed at the end."""

    def open_(
        script: dict[int, LineFault] | None = None, margin: float = MARGIN, quiet: float = QUIET, **options
    ) -> tuple[ModbusClient, Simulator]:
        defaults = {"turnaround": 0.003, "paced": False, "deaf_seconds": 0.1, "faults": FaultPlan(script=script or {})}
        simulator = Simulator(**defaults | options)
        request.addfinalizer(simulator.stop)
        path = simulator.serve_pty(tmp_path / "inverter")
        bus = ModbusClient(SerialTransport(path), timing=Timing(margin=margin, longest_margin=5 * margin, quiet=quiet))
        bus.start()
        request.addfinalizer(bus.close)
        return bus, simulator

    return open_


def fresh(simulator: Simulator, address: int, count: int) -> tuple[int, ...]:
    """What the device holds, asked of the device itself."""
    return tuple(simulator.device.read(address, count))


async def test_reads_and_writes_reach_the_inverter(open_line: OpenLine) -> None:
    bus, simulator = open_line()
    assert (await bus.read(1, IDENTITY, 30)).words == fresh(simulator, IDENTITY, 30)
    assert (await bus.read(255, IDENTITY, 1)).unit == 1
    await bus.write(1, CHARGE_AMPS, (420,))
    assert fresh(simulator, CHARGE_AMPS, 1) == (420,)
    await bus.write(1, 0xA0A1, (1 * 256, 2 * 256))
    assert fresh(simulator, 0xA0A1, 2) == (256, 512)
    assert simulator.record.tally.requests == 4


# A fault after which the answer may still come makes the bus probe before it goes on: one request more.
DOUBTFUL, CERTAIN = (1, 4, 5), (1, 3, 4)


@pytest.mark.parametrize(
    ("fault", "requests", "error"),
    [
        (LineFault(FaultKind.LOST), DOUBTFUL, NoResponseError),
        (LineFault(FaultKind.CRC), DOUBTFUL, BadFrameError),
        (LineFault(FaultKind.TRUNCATED), DOUBTFUL, BadFrameError),
        (LineFault(FaultKind.FOREIGN), DOUBTFUL, BadFrameError),
        (LineFault(FaultKind.GARBAGE_INSTEAD, seed=3), DOUBTFUL, BadFrameError),
        (LineFault(FaultKind.GARBAGE_BEFORE, seed=3), CERTAIN, BadFrameError),
        (LineFault(FaultKind.EXCEPTION, code=4), CERTAIN, DeviceFailureError),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
async def test_a_read_survives_one_fault_and_reports_two(
    open_line: OpenLine, fault: LineFault, requests: tuple[int, ...], error: type[ModbusError]
) -> None:
    bus, simulator = open_line(dict.fromkeys(requests, fault))
    assert (await bus.read(1, IDENTITY, 4)).words == fresh(simulator, IDENTITY, 4)
    with pytest.raises(error):
        await bus.read(1, IDENTITY, 8)
    assert (await bus.read(1, IDENTITY + 1, 8)).words == fresh(simulator, IDENTITY + 1, 8)
    assert bus.statistics.snapshot().errors == {error.kind: 3}
    assert simulator.record.tally.overlaps == 0


async def test_no_late_answer_is_given_to_the_next_request(open_line: OpenLine) -> None:
    """What every plain client gets wrong: same function, same size, one answer late."""
    bus, simulator = open_line({2: LineFault(FaultKind.LATE, LATE), 9: LineFault(FaultKind.LATE, 2.5 * LATE)})
    for address in range(IDENTITY, IDENTITY + 20):
        with suppress(NoResponseError):
            assert (await bus.read(1, address, 2)).words == fresh(simulator, address, 2)
    assert bus.statistics.snapshot().late_answers == 2


async def test_after_silence_nothing_is_sent_until_no_answer_can_come(open_line: OpenLine) -> None:
    bus, simulator = open_line({1: LineFault(FaultKind.LOST)})
    await bus.read(1, SOC, 1)
    lost, probe, _ = simulator.record.exchanges
    assert probe.arrived - lost.arrived >= QUIET


@pytest.mark.parametrize("seconds", [0.8, 1.2, 1.7])
async def test_even_an_answer_later_than_plausible_reaches_nobody(open_line: OpenLine, seconds: float) -> None:
    """Probes of other sizes find out when whoever answers has caught up."""
    bus, simulator = open_line({2: LineFault(FaultKind.LATE, seconds)}, fragile=False)
    for address in range(IDENTITY, IDENTITY + 20):
        with suppress(ModbusError):
            assert (await bus.read(1, address, 2)).words == fresh(simulator, address, 2)
    assert (await bus.read(1, IDENTITY, 2)).words == fresh(simulator, IDENTITY, 2)


async def test_a_probe_asks_only_for_what_is_there(open_line: OpenLine) -> None:
    """The register before an undeclared one is lost, which must not lead to the undeclared one."""
    bus, simulator = open_line({2: LineFault(FaultKind.LOST)})
    await bus.read(1, IDENTITY, 8)
    assert (await bus.read(1, 0xA036, 1)).words == fresh(simulator, 0xA036, 1)
    requests = [exchange.request[2:6] for exchange in simulator.record.exchanges]
    assert requests == [b"\xc7\x46\0\x08", b"\xa0\x36\0\x01", b"\xc7\x46\0\x02", b"\xa0\x36\0\x01"]


async def test_a_line_that_answers_nothing_for_long_comes_back_in_step(open_line: OpenLine) -> None:
    silent = 24
    bus, simulator = open_line(dict.fromkeys(range(1, silent), LineFault(FaultKind.LOST)), margin=0.05, quiet=0.1)
    while simulator.record.tally.requests < silent:
        with suppress(NoResponseError):
            await bus.read(1, IDENTITY, 2)
    assert (await bus.read(1, IDENTITY, 2)).words == fresh(simulator, IDENTITY, 2)


@pytest.mark.parametrize("kind", [FaultKind.LATE, FaultKind.SPLIT])
async def test_a_late_answer_ends_the_quiet_window_and_teaches_patience(open_line: OpenLine, kind: FaultKind) -> None:
    bus, simulator = open_line({1: LineFault(kind, LATE), 3: LineFault(kind, LATE)})
    await bus.read(1, SOC, 1)
    late, again = simulator.record.exchanges
    assert again.arrived - late.arrived < QUIET
    assert bus.timing.margin > MARGIN
    await bus.read(1, SOC, 1)
    assert bus.statistics.snapshot().late_answers == 1  # the second slow answer was waited for
    assert simulator.record.tally.requests == 3


@pytest.mark.parametrize("kind", [FaultKind.LOST, FaultKind.CRC])
async def test_a_write_that_arrived_is_not_sent_again(open_line: OpenLine, kind: FaultKind) -> None:
    bus, simulator = open_line({1: LineFault(kind)})
    await bus.write(1, CHARGE_AMPS, (430,))
    assert simulator.device.writes["MaxChgCurrSet"] == 1
    assert bus.statistics.snapshot().writes_confirmed_by_reading == 1


async def test_a_write_that_never_arrived_is_sent_again_after_looking(open_line: OpenLine) -> None:
    bus, simulator = open_line({1: LineFault(FaultKind.UNHEARD)})
    await bus.write(1, CHARGE_AMPS, (430,))
    assert fresh(simulator, CHARGE_AMPS, 1) == (430,)
    functions = [exchange.request[1] for exchange in simulator.record.exchanges]
    assert functions == [6, 3, 6]


async def test_a_command_that_went_unanswered_is_uncertain_and_not_repeated(open_line: OpenLine) -> None:
    bus, simulator = open_line({1: LineFault(FaultKind.LOST)})
    with pytest.raises(UncertainWriteError, match="not known whether writing 1 registers at 0x9C43"):
        await bus.write(1, 0x9C43, (1,), readable=False)
    assert simulator.record.tally.requests == 1


async def test_the_cable_goes_in_the_middle_of_a_write(open_line: OpenLine) -> None:
    bus, simulator = open_line({1: LineFault(FaultKind.PORT_GONE, 0.5)})
    before = fresh(simulator, CHARGE_AMPS, 1)
    with pytest.raises(UncertainWriteError):
        await bus.write(1, CHARGE_AMPS, (430,))
    assert fresh(simulator, CHARGE_AMPS, 1) == before
    while not bus.connected:
        await asyncio.sleep(0.01)
    assert (await bus.read(1, CHARGE_AMPS, 1)).words == before


async def test_an_illegal_address_is_an_answer_and_no_reason_to_wait(open_line: OpenLine) -> None:
    bus, simulator = open_line()
    with pytest.raises(IllegalAddressError):
        await bus.read(1, 0xA037, 1)
    await bus.read(1, SOC, 1)
    assert bus.statistics.snapshot().answers == 2
    first, second = simulator.record.exchanges
    assert second.arrived - first.arrived < QUIET


async def test_people_go_before_polls(open_line: OpenLine) -> None:
    bus, simulator = open_line(**SLOW)
    polls = [asyncio.create_task(bus.read(1, IDENTITY, 30)) for _ in range(10)]
    await asyncio.sleep(0)
    await bus.write(1, CHARGE_AMPS, (430,))
    assert sum(poll.done() for poll in polls) <= 2
    await asyncio.gather(*polls)
    assert [exchange.request[1] for exchange in simulator.record.exchanges].index(6) <= 2


async def test_a_cancelled_caller_leaves_the_wire_alone(open_line: OpenLine) -> None:
    bus, simulator = open_line(**SLOW)
    running = asyncio.create_task(bus.read(1, IDENTITY, 8))
    waiting = asyncio.create_task(bus.read(1, IDENTITY + 8, 8))
    while not simulator.record.tally.requests:
        await asyncio.sleep(0.0005)
    running.cancel()
    waiting.cancel()
    await asyncio.wait([running, waiting])
    assert (await bus.read(1, IDENTITY + 2, 8)).words == fresh(simulator, IDENTITY + 2, 8)
    assert simulator.record.tally.requests == 2  # the waiting one never went out
    assert simulator.record.tally.overlaps == 0


async def test_it_comes_back_at_once_when_the_port_does(open_line: OpenLine) -> None:
    bus, simulator = open_line()
    await bus.read(1, SOC, 1)
    simulator.stop()
    with pytest.raises(ModbusError):
        await bus.read(1, SOC, 1)
    await asyncio.sleep(2)  # long enough for the back-off to be far out
    assert not bus.connected
    with pytest.raises(NotConnectedError, match="does not exist"):
        await bus.read(1, SOC, 1)
    simulator.serve_pty(bus.place)
    returned = time.monotonic()
    while not bus.connected:
        await asyncio.sleep(0.01)
        assert time.monotonic() - returned < 1
    await bus.read(1, SOC, 1)
    assert bus.statistics.snapshot().reconnects == 1


async def test_opening_a_port_does_not_block_anyone(tmp_path: Path) -> None:
    bus = ModbusClient(SerialTransport(str(tmp_path / "nothing")))
    start = time.monotonic()
    bus.start()
    assert time.monotonic() - start < 0.2
    with pytest.raises(NotConnectedError) as caught:
        await bus.read(1, SOC, 1)
    assert caught.value.reason == "not_found"
    bus.close()


async def test_closing_finishes_what_is_on_the_wire_and_fails_the_rest(open_line: OpenLine) -> None:
    bus, simulator = open_line(**SLOW)
    first = bus.submit(WriteRequest(1, CHARGE_AMPS, (440,)))
    rest = [bus.submit(WriteRequest(1, CHARGE_AMPS, (450,))) for _ in range(3)]
    while not simulator.record.tally.requests:
        await asyncio.sleep(0.0005)
    await asyncio.to_thread(bus.close)
    assert first.result().unit == 1
    for future in rest:
        with pytest.raises(NotConnectedError, match="was closed"):
            future.result()
    assert fresh(simulator, CHARGE_AMPS, 1) == (440,)
    with pytest.raises(NotConnectedError):
        bus.submit(WriteRequest(1, CHARGE_AMPS, (1,)), Priority.PERSON)


async def test_stray_bytes_are_nobodys_answer(open_line: OpenLine) -> None:
    bus, simulator = open_line()
    good = (await bus.read(1, IDENTITY, 2)).words
    stray = bytes([1, 3, 4, 9, 9, 9, 9, 0, 0])
    os.write(simulator._line._ports[0]._master, stray)
    await asyncio.sleep(0.05)
    assert (await bus.read(1, IDENTITY, 2)).words == good
    assert bus.statistics.snapshot().stray_bytes == len(stray)


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
async def test_the_same_promises_over_tcp(framing: str) -> None:
    faults = FaultPlan(script={2: LineFault(FaultKind.LATE, LATE), 4: LineFault(FaultKind.PORT_GONE, 0.2)})
    simulator = Simulator(turnaround=0.003, faults=faults)
    bus = ModbusClient(
        TcpTransport("127.0.0.1", simulator.serve_tcp(framing=framing), rtu=framing == "rtu"),
        timing=Timing(baud=None, margin=MARGIN, quiet=QUIET),
    )
    bus.start()
    try:
        for address in range(IDENTITY, IDENTITY + 2):
            assert (await bus.read(1, address, 2)).words == fresh(simulator, address, 2)
        with pytest.raises(NotConnectedError):
            await bus.read(1, IDENTITY, 2)
        await asyncio.sleep(1.2)
        assert (await bus.read(1, IDENTITY, 2)).words == fresh(simulator, IDENTITY, 2)
    finally:
        bus.close()
        simulator.stop()


async def test_an_idle_connection_that_the_gateway_closed_costs_no_request() -> None:
    simulator = Simulator(turnaround=0.001)
    port = simulator.serve_tcp()
    bus = ModbusClient(TcpTransport("127.0.0.1", port))
    bus.start()
    try:
        await bus.read(1, SOC, 1)
        simulator.stop()
        simulator.serve_tcp(port=port)
        await bus.write(1, CHARGE_AMPS, (430,))
        assert simulator.device.writes["MaxChgCurrSet"] == 1
        assert bus.statistics.snapshot().writes_confirmed_by_reading == 0
    finally:
        bus.close()
        simulator.stop()


async def test_reloads_leave_nothing_behind(open_line: OpenLine) -> None:
    first, _ = open_line()
    path = first.place
    first.close()

    def left() -> tuple[int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    before = left()
    for _ in range(50):
        bus = ModbusClient(SerialTransport(path))
        bus.start()
        await bus.read(1, SOC, 1)
        await asyncio.to_thread(bus.close)
    assert left()[0] <= before[0]
    assert left()[1] <= before[1] + 1  # the executor's own thread
