"""A backtest in a process of its own, so that nobody waits for it who has something else to do, and it can be ended."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, fields
import json
from typing import Any

from ..process.errors import WorkerInputError
from ..process.worker_process import WorkerProcess
from .time_series import TimeSeries

TASK = "nattery.backtest.worker"
SECONDS = 600.0  # a year with a capacity tariff takes minutes on a small computer
_MOST = 8_000_000  # bytes of an answer, of which gaps are most
_COLUMNS = tuple(field.name for field in fields(TimeSeries))


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """What to run over, whose battery it is (a document as for `house.house_of`), and the name of the time zone."""

    series: TimeSeries
    house: Mapping[str, Any]
    zone: str

    def to_line(self) -> bytes:
        """For the process. A column that is not there is left out."""
        columns = {name: [*column] for name in _COLUMNS if (column := getattr(self.series, name)) is not None}
        whole = {"house": dict(self.house), "zone": self.zone, "series": columns}
        # Piece by piece: json.dumps would hold up every other thread until a year of quarters is written.
        return "".join([*json.JSONEncoder().iterencode(whole), "\n"]).encode()

    @classmethod
    def from_line(cls, line: bytes) -> BacktestRequest:
        """The question again."""
        whole: dict[str, Any] = json.loads(line)
        return cls(TimeSeries(**whole["series"]), whole["house"], whole["zone"])


async def run_in_process(question: BacktestRequest, seconds: float = SECONDS) -> dict[str, Any]:
    """The result of a backtest as a document, see `Backtest.as_document`; a cancelled task ends it at once.

    Raises ChildError where there is none.
    """
    child = WorkerProcess(TASK, seconds, _MOST)
    try:
        return await asyncio.to_thread(_run, child, question)
    finally:
        child.kill()


def _run(child: WorkerProcess, question: BacktestRequest) -> dict[str, Any]:
    outcome = child.run(question.to_line())
    if not isinstance(outcome, bytes):
        raise outcome
    document: dict[str, Any] = json.loads(outcome)
    if "failed" in document:
        raise WorkerInputError(*document["failed"])
    return document
