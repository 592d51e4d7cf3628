"""A process of our own: how a question of any length gets there, and what becomes of one that fails."""

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
from custom_components.nattery.core.process.worker_process import WorkerProcess

MUCH = 5_000_000  # bytes, many times what a pipe holds
TASK = """
import os, sys
print("Welcome", flush=True)
assert "homeassistant" not in sys.modules and "custom_components" not in sys.modules
def answer(line):
    if line.startswith(b"count"):
        return str(len(line)).encode()
    if line.startswith(b"who"):
        return f"{os.getppid()} {os.nice(0)} {[name for name in sys.modules if name == 'nattery']}".encode()
    if line.startswith(b"fail"):
        raise ValueError("on purpose")
    return line
"""


@pytest.fixture(autouse=True)
def task(tmp_path, monkeypatch) -> None:
    """A task that can be found where everything else is."""
    (tmp_path / "some_task.py").write_text(TASK)
    monkeypatch.syspath_prepend(tmp_path)


def ask(question: bytes, seconds: float = 30.0, limit: int = 2 * MUCH):
    return WorkerProcess("some_task", seconds, limit).run(question + b"\n")


def test_a_short_question() -> None:
    assert ask(b"hello") == b"hello\n"
    assert ask(b"who") == f"{os.getpid()} {os.nice(0) + 10} ['nattery']".encode()


def test_a_long_question_and_a_long_answer() -> None:
    long = bytes(range(32, 127)) * (MUCH // 95)
    assert ask(long) == long + b"\n"
    assert ask(b"count" + long) == str(len(long) + 6).encode()


def test_more_than_is_listened_to(started) -> None:
    assert isinstance(ask(b"x" * MUCH, limit=1000), WorkerOutputError)
    assert started[0].returncode == -signal.SIGKILL


def test_a_task_that_fails() -> None:
    outcome = ask(b"fail")
    assert isinstance(outcome, WorkerFailedError)
    assert str(outcome) == "It failed: exit code 1"


def test_a_task_that_is_not_there() -> None:
    assert str(WorkerProcess("nattery.nothing", 30, 100).run(b"\n")) == "It failed: exit code 1"


def test_python_that_is_not_there(monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert str(ask(b"")) == "It failed: FileNotFoundError"


@pytest.mark.parametrize("size", [10, MUCH])
@pytest.mark.parametrize(
    ("start", "kind", "sentence"),
    [
        ("raise SystemExit(3)", WorkerExitError, "It failed: exit code 3"),
        ("import os; os.close(0); os._exit(4)", WorkerExitError, "It failed: exit code 4"),
        ("import time; time.sleep(60)", WorkerTimeoutError, "It was not done within 1 s"),
        ("import sys; sys.stdin.readline(); sys.stdin.readline()", WorkerTimeoutError, "It was not done within 1 s"),
    ],
)
def test_a_process_that_does_not_do_its_part(start, kind, sentence, size, monkeypatch, started) -> None:
    monkeypatch.setattr(worker_process, "START", start)
    outcome = ask(b"x" * size, 1.0)
    assert type(outcome) is kind
    assert str(outcome) == sentence
    assert started[0].returncode is not None


def test_what_is_killed_before_it_runs_does_not_run(started) -> None:
    one = WorkerProcess("some_task", 30, 100)
    one.kill()
    assert str(one.run(b"hello\n")) == "It failed: exit code -9"
    assert started[0].returncode == -signal.SIGKILL
