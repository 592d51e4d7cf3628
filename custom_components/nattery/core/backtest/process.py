"""Runs a backtest in a process of its own, so that it blocks nothing and can be cancelled."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
import json
from typing import Any

from ..process.errors import WorkerInputError
from ..process.worker_process import WorkerProcess
from .time_series import TimeSeries

TASK = "nattery.backtest.worker"
TIME_LIMIT_S = 600.0  # a year with a capacity tariff takes minutes on a small computer
_MAX_RESULT_BYTES = 8_000_000  # bytes of a result, mostly its gaps
_COLUMNS = tuple(field.name for field in fields(TimeSeries))


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """What to run: a series, the document of a system (see `system_from_document`), the name of the time zone."""

    series: TimeSeries
    system: Mapping[str, Any]
    zone: str

    def to_line(self) -> bytes:
        """Encode the request for the worker process, without the columns that are missing."""
        columns = {name: [*column] for name in _COLUMNS if (column := getattr(self.series, name)) is not None}
        document = {"system": dict(self.system), "zone": self.zone, "series": columns}
        # Encoded in pieces, since json.dumps would block every other thread until a year of quarters is written.
        return "".join([*json.JSONEncoder().iterencode(document), "\n"]).encode()

    @classmethod
    def from_line(cls, line: bytes) -> BacktestRequest:
        """Decode a request."""
        document: dict[str, Any] = json.loads(line)
        return cls(TimeSeries(**document["series"]), document["system"], document["zone"])


async def run_in_process(
    request: BacktestRequest, seconds: float = TIME_LIMIT_S, progress: Callable[[float], None] = lambda _: None
) -> dict[str, Any]:
    """Return the result of a backtest as a document, see `BacktestResult.as_document`.

    `progress` is called in the event loop with the finished share, 0 to 1. Cancelling the task kills the process.
    Raises WorkerError if there is no result.
    """
    loop = asyncio.get_running_loop()

    def report(done: float) -> None:
        with suppress(RuntimeError):  # the loop has been closed
            loop.call_soon_threadsafe(progress, done)

    worker = WorkerProcess(TASK, seconds, _MAX_RESULT_BYTES, progress=report)
    try:
        return await asyncio.to_thread(_run, worker, request)
    finally:
        worker.kill()


def _run(worker: WorkerProcess, request: BacktestRequest) -> dict[str, Any]:
    outcome = worker.run(request.to_line())
    if not isinstance(outcome, bytes):
        raise outcome
    document: dict[str, Any] = json.loads(outcome)
    if "failed" in document:
        raise WorkerInputError(*document["failed"])
    return document
