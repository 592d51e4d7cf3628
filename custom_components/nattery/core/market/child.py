"""Starts the process that asks ENTSO-E, waits for it no longer than allowed, and leaves nothing of it behind.

A process, since importing entsoe-py (and pandas with it) in a thread holds up the event loop for up to a quarter of a
second and keeps 50 to 80 MB for good; and a thread in the middle of a name or a handshake cannot be ended, a process
can.
"""

from contextlib import suppress
import os
from pathlib import Path
import select
import signal
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
import sys
import time
from typing import IO, cast

from .document import SIZE_LIMIT
from .errors import LibraryError, MarketError, TimedOutError, TooLargeError
from .exchange import Question, unpack
from .secret import Secret

CORE = str(Path(__file__).parents[1])
CHUNK, HEADER_LIMIT = 65_536, 4096  # bytes
# The folder `core` becomes the package `nattery`. Neither what lies around it (Home Assistant's side, whose select.py
# and time.py are not Python's) nor Home Assistant itself is ever imported. -I keeps the process from finding anything
# on its own; it finds what we find.
START = """
import sys
core, sys.path[:] = sys.argv[1], sys.argv[2:]
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("nattery", core + "/__init__.py", submodule_search_locations=[core])
nattery = sys.modules["nattery"] = module_from_spec(spec)
spec.loader.exec_module(nattery)
from nattery.market.asker import main
main()
"""


class Child:
    """One question, asked by a process of its own. `run` once; `kill` at any time."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._process: Popen[bytes] | None = None
        self._is_killed = False

    def run(self) -> bytes | MarketError:
        """The body of the answer, or what kept it away: given back, so that no traceback is tied to it. Blocks."""
        deadline = time.monotonic() + self._question.seconds
        command = [sys.executable, "-I", "-c", START, CORE, *sys.path]
        environment = _environment(self._question.token)
        try:
            process = Popen(  # noqa: S603  (this Python, this code)
                command,
                bufsize=0,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=environment,
                start_new_session=True,  # Ctrl-C is for us to handle
            )
        except OSError as error:
            return LibraryError(type(error).__name__)
        self._process = process
        with process:
            try:
                if self._is_killed:  # before there was anything to kill
                    process.kill()
                return self._converse(process, deadline)
            finally:
                process.kill()

    def kill(self) -> None:
        """End the process, and `run` with it, from any thread; harmless when it has ended."""
        self._is_killed = True
        if self._process is not None:
            self._process.kill()

    def _converse(self, process: Popen[bytes], deadline: float) -> bytes | MarketError:
        question, answer = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        with suppress(BrokenPipeError):  # it ended at once, and its exit code tells
            question.write(self._question.to_line())
        late = TimedOutError(self._question.seconds)
        said = bytearray()
        ready = select.poll()
        ready.register(answer, select.POLLIN)
        while ready.poll(max(1000 * (deadline - time.monotonic()), 0)):
            if not (chunk := answer.read(CHUNK)):
                break
            said += chunk
            if len(said) > HEADER_LIMIT + SIZE_LIMIT:
                return TooLargeError()
        else:
            return late
        try:
            status = process.wait(max(deadline - time.monotonic(), 0))
        except TimeoutExpired:
            return late
        if status == -signal.SIGALRM:  # it was quicker to see that the time is over
            return late
        return LibraryError(f"exit code {status}") if status else unpack(bytes(said))


def _environment(token: Secret) -> dict[str, str]:
    """Ours, with its proxies and certificates, but not the token that the command line takes from it."""
    return {name: value for name, value in os.environ.items() if Secret(value.strip()) != token}
