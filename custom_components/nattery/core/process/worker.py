"""The code that runs in a worker process: it reads one request, writes the response and exits.

The parent (`worker_process`) keeps the worker's stdin open and kills it after its timeout. In case the parent cannot do
so, the worker exits by itself when its stdin is closed or its timeout has passed.
"""

from contextlib import suppress
from importlib import import_module
import os
import resource
import signal
import sys
from threading import Thread
from typing import NoReturn

NICENESS = 10  # a worker must not slow down other processes

_progress_pipe: int | None = None  # file descriptor


def report_progress(done: float) -> None:
    """Report the finished share of the work (0 to 1) to the parent of a worker; elsewhere this does nothing."""
    if _progress_pipe is not None:
        with suppress(OSError):  # the parent no longer reads
            os.write(_progress_pipe, f"{done:.6f}\n".encode())


def serve(task: str, seconds: float, progress_pipe: int) -> NoReturn:
    """Pass one line of stdin to the function `answer` of the module `task`, and write the bytes that it returns.

    What the task passes to `report_progress` is written to the file descriptor `progress_pipe`. The exit code is 0 if a
    response was written.
    """
    global _progress_pipe  # noqa: PLW0603  (a process serves one request)
    _progress_pipe = progress_pipe
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would contain the secrets of the request
    os.nice(NICENESS)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    request = sys.stdin.buffer.readline()
    Thread(target=_exit_with_parent, daemon=True).start()
    exit_code = 1
    try:
        with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as response:
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print must not get into the response
            response.write(import_module(task).answer(request))
        exit_code = 0
    finally:  # skips the cleanup of the interpreter, which is slow with pandas and aborts while a thread reads stdin
        os._exit(exit_code)


def _exit_with_parent() -> None:
    sys.stdin.buffer.read()  # returns when stdin is closed
    os._exit(1)
