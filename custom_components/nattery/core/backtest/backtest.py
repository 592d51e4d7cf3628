"""The planner in closed loop over the past, beside other ways to operate the battery.

Five ways are run over the same quarter-hours, with the same battery and the same energy at the start:

- no battery;
- self-consumption: store any surplus, cover any shortage;
- a daily plan: made when prices are published, and followed until the next publication;
- the closed loop: planned again every quarter-hour, from the energy stored then and the forecast error of the last one;
- perfect forecast: the closed loop with the real PV and load as forecast. It knows prices from their publication on, as
  the other ways do.

In all planned ways, the inverter follows the real surplus wherever the action is self-consumption.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from ..forecast.quarters import moment
from ..planner.flows import Dispatch, SlotInputs, StorageBounds, no_battery_step, self_consume_step, simulate_slot
from ..planner.problem import Problem
from ..planner.terminal_value import terminal_value
from .account import Account
from .forecasts import Epoch, LearnedForecasts, SeriesPast, epochs
from .planners import OutcomePlanner, certain_planner, epoch_problem, terminal_value_at
from .running_account import RunningAccount, Spent
from .time_series import TimeSeries

_LEARNED_SHARE = 0.95  # of the time of a backtest: that of the ways with learned forecasts; perfect ones take little

type Progress = Callable[[float], None]  # receives the finished share, 0 to 1


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """The account of each way, and its cost in the currency of the system (lower is better).

    `terminal_value` is the value of a kWh stored at the end of the series.
    """

    series: TimeSeries
    system: Problem
    terminal_value: float
    accounts: Mapping[str, Account]

    @property
    def costs(self) -> dict[str, float]:
        """The total cost of each way: grid, demand charge and wear, minus the value of energy stored at the end."""
        return {name: account.cost(self.terminal_value) for name, account in self.accounts.items()}

    @property
    def captured(self) -> float | None:
        """The closed loop's share of the savings that a perfect forecast makes over self-consumption.

        None if a perfect forecast saves nothing.
        """
        costs = self.costs
        most = costs["self_consumption"] - costs["perfect_forecast"]
        return (costs["self_consumption"] - costs["closed_loop"]) / most if most > 0 else None

    def as_document(self) -> dict[str, Any]:
        """Return the result as plain JSON."""
        series = self.series
        return {
            "currency": self.system.currency,
            "start": series.start.isoformat(),
            "end": series.end.isoformat(),
            "quarters": len(series),
            "gaps": [{"start": gap.start.isoformat(), "end": gap.end.isoformat()} for gap in series.gaps],
            "terminal_value_per_kwh": round(self.terminal_value, 9),
            **{name: round(cost, 9) for name, cost in self.costs.items()},
            "captured": None if self.captured is None else round(self.captured, 6),
            "details": {name: account.as_document() for name, account in self.accounts.items()},
        }


def run(series: TimeSeries, system: Problem, zone: tzinfo, progress: Progress = lambda _: None) -> BacktestResult:
    """Run a backtest over a series. `system` comes from `system.py`; `zone` is the time zone of the price market."""
    return _BacktestRun(series, system, zone, progress).backtest()


class _BacktestRun:
    """One run of a backtest."""

    def __init__(self, series: TimeSeries, system: Problem, zone: tzinfo, progress: Progress) -> None:
        self._series, self._system, self._zone, self._progress = series, system, zone, progress
        self._inputs = list(
            map(
                SlotInputs,
                series.pv_kw, series.load_kw, series.hours, series.import_price, series.export_price,
                strict=True,
            )
        )  # fmt: skip
        local = (moment(number).astimezone(zone) for number in series.numbers)
        self._months = [(at.year, at.month) for at in local]
        self._self_consumption: list[Spent] = []

    def backtest(self) -> BacktestResult:
        series, system, stored_start = self._series, self._system, self._system.battery.stored_start
        names = "no_battery", "self_consumption", "daily_plan", "closed_loop", "perfect_forecast"
        accounts = {name: Account(system, stored_start) for name in names}
        no_battery, self_consumption, daily, loop, perfect = accounts.values()
        curtailable = system.pv_curtailable
        for inputs, month in zip(self._inputs, self._months, strict=True):
            flows = no_battery_step(inputs, curtailable=curtailable)._replace(stored_kwh=stored_start)
            no_battery.add(flows, inputs, month)
            flows = self_consume_step(system.battery, self_consumption.stored_kwh, inputs, curtailable=curtailable)
            self_consumption.add(flows, inputs, month)
            self._self_consumption.append((self_consumption.spent, self_consumption.stored_kwh))
        past = SeriesPast(series, self._zone)
        self._run_learned(past, loop, daily)
        self._run_perfect(past, perfect)
        self._progress(1.0)
        return BacktestResult(series, system, self._terminal_value(), accounts)

    def _terminal_value(self) -> float:
        if (given := self._system.terminal_value_per_kwh) is not None:
            return given
        end = len(self._series)
        return terminal_value_at(self._system, self._series, Epoch(end, end, end), ((), ())).mean_price

    def _run_learned(self, past: SeriesPast, loop: Account, daily: Account) -> None:
        """Run the closed loop and the daily plan with the same forecasts."""
        series, system, forecasts = self._series, self._system, LearnedForecasts(past)
        lately = RunningAccount(self._self_consumption)
        for epoch in epochs(series, self._zone):
            forecast = forecasts.issued(epoch)
            problem = epoch_problem(system, past, epoch, forecast, loop.stored_kwh)
            problem = replace(problem, peak_so_far_kw=self._peak(loop, epoch.begin))
            account = lately.account(epoch.begin, terminal_value(problem).mean_price)
            planner = OutcomePlanner(problem, forecasts, epoch.begin, account)
            dispatches = planner.plan(daily.stored_kwh)
            for slot, index in enumerate(range(epoch.begin, epoch.end)):
                if slot:
                    planner.revise(slot, forecasts.outcomes(index, forecasts.revised(index)))
                outcomes, peak = forecasts.present_outcomes(index), self._peak(loop, index)
                self._apply(planner.dispatch(slot, loop.stored_kwh, outcomes, peak), planner.bounds, loop, index)
                self._apply(dispatches[slot], planner.bounds, daily, index)
                lately.add(loop.spent, loop.stored_kwh)
            self._progress(_LEARNED_SHARE * epoch.end / len(series))

    def _run_perfect(self, past: SeriesPast, account: Account) -> None:
        """Run the closed loop with the real PV and load as forecast."""
        series = self._series
        for epoch in epochs(series, self._zone):
            part = slice(epoch.begin, epoch.horizon)
            real = series.pv_kw[part], series.load_kw[part]
            planner = certain_planner(epoch_problem(self._system, past, epoch, real, account.stored_kwh))
            for slot, index in enumerate(range(epoch.begin, epoch.end)):
                dispatch = planner.dispatch(slot, account.stored_kwh, self._peak(account, index))
                self._apply(dispatch, planner.bounds, account, index)
            self._progress(_LEARNED_SHARE + (1 - _LEARNED_SHARE) * epoch.end / len(series))

    def _peak(self, account: Account, index: int) -> float:
        return account.peaks.get(self._months[index], 0.0)

    def _apply(self, dispatch: Dispatch, bounds: StorageBounds, account: Account, index: int) -> None:
        inputs = self._inputs[index]
        account.add(simulate_slot(dispatch, bounds, account.stored_kwh, inputs), inputs, self._months[index])
