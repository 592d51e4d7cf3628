"""The process that asks: what it shows, what ends it, and what is left behind."""

import asyncio
from contextlib import suppress
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time

import pytest

from custom_components.nattery.core.market import errors
from custom_components.nattery.core.market.command import TOKEN
from custom_components.nattery.core.market.entsoe.client import ask, fetch
from custom_components.nattery.core.market.entsoe.ipc import pack, unpack
from custom_components.nattery.core.market.entsoe.process import TASK
from custom_components.nattery.core.process import worker_process

from .stand_in import CANARY, question, stand_in

FEATHER = b"4f1c7d2e"
ROOT = Path(__file__).parents[3]
PROC = Path("/proc")
needs_proc = pytest.mark.skipif(not PROC.exists(), reason="looks at processes from outside")
WITHOUT_LIBRARIES = [path for path in sys.path if "site-packages" not in path]
LIBRARIES = "entsoe", "pandas", "numpy", "requests", "urllib3", "bs4"


def test_questions_survive_the_way() -> None:
    asked = question("http://a/api", 12.5)
    back = type(asked).from_line(asked.to_line())
    assert (back.area.eic, back.start, back.end) == (asked.area.eic, asked.start, asked.end)
    assert (back.token, back.url, back.seconds) == (asked.token, asked.url, asked.seconds)


@pytest.mark.parametrize(
    "outcome",
    [
        b"",
        b"two\nlines",
        errors.UnauthorizedError(),
        errors.RateLimitedError(600.0),
        errors.RateLimitedError(),
        errors.ServerError(503, 7.0),
        errors.PlatformUnreachableError("host", "unknown_host"),
        errors.LibraryError("ValueError"),
        errors.TruncatedError(),
        errors.TooLargeError(),
    ],
)
def test_outcomes_survive_the_way(outcome) -> None:
    back = unpack(pack(outcome))
    assert type(back) is type(outcome)
    if isinstance(outcome, bytes):
        assert back == outcome
    else:
        assert (str(back), vars(back)) == (str(outcome), vars(outcome))


@pytest.mark.parametrize("said", [b"", b"Hello\n", b"[]\n", b"{}\n", b'{"kind": "of"}\n', b'{"kind": "cut", "a": 1}\n'])
def test_what_is_no_outcome_is_an_error(said) -> None:
    assert isinstance(unpack(said), errors.LibraryError)


def test_without_the_library(monkeypatch) -> None:
    monkeypatch.setattr(sys, "path", WITHOUT_LIBRARIES)
    with pytest.raises(errors.LibraryError, match="failed with ModuleNotFoundError"):
        ask(question("http://127.0.0.1:1/api"))


def test_without_python(monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(errors.LibraryError, match="failed with FileNotFoundError"):
        ask(question("http://127.0.0.1:1/api"))


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        ("raise SystemExit(3)", "failed with exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "failed with exit code -11"),
        ("print('Hello')", "failed with JSONDecodeError"),
        ("print('x' * 6_000_000)", "is too large"),
        ('import time; print(\'{"kind": "body"}\', flush=True); time.sleep(30)', "did not answer within 1 s"),
        ("import os, time; os.close(1); time.sleep(30)", "did not answer within 1 s"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGALRM)", "did not answer within 1 s"),
    ],
)
def test_a_process_that_fails_in_its_own_way(start, sentence, monkeypatch, started) -> None:
    monkeypatch.setattr(worker_process, "START", start)
    with pytest.raises(errors.MarketError, match=sentence):
        ask(question("http://127.0.0.1:1/api", 1.0))
    assert started[0].returncode is not None


def test_what_libraries_print_is_no_part_of_the_outcome(tmp_path, monkeypatch) -> None:
    (tmp_path / "entsoe").mkdir()
    (tmp_path / "entsoe/__init__.py").write_text("print('Welcome', flush=True)\nraise ImportError")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(errors.LibraryError, match="failed with ImportError"):
        ask(question("http://127.0.0.1:1/api"))


def test_the_integrations_files_are_not_in_the_way(monkeypatch) -> None:
    """Home Assistant's platforms have names of Python's own modules."""
    monkeypatch.chdir(ROOT / "custom_components/nattery")
    with stand_in() as server:
        assert ask(question(server.url)).size > 1000


@needs_proc
async def test_the_process_shows_no_token(monkeypatch, started) -> None:
    monkeypatch.setenv(TOKEN, f" {CANARY}\n")
    with stand_in("slow:30") as server:
        task = asyncio.create_task(fetch(question(server.url)))
        while not server.queries:
            await asyncio.sleep(0.01)
        about = PROC / str(started[0].pid)
        arguments, environment = (about / "cmdline").read_bytes(), (about / "environ").read_bytes()
        limits, stderr = (about / "limits").read_text(), (about / "fd/2").readlink()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert b"nattery.market.entsoe.worker" in arguments
    assert b"PATH=" in environment
    assert TOKEN.encode() not in environment
    assert FEATHER not in arguments + environment
    assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")] == [["0", "0"]]
    assert stderr == Path(os.devnull)
    assert server.queries[0]["securityToken"] == CANARY


def _is_alive(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        return (PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


@needs_proc
def test_the_process_ends_when_nobody_is_left_to_hear_it() -> None:
    code = (
        "import sys; from nattery.process import child; from nattery.market.entsoe.process import Child;"
        "from tests.core.market.stand_in import question\n"
        "start = child.Popen\n"
        "def tell(*a, **k): process = start(*a, **k); print(process.pid, flush=True); return process\n"
        "child.Popen = tell; Child(question(sys.argv[1])).run()"
    )
    with stand_in("slow:60") as server:
        parent = subprocess.Popen(
            [sys.executable, "-c", code, server.url], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )  # fmt: skip
        with parent:
            pid = int(parent.stdout.readline())
            while not server.queries:
                time.sleep(0.01)
            assert _is_alive(pid)
            parent.kill()
        for _ in range(100):
            if not _is_alive(pid):
                return
            time.sleep(0.02)
    pytest.fail("It lives on")


def test_the_process_ends_by_itself_when_its_time_is_over() -> None:
    """Though whoever started it has hung and does nothing."""
    with stand_in("slow:60") as server, subprocess.Popen(
        worker_process.command(TASK, 3.0), stdin=subprocess.PIPE
    ) as process:  # fmt: skip
        process.stdin.write(question(server.url).to_line())
        process.stdin.flush()
        assert process.wait(30) == -signal.SIGALRM


def test_pandas_stays_out_of_our_process() -> None:
    code = (
        "import asyncio, sys; from nattery.market.entsoe import fetch; from nattery.market.entsoe.ipc import Question;"
        "answer = asyncio.run(fetch(Question.from_line(sys.stdin.buffer.readline())));"
        f"print(answer.size > 1000, [name for name in {LIBRARIES} if name in sys.modules])"
    )
    with stand_in() as server:
        line = question(server.url).to_line()
        done = subprocess.run([sys.executable, "-c", code], input=line, capture_output=True, timeout=60, check=True)
    assert done.stdout == b"True []\n"
    assert len(server.queries) == 1


def _left() -> tuple[int, int]:
    return len(list((PROC / "self/fd").iterdir())), threading.active_count()


async def _cancelled(url: str) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(fetch(question(url)), 0.1)


@needs_proc
def test_a_hundred_fetches_leave_nothing_behind(started, monkeypatch) -> None:
    """Good ones, late ones, cancelled ones, and most without the library, since that is quick."""
    before = _left()
    with stand_in() as server:
        for _ in range(3):
            assert ask(question(server.url)).size > 1000
            with pytest.raises(errors.FetchTimeoutError):
                ask(question(server.url, 0.1))
            asyncio.run(_cancelled(server.url))
    monkeypatch.setattr(sys, "path", WITHOUT_LIBRARIES)
    while len(started) < 100:
        with pytest.raises(errors.LibraryError):
            ask(question("http://127.0.0.1:1/api"))
    assert all(process.returncode is not None for process in started)
    assert _left() == before
