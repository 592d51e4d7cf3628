"""The task of the worker process that `process` starts."""

import json
from zoneinfo import ZoneInfo

from ..planner.problem import ProblemError
from ..process.worker import report_progress
from .backtest import run
from .process import BacktestRequest
from .system import system_from_document


def answer(line: bytes) -> bytes:
    """Return the document of a result, or the field that is wrong and what is wrong with it."""
    request = BacktestRequest.from_line(line)
    try:
        result = run(request.series, system_from_document(request.system), ZoneInfo(request.zone), report_progress)
    except ProblemError as error:
        return json.dumps({"failed": [error.key, str(error)]}).encode()
    return json.dumps(result.as_document()).encode()
