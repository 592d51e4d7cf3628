"""The worker process: what it exposes, how it ends and what it leaves behind."""

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
from custom_components.nattery.core.market.command import TOKEN_VARIABLE
from custom_components.nattery.core.market.entsoe.client import fetch, fetch_blocking
from custom_components.nattery.core.market.entsoe.ipc import pack_result, unpack_result
from custom_components.nattery.core.market.entsoe.process import TASK
from custom_components.nattery.core.process import worker_process

from .stand_in import CANARY, query, stand_in

CANARY_PART = b"4f1c7d2e"
ROOT = Path(__file__).parents[4]
PROC = Path("/proc")
needs_proc = pytest.mark.skipif(not PROC.exists(), reason="reads /proc")
WITHOUT_LIBRARIES = [path for path in sys.path if "site-packages" not in path]
LIBRARIES = "entsoe", "pandas", "numpy", "requests", "urllib3", "bs4"


def test_queries_survive_serialisation() -> None:
    sent = query("http://a/api", 12.5)
    received = type(sent).from_line(sent.to_line())
    assert (received.area.eic, received.start, received.end) == (sent.area.eic, sent.start, sent.end)
    assert (received.token, received.url, received.timeout) == (sent.token, sent.url, sent.timeout)


@pytest.mark.parametrize(
    "result",
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
def test_results_survive_serialisation(result) -> None:
    received = unpack_result(pack_result(result))
    assert type(received) is type(result)
    if isinstance(result, bytes):
        assert received == result
    else:
        assert (str(received), vars(received)) == (str(result), vars(result))


@pytest.mark.parametrize("data", [b"", b"Hello\n", b"[]\n", b"{}\n", b'{"kind": "of"}\n', b'{"kind": "cut", "a": 1}\n'])
def test_malformed_results_are_errors(data) -> None:
    assert isinstance(unpack_result(data), errors.LibraryError)


def test_without_the_library(monkeypatch) -> None:
    monkeypatch.setattr(sys, "path", WITHOUT_LIBRARIES)
    with pytest.raises(errors.LibraryError, match="failed with ModuleNotFoundError"):
        fetch_blocking(query("http://127.0.0.1:1/api"))


def test_without_python(monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(errors.LibraryError, match="failed with FileNotFoundError"):
        fetch_blocking(query("http://127.0.0.1:1/api"))


@pytest.mark.parametrize(
    ("start", "seconds", "sentence"),
    [
        ("raise SystemExit(3)", 30.0, "failed with exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", 30.0, "failed with exit code -11"),
        ("print('Hello')", 30.0, "failed with JSONDecodeError"),
        ("print('x' * 6_000_000)", 30.0, "is too large"),
        ('import time; print(\'{"kind": "body"}\', flush=True); time.sleep(30)', 0.5, "did not answer within 0.5 s"),
        ("import os, time; os.close(1); time.sleep(30)", 0.5, "did not answer within 0.5 s"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGALRM)", 30.0, "did not answer within 30 s"),
    ],
    ids=["exit", "crash", "malformed_output", "large_output", "incomplete_output", "closed_output", "alarm"],
)
def test_process_failures(start, seconds, sentence, monkeypatch, started) -> None:
    monkeypatch.setattr(worker_process, "START", start)
    with pytest.raises(errors.MarketError, match=sentence):
        fetch_blocking(query("http://127.0.0.1:1/api", seconds))
    assert started[0].returncode is not None


def test_output_of_libraries_is_not_part_of_the_result(tmp_path, monkeypatch) -> None:
    (tmp_path / "entsoe").mkdir()
    (tmp_path / "entsoe/__init__.py").write_text("print('Welcome', flush=True)\nraise ImportError")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(errors.LibraryError, match="failed with ImportError"):
        fetch_blocking(query("http://127.0.0.1:1/api"))


def test_modules_of_the_integration_do_not_shadow_the_standard_library(monkeypatch) -> None:
    """Some platforms of Home Assistant have the names of standard modules."""
    monkeypatch.chdir(ROOT / "custom_components/nattery")
    with stand_in() as server:
        assert fetch_blocking(query(server.url)).size > 1000


@needs_proc
async def test_the_process_exposes_no_token(monkeypatch, started) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, f" {CANARY}\n")
    with stand_in("slow:30") as server:
        task = asyncio.create_task(fetch(query(server.url)))
        while not server.queries:
            await asyncio.sleep(0.01)
        proc_folder = PROC / str(started[0].pid)
        arguments, environment = (proc_folder / "cmdline").read_bytes(), (proc_folder / "environ").read_bytes()
        limits, stderr = (proc_folder / "limits").read_text(), (proc_folder / "fd/2").readlink()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert b"nattery.market.entsoe.worker" in arguments
    assert b"PATH=" in environment
    assert TOKEN_VARIABLE.encode() not in environment
    assert CANARY_PART not in arguments + environment
    assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")] == [["0", "0"]]
    assert stderr == Path(os.devnull)
    assert server.queries[0]["securityToken"] == CANARY


def _is_alive(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        return (PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


@needs_proc
def test_the_process_ends_with_its_parent() -> None:
    code = (
        "import sys; from nattery.process import worker_process;"
        "from nattery.market.entsoe.process import PriceQueryProcess;"
        "from tests.core.market.entsoe.stand_in import query\n"
        "start = worker_process.Popen\n"
        "def print_pid(*a, **k): process = start(*a, **k); print(process.pid, flush=True); return process\n"
        "worker_process.Popen = print_pid; PriceQueryProcess(query(sys.argv[1])).run()"
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
        for _ in range(1000):
            if not _is_alive(pid):
                return
            time.sleep(0.02)
    pytest.fail("The process is still running")


def test_the_process_ends_itself_after_its_timeout() -> None:
    """It ends even if its parent hangs."""
    with stand_in("slow:60") as server, subprocess.Popen(
        worker_process.command(TASK, 1.0, 2), stdin=subprocess.PIPE
    ) as process:  # fmt: skip
        process.stdin.write(query(server.url).to_line())
        process.stdin.flush()
        assert process.wait(30) == -signal.SIGALRM


def test_pandas_is_not_imported_in_the_main_process() -> None:
    code = (
        "import asyncio, sys; from nattery.market.entsoe.client import fetch;"
        "from nattery.market.entsoe.ipc import PriceQuery;"
        "response = asyncio.run(fetch(PriceQuery.from_line(sys.stdin.buffer.readline())));"
        f"print(response.size > 1000, [name for name in {LIBRARIES} if name in sys.modules])"
    )
    with stand_in() as server:
        line = query(server.url).to_line()
        completed = subprocess.run(
            [sys.executable, "-c", code], input=line, capture_output=True, timeout=60, check=True
        )
    assert completed.stdout == b"True []\n"
    assert len(server.queries) == 1


def _open_resources() -> tuple[int, int]:
    return len(list((PROC / "self/fd").iterdir())), threading.active_count()


async def _cancelled(url: str) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(fetch(query(url)), 0.1)


@needs_proc
def test_many_fetches_leave_no_resources_behind(started, monkeypatch) -> None:
    """Good, late and cancelled fetches; most without the library, which is faster."""
    before = _open_resources()
    with stand_in() as server:
        for _ in range(2):
            assert fetch_blocking(query(server.url)).size > 1000
            with pytest.raises(errors.FetchTimeoutError):
                fetch_blocking(query(server.url, 0.1))
            asyncio.run(_cancelled(server.url))
    monkeypatch.setattr(sys, "path", WITHOUT_LIBRARIES)
    while len(started) < 30:
        with pytest.raises(errors.LibraryError):
            fetch_blocking(query("http://127.0.0.1:1/api"))
    assert all(process.returncode is not None for process in started)
    assert _open_resources() == before
