"""A program that the demo starts, watches and ends."""

import asyncio
from collections.abc import Callable, Sequence
import ctypes
from pathlib import Path
import signal
import sys

from .errors import DemoError

PATIENCE = 30  # seconds for an orderly end
_LAST_LINES = 15
_PR_SET_PDEATHSIG = 1


def _end_with_parent() -> Callable[[], None] | None:
    """What a child does first: on Linux, ask to be ended when the demo is killed too hard to end it."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """One program: its output goes to a log file, and Ctrl-C reaches it only through `stop`."""

    def __init__(self, name: str, command: Sequence[str | Path], log: Path) -> None:
        """Describe it; `name` is for sentences."""
        self.name = name
        self._command = command
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, with a new log."""
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent(),
            )

    async def ended(self) -> int:
        """Wait for its end; the exit code."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return await self._process.wait()

    async def stop(self) -> None:
        """End it in order, or by force when it does not; harmless when it is gone."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), PATIENCE)
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def kill(self) -> None:
        """End it by force; harmless when it is gone."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def said(self) -> str:
        """All that it said."""
        return self._log.read_text("utf-8", errors="replace")

    def death(self, code: int) -> DemoError:
        """The error that it ended by itself."""
        lines = "\n".join(f"  {line}" for line in self.said().splitlines()[-_LAST_LINES:])
        return DemoError(
            f"{self.name} ended by itself (exit code {code}); the last that it said ({self._log}):\n{lines}"
        )
