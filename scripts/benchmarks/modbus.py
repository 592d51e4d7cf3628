"""The benchmarks of the Modbus client."""

import asyncio
from pathlib import Path
from random import Random
import statistics
import threading
import time

from custom_components.nattery.core.inverter.inverter import Inverter
from custom_components.nattery.core.inverter.registers import BY_KEY, readable_addresses
from custom_components.nattery.core.modbus.blocks import plan_blocks, read_time
from custom_components.nattery.core.modbus.errors import ModbusError
from custom_components.nattery.core.modbus.statistics import percentile
from custom_components.nattery.core.modbus.timing import Timing

from .client import FULL_MAP, open_client, running_simulator
from .faults import pymodbus_wrong_values, results_with_faults
from .rows import Row

TURNAROUNDS = (0.0, 0.03, 0.07)
WORST_BLOCK_AND_FRAME = 112.0  # ms: a block of 32 registers, then the write itself


async def full_map(*, quick: bool) -> list[Row]:
    """Measure the time to read all registers, relative to the ideal for the same registers and turnaround delay."""
    rows = []
    for turnaround in TURNAROUNDS:
        with running_simulator(turnaround) as simulator:
            async with open_client(simulator.link) as (client, reader):
                await reader.read(FULL_MAP)  # learns the turnaround delay
                blocks = plan_blocks(FULL_MAP, readable_addresses(), Timing(), turnaround)
                ideal = read_time(blocks, Timing(), turnaround)
                times = []
                for _ in range(3 if quick else 5):
                    start = time.monotonic()
                    result = await reader.read(FULL_MAP)
                    times.append(time.monotonic() - start)
                    if result.failed:
                        raise RuntimeError(f"Not everything was read: {result.failed}")
                counters = simulator.counters()
                statistics_snapshot = client.statistics.snapshot()
        name = f"full map at T={1000 * turnaround:.0f} ms"
        rows += [
            Row(f"{name}: time over ideal ({ideal:.2f} s)", statistics.median(times) / ideal, 1.02, "x"),
            Row(f"{name}: overlaps", counters["overlaps"], 0, ""),
            Row(f"{name}: silences under 3.5 characters", counters["short_silences"], 0, ""),
            Row(
                f"{name}: registers read per register needed",
                statistics_snapshot.registers_read / statistics_snapshot.registers_needed,
                None,
                "x",
            ),
        ]
    return rows


async def write_latency(*, quick: bool) -> list[Row]:
    """Measure writes at random moments while all registers are polled without a pause."""
    rows = []
    random = Random(1)
    register = BY_KEY["max_charge_current"]
    for turnaround in TURNAROUNDS[1:2] if quick else TURNAROUNDS:
        with running_simulator(turnaround) as simulator:
            async with open_client(simulator.link) as (client, reader):

                async def poll() -> None:
                    while True:
                        await reader.read(FULL_MAP)

                polling = asyncio.create_task(poll())
                latencies = []
                for number in range(60 if quick else 300):
                    await asyncio.sleep(random.uniform(0.05, 0.35))
                    start = time.monotonic()
                    await client.write(1, register.address, (500 + number % 2,))
                    latencies.append(1000 * (time.monotonic() - start))
                polling.cancel()
                counters = simulator.counters()
        name = f"write under full polling at T={1000 * turnaround:.0f} ms"
        limit = WORST_BLOCK_AND_FRAME + 2000 * turnaround
        rows += [
            Row(f"{name}: p50 from call to response", percentile(latencies, 0.5) or 0, None, "ms"),
            Row(f"{name}: p99 from call to response", percentile(latencies, 0.99) or 0, limit, "ms"),
            Row(f"{name}: overlaps and short silences", counters["overlaps"] + counters["short_silences"], 0, ""),
        ]
    return rows


async def recovery(*, quick: bool) -> list[Row]:
    """Measure the time from the return of the port to the first response, while polling."""
    rows = []
    for outage in (5,) if quick else (5, 20):
        with running_simulator(0.03) as simulator:
            async with open_client(simulator.link) as (client, _):
                await client.read(1, 0x7530, 8)
                simulator.send(f"gone {outage}")
                back = asyncio.create_task(asyncio.to_thread(simulator.read_line))
                answered_at = 0.0
                while not back.done() or not answered_at:
                    try:
                        await client.read(1, 0x7530, 8)
                        answered_at = time.monotonic() if back.done() else 0.0
                    except ModbusError:
                        await asyncio.sleep(0.01)
                recovery_time = max(answered_at - float(back.result()), 0)
                rows.append(Row(f"recovery after {outage} s without a port", recovery_time, 1.0, "s"))
    return rows


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def reloads(*, quick: bool) -> list[Row]:
    """Open, read and close many times, and count the files, threads and tasks that are left."""
    with running_simulator(0.0) as simulator:

        async def open_and_read() -> None:
            async with open_client(simulator.link) as (client, _):
                await client.read(1, 0x7530, 8)

        await open_and_read()
        before = _open_files(), threading.active_count(), len(asyncio.all_tasks())
        for _ in range(10 if quick else 50):
            await open_and_read()
        after = _open_files(), threading.active_count(), len(asyncio.all_tasks())
    return [
        Row(f"{kind} left after {10 if quick else 50} reloads", then - now, 0, "")
        for kind, now, then in zip(("files", "threads", "tasks"), before, after, strict=True)
    ]


async def redundant_writes(*, quick: bool) -> list[Row]:
    """Write the same setting many times, and count the writes that are sent."""
    with running_simulator(0.0) as simulator:
        async with open_client(simulator.link) as (client, _):
            inverter = Inverter(client, 1)
            settings = 20 if quick else 100
            for _ in range(settings):
                await inverter.write("max_charge_current", 42)
            return [Row(f"writes sent for {settings} equal settings", client.statistics.snapshot().writes, 1, "")]


async def wrong_values(*, quick: bool) -> list[Row]:
    """Count wrong values over a line with all kinds of faults, and with a plain pymodbus client."""
    requests = 1000 if quick else 10_000
    wrong, delivered, errors, overlaps = await results_with_faults(requests)
    pymodbus = await asyncio.to_thread(pymodbus_wrong_values)
    return [
        Row(f"wrong values in {requests} requests with faults ({delivered} delivered, {errors} errors)", wrong, 0, ""),
        Row("overlaps in the same run", overlaps, 0, ""),
        Row("a plain pymodbus client: wrong values in 10 requests after one late response", pymodbus, None, ""),
    ]
