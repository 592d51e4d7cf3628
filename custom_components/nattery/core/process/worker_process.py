"""Starts a process for one question, waits for it no longer than allowed, and leaves nothing of it behind.

A process, since a thread that imports or computes holds up the event loop, keeps its memory for good, and cannot be
ended; a process can.
"""

from collections.abc import Mapping
import os
from pathlib import Path
import select
import signal
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
import sys
import time
from typing import IO, cast

from .errors import WorkerExitError, WorkerFailedError, WorkerOutputError, WorkerTimeoutError

CORE = str(Path(__file__).parents[1])
CHUNK = 65_536  # bytes
# The folder `core` becomes the package `nattery`. Neither what lies around it (Home Assistant's side, whose select.py
# and time.py are not Python's) nor Home Assistant itself is ever imported. -I keeps the process from finding anything
# on its own; it finds what we find.
START = """
import sys
core, task, seconds, sys.path[:] = *sys.argv[1:4], sys.argv[4:]
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("nattery", core + "/__init__.py", submodule_search_locations=[core])
nattery = sys.modules["nattery"] = module_from_spec(spec)
spec.loader.exec_module(nattery)
from nattery.process.worker import serve
serve(task, float(seconds))
"""


def command(task: str, seconds: float) -> list[str]:
    """What starts the process that answers with the module `task`, such as "nattery.market.entsoe.worker"."""
    return [sys.executable, "-I", "-c", START, CORE, task, str(seconds), *sys.path]


class WorkerProcess:
    """A process that is asked once, and has so many seconds in all. `run` once; `kill` at any time."""

    def __init__(self, task: str, seconds: float, limit: int, environment: Mapping[str, str] | None = None) -> None:
        """Describe it: the module that answers (see `serving`), the most bytes of an answer, ours for environment."""
        self._task, self._seconds, self._limit, self._environment = task, seconds, limit, environment
        self._process: Popen[bytes] | None = None
        self._is_killed = False

    def run(self, question: bytes) -> bytes | WorkerTimeoutError | WorkerFailedError:
        """The answer to one line, or what kept it away: given back, so that no traceback is tied to it. Blocks."""
        deadline = time.monotonic() + self._seconds
        try:
            process = Popen(  # noqa: S603  (this Python, this code)
                command(self._task, self._seconds),
                bufsize=0,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is for us to handle
            )
        except OSError as error:
            return WorkerFailedError(type(error).__name__)
        self._process = process
        with process:
            try:
                if self._is_killed:  # before there was anything to kill
                    process.kill()
                return self._converse(process, question, deadline)
            finally:
                process.kill()

    def kill(self) -> None:
        """End the process, and `run` with it, from any thread; harmless when it has ended."""
        self._is_killed = True
        if self._process is not None:
            self._process.kill()

    def _converse(
        self, process: Popen[bytes], question: bytes, deadline: float
    ) -> bytes | WorkerTimeoutError | WorkerFailedError:
        ears, mouth = cast("IO[bytes]", process.stdin).fileno(), cast("IO[bytes]", process.stdout).fileno()
        os.set_blocking(ears, False)  # a long question goes as it is read, and no longer than there is time
        unsaid, said = memoryview(question), bytearray()
        ready = select.poll()
        ready.register(ears, select.POLLOUT)
        ready.register(mouth, select.POLLIN)
        while events := ready.poll(max(1000 * (deadline - time.monotonic()), 0)):
            waiting = {handle for handle, _ in events}
            if ears in waiting:
                unsaid = _say(ears, unsaid)
                if not unsaid:
                    ready.unregister(ears)
            if mouth in waiting:
                if not (chunk := os.read(mouth, CHUNK)):
                    break
                said += chunk
                if len(said) > self._limit:
                    return WorkerOutputError()
        else:
            return WorkerTimeoutError(self._seconds)
        try:
            status = process.wait(max(deadline - time.monotonic(), 0))
        except TimeoutExpired:
            return WorkerTimeoutError(self._seconds)
        if status == -signal.SIGALRM:  # it was quicker to see that the time is over
            return WorkerTimeoutError(self._seconds)
        return WorkerExitError(status) if status else bytes(said)


def _say(ears: int, unsaid: memoryview) -> memoryview:
    """Say what fits in, and give back the rest."""
    try:
        return unsaid[os.write(ears, unsaid) :]
    except BrokenPipeError:  # it ended at once, and its exit code tells
        return unsaid[:0]
