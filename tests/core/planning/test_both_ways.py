"""Home Assistant and the backtest plan the same day by the same code."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.nattery.core.app.home_past import HomePast
from custom_components.nattery.core.app.household_history import HouseholdHistory
from custom_components.nattery.core.app.interval_prices import PricedInterval, PricedIntervals
from custom_components.nattery.core.app.planning import PlanningInputs, TerminalValues, run_planner
from custom_components.nattery.core.app.preferences import TradingPreferences
from custom_components.nattery.core.app.settings import TradingSettings
from custom_components.nattery.core.backtest.account import Account
from custom_components.nattery.core.backtest.backtest import run
from custom_components.nattery.core.backtest.forecasts import Epoch, LearnedForecasts, SeriesPast, epochs
from custom_components.nattery.core.backtest.planners import OutcomePlanner, epoch_problem
from custom_components.nattery.core.backtest.time_series import TimeSeries
from custom_components.nattery.core.forecast.forecast import Forecast, ForecastSource
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.quarters import PER_DAY, PER_HOUR, moment
from custom_components.nattery.core.planner.flows import Dispatch, SlotInputs, simulate_slot
from custom_components.nattery.core.planner.planner import self_consumption
from custom_components.nattery.core.planner.problem import Problem
from custom_components.nattery.core.planning.caution import PlanningAccount
from scripts.benchmarks.weeks import PROBLEM, WEEKS, series

ZONE = ZoneInfo("Europe/Berlin")
DAYS = 20
APRIL = WEEKS[2]
BATTERY = PROBLEM.battery
SETTINGS = TradingSettings(
    capacity=BATTERY.capacity_kwh, wear=BATTERY.wear_per_kwh, charge=BATTERY.charge_kw, discharge=BATTERY.discharge_kw,
    efficiency=BATTERY.charge_efficiency, soc_min=BATTERY.soc_min, soc_max=BATTERY.soc_max,
    import_limit=PROBLEM.grid.import_kw, export_limit=PROBLEM.grid.export_kw, peak_price=0.0, ledger="",
)  # fmt: skip


def system(soc: float) -> Problem:
    inputs = SETTINGS.battery(soc)
    return Problem(moment(0), inputs, SETTINGS.grid, [0.0], [0.0], [0.0], [0.0])


class Home:
    """A home with a learned past, at the beginning of an epoch of the backtest."""

    def __init__(self, days: TimeSeries) -> None:
        self.days = days
        self.past = SeriesPast(days, ZONE)
        self.forecasts = LearnedForecasts(self.past)
        *before, self.epoch, _ = epochs(days, ZONE)
        for epoch in before:
            self.forecasts.issued(epoch)

    def planner(self, soc: float) -> OutcomePlanner:
        """Return the backtest's planner of the epoch."""
        forecast = self.forecasts.issued(self.epoch)
        problem = epoch_problem(system(soc), self.past, self.epoch, forecast, soc * BATTERY.capacity_kwh)
        return OutcomePlanner(problem, self.forecasts, self.epoch.begin, PlanningAccount())

    def inputs(self, index: int, epoch: Epoch, soc: float, seconds: float = 0.0) -> PlanningInputs:
        """Return what Home Assistant knows when a quarter-hour has begun."""
        days, first = self.days, self.days.numbers[index]
        known = slice(max(epoch.horizon - 8 * PER_DAY, 0), epoch.horizon)
        both = list(zip(days.import_price[known], days.export_price[known], strict=True))
        prices = dict(zip(days.numbers[known], both, strict=True))
        ahead = tuple(PricedInterval(moment(n), *prices[n]) for n in days.numbers[index : epoch.horizon])
        pv, load = zip(*self.forecasts._powers[index : epoch.horizon], strict=True)
        if index > epoch.begin:
            hour = index - self.days.numbers[index] % PER_HOUR
            for at in sorted({max(hour, epoch.begin + 1), index}):  # the last one that reaches eight hours, and its own
                new = self.forecasts.revised(at)
                pv, load = (
                    (*revised[index - at :], *old[len(revised) - index + at :])
                    for revised, old in zip(new, (pv, load), strict=True)
                )
        forecast = Forecast(
            moment(first), 15, tuple(load), tuple(load), tuple(pv), tuple(pv), tuple(pv),
            {"load": ForecastSource.HISTORY, "pv": ForecastSource.HISTORY}, (), (None,) * len(pv),
        )  # fmt: skip
        histories = (
            PowerHistory(dict(zip(days.numbers[:index], powers[:index], strict=True)))
            for powers in (days.load_kw, days.pv_kw)
        )
        past = HomePast(self.forecasts._misses, HouseholdHistory(*histories), ())
        return PlanningInputs(
            SETTINGS, PricedIntervals(ahead, prices), forecast, past, moment(first) + timedelta(seconds=seconds), soc,
            "EUR",
        )  # fmt: skip


@pytest.fixture(scope="module")
def home() -> Home:
    return Home(series(APRIL, 1, DAYS, with_forecasts=False))


@pytest.mark.parametrize("soc", [0.15, 0.5, 0.9])
def test_the_first_action_and_the_value_of_the_end_are_the_same(home: Home, soc: float) -> None:
    epoch, forecasts = home.epoch, home.forecasts
    planner = home.planner(soc)
    inputs = home.inputs(epoch.begin, epoch, soc)
    terminal = TerminalValues().curve(inputs)
    assert terminal == home.past.terminal_curve(system(soc), epoch)
    plan = run_planner(
        PlanningInputs(**{name: getattr(inputs, name) for name in PlanningInputs.__slots__} | {"terminal": terminal}),
        TradingPreferences(),
        None,
    ).plan
    outcomes = forecasts.present_outcomes(epoch.begin)
    dispatch = planner.dispatch(0, soc * BATTERY.capacity_kwh, outcomes, 0.0)
    first = plan.slots[0]
    assert (first.action, first.sell_surplus) == (dispatch.kind, dispatch.sell_surplus)
    assert first.power_kw == pytest.approx(dispatch.power_kw, abs=0.01) or first.power_kw < dispatch.power_kw


def test_a_day_planned_as_home_assistant_plans_costs_what_the_backtest_says(home: Home) -> None:
    """A plan for every quarter-hour of a day, each from scratch, beside the backtest's policy."""
    days, epoch = home.days, home.epoch
    house = system(0.5)
    scratch, policy, plain = (Account(house, house.battery.stored_start) for _ in range(3))
    planner = home.planner(0.5)
    values, previous = TerminalValues(), None
    for slot, index in enumerate(range(epoch.begin, epoch.end)):
        inputs = SlotInputs(
            days.pv_kw[index], days.load_kw[index], 0.25, days.import_price[index], days.export_price[index]
        )
        known = home.inputs(index, epoch, scratch.stored_kwh / BATTERY.capacity_kwh)
        fields = {name: getattr(known, name) for name in PlanningInputs.__slots__}
        previous = run_planner(
            PlanningInputs(**fields | {"terminal": values.curve(known)}), TradingPreferences(), previous
        ).plan
        first = previous.slots[0]
        chosen = Dispatch(first.action, first.power_kw, first.sell_surplus)
        scratch.add(simulate_slot(chosen, planner.bounds, scratch.stored_kwh, inputs), inputs, (2026, 4))
        if slot:
            planner.revise(slot, home.forecasts.outcomes(index, home.forecasts.revised(index)))
        chosen = planner.dispatch(slot, policy.stored_kwh, home.forecasts.present_outcomes(index), 0.0)
        policy.add(simulate_slot(chosen, planner.bounds, policy.stored_kwh, inputs), inputs, (2026, 4))
        chosen = Dispatch(self_consumption(house).slots[0].action)
        plain.add(simulate_slot(chosen, planner.bounds, plain.stored_kwh, inputs), inputs, (2026, 4))
    value = 0.15
    gained = plain.cost(value) - policy.cost(value)
    assert gained > 0
    assert scratch.cost(value) == pytest.approx(policy.cost(value), abs=0.1 * gained + 0.02)


def test_the_closed_loop_is_what_the_backtest_prints(home: Home) -> None:
    assert run(home.days, system(0.5), ZONE).captured > 0.8
