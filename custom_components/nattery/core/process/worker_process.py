"""Starts a worker process for one request, limits its time and the size of its response, and cleans up after it.

A thread would not do: importing and computing in it hold up the event loop, its memory is never returned, and it cannot
be ended.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
import os
from pathlib import Path
import select
import signal
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
import sys
import time
from typing import IO, Self, cast

from .errors import WorkerExitError, WorkerFailedError, WorkerOutputError, WorkerTimeoutError

CORE = str(Path(__file__).parents[1])
CHUNK = 65_536  # bytes
# The folder `core` is imported as the package `nattery`. So the worker imports neither Home Assistant nor the folder
# around `core`, whose select.py and time.py would hide Python's. -I keeps Python from extending sys.path by itself; the
# worker gets the sys.path of its parent.
START = """
import sys
core, task, seconds, progress, sys.path[:] = *sys.argv[1:5], sys.argv[5:]
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("nattery", core + "/__init__.py", submodule_search_locations=[core])
nattery = sys.modules["nattery"] = module_from_spec(spec)
spec.loader.exec_module(nattery)
from nattery.process.worker import serve
serve(task, float(seconds), int(progress))
"""


def command(task: str, seconds: float, progress_pipe: int) -> list[str]:
    """Return the command that starts a worker for the module `task`, such as "nattery.market.entsoe.worker".

    The worker writes its progress to the file descriptor `progress_pipe`.
    """
    return [sys.executable, "-I", "-c", START, CORE, task, str(seconds), str(progress_pipe), *sys.path]


class _ProgressPipe:
    """The pipe to which a worker writes lines with the finished share of its work."""

    def __init__(self, report: Callable[[float], None]) -> None:
        """Pass what is read to `report`."""
        self._report = report
        self._rest = b""
        self._is_open_for_writing = True
        self.read_end, self.write_end = os.pipe()

    def __enter__(self) -> Self:
        """Return the pipe, which is closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close both ends."""
        self.close_write_end()
        os.close(self.read_end)

    def close_write_end(self) -> None:
        """Close the worker's end in this process."""
        if self._is_open_for_writing:
            self._is_open_for_writing = False
            os.close(self.write_end)

    def read(self) -> bool:
        """Report the last share that has come; return False if the worker has closed its end."""
        chunk = os.read(self.read_end, CHUNK)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if lines:
            with suppress(ValueError):
                self._report(min(max(float(lines[-1]), 0.0), 1.0))
        return bool(chunk)


class WorkerProcess:
    """A worker process for one request, with a timeout. Call `run` once; `kill` may be called at any time."""

    def __init__(
        self,
        task: str,
        seconds: float,
        limit: int,
        environment: Mapping[str, str] | None = None,
        progress: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Set the module that handles the request, the timeout, and the maximum size of the response in bytes.

        The worker inherits this process's environment unless another one is given. `progress` is called in the thread
        of `run` with the finished share (0 to 1), whenever the worker reports it.
        """
        self._task, self._seconds, self._limit, self._environment = task, seconds, limit, environment
        self._progress = progress
        self._process: Popen[bytes] | None = None
        self._is_killed = False

    def run(self, request: bytes) -> bytes | WorkerTimeoutError | WorkerFailedError:
        """Send one line and return the response. Blocks.

        An error is returned, not raised, so that no traceback refers to the request.
        """
        deadline = time.monotonic() + self._seconds
        with ExitStack() as stack:
            try:
                progress = stack.enter_context(_ProgressPipe(self._progress))
                process = self._start(progress.write_end)
            except OSError as error:
                return WorkerFailedError(type(error).__name__)
            progress.close_write_end()
            self._process = stack.enter_context(process)
            try:
                if self._is_killed:  # `kill` was called before there was a process
                    process.kill()
                return self._exchange(process, request, deadline, progress)
            finally:
                process.kill()

    def _start(self, progress_pipe: int) -> Popen[bytes]:
        return Popen(  # noqa: S603  (the command is this Python with this code)
            command(self._task, self._seconds, progress_pipe),
            bufsize=0,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=self._environment,
            start_new_session=True,  # Ctrl-C must reach the parent only
            pass_fds=(progress_pipe,),
        )

    def kill(self) -> None:
        """Kill the process, which ends `run`; may be called from any thread and after the process has ended."""
        self._is_killed = True
        if self._process is not None:
            self._process.kill()

    def _exchange(
        self, process: Popen[bytes], request: bytes, deadline: float, progress: _ProgressPipe
    ) -> bytes | WorkerTimeoutError | WorkerFailedError:
        stdin, stdout = cast("IO[bytes]", process.stdin).fileno(), cast("IO[bytes]", process.stdout).fileno()
        os.set_blocking(stdin, False)  # writing a long request must neither deadlock nor outlast the deadline
        unsent, response = memoryview(request), bytearray()
        poll = select.poll()
        poll.register(stdin, select.POLLOUT)
        poll.register(stdout, select.POLLIN)
        poll.register(progress.read_end, select.POLLIN)
        while events := poll.poll(max(1000 * (deadline - time.monotonic()), 0)):
            ready = {handle for handle, _ in events}
            if stdin in ready:
                unsent = _write(stdin, unsent)
                if not unsent:
                    poll.unregister(stdin)
            if progress.read_end in ready and not progress.read():
                poll.unregister(progress.read_end)
            if stdout in ready:
                if not (chunk := os.read(stdout, CHUNK)):
                    break
                response += chunk
                if len(response) > self._limit:
                    return WorkerOutputError()
        else:
            return WorkerTimeoutError(self._seconds)
        try:
            status = process.wait(max(deadline - time.monotonic(), 0))
        except TimeoutExpired:
            return WorkerTimeoutError(self._seconds)
        if status == -signal.SIGALRM:  # the worker's own timer was first
            return WorkerTimeoutError(self._seconds)
        return WorkerExitError(status) if status else bytes(response)


def _write(stdin: int, unsent: memoryview) -> memoryview:
    """Write what fits into the pipe and return the rest."""
    try:
        return unsent[os.write(stdin, unsent) :]
    except BrokenPipeError:  # the process has ended; its exit code becomes the error
        return unsent[:0]
