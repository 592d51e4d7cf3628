"""The process that asks ENTSO-E.

Importing entsoe-py (and pandas with it) in a thread holds up the event loop for up to a quarter of a second and keeps
50 to 80 MB for good; and a thread in the middle of a name or a handshake cannot be ended.
"""

import os

from ...process.errors import WorkerFailedError, WorkerOutputError, WorkerTimeoutError
from ...process.worker_process import WorkerProcess as Process
from ..errors import FetchTimeoutError, LibraryError, MarketError, TooLargeError
from ..secret import Secret
from .document import SIZE_LIMIT
from .ipc import PriceQuery, unpack

TASK = "nattery.market.entsoe.worker"
HEADER_LIMIT = 4096  # bytes


class PriceQueryProcess:
    """One question, asked by a process of its own. `run` once; `kill` at any time."""

    def __init__(self, question: PriceQuery) -> None:
        self._question = question
        self._process = Process(TASK, question.seconds, HEADER_LIMIT + SIZE_LIMIT, _environment(question.token))

    def run(self) -> bytes | MarketError:
        """The body of the answer, or what kept it away: given back, so that no traceback is tied to it. Blocks."""
        match self._process.run(self._question.to_line()):
            case bytes() as said:
                return unpack(said)
            case WorkerTimeoutError():
                return FetchTimeoutError(self._question.seconds)
            case WorkerOutputError():
                return TooLargeError()
            case WorkerFailedError(why=why):
                return LibraryError(why)

    def kill(self) -> None:
        """End the process, and `run` with it, from any thread; harmless when it has ended."""
        self._process.kill()


def _environment(token: Secret) -> dict[str, str]:
    """Ours, with its proxies and certificates, but not the token that the command line takes from it."""
    return {name: value for name, value in os.environ.items() if Secret(value.strip()) != token}
