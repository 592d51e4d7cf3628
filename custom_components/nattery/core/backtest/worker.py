"""What the process of a backtest answers with; `process` has it started."""

import json
from zoneinfo import ZoneInfo

from ..planner.problem import ProblemError
from .backtest import run
from .process import BacktestRequest
from .system import house_of


def answer(line: bytes) -> bytes:
    """Return the document of a result, or the field that is wrong and what is wrong with it."""
    question = BacktestRequest.from_line(line)
    try:
        result = run(question.series, house_of(question.house), ZoneInfo(question.zone))
    except ProblemError as error:
        return json.dumps({"failed": [error.key, str(error)]}).encode()
    return json.dumps(result.as_document()).encode()
