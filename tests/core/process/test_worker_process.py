"""Worker processes: requests and responses of any size, failures and timeouts."""

import os
import signal
import sys

import pytest

from custom_components.nattery.core.process import worker_process
from custom_components.nattery.core.process.errors import (
    WorkerExitError,
    WorkerFailedError,
    WorkerOutputError,
    WorkerTimeoutError,
)
from custom_components.nattery.core.process.worker import report_progress
from custom_components.nattery.core.process.worker_process import WorkerProcess

LARGE = 5_000_000  # bytes, much more than a pipe holds
TASK = """
import os, sys, time
print("Welcome", flush=True)
assert "homeassistant" not in sys.modules and "custom_components" not in sys.modules
def answer(line):
    if line.startswith(b"count"):
        return str(len(line)).encode()
    if line.startswith(b"who"):
        return f"{os.getppid()} {os.nice(0)} {[name for name in sys.modules if name == 'nattery']}".encode()
    if line.startswith(b"progress"):
        from nattery.process.worker import report_progress
        for done in (0.25, 0.5, 7):
            report_progress(done)
            time.sleep(0.05)
        os.close(int(sys.argv[4]))
        report_progress(1)
        time.sleep(0.05)
        return b"done"
    if line.startswith(b"fail"):
        raise ValueError("on purpose")
    return line
"""


@pytest.fixture(autouse=True)
def task(tmp_path, monkeypatch) -> None:
    """Create a module that handles requests, on sys.path."""
    (tmp_path / "some_task.py").write_text(TASK)
    monkeypatch.syspath_prepend(tmp_path)


def run_task(request: bytes, seconds: float = 30.0, limit: int = 2 * LARGE):
    return WorkerProcess("some_task", seconds, limit).run(request + b"\n")


def test_a_short_request() -> None:
    assert run_task(b"hello") == b"hello\n"
    assert run_task(b"who") == f"{os.getpid()} {min(os.nice(0) + 10, 19)} ['nattery']".encode()


def test_a_long_request_and_response() -> None:
    long = bytes(range(32, 127)) * (LARGE // 95)
    assert run_task(long) == long + b"\n"
    assert run_task(b"count" + long) == str(len(long) + 6).encode()


def test_a_response_over_the_limit(started) -> None:
    assert isinstance(run_task(b"x" * LARGE, limit=1000), WorkerOutputError)
    assert started[0].returncode == -signal.SIGKILL


def test_progress_is_reported_while_it_works() -> None:
    reported: list[float] = []
    outcome = WorkerProcess("some_task", 30, 100, progress=reported.append).run(b"progress\n")
    assert outcome == b"done"
    assert reported == [0.25, 0.5, 1.0]
    assert run_task(b"progress") == b"done"


def test_progress_outside_of_a_worker_is_reported_to_nobody() -> None:
    report_progress(0.5)


def test_a_progress_that_is_no_number_is_not_reported(monkeypatch) -> None:
    monkeypatch.setattr(worker_process, "START", "import os, sys; os.write(int(sys.argv[4]), b'half\\n')")
    reported: list[float] = []
    assert WorkerProcess("some_task", 30, 100, progress=reported.append).run(b"") == b""
    assert reported == []


def test_a_task_that_raises() -> None:
    outcome = run_task(b"fail")
    assert isinstance(outcome, WorkerFailedError)
    assert str(outcome) == "It failed: exit code 1"


def test_a_missing_task() -> None:
    assert str(WorkerProcess("nattery.nothing", 30, 100).run(b"\n")) == "It failed: exit code 1"


def test_a_missing_python(monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert str(run_task(b"")) == "It failed: FileNotFoundError"


@pytest.mark.parametrize("size", [10, LARGE])
@pytest.mark.parametrize(
    ("start", "seconds", "error", "message"),
    [
        ("raise SystemExit(3)", 30.0, WorkerExitError, "It failed: exit code 3"),
        ("import os; os.close(0); os._exit(4)", 30.0, WorkerExitError, "It failed: exit code 4"),
        ("import time; time.sleep(60)", 0.5, WorkerTimeoutError, "It was not done within 0.5 s"),
        ("import sys; [*sys.stdin, *sys.stdin]", 0.5, WorkerTimeoutError, "It was not done within 0.5 s"),
    ],
    ids=["exits", "closes_its_input", "sleeps", "reads_on"],
)
def test_a_process_that_fails_or_hangs(start, seconds, error, message, size, monkeypatch, started) -> None:
    monkeypatch.setattr(worker_process, "START", start)
    outcome = run_task(b"x" * size, seconds)
    assert type(outcome) is error
    assert str(outcome) == message
    assert started[0].returncode is not None


def test_a_process_killed_before_it_starts_does_not_run(started) -> None:
    process = WorkerProcess("some_task", 30, 100)
    process.kill()
    assert str(process.run(b"hello\n")) == "It failed: exit code -9"
    assert started[0].returncode == -signal.SIGKILL
