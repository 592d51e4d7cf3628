"""Forecasts of a house whose statistics are in a real recorder, with providers on the real energy platform."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.recorder.db_schema import Statistics, StatisticsShortTerm
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import EVENT_RECORDER_HOURLY_STATISTICS_GENERATED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance, session_scope
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    async_fire_time_changed,
    mock_integration,
    mock_platform,
)
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from sqlalchemy import text

from custom_components.nattery.const import CONF_SYNC_CLOCK
from custom_components.nattery.coordinator import local_now
from custom_components.nattery.core.app import learned_forecaster
from custom_components.nattery.core.explanation import Note
from custom_components.nattery.core.forecast.forecast import Forecaster, ForecastSource
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.quarters import day_edges, local_quarter, moment, quarter
from custom_components.nattery.core.inverter.inverter import Inverter
from custom_components.nattery.core.inverter.polling import PollResult
from custom_components.nattery.core.inverter.registers import BY_KEY
from custom_components.nattery.core.ledger.entry import Energies, MeteredInterval
from custom_components.nattery.core.simulator.faults import FaultKind
from custom_components.nattery.core.simulator.memory import timestamp_words
from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.trading import solar
from custom_components.nattery.trading.forecasts import ForecastService, forecast_store
from custom_components.nattery.trading.inverter_system import InverterEnergyHistory
from custom_components.nattery.trading.statistics import async_household_history
from scripts.benchmarks.houses import ZONE, family

from .conftest import SERIAL

EVENING = datetime(2026, 10, 21, 18, 7, tzinfo=ZONE)  # a Wednesday, and the clocks go back on Sunday
DAY, WEEK = 96, 7 * 96
KEY = "canary-key"

type Power = Mapping[int, float]


@pytest.fixture
async def stopped(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """The clock of a house in Berlin, stopped on an evening."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(EVENING)
    return freezer


@pytest.fixture
def forgetful(stopped: FrozenDateTimeFactory, simulator: Simulator) -> None:
    """Its inverter remembers no day: its statistics have just been cleared."""
    simulator.device.write(BY_KEY["recovery_command"].address, [0xBB])


@pytest.fixture
async def forecasts(forgetful: None, house: MockConfigEntry, hass: HomeAssistant) -> AsyncIterator[ForecastService]:
    """The forecasts of the house, whose history is what the test gives it; closed at the end."""
    forecasts = ForecastService(hass, house, InverterEnergyHistory(hass, house.runtime_data.identified_device))
    yield forecasts
    if house.state is ConfigEntryState.LOADED:
        await forecasts.async_close()


def entity(hass: HomeAssistant, key: str) -> str:
    found = er.async_get(hass).async_get_entity_id("sensor", "nattery", f"{SERIAL}_{key}")
    assert found is not None
    return found


async def count(hass: HomeAssistant, key: str, power: Power, *, left_out: Iterable[int] = ()) -> None:
    """Let the recorder know a counter of tenths of a kWh, by the hour, that this power has turned."""
    gone = set(left_out)
    rows, total = [], 0.0
    for number in sorted(power):
        total += power[number] / 4
        if number % 4 == 3 and number - 3 not in gone:
            start = datetime.fromtimestamp((number - 3) * 900, UTC)
            tenths = int(total * 10) / 10
            rows.append({"start": start, "state": 1000 + tenths, "sum": tenths})
    await remember(hass, key, "energy", "kWh", rows, Statistics)


async def measure(hass: HomeAssistant, key: str, power: Power) -> None:
    """Let the recorder know means of five minutes of a power, in W."""
    rows = [
        {"start": datetime.fromtimestamp(number * 900 + 300 * part, UTC), "mean": kw * 1000, "min": 0, "max": kw * 1000}
        for number, kw in power.items()
        for part in range(3)
    ]
    await remember(hass, key, "power", "W", rows, StatisticsShortTerm)


async def remember(hass: HomeAssistant, key: str, kind: str, unit: str, rows: list[Any], table: Any) -> None:
    energy = kind == "energy"
    about = {
        "has_sum": energy,
        "mean_type": StatisticMeanType.NONE if energy else StatisticMeanType.ARITHMETIC,
        "name": None,
        "source": "recorder",
        "statistic_id": entity(hass, key),
        "unit_class": kind,
        "unit_of_measurement": unit,
    }
    get_instance(hass).async_import_statistics(about, rows, table)
    await async_wait_recording_done(hass)


def until_now(days: int, of: Callable[[int, int, int], Power] = family) -> Power:
    """The power of some days, and of today until the latest full hour."""
    now = quarter(dt_util.utcnow())
    first, _ = day_edges(local_quarter(now, ZONE) // DAY - days, ZONE)
    return {number: kw for number, kw in of(7, first, days + 1).items() if number < now // 4 * 4}


def sunny(_seed: int, first: int, days: int) -> Power:
    """The same fine day every day, 12 kWh."""
    return {number: 2.0 if 36 <= number % DAY < 60 else 0.0 for number in range(first, first + days * DAY)}


def kwh(powers: Iterable[float]) -> float:
    return sum(powers) / 4


def tomorrow() -> datetime:
    return dt_util.start_of_local_day() + timedelta(days=1)


def of_day(day: int, wh: float) -> dict[str, float]:
    """What a provider says of a local day of October: six hours around noon, and a dim one on either side."""
    hours = {8: wh / 10, **dict.fromkeys(range(9, 15), wh), 15: wh / 10}
    return {datetime(2026, 10, day, hour, tzinfo=ZONE).isoformat(): of for hour, of in hours.items()}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and record.name == "custom_components.nattery"
    ]


# --- the past


async def test_three_weeks_of_hours_are_learned_from(recorder_mock, hass, forecasts) -> None:
    load = until_now(21)
    await count(hass, "load_energy", load)
    await count(hass, "pv_energy", until_now(21, sunny))
    told = await forecasts.async_forecast(tomorrow(), DAY)
    assert told.sources == {"load": ForecastSource.HISTORY, "pv": ForecastSource.HISTORY}
    assert kwh(told.load_kw) == pytest.approx(kwh(load.values()) / (len(load) / DAY), rel=0.2)
    assert min(told.load_kw[72:84]) > 2 * max(told.load_kw[8:20])  # the evening of a family, and its night
    assert kwh(told.pv_kw) == pytest.approx(12, rel=0.02)
    assert max(told.pv_kw[:24]) == 0
    assert [note.key for note in told.notes] == ["no_provider"]


async def test_quarters_are_seen_in_the_power_and_set_right_by_the_counter(recorder_mock, hass, forecasts) -> None:
    """The oven runs in the first quarter of every evening's hour; the power shows a tenth too little of everything."""

    def oven(_seed: int, first: int, days: int) -> Power:
        return {number: 4.4 if number % DAY == 64 else 0.4 for number in range(first, first + days * DAY)}

    power = until_now(21, oven)
    await count(hass, "load_energy", power)
    coarse = await forecasts.async_forecast(tomorrow(), DAY)
    await measure(hass, "load_power", {number: 0.9 * kw for number, kw in list(power.items())[-9 * DAY :]})
    forecasts._outdate()
    fine = await forecasts.async_forecast(tomorrow(), DAY)
    at = fine.load_kw.index(max(fine.load_kw))
    assert at % 4 == 0
    assert coarse.load_kw[at] == pytest.approx(coarse.load_kw[at + 3], rel=0.01)
    assert fine.load_kw[at] > 3 * fine.load_kw[at + 3]
    past = await async_household_history(hass, forecasts._energy_history.statistic_ids, dt_util.utcnow())
    assert past is not None
    assert len(past.load.quarter_hourly) == 9 * DAY
    last = max(past.load.quarter_hourly) + 1
    assert past.load.kwh(last - WEEK, last) == pytest.approx(kwh(list(power.values())[-WEEK:]), rel=0.005)


async def test_a_power_of_something_else_is_not_used(recorder_mock, hass, forecasts) -> None:
    """As of an inverter that leaves the sum of its phases at zero."""
    power = until_now(7)
    await count(hass, "load_energy", power)
    await measure(hass, "load_power", dict.fromkeys(power, 0.0))
    past = await async_household_history(hass, forecasts._energy_history.statistic_ids, dt_util.utcnow())
    assert past is not None
    assert not past.load.quarter_hourly
    assert kwh(past.load.power.values()) == pytest.approx(kwh(power.values()), rel=0.02)


async def test_what_a_counter_did_in_a_gap_is_not_the_load_of_the_hour_after(recorder_mock, hass, forecasts) -> None:
    power = until_now(14)
    last = max(power) // 4 * 4
    away = range(last - 3 * DAY, last - 2 * DAY, 4)
    await count(hass, "load_energy", power, left_out=away)
    past = await async_household_history(hass, forecasts._energy_history.statistic_ids, dt_util.utcnow())
    assert past is not None
    assert not past.load.power.keys() & {*range(away[0], away[-1] + 8)}
    assert max(past.load.power.values()) <= max(power.values())
    assert len(past.load) == len(power) - DAY - 8  # the first hour has nothing before it either


async def test_a_young_history_says_so(recorder_mock, hass, forecasts) -> None:
    nothing = await forecasts.async_forecast(tomorrow(), DAY)
    assert nothing.sources == {"load": ForecastSource.DEFAULT, "pv": ForecastSource.NONE}
    assert kwh(nothing.load_kw) == pytest.approx(10)
    await count(hass, "load_energy", until_now(2))
    forecasts._outdate()
    told = await forecasts.async_forecast(tomorrow(), DAY)
    assert told.sources["load"] is ForecastSource.HISTORY
    assert {note.key: note.values for note in told.notes}["short_load_history"] == {"days": 2.7}


async def test_without_a_recorder_it_is_a_guess_that_says_why(hass, forecasts) -> None:
    told = await forecasts.async_forecast(tomorrow(), DAY)
    assert told.sources == {"load": ForecastSource.DEFAULT, "pv": ForecastSource.NONE}
    assert kwh(told.load_kw) == pytest.approx(10)
    assert "no_recorder" in {note.key for note in told.notes}
    assert forecasts.load_quality is forecasts.pv_quality is None


async def test_a_database_that_fails_leaves_what_was_read(recorder_mock, hass, forecasts, caplog) -> None:
    await count(hass, "load_energy", until_now(21))
    before = await forecasts.async_forecast(tomorrow(), DAY)
    rename = "ALTER TABLE {} RENAME TO {}"
    with session_scope(hass=hass) as session:
        session.execute(text(rename.format("statistics", "lost")))
    try:
        for _ in range(2):
            forecasts._outdate()
            told = await forecasts.async_forecast(tomorrow(), DAY)
            assert told.load_kw == before.load_kw
            assert "history_unreadable" in {note.key for note in told.notes}
        assert [line for line in warnings(caplog) if "history" in line] == [
            "The history of Inverter cannot be read: OperationalError"
        ]
    finally:
        with session_scope(hass=hass) as session:
            session.execute(text(rename.format("lost", "statistics")))
    forecasts._outdate()
    assert "history_unreadable" not in {note.key for note in (await forecasts.async_forecast(tomorrow(), DAY)).notes}


async def test_what_has_passed_is_as_it_came_and_the_sun_goes_on_as_it_is(
    recorder_mock, hass, forecasts, stopped
) -> None:
    """A dull morning after three fine weeks, as the recorder has seen it."""
    stopped.move_to(EVENING.replace(hour=12, minute=0))
    midnight, now = quarter(dt_util.start_of_local_day()), quarter(dt_util.utcnow())
    dull = {number: kw * (0.25 if number >= midnight else 1) for number, kw in until_now(21, sunny).items()}
    await count(hass, "pv_energy", dull)
    await measure(hass, "pv_power", {number: dull[number] for number in range(midnight, now)})
    usual = await forecasts.async_forecast(tomorrow(), DAY)
    told = await forecasts.async_forecast(dt_util.start_of_local_day(), DAY)
    assert list(told.pv_kw[: now - midnight]) == pytest.approx([dull[n] for n in range(midnight, now)], rel=0.02)
    assert told.pv_kw[now - midnight] < 0.5 * usual.pv_kw[now - midnight]
    assert kwh(told.pv_kw[now - midnight :]) < 0.7 * kwh(usual.pv_kw[now - midnight :])


async def test_the_quarter_that_has_just_ended_is_known_before_the_statistics_know_it(
    recorder_mock, hass, forgetful, house, stopped
) -> None:
    stopped.move_to(EVENING.replace(hour=14, minute=0, second=1))
    now = quarter(dt_util.utcnow())
    known = {number: kw for number, kw in until_now(21, sunny).items() if number < now - 4}
    await count(hass, "pv_energy", known)
    metered = [
        MeteredInterval(moment(now - 4), 1.0, Energies(pv_kwh=0.25), 0.5, 0.0),
        MeteredInterval(moment(now - 2), 0.95, Energies(pv_kwh=0.2375), 0.5, 0.0),
        MeteredInterval(moment(now - 1), 0.5, Energies(pv_kwh=0.1), 0.5, 0.0),  # too little of it was seen
    ]
    forecasts = ForecastService(
        hass, house, InverterEnergyHistory(hass, house.runtime_data.identified_device), lambda: metered
    )
    told = await forecasts.async_forecast(moment(now - 4), 8)
    assert told.pv_kw[0] == told.pv_kw[2] == pytest.approx(1.0)
    assert (told.pv_kw[1], told.pv_kw[3]) == pytest.approx((2.0, 2.0), rel=0.05)
    assert told.pv_kw[4] < 1.9
    assert told.sources["load"] is ForecastSource.DEFAULT, "a few quarter-hours alone are no history"
    await forecasts.async_close()


# --- the first days


@pytest.fixture
def own_clock(hass: HomeAssistant, house_entry: MockConfigEntry) -> None:
    """Nobody sets the clock of its inverter."""
    hass.config_entries.async_update_entry(house_entry, options={CONF_SYNC_CLOCK: False})


@pytest.fixture
async def fresh(
    stopped: FrozenDateTimeFactory, own_clock: None, house: MockConfigEntry, hass: HomeAssistant
) -> ForecastService:
    """The forecasts of a house that was set up this evening, where the sun of its inverter has its noon at 12:30."""
    await hass.config.async_update(latitude=45, longitude=22.5)
    return ForecastService(hass, house, InverterEnergyHistory(hass, house.runtime_data.identified_device))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """When the inverter was asked for its last days."""
    asked = []

    async def read(self: Inverter, keys: Iterable[str]) -> PollResult:
        if "pv_energy_history" in (wanted := tuple(keys)):
            asked.append(dt_util.now())
        return await read_registers(self, wanted)

    read_registers = Inverter.read_registers
    monkeypatch.setattr(Inverter, "read_registers", read)
    return asked


def remembered(simulator: Simulator, symbol: str) -> list[float]:
    """The kWh that the inverter has counted of each of its last days, yesterday first."""
    return [word / 10 for word in simulator.device.memory.get(symbol)]


async def test_a_fresh_house_expects_what_its_inverter_remembers(recorder_mock, hass, fresh, simulator) -> None:
    told = await fresh.async_forecast(tomorrow(), DAY)
    pv, load = (remembered(simulator, symbol) for symbol in ("PVEnergyLast7day", "LoadConsumLast7day"))
    assert kwh(told.pv_kw) == pytest.approx(sum(pv) / 7, rel=0.15)
    assert kwh(told.load_kw) == pytest.approx(sum(load) / 7, rel=0.15)
    assert max(told.pv_kw[:28]) == max(told.pv_kw[76:]) == 0
    assert told.pv_kw.index(max(told.pv_kw)) in range(46, 54)
    assert min(told.load_kw[72:84]) > 2 * max(told.load_kw[8:16])
    assert told.sources == {"load": ForecastSource.HISTORY, "pv": ForecastSource.HISTORY}
    assert [(note.key, note.values) for note in told.notes] == [
        ("first_days", {"days": 7}),
        ("no_provider", {"days": 7}),
    ]


async def test_without_a_recorder_the_inverter_remembers_all_the_same(hass, fresh, simulator) -> None:
    told = await fresh.async_forecast(tomorrow(), DAY)
    assert kwh(told.pv_kw) == pytest.approx(sum(remembered(simulator, "PVEnergyLast7day")) / 7, rel=0.15)
    assert {note.key for note in told.notes} == {"first_days", "no_provider", "no_recorder"}


async def test_the_inverter_is_asked_once_a_day_while_history_is_short(
    recorder_mock, hass, fresh, simulator, stopped, asked
) -> None:
    for minutes in (0, 15, 30):
        stopped.move_to(EVENING + timedelta(minutes=minutes))
        await fresh.async_forecast(tomorrow(), DAY)
    assert asked == [EVENING]
    before = remembered(simulator, "PVEnergyLast7day")
    stopped.move_to(tomorrow() + timedelta(minutes=1))  # and the inverter's clock is behind
    await fresh.async_forecast(tomorrow(), DAY)
    simulator.device.write(BY_KEY["clock"].address, timestamp_words(local_now()))
    stopped.tick(timedelta(minutes=15))
    await fresh.async_forecast(tomorrow(), DAY)
    assert len(asked) == 3
    assert remembered(simulator, "PVEnergyLast7day")[1:] == before[:-1]
    stopped.tick(timedelta(minutes=15))
    told = await fresh.async_forecast(tomorrow(), DAY)
    assert len(asked) == 3
    assert {note.key: note.values for note in told.notes}["first_days"] == {"days": 7}
    await count(hass, "load_energy", until_now(8))
    await count(hass, "pv_energy", until_now(8, sunny))
    stopped.tick(timedelta(days=1))
    told = await fresh.async_forecast(tomorrow(), DAY)
    assert len(asked) == 3
    assert "first_days" not in {note.key for note in told.notes}


async def test_statistics_count_before_what_the_inverter_remembers(recorder_mock, hass, fresh, stopped) -> None:
    """Three fine days after darker ones; what was said of tomorrow is judged by them alone."""
    before = told = await fresh.async_forecast(tomorrow(), DAY)
    for days in (1, 2, 3):
        stopped.move_to(EVENING + timedelta(days=days))
        await count(hass, "pv_energy", {n: 3 * kw for n, kw in until_now(days, sunny).items()})
        told = await fresh.async_forecast(tomorrow(), DAY)
        assert (fresh.pv_quality.days if fresh.pv_quality else 0) == days - 1
    assert kwh(before.pv_kw) < kwh(told.pv_kw) < 36
    assert fresh.load_quality is None


@pytest.mark.parametrize("trouble", ["silent", "unread", "clock"])
async def test_a_forecast_does_not_need_the_inverters_memory(
    hass, house, fresh, simulator, asked, monkeypatch, trouble
) -> None:
    if trouble == "silent":
        house.runtime_data.identified_device.readings.async_set_update_error(TimeoutError())
    elif trouble == "unread":
        monkeypatch.setitem(simulator._options.faults.rates, FaultKind.EXCEPTION, 1.0)
    else:
        simulator.device.write(BY_KEY["clock"].address, timestamp_words(local_now() - timedelta(days=40)))
    told = await fresh.async_forecast(tomorrow(), DAY)
    assert told.sources == {"load": ForecastSource.DEFAULT, "pv": ForecastSource.NONE}
    assert kwh(told.load_kw) == pytest.approx(10)
    assert "first_days" not in {note.key for note in told.notes}
    assert len(asked) == (0 if trouble == "silent" else 1)


# --- when it learns, and what it keeps


async def test_it_learns_once_a_quarter_hour_and_with_every_hour_that_ends(
    recorder_mock, hass, forecasts, stopped, monkeypatch
) -> None:
    learned, told = [], []

    class Learning(Forecaster):
        @classmethod
        def learn(cls, *args, **more):
            learned.append(args[0])
            return super().learn(*args, **more)

    monkeypatch.setattr(learned_forecaster, "Forecaster", Learning)
    await forecasts.async_open()
    stop = forecasts.async_listen(lambda: told.append(dt_util.utcnow()))
    await asyncio.gather(*(forecasts.async_forecast(EVENING, 8) for _ in range(3)))
    assert len(learned) == 1
    stopped.move_to(EVENING + timedelta(minutes=8))
    await forecasts.async_forecast(EVENING, 8)
    assert len(learned) == 2
    hass.bus.async_fire(EVENT_RECORDER_HOURLY_STATISTICS_GENERATED)
    await hass.async_block_till_done()
    assert len(told) == 1
    await forecasts.async_forecast(EVENING, 8)
    assert len(learned) == 3
    stop()
    hass.bus.async_fire(EVENT_RECORDER_HOURLY_STATISTICS_GENERATED)
    await hass.async_block_till_done()
    assert len(told) == 1


@pytest.mark.parametrize(
    ("now", "hours"), [("2026-10-24 23:50", 25), ("2026-10-21 00:01", 24), ("2027-03-27 12:00", 23)]
)
async def test_all_of_tomorrow_is_kept_whatever_was_asked_for(
    hass, forecasts, stopped, hass_storage, now, hours
) -> None:
    stopped.move_to(datetime.fromisoformat(now).replace(tzinfo=ZONE))
    told = await forecasts.async_forecast(dt_util.utcnow(), 3)
    assert len(told.load_kw) == 3
    await forecasts.async_close()
    (day,) = hass_storage[f"nattery.{forecasts._entry.entry_id}.forecasts"]["data"]["days"]
    assert day["start"] == quarter(tomorrow())
    assert len(day["load"]) == len(day["pv"]) == hours


async def test_the_record_outlives_a_restart(hass, house, forecasts, hass_storage) -> None:
    await forecasts.async_forecast(EVENING, 8)
    await forecasts.async_close()
    kept = hass_storage[f"nattery.{house.entry_id}.forecasts"]["data"]
    again = ForecastService(hass, house, InverterEnergyHistory(hass, house.runtime_data.identified_device))
    await again.async_open()
    await again.async_close()
    assert hass_storage[f"nattery.{house.entry_id}.forecasts"]["data"] == kept
    assert len(ForecastLog.from_dict(kept)) == 1


async def test_the_record_is_forgotten_with_the_house(hass, house, forecasts, hass_storage) -> None:
    await forecasts.async_forecast(EVENING, 8)
    await forecasts.async_close()
    key = forecast_store(hass, house.entry_id).key
    assert key in hass_storage
    await hass.config_entries.async_remove(house.entry_id)
    assert key not in hass_storage


@pytest.mark.parametrize("kept", [{"version": 1, "data": {"days": "none"}}, {"version": 99, "data": {}}])
async def test_a_damaged_record_begins_anew(hass, house, forecasts, hass_storage, caplog, kept) -> None:
    key = forecast_store(hass, house.entry_id).key
    hass_storage[key] = {"minor_version": 1, "key": key, **kept}
    await forecasts.async_open()
    assert len(warnings(caplog)) == 1
    assert "is discarded" in warnings(caplog)[0]
    await forecasts.async_forecast(EVENING, 8)
    await forecasts.async_close()
    assert len(ForecastLog.from_dict(hass_storage[key]["data"])) == 1


async def test_days_are_judged_when_they_are_over(recorder_mock, hass, forecasts, stopped) -> None:
    await count(hass, "load_energy", until_now(21))
    await count(hass, "pv_energy", until_now(21, sunny))
    await forecasts.async_forecast(EVENING, 8)
    assert forecasts.load_quality is forecasts.pv_quality is None
    for days in (1, 2, 3):
        stopped.move_to(EVENING + timedelta(days=days))
        await count(hass, "load_energy", until_now(21 + days))
        await count(hass, "pv_energy", until_now(21 + days, sunny))
        await forecasts.async_forecast(dt_util.utcnow(), 8)
        assert (forecasts.load_quality.days if forecasts.load_quality else 0) == days - 1
    load, pv = forecasts.load_quality, forecasts.pv_quality
    assert load is not None
    assert pv is not None
    assert 0 < load.relative_error < 0.4
    assert pv.mean_absolute_error < 0.3


# --- providers

type Said = dict[str, Any]
type Roof = Callable[..., Awaitable[dict[str, MockConfigEntry]]]


@pytest.fixture
def said() -> Said:
    """What each array's provider says: its mapping, an error to raise, or something to wait for."""
    return {}


@pytest.fixture
def roof(recorder_mock: Any, hass: HomeAssistant, said: Said) -> Roof:
    """Let the Energy dashboard name arrays, after the house is there."""

    async def answer(_hass: HomeAssistant, entry_id: str) -> dict[str, Any] | None:
        entry = hass.config_entries.async_get_entry(entry_id)
        assert entry is not None
        what = said[entry.title]
        if isinstance(what, Exception):
            raise what
        if isinstance(what, asyncio.Event):
            await what.wait()
        return None if what is None else {"wh_hours": what}

    async def roof(*titles: str) -> dict[str, MockConfigEntry]:
        mock_integration(hass, MockModule("sunny"))
        platform = MockPlatform()
        platform.async_get_solar_forecast = answer  # type: ignore[attr-defined]
        mock_platform(hass, "sunny.energy", platform)
        assert await async_setup_component(hass, "sunny", {})
        assert await async_setup_component(hass, "energy", {})
        entries = {title: MockConfigEntry(domain="sunny", title=title) for title in titles}
        for entry in entries.values():
            entry.add_to_hass(hass)
        names = [entry.entry_id for entry in entries.values()]
        sources = [
            {"type": "solar", "stat_energy_from": f"sensor.{index}", "config_entry_solar_forecast": of}
            for index, of in enumerate((names, [*names[:1], "gone"], None))
        ]
        await (await async_get_manager(hass)).async_update({"energy_sources": sources})  # type: ignore[typeddict-item]
        return entries

    return roof


async def test_arrays_are_added_up_each_once(hass, forecasts, roof, said) -> None:
    said |= {"East": of_day(22, 1000.0), "West": of_day(22, 500.0)}
    await roof("East", "West")
    told = await forecasts.async_forecast(tomorrow(), DAY)
    assert told.sources["pv"] is ForecastSource.PROVIDER
    assert kwh(told.pv_kw) == pytest.approx(9.3)
    assert kwh(power for power in told.provider_kw if power is not None) == pytest.approx(9.3)


async def test_without_a_dashboard_there_is_no_provider(recorder_mock, hass, forecasts) -> None:
    assert await async_setup_component(hass, "energy", {})
    assert (await forecasts.async_forecast(tomorrow(), DAY)).sources["pv"] is ForecastSource.NONE


@pytest.mark.parametrize(
    "answer",
    [
        RuntimeError(f"https://example.org/?key={KEY}"),
        None,
        {},
        {"2026-10-22T09:00:00": 1000.0},
        {"2026-10-22T09:00:00+02:00": "much"},
        7,
    ],
    ids=str,
)
async def test_what_a_part_of_the_roof_is_said_to_give_is_no_forecast(
    hass, forecasts, roof, said, caplog, answer
) -> None:
    said |= {"East": of_day(22, 1000.0), "West": answer}
    await roof("East", "West")
    for _ in range(2):
        told = await forecasts.async_forecast(tomorrow(), DAY)
        await forecasts._async_ask_providers()
        assert told.sources["pv"] is ForecastSource.NONE
        assert Note("solar_silent", {"arrays": "West"}) in told.notes
    assert len([line for line in warnings(caplog) if "West" in line]) == 1
    assert KEY not in caplog.text
    said["West"] = of_day(22, 500.0)
    await forecasts._async_ask_providers()
    told = await forecasts.async_forecast(tomorrow(), DAY)
    assert kwh(told.pv_kw) == pytest.approx(9.3)
    assert "solar_silent" not in {note.key for note in told.notes}


async def test_a_provider_that_hangs_is_not_waited_for(
    hass, forecasts, roof, said, stopped, caplog, monkeypatch
) -> None:
    monkeypatch.setattr(solar, "PATIENCE", 0.01)
    said["Roof"] = asyncio.Event()
    await roof("Roof")
    asking = hass.async_create_task(forecasts.async_forecast(tomorrow(), DAY))
    while not asking.done():
        await asyncio.sleep(0)
        stopped.tick(0.001)
    assert (await asking).sources["pv"] is ForecastSource.NONE
    assert warnings(caplog) == ["The solar forecast of Roof cannot be used: TimeoutError"]


async def test_what_was_said_last_stands_while_nothing_new_is(hass, forecasts, roof, said, caplog) -> None:
    said["Roof"] = of_day(22, 1000.0)
    await roof("Roof")
    before = await forecasts.async_forecast(tomorrow(), DAY)
    said["Roof"] = RuntimeError("the cloud is away")
    await forecasts._async_ask_providers()
    forecasts._outdate()
    after = await forecasts.async_forecast(tomorrow(), DAY)
    assert after.pv_kw == before.pv_kw
    assert after.notes == before.notes
    assert warnings(caplog) == ["The solar forecast of Roof cannot be used: RuntimeError"]


async def test_an_array_that_was_switched_off_does_not_count(hass, forecasts, roof, said) -> None:
    said["East"] = of_day(22, 1000.0)
    entries = await roof("East", "West")
    await hass.config_entries.async_set_disabled_by(entries["West"].entry_id, ConfigEntryDisabler.USER)
    assert kwh((await forecasts.async_forecast(tomorrow(), DAY)).pv_kw) == pytest.approx(6.2)


async def test_a_provider_that_changes_its_mind_is_news(hass, forecasts, roof, said, stopped) -> None:
    told = []
    said["Roof"] = of_day(22, 1000.0)
    await roof("Roof")
    await forecasts.async_open()
    forecasts.async_listen(lambda: told.append(dt_util.utcnow()))
    first = await forecasts.async_forecast(tomorrow(), DAY)

    async def pass_quarter() -> None:
        now = dt_util.utcnow() + timedelta(minutes=15)
        stopped.move_to(now)
        async_fire_time_changed(hass, now)
        await hass.async_block_till_done(wait_background_tasks=True)

    await pass_quarter()
    assert told == []
    said["Roof"] = of_day(22, 2000.0)
    await pass_quarter()
    assert len(told) == 1
    second = await forecasts.async_forecast(tomorrow(), DAY)
    assert kwh(second.pv_kw) == pytest.approx(2 * kwh(first.pv_kw), rel=0.01)
    await forecasts.async_close()
    said["Roof"] = of_day(22, 3000.0)
    await pass_quarter()
    assert len(told) == 1


async def test_a_provider_that_is_loaded_later_is_waited_for_in_silence(hass, forecasts, roof, said, caplog) -> None:
    told = []
    said["Roof"] = AttributeError("runtime_data")
    await roof("Roof")
    hass.set_state(CoreState.starting)
    await forecasts.async_open()
    forecasts.async_listen(lambda: told.append(dt_util.utcnow()))
    assert (await forecasts.async_forecast(tomorrow(), DAY)).sources["pv"] is ForecastSource.NONE
    assert warnings(caplog) == []
    said["Roof"] = of_day(22, 1000.0)
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(told) == 1
    assert (await forecasts.async_forecast(tomorrow(), DAY)).sources["pv"] is ForecastSource.PROVIDER
