from dataclasses import replace

import pytest

from custom_components.nattery.core.backtest import planners
from custom_components.nattery.core.backtest.account import Account
from custom_components.nattery.core.backtest.backtest import run
from custom_components.nattery.core.backtest.system import read_system
from custom_components.nattery.core.backtest.time_series import TimeSeries
from custom_components.nattery.core.forecast.quarters import quarter
from custom_components.nattery.core.planner.flows import Flows
from custom_components.nattery.core.planner.planner import no_battery_cost, self_consumption
from custom_components.nattery.core.planner.problem import ProblemError
from scripts.benchmarks.weeks import CANONICAL, PROBLEM, WEEKS, ZONE, series

SYSTEM = replace(read_system(CANONICAL.read_bytes()), terminal_value_per_kwh=None)
JANUARY, MARCH, APRIL, *_, OCTOBER = WEEKS
HOURS = 0.25


def canonical() -> TimeSeries:
    first = quarter(PROBLEM.start)
    return TimeSeries(
        range(first, first + len(PROBLEM)), [HOURS] * len(PROBLEM),
        PROBLEM.import_price, PROBLEM.export_price, PROBLEM.pv_kw, PROBLEM.load_kw,
    )  # fmt: skip


def cut(one: TimeSeries, chosen) -> TimeSeries:
    """The same columns with only some quarters."""
    return TimeSeries(*(column and [column[index] for index in chosen] for column in columns(one)))


def columns(one: TimeSeries):
    return [getattr(one, name) for name in TimeSeries.__slots__]


@pytest.fixture
def flows_by_account(monkeypatch):
    """Record the flows added to each account, in the order in which the accounts were first used."""
    flows_of: dict[int, list[Flows]] = {}
    add = Account.add

    def spy(account, flows, inputs, month):
        flows_of.setdefault(id(account), []).append(flows)
        add(account, flows, inputs, month)

    monkeypatch.setattr(Account, "add", spy)
    return flows_of


def test_the_canonical_case_has_its_known_costs() -> None:
    system = read_system(CANONICAL.read_bytes())
    costs = run(canonical(), system, ZONE).costs
    assert costs["no_battery"] == pytest.approx(3.3371, abs=5e-5)
    assert costs["self_consumption"] == pytest.approx(1.9297, abs=5e-5)
    # Not all prices are known from the start, so even a perfect forecast costs a little more than the optimum.
    assert -1.86 <= costs["perfect_forecast"] <= -1.75
    assert costs["perfect_forecast"] <= costs["closed_loop"] < costs["self_consumption"]


def test_the_baselines_are_those_of_the_planner() -> None:
    problem = replace(PROBLEM, pv_curtailable=True)
    costs = run(canonical(), replace(read_system(CANONICAL.read_bytes()), pv_curtailable=True), ZONE).costs
    assert costs["no_battery"] == pytest.approx(no_battery_cost(problem))
    assert costs["self_consumption"] == pytest.approx(self_consumption(problem).cost)


@pytest.mark.parametrize("weeks", WEEKS, ids=lambda weeks: weeks.name)
def test_every_account_adds_up(weeks) -> None:
    days = series(weeks, 1, 16)  # some include a clock change
    result = run(days, SYSTEM, ZONE)
    net = sum(load - pv for load, pv in zip(days.load_kw, days.pv_kw, strict=True)) * HOURS
    for account in result.accounts.values():
        assert account.import_kwh - account.export_kwh == pytest.approx(
            net + account.charge_kwh - account.discharge_kwh
        )
        assert account.stored_change() == pytest.approx(0.95 * account.charge_kwh - account.discharge_kwh / 0.95)
        assert account.wear == pytest.approx(0.03 * (account.charge_kwh + account.discharge_kwh))
        assert 1 - 1e-6 <= account.stored_kwh <= 10 + 1e-6
    costs = result.costs
    assert costs["perfect_forecast"] < costs["closed_loop"] < costs["daily_plan"] < costs["self_consumption"]
    assert result.captured > 0.88


def test_exact_forecasts_cost_about_as_much_as_perfect_ones() -> None:
    """They are known to be exact only after some days without a miss."""
    days = series(APRIL, 3, 21)
    exact = replace(days, pv_forecast_kw=days.pv_kw, load_forecast_kw=days.load_kw)
    result = run(exact, SYSTEM, ZONE)
    assert result.captured > 0.97
    assert result.costs["daily_plan"] < 0.5 * result.costs["self_consumption"]


@pytest.mark.parametrize("has_forecasts", [True, False], ids=["forecasts given", "forecasts learned"])
def test_no_future_data_leaks(flows_by_account, has_forecasts) -> None:
    days = series(APRIL, 2, 6, with_forecasts=has_forecasts)
    at = 3 * 96 + 40  # 10:00: the prices of this day are published, those of the next are not
    tomorrow = 4 * 96

    def other(column, begin, factor=0.3, more=0.7):
        return [*column[:begin], *(factor * abs(value) + more for value in column[begin:])]

    changed = replace(
        days, pv_kw=other(days.pv_kw, at + 1), load_kw=other(days.load_kw, at + 1, more=3.0),
        import_price=other(days.import_price, tomorrow), export_price=other(days.export_price, tomorrow),
    )  # fmt: skip
    if has_forecasts:  # forecasts of days without published prices are not used
        changed = replace(
            changed, pv_forecast_kw=other(days.pv_forecast_kw, tomorrow),
            load_forecast_kw=other(days.load_forecast_kw, tomorrow),
        )  # fmt: skip
    planned_flows = []
    for one in (days, changed):
        flows_by_account.clear()
        run(one, SYSTEM, ZONE)
        _, _, *planned = flows_by_account.values()
        planned_flows.append(planned)
    for before, after in zip(planned_flows[0][:2], planned_flows[1][:2], strict=True):  # daily plan and closed loop
        assert before[: at + 1] == after[: at + 1]
        assert before[at + 1 :] != after[at + 1 :]
    assert (
        planned_flows[0][2][: at + 1] != planned_flows[1][2][: at + 1]
    )  # which shows that the comparison detects a leak


@pytest.mark.parametrize("weeks", [JANUARY, APRIL, OCTOBER], ids=lambda weeks: weeks.name)
def test_one_backward_pass_costs_as_much_as_a_plan_per_quarter(weeks, monkeypatch) -> None:
    days = series(weeks, 4, 3)
    reused = run(days, SYSTEM, ZONE)
    monkeypatch.setattr(planners, "_PolicyPlanner", planners._ReplanningPlanner)
    replanned = run(days, SYSTEM, ZONE)
    assert reused.terminal_value == replanned.terminal_value
    for name, cost in replanned.costs.items():
        assert reused.costs[name] == pytest.approx(cost, rel=1e-3, abs=1e-4), name


def test_a_capacity_tariff_is_planned_and_counted_by_the_month() -> None:
    system = replace(SYSTEM, peak_price_per_kw=4.0)
    around_the_end = cut(series(MARCH, 1, 18), range(15 * 96, 17 * 96 + 40))  # 30 March to 1 April
    result = run(around_the_end, system, ZONE)
    for account in result.accounts.values():
        assert set(account.peaks) == {(2026, 3), (2026, 4)}
        assert account.peak_cost == pytest.approx(4 * sum(account.peaks.values()))
    without_tariff = run(around_the_end, SYSTEM, ZONE)
    assert result.accounts["closed_loop"].peak_cost < 4 * sum(without_tariff.accounts["closed_loop"].peaks.values())
    assert result.costs["perfect_forecast"] < result.costs["self_consumption"]


def test_gaps_are_left_out_and_reported() -> None:
    whole = series(APRIL, 5, 5)
    left = [index for index in range(len(whole)) if not 150 <= index < 290]
    days = cut(whole, left)
    result = run(days, SYSTEM, ZONE)
    document = result.as_document()
    assert (document["quarters"], len(document["gaps"])) == (340, 1)
    assert document["gaps"][0]["start"] == "2026-04-14T11:30:00+00:00"
    net = sum(load - pv for load, pv in zip(days.load_kw, days.pv_kw, strict=True)) * HOURS
    assert result.accounts["no_battery"].import_kwh - result.accounts["no_battery"].export_kwh == pytest.approx(net)
    assert result.costs["closed_loop"] < result.costs["self_consumption"]


def test_a_quarter_metered_in_part_counts_in_proportion() -> None:
    whole = canonical()
    half = replace(whole, hours=[HOURS / 2] * len(whole))
    full, part = (run(one, SYSTEM, ZONE).accounts["no_battery"] for one in (whole, half))
    assert part.grid_cost == pytest.approx(full.grid_cost / 2)


def test_a_battery_outside_its_range_and_one_without_wear() -> None:
    days = series(APRIL, 6, 3)
    for battery in (
        replace(SYSTEM.battery, soc_start=0.02),
        replace(SYSTEM.battery, soc_start=1.0, soc_max=0.8),
        replace(SYSTEM.battery, wear_per_kwh=0.0),
    ):
        costs = run(days, replace(SYSTEM, battery=battery), ZONE).costs
        assert costs["perfect_forecast"] <= costs["closed_loop"] + 1e-9 < costs["self_consumption"]


def test_the_terminal_value_is_estimated_from_the_last_day_or_given() -> None:
    days = series(JANUARY, 2, 4)
    estimated = run(days, SYSTEM, ZONE)
    assert 0 < estimated.terminal_value < max(days.import_price)
    high_value = run(days, replace(SYSTEM, terminal_value_per_kwh=2.0), ZONE)
    assert high_value.terminal_value == 2.0
    assert high_value.accounts["closed_loop"].stored_kwh == pytest.approx(
        10
    )  # full, since stored energy has the highest value
    account = high_value.accounts["closed_loop"]
    assert high_value.costs["closed_loop"] == pytest.approx(account.grid_cost + account.wear - 2.0 * (10 - 5))


def test_a_very_short_series() -> None:
    for count in (1, 5):
        result = run(cut(canonical(), range(count)), SYSTEM, ZONE)
        assert len(result.costs) == 5
        assert result.as_document()["quarters"] == count


def test_progress_increases_to_the_end() -> None:
    reported: list[float] = []
    run(series(JANUARY, 1, 3), SYSTEM, ZONE, reported.append)
    assert reported == sorted(reported)
    assert (len(reported) > 5, reported[-1]) == (True, 1.0)


def test_a_problem_file_is_a_battery_file() -> None:
    system = read_system(CANONICAL.read_bytes())
    assert (system.battery, system.grid, len(system)) == (PROBLEM.battery, PROBLEM.grid, 1)
    for text, sentence in (
        ("{", "The battery file is not JSON"),
        ("[]", "The battery file is not a JSON object"),
        ("{}", "battery is missing"),
        ('{"battery": {}, "grid": {}, "colour": 1}', "colour is not known"),
    ):
        with pytest.raises(ProblemError, match=sentence):
            read_system(text)
