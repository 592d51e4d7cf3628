"""The worker process that queries ENTSO-E.

In a thread, importing entsoe-py (and pandas with it) would delay the event loop by up to 250 ms and keep 50 to 80 MB of
memory, and a thread that resolves a name or negotiates TLS cannot be cancelled.
"""

import os

from ...process.errors import WorkerFailedError, WorkerOutputError, WorkerTimeoutError
from ...process.worker_process import WorkerProcess as Process
from ..errors import FetchTimeoutError, LibraryError, MarketError, TooLargeError
from ..secret import Secret
from .document import SIZE_LIMIT
from .ipc import PriceQuery, unpack_result

TASK = "nattery.market.entsoe.worker"
HEADER_LIMIT = 4096  # bytes


class PriceQueryProcess:
    """A single query in a process of its own. Call `run` once; call `kill` at any time."""

    def __init__(self, query: PriceQuery) -> None:
        self._query = query
        self._process = Process(TASK, query.timeout, HEADER_LIMIT + SIZE_LIMIT, _environment(query.token))

    def run(self) -> bytes | MarketError:
        """Return the body of the response or the error, not raised so that no traceback holds the token. Blocks."""
        match self._process.run(self._query.to_line()):
            case bytes() as data:
                return unpack_result(data)
            case WorkerTimeoutError():
                return FetchTimeoutError(self._query.timeout)
            case WorkerOutputError():
                return TooLargeError()
            case WorkerFailedError(why=why):
                return LibraryError(why)

    def kill(self) -> None:
        """End the process, and `run` with it, from any thread; has no effect after the end."""
        self._process.kill()


def _environment(token: Secret) -> dict[str, str]:
    """Return our environment, with its proxies and certificates, but without the token given to the command line."""
    return {name: value for name, value in os.environ.items() if Secret(value.strip()) != token}
