"""Forecasts from the statistics of a real recorder."""

from homeassistant.helpers.recorder import session_scope
from homeassistant.util import dt as dt_util
import pytest
from sqlalchemy import text

from custom_components.nattery.core.forecast.forecast import ForecastSource
from custom_components.nattery.core.forecast.quarters import moment, quarter
from custom_components.nattery.core.ledger.entry import Energies, MeteredInterval
from custom_components.nattery.trading.forecasts import ForecastService
from custom_components.nattery.trading.inverter_system import InverterEnergyHistory
from custom_components.nattery.trading.statistics import async_household_history

from .recorded import DAY, EVENING, WEEK, Power, count, kwh, measure, sunny, tomorrow, until_now, warnings


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
    assert [note.key for note in told.notes] == ["note_no_provider", "note_add_provider"]


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
    assert {note.key: note.values for note in told.notes}["note_short_load_history"] == {"days": 2.7}


async def test_without_a_recorder_it_is_a_guess_that_says_why(hass, forecasts) -> None:
    told = await forecasts.async_forecast(tomorrow(), DAY)
    assert told.sources == {"load": ForecastSource.DEFAULT, "pv": ForecastSource.NONE}
    assert kwh(told.load_kw) == pytest.approx(10)
    assert "note_no_recorder" in {note.key for note in told.notes}
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
            assert "note_history_unreadable" in {note.key for note in told.notes}
        assert [line for line in warnings(caplog) if "history" in line] == [
            "The history of Inverter cannot be read: OperationalError"
        ]
    finally:
        with session_scope(hass=hass) as session:
            session.execute(text(rename.format("lost", "statistics")))
    forecasts._outdate()
    assert "note_history_unreadable" not in {
        note.key for note in (await forecasts.async_forecast(tomorrow(), DAY)).notes
    }


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
