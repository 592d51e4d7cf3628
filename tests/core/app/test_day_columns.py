"""A day in columns: what is unknown is None, and never zero."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
import json

import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.app.day_columns import DayRecords, day_columns, day_currency
from custom_components.nattery.core.app.planning import run_planner
from custom_components.nattery.core.app.preferences import TradingPreferences
from custom_components.nattery.core.forecast.quarters import moment
from custom_components.nattery.core.ledger.entry import QUARTER, EntryPrices, Expectation, ForecastEnergies
from custom_components.nattery.core.ledger.reports import Period, local_days
from tests.core.ledger.entries import BERLIN, PRICES, make_entry

from .test_planning import MIDNIGHT, PRESENT, planning_inputs

(DAY,) = local_days(date(2026, 11, 20), date(2026, 11, 20), BERLIN)
NOON = DAY.start + 48 * QUARTER
PLANNED = ("planned_action", "planned_power_kw", "planned_soc", "planned_grid_kwh", "planned_cost")


def test_a_day_of_which_nothing_is_known_has_its_times_only() -> None:
    columns = day_columns(DAY, NOON, DayRecords("EUR"))
    assert columns["start"][:2] == [int(DAY.start.timestamp()), int(DAY.start.timestamp()) + 900]
    assert {len(column) for column in columns.values()} == {96}
    assert {value for name, column in columns.items() if name != "start" for value in column} == {None}
    assert day_columns(Period(DAY.start, DAY.start), NOON, DayRecords("EUR"))["start"] == []


def test_a_booked_quarter_has_what_the_ledger_says() -> None:
    entry = make_entry(DAY.start, import_kwh=0.5, load_kwh=0.5)
    columns = day_columns(DAY, NOON, DayRecords("EUR", {entry.start: entry}))
    first = {name: column[0] for name, column in columns.items()}
    assert json.loads(json.dumps(first)) == first
    assert (first["import_kwh"], first["pv_kwh"], first["soc"], first["coverage"]) == (0.5, 0.0, 0.5, 1.0)
    assert (first["import_price"], first["spot_price"], first["cost"]) == (0.31234, 0.09512, 0.15617)
    assert (first["action"], first["reason"]["key"]) == ("charge", "charge_cheap")
    assert [first[name] for name in PLANNED] == ["discharge", -1.234, 0.512, -0.25, 0.12346]
    assert (first["forecast_pv_kwh"], first["forecast_load_kwh"]) == (0.321, 0.456)
    assert {columns[name][1] for name in columns if name != "start"} == {None}


def test_an_entry_without_prices_has_those_of_the_book_and_no_cost() -> None:
    entry = replace(make_entry(DAY.start, prices=None), reason=None, expected=None, forecast=None)
    records = DayRecords("EUR", {entry.start: entry}, {entry.start: PRICES, entry.end: PRICES})
    columns = day_columns(DAY, NOON, records)
    assert columns["import_price"][:3] == [0.31234, 0.31234, None]
    assert [columns[name][0] for name in ("cost", "wear", "reason", "planned_soc", "forecast_pv_kwh")] == [None] * 5


def test_amounts_of_another_currency_are_left_out() -> None:
    crowns = make_entry(DAY.start, prices=EntryPrices("CZK", 7.0, 2.0))
    euros = make_entry(crowns.end)
    entries = {one.start: one for one in (crowns, euros)}
    columns = day_columns(DAY, NOON, DayRecords("EUR", entries, {DAY.start: PRICES}))
    assert columns["cost"][0] is None
    assert columns["cost"][1] is not None
    assert columns["import_price"][:2] == [0.31234, 0.31234]
    assert columns["load_kwh"][:2] == [0.0, 0.0]
    assert day_currency([replace(crowns, prices=None, money=None), crowns, euros], "EUR") == "CZK"
    assert day_currency([], "EUR") == "EUR"


def test_quarters_that_have_not_begun_have_the_present_plan_and_the_running_one_what_was_expected() -> None:
    now = moment(MIDNIGHT + PRESENT)
    plan = run_planner(planning_inputs(), TradingPreferences(), None).plan
    expected = Expectation(0.1, 0.2, 0.3, ActionKind.HOLD, 0.0)
    forecast = {DAY.start + PRESENT * QUARTER: ForecastEnergies(0.7, 0.8)}
    records = DayRecords("EUR", expected={now: expected}, forecast=forecast, plan=plan)
    columns = day_columns(DAY, now, records)
    assert [columns[name][PRESENT] for name in PLANNED] == ["hold", 0.0, 0.3, 0.2, 0.1]
    assert columns["forecast_load_kwh"][PRESENT] == 0.8
    assert columns["planned_soc"][PRESENT - 1] is None
    assert columns["planned_soc"][PRESENT + 1] == pytest.approx(plan.slots[1].soc_end, abs=1e-5)
    assert columns["planned_action"][PRESENT + 1] == plan.slots[1].action.value
    assert None not in columns["planned_power_kw"][PRESENT + 1 :]
    other = day_columns(DAY, now, replace(records, currency="CZK"))
    assert other["planned_cost"][PRESENT + 1] is None


@pytest.mark.parametrize(("day", "quarters"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100)])
def test_days_on_which_the_clock_changes(day: date, quarters: int) -> None:
    (period,) = local_days(day, day, BERLIN)
    starts = day_columns(period, datetime(2026, 11, 20, tzinfo=UTC), DayRecords("EUR"))["start"]
    assert len(starts) == quarters
    assert {after - before for before, after in pairwise(starts)} == {900}
