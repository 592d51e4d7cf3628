"""A process that the demo starts, monitors and ends."""

import asyncio
from collections.abc import Callable, Sequence
import ctypes
from pathlib import Path
import signal
import sys

from .errors import DemoError

STOP_TIMEOUT = 30  # seconds until a process that does not end is killed
_LAST_LINES = 15
_PR_SET_PDEATHSIG = 1


def _terminate_with_parent() -> Callable[[], None] | None:
    """Return a function for the new process; on Linux it requests termination when the demo is killed."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class ManagedProcess:
    """A process whose output goes to a log file; Ctrl-C does not reach it, only `stop` does."""

    def __init__(self, name: str, command: Sequence[str | Path], log: Path) -> None:
        """Set the command; `name` appears in messages."""
        self.name = name
        self._command = command
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the process with a new log."""
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_terminate_with_parent(),
            )

    async def wait(self) -> int:
        """Wait for the end of the process and return its exit code."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return await self._process.wait()

    async def stop(self) -> None:
        """Terminate the process, and kill it if it does not end; does nothing if it has ended."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_TIMEOUT)
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def kill(self) -> None:
        """Kill the process; does nothing if it has ended."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def output(self) -> str:
        """Return the output so far."""
        return self._log.read_text("utf-8", errors="replace")

    def exit_error(self, code: int) -> DemoError:
        """Return the error for a process that has ended unexpectedly."""
        lines = "\n".join(f"  {line}" for line in self.output().splitlines()[-_LAST_LINES:])
        return DemoError(f"{self.name} ended unexpectedly (exit code {code}); its last output ({self._log}):\n{lines}")
