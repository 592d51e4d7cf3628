"""Benchmarks of prices: parsing a document, and the cost of a fetch for the process that starts it."""

import asyncio
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
import os
from pathlib import Path
import statistics
import subprocess
import sys
import time

from custom_components.nattery.core.market.bidding_zones import BIDDING_ZONES
from custom_components.nattery.core.market.entsoe.client import fetch
from custom_components.nattery.core.market.entsoe.document import parse
from custom_components.nattery.core.market.entsoe.ipc import PriceQuery
from custom_components.nattery.core.market.secret import Secret

from ..entsoe_standin import modes
from .rows import Row

ROOT = Path(__file__).parents[2]
START = datetime(2025, 11, 10, 23, tzinfo=UTC)
TICK = 0.001  # seconds
PAGE = os.sysconf("SC_PAGE_SIZE") / 1e6  # MB


async def prices_parse(*, quick: bool) -> list[Row]:
    """Measure parsing the body of a price document of three days of quarter-hours, to the slots of one day."""
    start = START
    end = start + timedelta(days=3)
    request = modes.Request("10Y1001A1001A82H", start, end, end, 1, "")
    rows = []
    for label in ("ok", "both"):
        body = modes.MODES[label](request, 0).body
        times = []
        for _ in range(50 if quick else 300):
            begin = time.perf_counter()
            document = parse(body, request.domain)
            document.series("DE_LU", start, start + timedelta(days=1), source="", fetched_at=start)
            times.append(1000 * (time.perf_counter() - begin))
        rows.append(Row(f"three days, mode {label} ({len(body) / 1000:.0f} kB)", statistics.median(times), 2.0, "ms"))
    return rows


@contextmanager
def _stand_in(mode: str) -> Generator[str]:
    """Run a stand-in in a process of its own, so that it takes no time from our event loop; yield its URL."""
    command = [sys.executable, "-m", "scripts.entsoe_standin", "--mode", mode]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        if process.stdout is None or not (line := process.stdout.readline()):
            raise RuntimeError("The stand-in did not start")
        yield line.split()[-1]
        process.terminate()


def _waited_for_core() -> float:
    """Return how long this thread has been runnable without a core so far (seconds)."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


async def _longest_gap(work: Awaitable[object]) -> tuple[float, float]:
    """Return the longest delay of the event loop during the work (ms), with and without waits for a core.

    On a busy machine every process waits for a core. Work that blocks the loop or holds Python's lock shows in both
    values.
    """
    worst = least = 0.0

    async def tick() -> None:
        nonlocal worst, least
        while True:
            begin, waited = time.perf_counter(), _waited_for_core()
            await asyncio.sleep(TICK)
            late = time.perf_counter() - begin - TICK
            worst, least = max(worst, late), max(least, late - (_waited_for_core() - waited))

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(10 * TICK)
    await work
    ticking.cancel()
    return 1000 * worst, 1000 * least


def _resources_in_use() -> tuple[float, int]:
    """Return the memory (MB) and the number of open files of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE, len(list(Path("/proc/self/fd").iterdir()))


def _children() -> int:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return 0
    return 1


def _query(url: str, seconds: float = 280.0) -> PriceQuery:
    return PriceQuery(BIDDING_ZONES["DE_LU"], START, START + timedelta(days=2), Secret("token"), url, seconds)


async def prices_fetch(*, quick: bool) -> list[Row]:
    """Measure what fetches through worker processes cost the process that starts them."""
    seconds, fetches = (10, 10) if quick else (90, 100)
    idle = await _longest_gap(asyncio.sleep(seconds / 3))
    memory, files = _resources_in_use()
    with _stand_in(f"slow:{seconds}") as slow, _stand_in(f"drip:{seconds}") as dripping:
        gap = await _longest_gap(asyncio.gather(fetch(_query(slow)), fetch(_query(dripping))))
    with _stand_in("ok") as url:
        durations = [(await fetch(_query(url))).seconds for _ in range(fetches)]
    memory_after, files_after = _resources_in_use()
    import_gap = await _longest_gap(asyncio.to_thread(import_module, "entsoe.entsoe"))
    label = f"the event loop while fetches take {seconds} s"
    return [
        Row(f"{label}: longest hold", gap[1], 10.0, "ms"),
        Row(f"{label}: with waits for a core", gap[0], None, "ms"),
        Row(f"an idle event loop for {seconds / 3:.0f} s: with waits for a core", idle[0], None, "ms"),
        Row("the event loop while a thread imports entsoe-py: longest hold", import_gap[1], None, "ms"),
        Row(f"memory that {fetches + 2} fetches leave behind", memory_after - memory, None, "MB"),
        Row("memory that the import leaves behind", _resources_in_use()[0] - memory_after, None, "MB"),
        Row("a fetch from a server that answers at once", statistics.median(durations), None, "s"),
        Row("processes left", _children(), 0, ""),
        Row("files left", files_after - files, 0, ""),
    ]
