"""From prices, forecasts and the state of charge to a planning problem, its plan, and the money it promises."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..control.overrides import Override
from ..control.plan_actions import runs_of
from ..control.schedule import ScheduledAction
from ..explanation import Explanation
from ..forecast.forecast import Forecast
from ..forecast.quarters import PER_DAY, local_quarter, quarter
from ..ledger.entry import QUARTER, Expectation
from ..ledger.reports import Period
from ..planner.plan import Plan, PlannedSlot
from ..planner.planner import make_plan
from ..planner.problem import Problem, RequiredAction, ValueCurve
from ..planning.caution import ACCOUNT_DAYS, PlanningAccount, margin_per_kwh
from ..planning.following_days import terminal_curve
from .home_past import HomePast
from .interval_prices import PricedIntervals
from .plan_columns import Column, plan_columns
from .preferences import TradingPreferences
from .reserve import reserve_targets
from .settings import TradingSettings

MINUTES = 15
_KILO = 1000
_SHORTEST_SLOT = timedelta(seconds=6)  # shorter than the planner's shortest slot


@dataclass(frozen=True, slots=True)
class PlanningInputs:
    """All that a plan is made from at `now`.

    `forecast` covers `intervals.ahead`, `soc` is the state of charge (0 to 1), `peak_kw` the highest import of a
    quarter-hour of the month so far. `terminal` is the value of the energy left at the end, estimated from the plan's
    own last day if None. `account` is what planning has brought lately. `overrides` are the user's, the newest last.
    """

    settings: TradingSettings
    intervals: PricedIntervals
    forecast: Forecast
    past: HomePast
    now: datetime
    soc: float
    currency: str
    peak_kw: float = 0.0
    terminal: ValueCurve | None = None
    account: PlanningAccount = field(default_factory=PlanningAccount)
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedMoney:
    """The planned cost of some time with wear, and the saving over plain self-consumption.

    The saving counts the energy left in the battery.
    """

    cost: float
    saving: float


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A plan with its notes, and the actions that carry it out; it starts at `soc_start` (0 to 1).

    `columns` are the plan's slots with prices and forecasts, see `plan_columns`.
    """

    plan: Plan
    runs: tuple[ScheduledAction, ...]
    soc_start: float
    notes: tuple[Explanation, ...]
    columns: Mapping[str, Column] = field(default_factory=dict, compare=False, repr=False)

    def expected_money(self, period: Period) -> ExpectedMoney | None:
        """Return the sums of the slots that start in a period, or None if there are none."""
        slots = [
            (slot.cost, saving)
            for slot, saving in zip(self.plan, self.plan.savings, strict=True)
            if period.start <= slot.start < period.end
        ]
        return ExpectedMoney(sum(cost for cost, _ in slots), sum(saving for _, saving in slots)) if slots else None


def planning_problem(inputs: PlanningInputs, preferences: TradingPreferences | None = None) -> Problem:
    """Return the problem from `now` on, with the reserve of the preferences as a constraint.

    A rest of the present quarter-hour that is too short for a slot is left out.
    """
    settings, ahead, now = inputs.settings, inputs.intervals.ahead, inputs.now
    left = ahead[0].start + QUARTER - now
    first = int(left < _SHORTEST_SLOT and len(ahead) > 1)
    intervals = ahead[first:]
    numbers = [quarter(interval.start) for interval in intervals]
    pv, load = _expected_powers(inputs, numbers, first)
    problem = Problem(
        start=intervals[0].start if first else now,
        first_slot_minutes=None if first else max(left, _SHORTEST_SLOT) / timedelta(minutes=1),
        slot_minutes=MINUTES,
        currency=inputs.currency,
        battery=settings.battery(inputs.soc),
        grid=settings.grid,
        import_price=[interval.import_price for interval in intervals],
        export_price=[interval.export_price for interval in intervals],
        pv_kw=pv,
        load_kw=load,
        peak_price_per_kw=settings.peak_price,
        peak_so_far_kw=inputs.peak_kw,
        outcomes=inputs.past.misses.outcomes(numbers[0], numbers, pv, load),
        terminal_curve=inputs.terminal,
        margin_per_kwh=margin_per_kwh(inputs.account, inputs.past.misses.days),
        required=tuple(
            RequiredAction(one.start, one.end, one.kind, one.power / _KILO, one.id) for one in inputs.overrides
        ),
    )
    return replace(problem, targets=reserve_targets(preferences, problem)) if preferences else problem


def _expected_powers(inputs: PlanningInputs, numbers: Sequence[int], first: int) -> tuple[list[float], list[float]]:
    """Return the forecast of PV and load of these quarter-hours, the next ones as they are expected now."""
    past, now = inputs.past, numbers[0]
    pv, load = list(inputs.forecast.pv_kw[first:]), list(inputs.forecast.load_kw[first:])
    if nowcast := past.misses.nowcast(now, past.powers(now - 1)):
        pv[0], load[0] = nowcast
    return pv, past.misses.corrected_load(now, numbers, load, past.history.load.power)


def run_planner(inputs: PlanningInputs, preferences: TradingPreferences, previous: Plan | None) -> PlanResult:
    """Return the plan and its expected savings; raises ProblemError.

    It imports the solver and takes up to a second, so call it in a thread of its own.
    """
    problem = planning_problem(inputs, preferences)
    plan = make_plan(problem, preferences.as_strategy(), previous)
    columns = plan_columns(plan, problem, inputs.intervals.ahead)
    notes = (*plan.notes, *_account_notes(inputs))
    return PlanResult(plan, runs_of(plan, problem), problem.battery.soc_start, notes, columns)


def slot_expectation(slot: PlannedSlot) -> Expectation:
    """Return what a planned slot expects, as the ledger keeps it."""
    hours = (slot.end - slot.start) / timedelta(hours=1)
    return Expectation(
        cost=slot.money.import_cost - slot.money.export_revenue,
        grid_kwh=slot.grid_kw * hours,
        soc=slot.soc_end,
        action=slot.action,
        power_kw=slot.charge_kw - slot.discharge_kw,
    )


def _account_notes(inputs: PlanningInputs) -> Iterator[Explanation]:
    account = inputs.account
    if account.is_careful:
        yield Explanation("note_careful", {"days": ACCOUNT_DAYS, "lost": -account.saved, "currency": inputs.currency})


class TerminalValues:
    """The value of the energy left at the end of a plan; it is calculated once for the same prices and day."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._key: tuple[object, ...] | None = None
        self._curve: ValueCurve | None = None

    def curve(self, inputs: PlanningInputs) -> ValueCurve | None:
        """Return the value for a plan, or None without a day of prices; takes a quarter of a second at first."""
        past, prices, number = inputs.past, inputs.intervals.known, quarter(inputs.now)
        today = local_quarter(number, past.misses.zone) // PER_DAY
        key = (today, hash(tuple(prices.items())), inputs.settings, bool(past.misses.days))
        if key != self._key:
            self._curve = terminal_curve(
                planning_problem(replace(inputs, overrides=())), prices, past.history.load, past.history.pv,
                past.misses.zone, number, past.expected_day,
            )  # fmt: skip
            self._key = key
        return self._curve
