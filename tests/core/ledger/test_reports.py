from dataclasses import astuple, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.nattery.core.ledger.entry import QUARTER, Energies, EntryMoney, StoredEnergy
from custom_components.nattery.core.ledger.ledger import Ledger
from custom_components.nattery.core.ledger.reports import Period, local_days, local_months, this_month, today

from .entries import BERLIN, HOME, START, as_stored, make_entries, make_entry

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
VALUE = 0.2


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Return a ledger shared by all examples; each writes its own site."""
    return Ledger(tmp_path_factory.mktemp("shared") / "ledger.db")


def total(entries, value_of):
    return sum(value_of(entry) for entry in entries)


def test_a_report_calculated_by_hand(ledger) -> None:
    saved = make_entry(soc=0.6, soc_change=0.1, import_kwh=2.0, charge_kwh=1.1, load_kwh=0.9)
    used = make_entry(START + QUARTER, previous=saved, soc=0.5, soc_change=-0.1, discharge_kwh=0.9, load_kwh=0.9)
    ledger.write(HOME, [saved, used])
    (report,) = ledger.reports(HOME, [Period(START, START + 4 * QUARTER)], "EUR", VALUE)
    bought = 0.31234
    assert report.coverage == report.priced_coverage == 0.5
    assert report.energies == Energies(2.0, 0, 1.1, 0.9, 0, 1.8)
    assert report.money.cost == pytest.approx(2.0 * bought)
    assert report.money.wear == pytest.approx(0.03 * 2.0)
    assert report.stored_change_kwh == pytest.approx(0)
    assert report.baseline_stored_change_kwh == pytest.approx(-1.8 / 0.95, abs=0.002)
    assert report.cost == pytest.approx(2.0 * bought + 0.06)
    assert report.self_consumption_cost == pytest.approx(0.03 * 1.8 + VALUE * 1.8 / 0.95, abs=0.001)
    assert report.saved_over_no_battery == pytest.approx(1.8 * bought - report.cost)
    assert report.saved_over_self_consumption == pytest.approx(report.self_consumption_cost - report.cost)


@pytest.mark.parametrize("value", [0.0, 0.25])
def test_stored_energy_is_valued_at_the_terminal_value(ledger, value) -> None:
    ledger.write(HOME, [make_entry(soc=0.9, soc_change=0.2, import_kwh=2.1, charge_kwh=2.1)])
    (report,) = ledger.reports(HOME, [Period(START, START + QUARTER)], "EUR", value)
    assert report.saved_over_no_battery == pytest.approx(-2.1 * 0.31234 - 2.1 * 0.03 + 2.0 * value)


def test_daily_reports_are_sums_of_entries(ledger) -> None:
    written = make_entries(96 * 3)
    ledger.write(HOME, written)
    days = local_days(date(2026, 11, 11), date(2026, 11, 14), BERLIN)
    reports = ledger.reports(HOME, days, "EUR", VALUE)
    for number, report in enumerate(reports):
        booked = written[96 * number : 96 * (number + 1)]
        assert report.period == days[number]
        assert report.coverage == (1.0 if booked else 0.0)
        for sums, pick in ((report.energies, lambda q: q.energies), (report.money, lambda q: q.money)):
            expected = [sum(column) for column in zip(*(astuple(pick(q)) for q in booked), strict=True)]
            assert astuple(sums) == pytest.approx(expected or [0] * len(astuple(sums)))
        assert report.stored_change_kwh == pytest.approx(total(booked, lambda q: q.battery.change_kwh))
    (whole,) = ledger.reports(HOME, [Period(days[0].start, days[-1].end)], "EUR", VALUE)
    for name in ("cost", "self_consumption_cost", "saved_over_no_battery", "saved_over_self_consumption"):
        assert getattr(whole, name) == pytest.approx(sum(getattr(report, name) for report in reports))


@given(
    count=st.integers(0, 60),
    seed=st.integers(0, 10**6),
    gaps=st.sets(st.integers(0, 59)),
    cuts=st.lists(st.integers(0, 60), min_size=2, max_size=6),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reports_of_any_period_are_sums_of_entries(shared, count, seed, gaps, cuts) -> None:
    site = f"{count} {seed} {sorted(gaps)}"
    written = [entry for number, entry in enumerate(make_entries(count, seed=seed)) if number not in gaps]
    shared.write(site, written)
    edges = [START + cut * QUARTER for cut in sorted(cuts)]
    periods = [Period(begin, end) for begin, end in pairwise(edges)] + [Period(edges[0], edges[-1])]
    for report in shared.reports(site, periods, "EUR", VALUE):
        expected = [entry for entry in written if report.period.start <= entry.start < report.period.end]
        assert report.covered_quarters == report.priced_quarters == len(expected)
        money = total(expected, lambda q: q.money.cost + q.money.wear) - VALUE * total(
            expected, lambda q: q.battery.change_kwh
        )
        assert report.cost == pytest.approx(money, abs=1e-9)
        assert report.energies.load_kwh == pytest.approx(total(expected, lambda q: q.energies.load_kwh))
        assert report.money.no_battery == pytest.approx(total(expected, lambda q: q.money.no_battery), abs=1e-9)
    assert shared.read(site, edges[0], edges[-1]) == tuple(
        entry for entry in written if edges[0] <= entry.start < edges[-1]
    )


def test_entries_without_prices_or_in_another_currency_count_as_energy_only(ledger) -> None:
    euros, francs = make_entries(2), make_entries(2, START + 2 * QUARTER, currency="CHF")
    bare = as_stored(make_entry(START + 4 * QUARTER, prices=None, load_kwh=3.0, soc_change=0.3, coverage=0.5))
    ledger.write(HOME, [*euros, *francs, bare])
    period = Period(START, START + 5 * QUARTER)
    for currency, expected in (("EUR", euros), ("CHF", francs), ("SEK", [])):
        (report,) = ledger.reports(HOME, [period], currency, VALUE)
        assert report.money.cost == pytest.approx(total(expected, lambda q: q.money.cost))
        assert report.stored_change_kwh == pytest.approx(total(expected, lambda q: q.battery.change_kwh))
        assert (report.covered_quarters, report.priced_quarters) == (4.5, len(expected))
        everything = total([*euros, *francs], lambda q: q.energies.load_kwh) + 3.0
        assert report.energies.load_kwh == pytest.approx(everything)


def test_charging_during_a_gap_is_not_a_saving(ledger) -> None:
    before = make_entry(soc=0.2)
    after = make_entry(START + 40 * QUARTER, previous=before, soc=0.9)
    ledger.write(HOME, [before, after])
    (report,) = ledger.reports(HOME, [Period(START, START + 41 * QUARTER)], "EUR", VALUE)
    assert report.saved_over_no_battery == report.saved_over_self_consumption == 0
    assert report.coverage == pytest.approx(2 / 41)


def test_savings_of_today_this_month_and_in_total(ledger) -> None:
    begun = datetime(2026, 10, 30, 12, tzinfo=UTC)
    written = make_entries(96 * 4, begun)
    ledger.write(HOME, written)
    now = datetime(2026, 11, 2, 9, 50, tzinfo=UTC)
    savings = ledger.savings(HOME, now, BERLIN, "EUR", VALUE)
    last = datetime(2026, 11, 2, 9, 45, tzinfo=UTC)
    for report, start in (
        (savings.today, datetime(2026, 11, 1, 23, tzinfo=UTC)),
        (savings.month, datetime(2026, 10, 31, 23, tzinfo=UTC)),
        (savings.total, begun),
    ):
        assert report.period == Period(start, last)
        expected = [entry for entry in written if start <= entry.start < last]
        assert report.covered_quarters == len(expected) == report.period.quarters
        assert report.money.cost == pytest.approx(total(expected, lambda q: q.money.cost))


def test_an_empty_ledger_has_no_savings(ledger) -> None:
    savings = ledger.savings(HOME, START, BERLIN, "EUR", VALUE)
    assert savings.total.period.quarters == savings.today.period.quarters == 0
    assert savings.total.coverage == 1.0
    assert savings.month.coverage == 0.0
    assert savings.total.money == EntryMoney(0, 0, 0, 0, 0)
    assert savings.month.saved_over_no_battery == 0


@pytest.mark.parametrize(("day", "quarters"), [(SPRING, 92), (AUTUMN, 100), (date(2026, 11, 11), 96)])
def test_local_days_have_92_96_or_100_quarter_hours(day, quarters) -> None:
    before, period, after = local_days(day - timedelta(days=1), day + timedelta(days=1), BERLIN)
    assert period.quarters == quarters
    assert (before.end, period.end) == (period.start, after.start)
    assert period.start.astimezone(BERLIN).isoformat()[:16] == f"{day}T00:00"
    assert period.start.tzinfo is UTC


def test_local_months_are_consecutive() -> None:
    months = local_months(date(2026, 1, 31), date(2027, 2, 1), BERLIN)
    assert len(months) == 14
    assert all(a.end == b.start for a, b in pairwise(months))
    assert [month.quarters / 4 - 24 * 31 for month in (months[2], months[9])] == [-1, 1]
    assert months[-1].end == datetime(2027, 2, 28, 23, tzinfo=UTC)


def test_today_on_the_day_the_clock_is_set_back() -> None:
    twice = [datetime(2026, 10, 25, hour, 20, tzinfo=UTC) for hour in (0, 1)]  # both are 02:20 in Berlin
    assert [today(now, BERLIN).quarters for now in twice] == [9, 13]
    assert this_month(twice[1], BERLIN).end == datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    nepal = ZoneInfo("Asia/Kathmandu")  # midnight there is at 18:15 UTC
    assert today(datetime(2026, 1, 1, 18, 15, tzinfo=UTC), nepal).quarters == 0


def test_a_period_that_ends_before_it_begins_is_empty() -> None:
    assert Period(START, START - QUARTER).quarters == 0


def test_daily_reports_of_eleven_years(ledger) -> None:
    ledger.write(HOME, make_entries(4))
    days = local_days(date(2020, 1, 1), date(2030, 12, 31), BERLIN)
    reports = ledger.reports(HOME, days, "EUR", VALUE)
    assert [(report.period.start, report.covered_quarters) for report in reports if report.covered_quarters] == [
        (START, 4)
    ]
    assert ledger.reports(HOME, [], "EUR", VALUE) == ()


def test_stored_energy_is_valued_equally_in_the_baseline(ledger) -> None:
    same = make_entry(pv_kwh=0.5, load_kwh=0.1, soc=0.5)
    same = replace(
        same,
        battery=same.baseline.stored,
        energies=replace(same.energies, charge_kwh=same.baseline.charge_kwh),
        baseline=replace(same.baseline, stored=StoredEnergy(*astuple(same.baseline.stored))),
    )
    ledger.write(HOME, [replace(same, money=replace(same.money, wear=same.money.self_consumption_wear))])
    (report,) = ledger.reports(HOME, [Period(START, START + QUARTER)], "EUR", VALUE)
    assert report.saved_over_self_consumption == pytest.approx(0, abs=1e-6)


def test_the_peak_is_the_highest_import_in_the_period(ledger) -> None:
    imports = {-1: 2.0, 0: 0.4, 5: 1.25, 9: 0.9, 12: 1.75}
    ledger.write(HOME, [make_entry(START + number * QUARTER, import_kwh=kwh) for number, kwh in imports.items()])
    ledger.write("elsewhere", [make_entry(START, import_kwh=2.5)])
    ledger.write(HOME, [make_entry(START + 3 * QUARTER, export_kwh=2.5, prices=None)])
    assert ledger.peak_import_kw(HOME, Period(START, START + 12 * QUARTER)) == pytest.approx(5.0)
    assert ledger.peak_import_kw(HOME, Period(START, START + 13 * QUARTER)) == pytest.approx(7.0)
    assert ledger.peak_import_kw(HOME, Period(START + 13 * QUARTER, START + 20 * QUARTER)) == 0.0
    assert ledger.peak_import_kw("nowhere", Period(START, START + QUARTER)) == 0.0
