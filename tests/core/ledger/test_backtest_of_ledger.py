"""The backtest of a ledger, on both databases."""

from datetime import timedelta
import json

import pytest

from custom_components.nattery.core.ledger.entry import QUARTER, EntryPrices, LedgerEntry
from custom_components.nattery.core.ledger.reports import Period
from scripts.benchmarks.weeks import WEEKS, series

from ..backtest.program import run_backtest
from .entries import BATTERY, HOME, START, make_entry

DAYS = 4


def entries_of(days, without=range(0)):
    """Return the entries of days on which the battery was idle."""
    created: list[LedgerEntry] = []
    for index in range(len(days)):
        if index not in without:
            prices = EntryPrices("EUR", days.import_price[index], days.export_price[index])
            pv, load = days.pv_kw[index] / 4, days.load_kw[index] / 4
            moved = {"import_kwh": max(load - pv, 0), "export_kwh": max(pv - load, 0)}
            created.append(
                make_entry(START + index * QUARTER, prices=prices, previous=created[-1] if created else None,
                     pv_kwh=pv, load_kwh=load, **moved)
            )  # fmt: skip
    return created


def backtest(ledger_place, battery, *more):
    return run_backtest("--ledger", ledger_place, "--battery", battery, "--timezone", "Europe/Berlin", *more)


@pytest.fixture
def battery(tmp_path):
    numbers = {name: getattr(BATTERY, name) for name in BATTERY.__slots__}
    path = tmp_path / "battery.json"
    path.write_text(json.dumps({"battery": numbers, "grid": {"import_kw": 50, "export_kw": 50}}))
    return path


def test_baselines_of_a_backtest_equal_those_of_the_report(ledger, place, battery) -> None:
    ledger.write(HOME, entries_of(series(WEEKS[2], 1, DAYS), without=range(100, 130)))
    status, out, err = backtest(place, battery, "--json")
    assert (status, err) == (0, "")
    document = json.loads(out)
    assert document["quarters"] == DAYS * 96 - 30
    assert [gap["start"] for gap in document["gaps"]] == [(START + 100 * QUARTER).isoformat()]
    terminal_value = document["terminal_value_per_kwh"]
    report = ledger.reports(HOME, [Period(START, START + timedelta(days=DAYS))], "EUR", terminal_value)[0]
    assert document["no_battery"] == pytest.approx(report.money.no_battery, abs=0.01)
    assert document["self_consumption"] == pytest.approx(report.self_consumption_cost, abs=0.02)
    assert document["closed_loop"] < document["self_consumption"]


def test_the_site_must_be_given_unless_there_is_only_one(ledger, place, battery) -> None:
    assert ledger.sites() == ()
    status, _, err = backtest(place, battery)
    assert (status, err) == (2, "--site is needed: nothing is booked in this ledger\n")
    days = entries_of(series(WEEKS[2], 1, 1))
    ledger.write("shed", days)
    ledger.write(HOME, days)
    assert ledger.sites() == (HOME, "shed")
    status, _, err = backtest(place, battery)
    assert (status, err) == (2, "--site is needed: allowed is home, shed\n")
    status, _, err = backtest(place, battery, "--site", "barn")
    assert (status, err) == (2, "--site cannot be 'barn': allowed is home, shed\n")
    status, out, _ = backtest(place, battery, "--site", "shed", "--json")
    assert (status, json.loads(out)["quarters"]) == (0, 96)
