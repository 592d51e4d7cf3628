"""The Modbus client on a real pseudo terminal; times are about a tenth of the real ones."""

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
from tests.ports import free_port

SOC, CHARGE_AMPS, IDENTITY = 0x7532, 0xA02F, 0xC746
MARGIN, MIN_QUARANTINE = 0.25, 0.6
LATE_SECONDS = 0.4  # after the timeout and before the end of the quarantine
SLOW_DEVICE = {"turnaround": 0.08}  # slow enough to observe a running transaction on a busy machine

type OpenClient = Callable[..., tuple[ModbusClient, Simulator]]


@pytest.fixture
def open_client(tmp_path: Path, request: pytest.FixtureRequest) -> OpenClient:
    """Return a factory that serves an inverter with scripted faults and opens a client to it."""

    def open_with_options(
        script: dict[int, LineFault] | None = None,
        margin: float = MARGIN,
        min_quarantine: float = MIN_QUARANTINE,
        **options,
    ) -> tuple[ModbusClient, Simulator]:
        defaults = {
            "turnaround": 0.003,
            "paced": False,
            "recovery_seconds": 0.1,
            "faults": FaultPlan(script=script or {}),
        }
        simulator = Simulator(**defaults | options)
        request.addfinalizer(simulator.stop)
        path = simulator.serve_pty(tmp_path / "inverter")
        client = ModbusClient(
            SerialTransport(path), timing=Timing(margin=margin, max_margin=5 * margin, min_quarantine=min_quarantine)
        )
        client.start()
        request.addfinalizer(client.close)
        return client, simulator

    return open_with_options


def device_words(simulator: Simulator, address: int, count: int) -> tuple[int, ...]:
    """Return the words in the simulated inverter's own memory."""
    return tuple(simulator.device.read(address, count))


async def test_read_and_write(open_client: OpenClient) -> None:
    client, simulator = open_client()
    assert (await client.read(1, IDENTITY, 30)).words == device_words(simulator, IDENTITY, 30)
    assert (await client.read(255, IDENTITY, 1)).unit == 1
    await client.write(1, CHARGE_AMPS, (420,))
    assert device_words(simulator, CHARGE_AMPS, 1) == (420,)
    await client.write(1, 0xA0A1, (1 * 256, 2 * 256))
    assert device_words(simulator, 0xA0A1, 2) == (256, 512)
    assert simulator.traffic.counters.requests == 4


# After a fault that leaves a response outstanding, the client sends a probe: one more request.
PROBED_REQUESTS, UNPROBED_REQUESTS = (1, 4, 5), (1, 3, 4)


@pytest.mark.parametrize(
    ("fault", "requests", "error"),
    [
        (LineFault(FaultKind.RESPONSE_LOST), PROBED_REQUESTS, NoResponseError),
        (LineFault(FaultKind.CRC), PROBED_REQUESTS, BadFrameError),
        (LineFault(FaultKind.TRUNCATED), PROBED_REQUESTS, BadFrameError),
        (LineFault(FaultKind.WRONG_UNIT), PROBED_REQUESTS, BadFrameError),
        (LineFault(FaultKind.GARBAGE_INSTEAD, seed=3), PROBED_REQUESTS, BadFrameError),
        (LineFault(FaultKind.GARBAGE_BEFORE, seed=3), UNPROBED_REQUESTS, BadFrameError),
        (LineFault(FaultKind.EXCEPTION, code=4), UNPROBED_REQUESTS, DeviceFailureError),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
async def test_read_is_retried_once(
    open_client: OpenClient, fault: LineFault, requests: tuple[int, ...], error: type[ModbusError]
) -> None:
    client, simulator = open_client(dict.fromkeys(requests, fault))
    assert (await client.read(1, IDENTITY, 4)).words == device_words(simulator, IDENTITY, 4)
    with pytest.raises(error):
        await client.read(1, IDENTITY, 8)
    assert (await client.read(1, IDENTITY + 1, 8)).words == device_words(simulator, IDENTITY + 1, 8)
    assert client.statistics.snapshot().errors == {error.kind: 3}
    assert simulator.traffic.counters.overlaps == 0


async def test_late_response_is_not_matched_to_the_next_request(open_client: OpenClient) -> None:
    """A plain client fails here: same function, same size, one late response."""
    client, simulator = open_client(
        {2: LineFault(FaultKind.LATE, LATE_SECONDS), 9: LineFault(FaultKind.LATE, 2.5 * LATE_SECONDS)}
    )
    for address in range(IDENTITY, IDENTITY + 20):
        with suppress(NoResponseError):
            assert (await client.read(1, address, 2)).words == device_words(simulator, address, 2)
    assert client.statistics.snapshot().late_responses == 2


async def test_nothing_is_sent_during_quarantine(open_client: OpenClient) -> None:
    client, simulator = open_client({1: LineFault(FaultKind.RESPONSE_LOST)})
    await client.read(1, SOC, 1)
    lost, probe, _ = simulator.traffic.transactions
    assert probe.started - lost.started >= MIN_QUARANTINE


@pytest.mark.parametrize("seconds", [0.8, 1.2, 1.7])
async def test_response_after_the_quarantine_is_discarded(open_client: OpenClient, seconds: float) -> None:
    """Probes of other sizes show when no response is outstanding any more."""
    client, simulator = open_client({2: LineFault(FaultKind.LATE, seconds)}, fails_on_overlap=False)
    for address in range(IDENTITY, IDENTITY + 20):
        with suppress(ModbusError):
            assert (await client.read(1, address, 2)).words == device_words(simulator, address, 2)
    assert (await client.read(1, IDENTITY, 2)).words == device_words(simulator, IDENTITY, 2)


async def test_probe_reads_only_existing_registers(open_client: OpenClient) -> None:
    """The response that is lost is for the register before an undeclared one, which the probe must not read."""
    client, simulator = open_client({2: LineFault(FaultKind.RESPONSE_LOST)})
    await client.read(1, IDENTITY, 8)
    assert (await client.read(1, 0xA036, 1)).words == device_words(simulator, 0xA036, 1)
    requests = [transaction.request[2:6] for transaction in simulator.traffic.transactions]
    assert requests == [b"\xc7\x46\0\x08", b"\xa0\x36\0\x01", b"\xc7\x46\0\x02", b"\xa0\x36\0\x01"]


async def test_client_resynchronises_after_many_timeouts(open_client: OpenClient) -> None:
    silent = 24
    client, simulator = open_client(
        dict.fromkeys(range(1, silent), LineFault(FaultKind.RESPONSE_LOST)), margin=0.05, min_quarantine=0.1
    )
    while simulator.traffic.counters.requests < silent:
        with suppress(NoResponseError):
            await client.read(1, IDENTITY, 2)
    assert (await client.read(1, IDENTITY, 2)).words == device_words(simulator, IDENTITY, 2)


@pytest.mark.parametrize("kind", [FaultKind.LATE, FaultKind.SPLIT])
async def test_late_response_ends_quarantine_and_raises_the_margin(open_client: OpenClient, kind: FaultKind) -> None:
    client, simulator = open_client({1: LineFault(kind, LATE_SECONDS), 3: LineFault(kind, LATE_SECONDS)})
    await client.read(1, SOC, 1)
    late, again = simulator.traffic.transactions
    assert again.started - late.started < MIN_QUARANTINE
    assert client.timing.margin > MARGIN
    await client.read(1, SOC, 1)
    assert client.statistics.snapshot().late_responses == 1  # the margin has grown, so the second one is in time
    assert simulator.traffic.counters.requests == 3


@pytest.mark.parametrize("kind", [FaultKind.RESPONSE_LOST, FaultKind.CRC])
async def test_executed_write_is_not_repeated(open_client: OpenClient, kind: FaultKind) -> None:
    client, simulator = open_client({1: LineFault(kind)})
    await client.write(1, CHARGE_AMPS, (430,))
    assert simulator.device.writes["MaxChgCurrSet"] == 1
    assert client.statistics.snapshot().writes_confirmed_by_reading == 1


async def test_lost_write_is_repeated_after_reading(open_client: OpenClient) -> None:
    client, simulator = open_client({1: LineFault(FaultKind.REQUEST_LOST)})
    await client.write(1, CHARGE_AMPS, (430,))
    assert device_words(simulator, CHARGE_AMPS, 1) == (430,)
    functions = [transaction.request[1] for transaction in simulator.traffic.transactions]
    assert functions == [6, 3, 6]


async def test_unanswered_command_is_uncertain_and_not_repeated(open_client: OpenClient) -> None:
    client, simulator = open_client({1: LineFault(FaultKind.RESPONSE_LOST)})
    with pytest.raises(UncertainWriteError, match="not known whether writing 1 registers at 0x9C43"):
        await client.write(1, 0x9C43, (1,), readable=False)
    assert simulator.traffic.counters.requests == 1


async def test_port_lost_during_a_write(open_client: OpenClient) -> None:
    client, simulator = open_client({1: LineFault(FaultKind.PORT_GONE, 0.5)})
    before = device_words(simulator, CHARGE_AMPS, 1)
    with pytest.raises(UncertainWriteError):
        await client.write(1, CHARGE_AMPS, (430,))
    assert device_words(simulator, CHARGE_AMPS, 1) == before
    while not client.connected:
        await asyncio.sleep(0.01)
    assert (await client.read(1, CHARGE_AMPS, 1)).words == before


async def test_exception_response_starts_no_quarantine(open_client: OpenClient) -> None:
    client, simulator = open_client()
    with pytest.raises(IllegalAddressError):
        await client.read(1, 0xA037, 1)
    await client.read(1, SOC, 1)
    assert client.statistics.snapshot().responses == 2
    first, second = simulator.traffic.transactions
    assert second.started - first.started < MIN_QUARANTINE


async def test_writes_precede_polls(open_client: OpenClient) -> None:
    client, simulator = open_client(**SLOW_DEVICE)
    polls = [asyncio.create_task(client.read(1, IDENTITY, 30)) for _ in range(10)]
    await asyncio.sleep(0)
    await client.write(1, CHARGE_AMPS, (430,))
    assert sum(poll.done() for poll in polls) <= 2
    await asyncio.gather(*polls)
    assert [transaction.request[1] for transaction in simulator.traffic.transactions].index(6) <= 2


async def test_cancelling_does_not_interrupt_a_transaction(open_client: OpenClient) -> None:
    client, simulator = open_client(**SLOW_DEVICE)
    running = asyncio.create_task(client.read(1, IDENTITY, 8))
    waiting = asyncio.create_task(client.read(1, IDENTITY + 8, 8))
    while not simulator.traffic.counters.requests:
        await asyncio.sleep(0.0005)
    running.cancel()
    waiting.cancel()
    await asyncio.wait([running, waiting])
    assert (await client.read(1, IDENTITY + 2, 8)).words == device_words(simulator, IDENTITY + 2, 8)
    assert simulator.traffic.counters.requests == 2  # the queued request was never sent
    assert simulator.traffic.counters.overlaps == 0


async def test_client_reconnects_when_the_port_reappears(open_client: OpenClient) -> None:
    client, simulator = open_client()
    await client.read(1, SOC, 1)
    simulator.stop()
    with pytest.raises(ModbusError):
        await client.read(1, SOC, 1)
    await asyncio.sleep(2)  # long enough for a long backoff
    assert not client.connected
    with pytest.raises(NotConnectedError, match="does not exist"):
        await client.read(1, SOC, 1)
    simulator.serve_pty(client.endpoint)
    returned = time.monotonic()
    while not client.connected:
        await asyncio.sleep(0.01)
        assert time.monotonic() - returned < 1
    await client.read(1, SOC, 1)
    assert client.statistics.snapshot().reconnects == 1


async def test_start_does_not_block_while_opening_the_port(tmp_path: Path) -> None:
    client = ModbusClient(SerialTransport(str(tmp_path / "nothing")))
    start = time.monotonic()
    client.start()
    assert time.monotonic() - start < 0.2
    with pytest.raises(NotConnectedError) as caught:
        await client.read(1, SOC, 1)
    assert caught.value.reason == "not_found"
    client.close()


async def test_close_completes_the_transaction_and_fails_the_queue(open_client: OpenClient) -> None:
    client, simulator = open_client(**SLOW_DEVICE)
    first = client.submit(WriteRequest(1, CHARGE_AMPS, (440,)))
    rest = [client.submit(WriteRequest(1, CHARGE_AMPS, (450,))) for _ in range(3)]
    while not simulator.traffic.counters.requests:
        await asyncio.sleep(0.0005)
    await asyncio.to_thread(client.close)
    assert first.result().unit == 1
    for future in rest:
        with pytest.raises(NotConnectedError, match="was closed"):
            future.result()
    assert device_words(simulator, CHARGE_AMPS, 1) == (440,)
    with pytest.raises(NotConnectedError):
        client.submit(WriteRequest(1, CHARGE_AMPS, (1,)), Priority.HIGH)


async def test_stray_bytes_are_discarded(open_client: OpenClient) -> None:
    client, simulator = open_client()
    good = (await client.read(1, IDENTITY, 2)).words
    stray = bytes([1, 3, 4, 9, 9, 9, 9, 0, 0])
    os.write(simulator._server._ports[0]._master, stray)
    await asyncio.sleep(0.05)
    assert (await client.read(1, IDENTITY, 2)).words == good
    assert client.statistics.snapshot().stray_bytes == len(stray)


async def read_twice(client: ModbusClient) -> None:
    """Reach the scripted request: a late response that is read in time, on a busy machine, is not repeated."""
    for _ in range(2):
        await client.read(1, IDENTITY, 2)


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
async def test_late_response_and_lost_connection_over_tcp(framing: str) -> None:
    faults = FaultPlan(script={2: LineFault(FaultKind.LATE, LATE_SECONDS), 4: LineFault(FaultKind.PORT_GONE, 0.8)})
    simulator = Simulator(turnaround=0.003, faults=faults)
    client = ModbusClient(
        TcpTransport("127.0.0.1", simulator.serve_tcp(port=free_port(), framing=framing), rtu=framing == "rtu"),
        timing=Timing(baud=None, margin=MARGIN, min_quarantine=MIN_QUARANTINE),
    )
    client.start()
    try:
        for address in range(IDENTITY, IDENTITY + 2):
            assert (await client.read(1, address, 2)).words == device_words(simulator, address, 2)
        with pytest.raises(NotConnectedError):
            await read_twice(client)
        await asyncio.sleep(1.8)
        assert (await client.read(1, IDENTITY, 2)).words == device_words(simulator, IDENTITY, 2)
    finally:
        client.close()
        simulator.stop()


async def test_idle_connection_closed_by_the_gateway_is_reopened() -> None:
    simulator = Simulator(turnaround=0.001)
    port = simulator.serve_tcp(port=free_port())
    client = ModbusClient(TcpTransport("127.0.0.1", port))
    client.start()
    try:
        await client.read(1, SOC, 1)
        simulator.stop()
        simulator.serve_tcp(port=port)
        await client.write(1, CHARGE_AMPS, (430,))
        assert simulator.device.writes["MaxChgCurrSet"] == 1
        assert client.statistics.snapshot().writes_confirmed_by_reading == 0
    finally:
        client.close()
        simulator.stop()


async def test_reopening_leaks_no_resources(open_client: OpenClient) -> None:
    first, _ = open_client()
    path = first.endpoint
    first.close()

    def resources() -> tuple[int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    before = resources()
    for _ in range(50):
        client = ModbusClient(SerialTransport(path))
        client.start()
        await client.read(1, SOC, 1)
        await asyncio.to_thread(client.close)
    assert resources()[0] <= before[0]
    assert resources()[1] <= before[1] + 1  # the executor's thread
