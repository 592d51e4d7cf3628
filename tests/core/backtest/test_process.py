"""A backtest in a process of its own: it gives the same numbers and can be cancelled at any time."""

import asyncio
from dataclasses import asdict, replace
import json
import signal
import subprocess
import sys

import pytest

from custom_components.nattery.core.backtest import backtest
from custom_components.nattery.core.backtest.account import Account
from custom_components.nattery.core.backtest.actual import actual_account
from custom_components.nattery.core.backtest.process import BacktestRequest, run_in_process
from custom_components.nattery.core.backtest.system import system_from_document
from custom_components.nattery.core.ledger.entry import QUARTER
from custom_components.nattery.core.process.errors import WorkerFailedError, WorkerInputError, WorkerTimeoutError
from scripts.benchmarks.weeks import PROBLEM, WEEKS, ZONE, series
from tests.core.ledger.entries import BERLIN, START, make_entry

SYSTEM_DOCUMENT = {"battery": asdict(PROBLEM.battery), "grid": asdict(PROBLEM.grid), "currency": "EUR"}
WITH_FORECASTS, WITHOUT_FORECASTS = series(WEEKS[2], 1, 6), series(WEEKS[2], 1, 6, with_forecasts=False)


@pytest.fixture
def no_local_run(monkeypatch) -> None:
    """Make a backtest in this process fail."""
    monkeypatch.setattr(backtest, "_BacktestRun", None)


@pytest.mark.parametrize("days", [WITH_FORECASTS, WITHOUT_FORECASTS], ids=["given", "learned"])
def test_requests_survive_encoding(days) -> None:
    asked = BacktestRequest(days, SYSTEM_DOCUMENT, ZONE.key)
    line = asked.to_line()
    back = BacktestRequest.from_line(line)
    assert line.index(b"\n") == len(line) - 1
    assert (back.system, back.zone) == (SYSTEM_DOCUMENT, ZONE.key)
    for name in type(days).__slots__:
        here, there = getattr(days, name), getattr(back.series, name)
        assert (here and list(here)) == there


@pytest.mark.parametrize("days", [WITH_FORECASTS, WITHOUT_FORECASTS], ids=["given", "learned"])
async def test_the_numbers_are_the_same(days, request) -> None:
    expected = backtest.run(days, system_from_document(SYSTEM_DOCUMENT), ZONE).as_document()
    request.getfixturevalue("no_local_run")
    reported: list[float] = []
    request_line = BacktestRequest(days, SYSTEM_DOCUMENT, ZONE.key)
    assert await run_in_process(request_line, progress=reported.append) == expected
    assert reported == sorted(reported)
    assert reported[0] < 0.5
    assert reported[-1] == 1.0


def test_as_the_library() -> None:
    """The package works under its library name, from any working directory."""
    code = (
        "import asyncio, sys; from nattery.backtest.process import BacktestRequest, run_in_process;"
        "print(asyncio.run(run_in_process(BacktestRequest.from_line(sys.stdin.buffer.readline())))['quarters'])"
    )
    line = BacktestRequest(WITH_FORECASTS, SYSTEM_DOCUMENT, ZONE.key).to_line()
    done = subprocess.run([sys.executable, "-c", code], input=line, capture_output=True, check=True, cwd="/")
    assert done.stdout == b"576\n"


async def test_invalid_input_is_reported() -> None:
    too_high = replace(WITH_FORECASTS, import_price=[1e9, *WITH_FORECASTS.import_price[1:]])
    with pytest.raises(WorkerInputError, match=r"import_price.* cannot be 1000000000\.0: allowed is a number from"):
        await run_in_process(BacktestRequest(too_high, SYSTEM_DOCUMENT, ZONE.key))


async def test_the_time_limit() -> None:
    with pytest.raises(WorkerTimeoutError, match=r"not done within 0\.1 s"):
        await run_in_process(BacktestRequest(WITH_FORECASTS, SYSTEM_DOCUMENT, ZONE.key), 0.1)


async def test_a_cancelled_backtest_leaves_no_process(started) -> None:
    task = asyncio.create_task(run_in_process(BacktestRequest(WITH_FORECASTS, SYSTEM_DOCUMENT, ZONE.key)))
    while not started:
        await asyncio.sleep(0.001)
    started[0].send_signal(signal.SIGSTOP)  # so that it cannot finish first
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    while started[0].returncode is None:
        await asyncio.sleep(0.01)
    assert started[0].returncode == -signal.SIGKILL


async def test_a_killed_backtest_is_reported(started) -> None:
    task = asyncio.create_task(run_in_process(BacktestRequest(WITH_FORECASTS, SYSTEM_DOCUMENT, ZONE.key)))
    while not started:
        await asyncio.sleep(0.001)
    started[0].kill()
    with pytest.raises(WorkerFailedError, match="exit code -9"):
        await task


def test_the_actual_account() -> None:
    system = system_from_document({**SYSTEM_DOCUMENT, "peak_price_per_kw": 2.0})
    first = make_entry(soc=0.6, soc_change=0.05, import_kwh=1.0, charge_kwh=0.5)
    half = make_entry(
        START + QUARTER, coverage=0.5, previous=first, soc=0.5, soc_change=-0.1, import_kwh=0.6, export_kwh=0.1
    )
    unpriced = make_entry(START + 2 * QUARTER, prices=None, previous=half, import_kwh=9.0)
    account = actual_account([first, half, unpriced], system, BERLIN)
    assert account.grid_cost == pytest.approx(first.money.cost + half.money.cost)
    assert account.wear == pytest.approx(first.money.wear)
    assert account.stored_change() == pytest.approx(0.5 - 1.0)
    assert account.peak_cost == pytest.approx(2 * 0.6 / 0.125)
    assert (account.import_kwh, account.export_kwh) == pytest.approx((1.6, 0.1))
    assert account.cost(0.3) == pytest.approx(account.grid_cost + account.wear + account.peak_cost + 0.3 * 0.5)
    assert json.loads(json.dumps(account.as_document())).keys() == Account(system, 0).as_document().keys()
