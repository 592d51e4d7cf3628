"""The planner in closed loop over a time that has passed, beside what else could have been done.

Five ways, over the same quarters, with the same battery that begins with the same energy:

- no battery;
- self-consumption: surplus goes in, shortage comes out;
- a daily plan: made when prices are published, and carried out until they are published again;
- the closed loop: planned again each quarter, from what is really stored and from what the quarter before brought;
- perfect forecast: the closed loop, knowing PV and load as they come. Prices are no forecast: it knows them from
  when they are published, as the others do.

Whatever is planned, the inverter follows the surplus that really comes wherever the action is self-consumption.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from ..forecast.quarters import moment
from ..planner.flows import Dispatch, SlotInputs, carry_out, no_battery_step, self_consume_step
from ..planner.problem import Problem
from .account import Account
from .forecasts import Epoch, ForecastProvider, LearnedForecasts, PerfectForecasts, epochs
from .planners import Planner, planner, worth_at
from .time_series import TimeSeries

type Progress = Callable[[float], None]  # is told the share that is done, 0 to 1


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """What each way cost, money in the house's currency, lower is better; and the account of each.

    `worth` is what a kWh counts that is stored at the end in addition.
    """

    series: TimeSeries
    house: Problem
    worth: float
    accounts: Mapping[str, Account]

    @property
    def costs(self) -> dict[str, float]:
        """The whole cost of each way: grid, wear, and energy at the end."""
        return {name: account.cost(self.worth) for name, account in self.accounts.items()}

    @property
    def captured(self) -> float | None:
        """The closed loop's share of what a perfect forecast gains over self-consumption; None where that is none."""
        costs = self.costs
        most = costs["self_consumption"] - costs["perfect_forecast"]
        return (costs["self_consumption"] - costs["closed_loop"]) / most if most > 0 else None

    def as_document(self) -> dict[str, Any]:
        """The result as plain JSON."""
        series = self.series
        return {
            "currency": self.house.currency,
            "start": series.start.isoformat(),
            "end": series.end.isoformat(),
            "quarters": len(series),
            "gaps": [{"start": gap.start.isoformat(), "end": gap.end.isoformat()} for gap in series.gaps],
            "terminal_value_per_kwh": round(self.worth, 9),
            **{name: round(cost, 9) for name, cost in self.costs.items()},
            "captured": None if self.captured is None else round(self.captured, 6),
            "details": {name: account.as_document() for name, account in self.accounts.items()},
        }


def run(series: TimeSeries, house: Problem, zone: tzinfo, progress: Progress = lambda _: None) -> BacktestResult:
    """Run over a series. `house` is from `house.py`, `zone` the local clock of the prices."""
    return _Run(series, house, zone, progress).backtest()


class _Run:
    """One backtest, while it runs."""

    def __init__(self, series: TimeSeries, house: Problem, zone: tzinfo, progress: Progress) -> None:
        self._series, self._house, self._zone, self._progress = series, house, zone, progress
        self._around = list(
            map(
                SlotInputs,
                series.pv_kw, series.load_kw, series.hours, series.import_price, series.export_price,
                strict=True,
            )
        )  # fmt: skip
        local = (moment(number).astimezone(zone) for number in series.numbers)
        self._months = [(at.year, at.month) for at in local]

    def backtest(self) -> BacktestResult:
        series, house, begun = self._series, self._house, self._house.battery.stored_start
        names = "no_battery", "self_consumption", "daily_plan", "closed_loop", "perfect_forecast"
        accounts = {name: Account(house, begun) for name in names}
        nothing, follow, daily, loop, perfect = accounts.values()
        curtailable = house.pv_curtailable
        for around, month in zip(self._around, self._months, strict=True):
            nothing.add(no_battery_step(around, curtailable=curtailable)._replace(stored_kwh=begun), around, month)
            flows = self_consume_step(house.battery, follow.stored_kwh, around, curtailable=curtailable)
            follow.add(flows, around, month)
        self._plan(LearnedForecasts(series, self._zone), loop, daily, done=0.0)
        self._plan(PerfectForecasts(series), perfect, None, done=0.5)
        self._progress(1.0)
        whole = Epoch(len(series), len(series), len(series))
        return BacktestResult(series, house, self._worth(whole), accounts)

    def _worth(self, end: Epoch) -> float:
        given = self._house.terminal_value_per_kwh
        return worth_at(self._house, self._series, end, ((), ())) if given is None else given

    def _plan(self, forecasts: ForecastProvider, loop: Account, daily: Account | None, done: float) -> None:
        """Run the closed loop, and where it is asked for the daily plan, both with the same forecasts."""
        series = self._series
        for epoch in epochs(series, self._zone):
            plans = planner(self._house, series, epoch, forecasts.made(epoch), loop.stored_kwh)
            moves = plans.plan(daily.stored_kwh, self._peak(daily, epoch.begin)) if daily else []
            for slot, index in enumerate(range(epoch.begin, epoch.end)):
                if slot and (revised := forecasts.revised(index)):
                    plans.revise(slot, revised)
                present, peak = forecasts.present(index), self._peak(loop, index)
                self._carry_out(plans.move(slot, loop.stored_kwh, present, peak), plans, loop, index)
                if daily:
                    self._carry_out(moves[slot], plans, daily, index)
            self._progress(done + epoch.end / len(series) / 2)

    def _peak(self, account: Account, index: int) -> float:
        return account.peaks.get(self._months[index], 0.0)

    def _carry_out(self, move: Dispatch, plans: Planner, account: Account, index: int) -> None:
        around = self._around[index]
        account.add(carry_out(move, plans.store, account.stored_kwh, around), around, self._months[index])
