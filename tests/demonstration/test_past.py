"""The demo's past: the simulated home under the real planner, at high speed."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
import json
import math
import os
from pathlib import Path

import pytest

from custom_components.nattery.core.action import FORCED
from custom_components.nattery.core.app.recorder_state import RecorderState
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.quarters import quarter
from custom_components.nattery.core.ledger.entry import QUARTER
from custom_components.nattery.core.ledger.ledger import Ledger
from custom_components.nattery.core.ledger.reports import Period
from custom_components.nattery.core.market.bidding_zones import find_zone
from custom_components.nattery.core.simulator.initial_state import is_simulated, serial_number
from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.prices.tariff_form import tariff_from_form
from custom_components.nattery.trading.settings import settings_from
from scripts.demonstration import make_past as past_maker
from scripts.demonstration.demo_past import DemoPast, PastSimulation
from scripts.demonstration.folder import SEED, DemoFolder
from scripts.demonstration.home import tariff, trading_settings
from scripts.demonstration.home_forms import AREA, TARIFF_FORM, TRADING_FORM
from scripts.demonstration.home_statistics import COUNTERS, MEASUREMENTS, money_statistics
from scripts.demonstration.price_history import PriceHistory, published_prices
from scripts.entsoe_standin.curve import price

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
START = datetime(2026, 11, 15, tzinfo=UTC)
END = START + DAY
SITE = serial_number(SEED)


@pytest.fixture(scope="module")
def day() -> tuple[DemoPast, PastSimulation]:
    """The past of one day, and the simulation that made it."""
    past = DemoPast(START)
    simulation = PastSimulation(past, UTC, UTC)
    asyncio.run(simulation.run(END))
    return past, simulation


def test_the_home_is_the_one_that_the_forms_set_up():
    more = {key: value for key, value in TRADING_FORM.items() if key != "more"} | TRADING_FORM["more"]
    assert trading_settings() == settings_from(more)
    assert tariff() == tariff_from_form(TARIFF_FORM)


def test_every_quarter_hour_is_booked_with_its_prices_and_reason(day: tuple[DemoPast, PastSimulation]):
    entries = day[0].entries
    assert [entry.start for entry in entries] == [START + number * QUARTER for number in range(96)]
    assert {entry.coverage for entry in entries} == {1.0}
    for entry in entries:
        assert None not in (entry.prices, entry.action, entry.reason, entry.expected, entry.forecast)
        energies = entry.energies
        gained = energies.import_kwh + energies.pv_kwh + energies.discharge_kwh
        assert gained == pytest.approx(energies.export_kwh + energies.load_kwh + energies.charge_kwh, abs=1e-9)


def test_a_day_has_a_trade_and_the_inverter_carries_it_out(day: tuple[DemoPast, PastSimulation]):
    past, _ = day
    forced = [entry for entry in past.entries if entry.action in FORCED]
    assert forced
    moved = sum(entry.energies.charge_kwh + entry.energies.discharge_kwh for entry in forced)
    assert moved / len(forced) > 0.2
    writes: Counter[str] = Counter(past.inverter["writes"])
    assert all(when < START.replace(tzinfo=None).isoformat() for _, when, _ in past.inverter["faults"])
    assert 0 < max(writes.values()) < 40  # no more than the controller allows itself


def test_statistics_tell_what_the_ledger_does(day: tuple[DemoPast, PastSimulation]):
    past, _ = day
    rows = past.statistics.rows
    assert {key: len(rows[key]) for key in (*MEASUREMENTS, *COUNTERS)} == dict.fromkeys((*MEASUREMENTS, *COUNTERS), 24)
    assert [rows["pv_power"][hour]["start"] for hour in (0, 23)] == [START.isoformat(), (END - HOUR).isoformat()]
    for name in ("pv", "load"):
        counted = rows[f"{name}_energy"][-1]["sum"] - rows[f"{name}_energy"][0]["sum"]
        booked = math.fsum(getattr(entry.energies, f"{name}_kwh") for entry in past.entries[4:])
        mean = math.fsum(row["mean"] for row in rows[f"{name}_power"][1:]) / 1000
        assert counted == pytest.approx(booked, abs=0.11)  # counters have steps of 0.1 kWh
        assert mean == pytest.approx(booked, rel=0.1)
    bought = math.fsum(entry.energies.import_kwh for entry in past.entries[4:])
    imported = rows["grid_import_energy"]
    assert imported[-1]["sum"] - imported[0]["sum"] == pytest.approx(bought, abs=0.21)  # a sum of two counters
    assert past.statistics.sums["pv_energy"] == rows["pv_energy"][-1]["sum"]
    assert 0 < rows["load_energy"][0]["sum"] < 1  # not the sum of the inverter's whole time


def test_savings_are_those_of_the_report(day: tuple[DemoPast, PastSimulation], tmp_path: Path):
    past, simulation = day
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.write(SITE, past.entries)
    (report,) = ledger.reports(SITE, [Period(START, END)], "EUR", simulation.stored_value)
    money = money_statistics(past.entries, UTC, simulation.stored_value)
    assert money.rows["savings_today"][-1]["state"] == pytest.approx(report.saved_over_no_battery, abs=1e-3)
    assert money.sums["planning_savings_total"] == pytest.approx(report.saved_over_self_consumption, abs=1e-3)
    cost = money.sums["grid_import_energy_cost"] - money.sums["grid_export_energy_compensation"]
    assert cost == pytest.approx(report.money.cost, abs=1e-3)


def test_savings_of_a_day_start_again_and_their_sum_goes_on(day: tuple[DemoPast, PastSimulation]):
    past, simulation = day
    later = [replace(entry, start=entry.start + DAY) for entry in past.entries]
    money = money_statistics([*past.entries, *later], UTC, simulation.stored_value)
    first, second = (money.rows["savings_today"][index] for index in (23, 47))
    assert second["state"] == first["state"]
    assert second["sum"] == pytest.approx(2 * first["sum"])
    assert (first["last_reset"], second["last_reset"]) == (START.isoformat(), END.isoformat())
    assert "last_reset" not in money.rows["savings_total"][0]
    assert money.rows["savings_month"][47]["state"] == pytest.approx(second["sum"], abs=1e-4)


def test_the_past_goes_on_where_it_was_saved(day: tuple[DemoPast, PastSimulation], tmp_path: Path):
    past, _ = day
    past.save(tmp_path, SITE)
    again = DemoPast.load(tmp_path, SITE, END)
    assert again.log.to_dict() == past.log.to_dict()
    assert again.statistics.to_dict() == past.statistics.to_dict()
    state = asyncio.run(PastSimulation(again, UTC, UTC).run(END + HOUR + 7 * timedelta(minutes=1)))
    assert [entry.start for entry in again.entries[-5:]] == [END + number * QUARTER for number in range(-1, 4)]
    (running,) = state.meter.open_interval
    assert running.start == END + HOUR
    assert running.coverage == pytest.approx(7 / 15)
    assert RecorderState.from_dict(state.to_dict()).records.keys() == {END + HOUR}
    assert again.statistics.rows["pv_energy"][24]["sum"] >= past.statistics.rows["pv_energy"][23]["sum"]
    with Simulator(seed=SEED, state=again.inverter, local_clock=lambda: again.end.replace(tzinfo=None)) as simulator:
        assert simulator.device.state.soc == pytest.approx(100 * running.soc)


def test_the_inverters_clock_may_show_another_time_than_utc():
    zone = timezone(timedelta(hours=5, minutes=30))
    start = datetime(2026, 11, 15, tzinfo=zone).astimezone(UTC)
    past = DemoPast(start)
    asyncio.run(PastSimulation(past, zone, zone).run(start + 3 * HOUR))
    assert len(past.entries) == 12
    assert [row["start"] for row in past.statistics.rows["pv_power"]] == [
        (start + timedelta(minutes=minutes)).isoformat() for minutes in (-30, 30, 90)
    ]


def test_prices_are_known_when_the_stand_in_publishes_them():
    prices = PriceHistory(START)
    assert prices.publish(START)
    assert not prices.publish(START + 11 * HOUR)
    assert not prices.book.day(END.date()).complete
    assert prices.publish(START + 12 * HOUR)  # 13:00 in Italy
    assert prices.book.day(END.date()).complete
    early = PriceHistory(START)
    early.publish(START, early=True)
    assert early.book.day(END.date()).slots == prices.book.day(END.date()).slots


def test_a_larger_spread_keeps_the_usual_prices_at_one():
    at = START + 18 * HOUR
    eic = find_zone(AREA).eic
    assert price(1, eic, at) == price(1, eic, at, 1.0)
    series = published_prices(find_zone(AREA), START.date(), START)
    usual = [price(1, eic, slot.start) / 1000 for slot in series]
    prices = [slot.price for slot in series]
    assert max(prices) - min(prices) > 1.5 * (max(usual) - min(usual))


def test_a_new_demo_gets_a_past_and_the_next_one_of_the_day_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cache = tmp_path / "cache"
    outdated = cache / "outdated"
    outdated.mkdir(parents=True)
    long_ago = (datetime.now(UTC) - 3 * DAY).timestamp()
    os.utime(outdated, (long_ago, long_ago))
    pasts = []
    for name in ("first", "second"):
        folder = DemoFolder(tmp_path / name)
        folder.config.mkdir(parents=True)
        past_maker.make_past(folder, cache, days=1)
        pasts.append(
            Ledger(folder.config / "nattery.db").read(SITE, datetime(2000, 1, 1, tzinfo=UTC), datetime.now(UTC))
        )
        assert sorted(path.name for path in folder.past.iterdir()) == [
            "forecasts.json", "meter.json", "money.json", "prices.json", "statistics.json",
        ]  # fmt: skip
        assert folder.state.exists()
        monkeypatch.setattr(DemoPast, "save", None)  # the second is not made again
    assert [path.name for path in cache.iterdir()] != ["outdated"]
    assert len([*cache.iterdir()]) == 1
    assert pasts[1][:96] == pasts[0][:96]
    log = ForecastLog.from_dict(json.loads((tmp_path / "second/past/forecasts.json").read_text()))
    assert log.issued(quarter(datetime.now(UTC))) is not None


def test_only_the_serial_number_of_a_simulated_inverter_says_so():
    assert is_simulated(SITE)
    for other in ("", "SIM", "HS2023001234", f"{SITE}0", f"X{SITE}"):
        assert not is_simulated(other)
