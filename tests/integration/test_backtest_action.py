"""The action that runs the backtest over a real ledger, in a process of its own."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from math import sqrt
from pathlib import Path
import signal
from subprocess import Popen
import time
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized, UnknownUser
import probatio as vol
import pytest

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.backtest import backtest as work
from custom_components.nattery.core.backtest.process import run_in_process
from custom_components.nattery.core.backtest.system import system_from_document
from custom_components.nattery.core.backtest.time_series import series_from_ledger
from custom_components.nattery.core.forecast.quarters import moment
from custom_components.nattery.core.ledger.entry import Energies, EntryPrices, LedgerEntry, MeteredInterval
from custom_components.nattery.core.ledger.ledger import Ledger
from custom_components.nattery.core.ledger.pricing import create_entry
from custom_components.nattery.core.ledger.reports import Period
from custom_components.nattery.core.process.errors import (
    WorkerError,
    WorkerExitError,
    WorkerFailedError,
    WorkerInputError,
    WorkerOutputError,
    WorkerTimeoutError,
)
from custom_components.nattery.errors import describe
from custom_components.nattery.trading import backtest_job as job
from custom_components.nattery.trading.backtest_job import RUNNING
from custom_components.nattery.trading.settings import TRADING, settings_from
from scripts.benchmarks.weeks import ZONE, Weeks, series

from .books import BATTERY, BookedHouse, berlin
from .conftest import SERIAL
from .test_texts import subclasses
from .texts import TEXTS

FIRST, DAYS = date(2026, 11, 10), 10  # up to the day before that of the tests
NOVEMBER = Weeks("November", FIRST, 0.4, 0.3, 3)
UNSEEN, UNPRICED = range(300, 330), range(500, 520)
WAYS = "no_battery", "self_consumption", "daily_plan", "closed_loop", "perfect_forecast"
EFFICIENCY = sqrt(0.9)


def lived(days: int = DAYS) -> list[LedgerEntry]:
    """What was booked of some days by a battery that charges at night and discharges in the evening."""
    battery, soc = settings_from(BATTERY).battery(0.5), 0.5
    booked: list[LedgerEntry] = []
    told = series(NOVEMBER, 1, days)
    for index, number in enumerate(told.numbers):
        if index in UNSEEN:
            continue
        hour = moment(number).astimezone(ZONE).hour
        charge, discharge = (0.5 if hour in {2, 3} else 0.0), (0.4 if hour in {18, 19} else 0.0)
        change = (charge * EFFICIENCY - discharge / EFFICIENCY) / BATTERY["capacity"]
        soc += change
        pv, load = told.pv_kw[index] / 4, told.load_kw[index] / 4
        net = load - pv + charge - discharge
        energies = Energies(max(net, 0.0), max(-net, 0.0), charge, discharge, pv, load)
        prices = EntryPrices("EUR", told.import_price[index], told.export_price[index])
        metered = MeteredInterval(moment(number), 1.0, energies, soc, change)
        previous = booked[-1] if booked else None
        booked.append(create_entry(metered, battery, previous, prices=None if index in UNPRICED else prices))
    return booked


async def set_up(house: BookedHouse, lines: list[LedgerEntry], **changes: Any) -> Ledger:
    """The house with trading, and these lines in its book."""

    def fill() -> Ledger:
        ledger = Ledger(Path(house.hass.config.path("nattery.db")))
        ledger.write(SERIAL, lines)
        return ledger

    subentry = ConfigSubentry(
        data=MappingProxyType({**BATTERY, **changes}),
        subentry_type=TRADING,
        title="Trading",
        unique_id=TRADING,
        subentry_id="01JD5TRADING0000000000000T",
    )
    house.hass.config_entries.async_add_subentry(house.entry, subentry)
    ledger: Ledger = await house.hass.async_add_executor_job(fill)
    await house.set_up()
    return ledger


@pytest.fixture
async def ledger(booked: BookedHouse) -> Ledger:
    """That of a house that is set up, with all days in it."""
    return await set_up(booked, lived())


async def backtest(house: BookedHouse, user: str | None = None, **data: Any) -> Any:
    """What the action answers."""
    return await house.hass.services.async_call(
        DOMAIN,
        "backtest",
        {"config_entry_id": house.entry.entry_id, **data},
        blocking=True,
        return_response=True,
        context=Context(user_id=user),
    )


def directly(ledger: Ledger, start: datetime, end: datetime, **house: Any) -> dict[str, Any]:
    """What the core makes of the same lines, asked without Home Assistant."""
    lines = ledger.read(SERIAL, start, end)
    first = next(one for one in lines if one.prices)
    battery = {
        "capacity_kwh": 10.0,
        "soc_start": first.soc - first.battery.change_kwh / 10.0,
        "soc_min": 0.1,
        "soc_max": 1.0,
        "charge_kw": 5.0,
        "discharge_kw": 5.0,
        "charge_efficiency": EFFICIENCY,
        "discharge_efficiency": EFFICIENCY,
        "wear_per_kwh": 0.02,
        **{name: value for name, value in house.items() if name != "peak_price_per_kw"},
    }
    document = {
        "battery": battery,
        "grid": {"import_kw": 10.0, "export_kw": 10.0},
        "currency": "EUR",
        "peak_price_per_kw": house.get("peak_price_per_kw", 0.0),
    }
    return work.run(series_from_ledger(lines, "EUR"), system_from_document(document), ZONE).as_document()


def same(answer: dict[str, Any], expected: dict[str, Any]) -> None:
    """Compare all that the core says."""
    told = {name: answer[name] for name in expected}
    told["details"] = {way: answer["details"][way] for way in WAYS}
    assert told == expected


async def test_the_last_days_are_run_over_elsewhere_and_the_numbers_are_the_cores(
    booked: BookedHouse, ledger: Ledger, started: list[Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    start, end = berlin("2026-11-10 00:00"), berlin("2026-11-20 00:00")
    expected = directly(ledger, start, end)
    monkeypatch.setattr(work, "_BacktestRun", None)  # nothing of it is done in this process
    answer = await backtest(booked)
    same(answer, expected)
    assert [process.returncode for process in started] == [0]
    assert "nattery.backtest.worker" in started[0].args
    assert all("nattery.db" not in part for part in started[0].args)

    assert answer["period"] == {"start": start.isoformat(), "end": end.isoformat()}
    assert answer["currency"] == "EUR"
    assert answer["quarters"] == DAYS * 96 - 50
    assert (answer["unseen"], answer["unpriced"]) == (30, 20)
    assert answer["coverage"] == pytest.approx(1 - 50 / (DAYS * 96), abs=1e-6)
    assert len(answer["gaps"]) == 2
    (report,) = ledger.reports(SERIAL, [Period(start, end)], "EUR", answer["terminal_value_per_kwh"])
    assert answer["actual"] == pytest.approx(report.cost, abs=1e-6)
    assert answer["details"]["actual"]["wear"] == pytest.approx(report.money.wear)
    assert answer["perfect_forecast"] <= answer["closed_loop"] < answer["self_consumption"] < answer["no_battery"]
    assert 0 < answer["captured"] <= 1
    assert answer["battery"]["capacity_kwh"] == 10


async def test_a_time_of_ones_own(booked: BookedHouse, ledger: Ledger) -> None:
    start, end = berlin("2026-11-12 00:00"), berlin("2026-11-13 06:00")
    answer = await backtest(booked, start="2026-11-12 00:07:00", end="2026-11-13T06:00:00+01:00")
    same(answer, directly(ledger, start, end))
    assert answer["period"] == {"start": start.isoformat(), "end": end.isoformat()}
    until_now = await backtest(booked, start="2026-11-18 00:00:00", end="2027-01-01 00:00:00")
    same(until_now, directly(ledger, berlin("2026-11-18 00:00"), berlin("11:00")))
    assert until_now["period"]["end"] == berlin("11:00").isoformat()
    assert until_now["unseen"] == 44
    month = await backtest(booked, end="2026-11-13 00:00:00")
    assert month["period"]["start"] == berlin("2026-10-14 00:00").isoformat()
    assert month["coverage"] == pytest.approx(0.1, abs=0.01 / 3)


async def test_what_another_battery_would_have_earned(booked: BookedHouse, ledger: Ledger) -> None:
    start, end = berlin("2026-11-14 00:00"), berlin("2026-11-16 00:00")
    asked = partial(backtest, booked, start=start.isoformat(), end=end.isoformat())
    run = partial(directly, ledger, start, end)
    own = await asked()
    twice = await asked(capacity=20, charge=8, discharge="7.5")
    same(twice, run(capacity_kwh=20.0, charge_kw=8.0, discharge_kw=7.5))
    assert twice["closed_loop"] < own["closed_loop"]
    assert twice["battery"]["wear_per_kwh"] == 0.02
    assert twice["details"]["actual"] == own["details"]["actual"]
    same(await asked(wear=0.5), run(wear_per_kwh=0.5))
    same(await asked(battery_price=6000, capacity=20), run(wear_per_kwh=6000 / (2 * 20 * 6000), capacity_kwh=20.0))


async def test_a_capacity_tariff_is_for_everybody(booked: BookedHouse, ledger: Ledger) -> None:
    start, end = berlin("2026-11-14 00:00"), berlin("2026-11-15 00:00")
    answer = await backtest(booked, start=start.isoformat(), end=end.isoformat(), peak_price=5)
    same(answer, directly(ledger, start, end, peak_price_per_kw=5.0))
    highest = max(one.energies.import_kwh * 4 for one in ledger.read(SERIAL, start, end))
    assert answer["details"]["actual"]["peak_cost"] == pytest.approx(5 * highest)


async def test_a_book_that_ends_earlier(booked: BookedHouse) -> None:
    await set_up(booked, lived(3))
    answer = await backtest(booked)
    assert answer["period"] == {
        "start": berlin("2026-11-10 00:00").isoformat(),
        "end": berlin("2026-11-13 00:00").isoformat(),
    }


@pytest.mark.parametrize("count", [0, 95])
async def test_too_little(booked: BookedHouse, started: list[Popen[bytes]], count: int) -> None:
    await set_up(booked, lived(1)[:count])
    with pytest.raises(ServiceValidationError) as caught:
        await backtest(booked)
    assert caught.value.translation_key == "backtest_too_little"
    assert caught.value.translation_placeholders == {"quarters": str(count), "least": "96"}
    assert str(caught.value).startswith(f"The ledger has {count} quarter-hours with prices in this period")
    assert not started
    assert RUNNING not in booked.hass.data


@pytest.mark.parametrize(
    "data",
    [
        {"start": "2026-11-20 12:00:00"},
        {"start": "2026-11-15 00:00:00", "end": "2026-11-14 00:00:00"},
        {"start": "2026-11-15 00:00:00", "end": "2026-11-15 00:10:00"},
        {"start": "2025-10-01 00:00:00"},
    ],
    ids=str,
)
async def test_times_that_cannot_be(booked: BookedHouse, data: dict[str, Any]) -> None:
    await set_up(booked, [])
    with pytest.raises(ServiceValidationError) as caught:
        await backtest(booked, **data)
    assert caught.value.translation_key == "bad_range"
    assert caught.value.translation_placeholders == {"days": "400"}


@pytest.mark.parametrize(
    "data",
    [
        {"start": "soon"},
        {"end": "9999-12-31 23:59:59"},
        {"capacity": 0},
        {"charge": "much"},
        {"discharge": 101},
        {"wear": -0.1},
        {"wear": float("nan")},
        {"wear": 0.1, "battery_price": 5000},
        {"peak_price": float("inf")},
        {"efficiency": 90},
    ],
    ids=str,
)
async def test_questions_that_make_no_sense(booked: BookedHouse, data: dict[str, Any]) -> None:
    await set_up(booked, [])
    with pytest.raises((vol.Invalid, ServiceValidationError)):
        await backtest(booked, **data)


async def test_a_house_that_does_not_trade(booked: BookedHouse) -> None:
    await booked.set_up()
    with pytest.raises(ServiceValidationError) as caught:
        await backtest(booked)
    assert caught.value.translation_key == "no_trading"


async def test_who_may(booked: BookedHouse, hass_read_only_user, hass_admin_user, started: list[Popen[bytes]]) -> None:
    await set_up(booked, lived(2))
    nobody = await booked.hass.auth.async_create_user("Nobody", group_ids=[])
    with pytest.raises(Unauthorized):
        await backtest(booked, nobody.id)
    with pytest.raises(UnknownUser):
        await backtest(booked, "0" * 32)
    assert not started
    for user in (hass_read_only_user, hass_admin_user):
        assert (await backtest(booked, user.id))["quarters"] == 192


async def test_a_ledger_that_cannot_be_read_says_why(booked: BookedHouse) -> None:
    await set_up(booked, [], ledger="postgresql://nattery:secret-4f1c@127.0.0.1:1/books")
    with pytest.raises(HomeAssistantError) as caught:
        await backtest(booked)
    assert caught.value.translation_key == "ledger_unreachable"
    assert "secret-4f1c" not in str(caught.value)


# While it runs


async def until(condition: Callable[[], bool]) -> None:
    """Let the world turn until the condition holds, though the clock of the house stands still."""
    while not condition():
        await asyncio.to_thread(time.sleep, 0.005)


async def begin(house: BookedHouse, started: list[Popen[bytes]]) -> asyncio.Task[Any]:
    """A backtest whose process has been stopped halfway."""
    task = house.hass.async_create_background_task(backtest(house), "a backtest")
    await until(lambda: bool(started))
    started[0].send_signal(signal.SIGSTOP)
    return task


async def ended(started: list[Popen[bytes]]) -> None:
    """Wait until the process has been killed."""
    await until(lambda: started[0].returncode is not None)
    assert started[0].returncode == -signal.SIGKILL


async def test_one_at_a_time(booked: BookedHouse, ledger: Ledger, started: list[Popen[bytes]]) -> None:
    task = await begin(booked, started)
    with pytest.raises(ServiceValidationError) as caught:
        await backtest(booked)
    assert caught.value.translation_key == "backtest_busy"
    started[0].send_signal(signal.SIGCONT)
    assert (await task)["quarters"] == DAYS * 96 - 50
    assert len(started) == 1
    assert (await backtest(booked, start="2026-11-18 00:00:00"))["quarters"] == 192


async def test_who_cancels_it_ends_it(booked: BookedHouse, ledger: Ledger, started: list[Popen[bytes]]) -> None:
    task = await begin(booked, started)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ended(started)
    assert RUNNING not in booked.hass.data


async def test_it_ends_with_the_entry(booked: BookedHouse, ledger: Ledger, started: list[Popen[bytes]]) -> None:
    task = await begin(booked, started)
    assert await booked.hass.config_entries.async_unload(booked.entry.entry_id)
    with pytest.raises(HomeAssistantError) as caught:
        await task
    assert caught.value.translation_key == "backtest_stopped"
    await ended(started)
    assert RUNNING not in booked.hass.data


async def test_a_killed_process_is_said(booked: BookedHouse, ledger: Ledger, started: list[Popen[bytes]]) -> None:
    task = await begin(booked, started)
    started[0].kill()
    with pytest.raises(HomeAssistantError) as caught:
        await task
    assert str(caught.value) == "The backtest ended with exit code -9. Ask for a shorter time"
    assert RUNNING not in booked.hass.data


async def test_a_slow_computer(booked: BookedHouse, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "run_in_process", partial(run_in_process, seconds=0.1))
    with pytest.raises(HomeAssistantError) as caught:
        await backtest(booked)
    assert str(caught.value) == "The backtest did not finish within 0.1 s. Choose a shorter period"


ERRORS = (
    WorkerTimeoutError(600.0),
    WorkerFailedError("OSError"),
    WorkerExitError(1),
    WorkerInputError("battery.soc_min", "text"),
    WorkerOutputError(),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_every_end_of_a_process_has_its_sentence(error: WorkerError) -> None:
    key, placeholders = describe(error)
    said = TEXTS["exceptions"][key]["message"].format(**placeholders)
    assert said.endswith(".")
    assert "  " not in said
    assert {type(one) for one in ERRORS} == {*subclasses(WorkerError)} - {WorkerError}
