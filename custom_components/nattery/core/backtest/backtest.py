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
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from ..forecast.quarters import moment
from ..planner.flows import Dispatch, SlotInputs, no_battery_step, self_consume_step, simulate_slot
from ..planner.problem import Problem
from .account import Account
from .forecasts import Epoch, ForecastProvider, LearnedForecasts, PerfectForecasts, SeriesPast, epochs
from .planners import EpochPlanner, epoch_planner, terminal_value_at
from .running_account import RunningAccount, Spent
from .time_series import TimeSeries

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
        self._plan(LearnedForecasts(past), loop, daily, done=0.0)
        self._plan(PerfectForecasts(past), perfect, None, done=0.5)
        self._progress(1.0)
        whole = Epoch(len(series), len(series), len(series))
        return BacktestResult(series, system, self._terminal_value(whole), accounts)

    def _terminal_value(self, end: Epoch) -> float:
        given = self._system.terminal_value_per_kwh
        return terminal_value_at(self._system, self._series, end, ((), ())).mean_price if given is None else given

    def _plan(self, forecasts: ForecastProvider, loop: Account, daily: Account | None, done: float) -> None:
        """Run the closed loop and, if an account is given for it, the daily plan with the same forecasts."""
        series, lately = self._series, RunningAccount(self._self_consumption)
        for epoch in epochs(series, self._zone):
            curve = forecasts.terminal_curve(self._system, epoch)
            account = lately.account(epoch.begin, curve.mean_price if curve else 0.0)
            peak = self._peak(loop, epoch.begin)
            planner = epoch_planner(self._system, series, epoch, forecasts, loop.stored_kwh, peak, account)
            dispatches = planner.plan(daily.stored_kwh, self._peak(daily, epoch.begin)) if daily else []
            for slot, index in enumerate(range(epoch.begin, epoch.end)):
                if slot and (revised := forecasts.revised(index)):
                    planner.revise(slot, revised, forecasts.outcomes(index, revised))
                nowcast, peak = forecasts.nowcast(index), self._peak(loop, index)
                self._apply(planner.dispatch(slot, loop.stored_kwh, nowcast, peak), planner, loop, index)
                lately.add(loop.spent, loop.stored_kwh)
                if daily:
                    self._apply(dispatches[slot], planner, daily, index)
            self._progress(done + epoch.end / len(series) / 2)

    def _peak(self, account: Account, index: int) -> float:
        return account.peaks.get(self._months[index], 0.0)

    def _apply(self, dispatch: Dispatch, planner: EpochPlanner, account: Account, index: int) -> None:
        inputs = self._inputs[index]
        account.add(simulate_slot(dispatch, planner.bounds, account.stored_kwh, inputs), inputs, self._months[index])
