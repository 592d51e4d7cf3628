"""A backtest in a process of its own: the same numbers, and an end at any moment."""

import asyncio
from dataclasses import asdict, replace
import json
import signal
import subprocess
import sys

import pytest

from custom_components.nattery.core.backtest import backtest as work
from custom_components.nattery.core.backtest.account import Account
from custom_components.nattery.core.backtest.actual import actual
from custom_components.nattery.core.backtest.process import BacktestRequest, run_in_process
from custom_components.nattery.core.backtest.system import house_of
from custom_components.nattery.core.ledger.entry import QUARTER
from custom_components.nattery.core.process.errors import WorkerFailedError, WorkerTimeoutError
from scripts.benchmarks.weeks import PROBLEM, WEEKS, ZONE, series
from tests.core.ledger.entries import BERLIN, START, make_entry

HOUSE = {"battery": asdict(PROBLEM.battery), "grid": asdict(PROBLEM.grid), "currency": "EUR"}
TOLD, LEARNED = series(WEEKS[2], 1, 6), series(WEEKS[2], 1, 6, told=False)


@pytest.fixture
def nowhere_else(monkeypatch) -> None:
    """See that this process does none of the work."""
    monkeypatch.setattr(work, "_Run", None)


@pytest.mark.parametrize("days", [TOLD, LEARNED], ids=["told", "learned"])
def test_questions_survive_the_way(days) -> None:
    asked = BacktestRequest(days, HOUSE, ZONE.key)
    line = asked.to_line()
    back = BacktestRequest.from_line(line)
    assert line.index(b"\n") == len(line) - 1
    assert (back.house, back.zone) == (HOUSE, ZONE.key)
    for name in type(days).__slots__:
        here, there = getattr(days, name), getattr(back.series, name)
        assert (here and list(here)) == there


@pytest.mark.parametrize("days", [TOLD, LEARNED], ids=["told", "learned"])
async def test_the_numbers_are_the_same(days, request) -> None:
    expected = work.run(days, house_of(HOUSE), ZONE).as_document()
    request.getfixturevalue("nowhere_else")
    assert await run_in_process(BacktestRequest(days, HOUSE, ZONE.key)) == expected


def test_as_the_library() -> None:
    """Under its other name, and from anywhere."""
    code = (
        "import asyncio, sys; from nattery.backtest.process import BacktestRequest, run_in_process;"
        "print(asyncio.run(run_in_process(BacktestRequest.from_line(sys.stdin.buffer.readline())))['quarters'])"
    )
    line = BacktestRequest(TOLD, HOUSE, ZONE.key).to_line()
    done = subprocess.run([sys.executable, "-c", code], input=line, capture_output=True, check=True, cwd="/")
    assert done.stdout == b"576\n"


async def test_what_cannot_be_run_over_is_said() -> None:
    dear = replace(TOLD, import_price=[1e9, *TOLD.import_price[1:]])
    with pytest.raises(WorkerFailedError, match=r"import_price.* cannot be 1000000000\.0: allowed is a number from"):
        await run_in_process(BacktestRequest(dear, HOUSE, ZONE.key))


async def test_no_time() -> None:
    with pytest.raises(WorkerTimeoutError, match=r"not done within 0\.1 s"):
        await run_in_process(BacktestRequest(TOLD, HOUSE, ZONE.key), 0.1)


async def test_a_cancelled_backtest_leaves_no_process(started) -> None:
    task = asyncio.create_task(run_in_process(BacktestRequest(TOLD, HOUSE, ZONE.key)))
    while not started:
        await asyncio.sleep(0.001)
    started[0].send_signal(signal.SIGSTOP)  # so that it cannot be done before
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    while started[0].returncode is None:
        await asyncio.sleep(0.01)
    assert started[0].returncode == -signal.SIGKILL


async def test_a_killed_backtest_says_so(started) -> None:
    task = asyncio.create_task(run_in_process(BacktestRequest(TOLD, HOUSE, ZONE.key)))
    while not started:
        await asyncio.sleep(0.001)
    started[0].kill()
    with pytest.raises(WorkerFailedError, match="exit code -9"):
        await task


def test_what_really_happened() -> None:
    house = house_of({**HOUSE, "peak_price_per_kw": 2.0})
    first = make_entry(soc=0.6, soc_change=0.05, import_kwh=1.0, charge_kwh=0.5)
    half = make_entry(
        START + QUARTER, coverage=0.5, previous=first, soc=0.5, soc_change=-0.1, import_kwh=0.6, export_kwh=0.1
    )
    free = make_entry(START + 2 * QUARTER, prices=None, previous=half, import_kwh=9.0)
    account = actual([first, half, free], house, BERLIN)
    assert account.grid_cost == pytest.approx(first.money.cost + half.money.cost)
    assert account.wear == pytest.approx(first.money.wear)
    assert account.stored_change() == pytest.approx(0.5 - 1.0)
    assert account.peak_cost == pytest.approx(2 * 0.6 / 0.125)
    assert (account.import_kwh, account.export_kwh) == pytest.approx((1.6, 0.1))
    assert account.cost(0.3) == pytest.approx(account.grid_cost + account.wear + account.peak_cost + 0.3 * 0.5)
    assert json.loads(json.dumps(account.as_document())).keys() == Account(house, 0).as_document().keys()
