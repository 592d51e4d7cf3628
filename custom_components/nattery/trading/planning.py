"""From prices, forecasts and the battery's charge to a planning problem, and to what its plan promises. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from ..core.control.plan_actions import runs_of
from ..core.control.schedule import ScheduledAction
from ..core.forecast.forecast import Forecast
from ..core.forecast.quarters import PER_DAY
from ..core.ledger.entry import QUARTER, quarter_start
from ..core.ledger.reports import Period
from ..core.market.pricer import PricedDay, Pricer
from ..core.market.prices import PriceQuality
from ..core.market.tariff import PriceKind
from ..core.planner.plan import Plan
from ..core.planner.planner import make_plan, self_consumption
from ..core.planner.problem import GridConnection, Problem
from ..core.planner.reasons import PlanNote
from ..core.planner.strategies import STRATEGIES, BackupReserve, Optimise, PeakShaving, Strategy
from ..core.planner.terminal_value import terminal_value
from .quarter_prices import by_quarter
from .settings import TradingSettings

MINUTES = 15
TRADABLE = frozenset({PriceQuality.GOOD, PriceQuality.FALLBACK})
_DAY = timedelta(days=1)
_MOMENT = timedelta(seconds=6)  # less than the planner's shortest slot: such a rest of a quarter-hour is not planned


@dataclass(frozen=True, slots=True)
class TradingPreferences:
    """What a person has chosen: a strategy by its key, the charge held back (0 to 1), the import not exceeded (kW)."""

    strategy: str = Optimise.key
    reserve: float = 0.2
    import_limit: float = 5.0

    def as_strategy(self) -> Strategy:
        """The planner's strategy."""
        if self.strategy == PeakShaving.key:
            return PeakShaving(self.import_limit)
        if self.strategy == BackupReserve.key:
            return BackupReserve(self.reserve)
        return STRATEGIES[self.strategy]()


@dataclass(frozen=True, slots=True)
class PricedInterval:
    """The start of a quarter-hour (UTC) and its prices per kWh."""

    start: datetime
    buy: float
    sell: float


@dataclass(frozen=True, slots=True)
class PricedIntervals:
    """Quarter-hours with prices and without a gap: the present one and those after it, and some that have passed.

    `passed` are as many of today's as `ahead` lacks of a whole day: what stored energy is worth after the horizon is
    estimated from the last day before it.
    """

    passed: tuple[PricedInterval, ...]
    ahead: tuple[PricedInterval, ...]

    def __iter__(self) -> Iterator[PricedInterval]:
        """All of them, in order."""
        yield from self.passed
        yield from self.ahead

    def __len__(self) -> int:
        """How many."""
        return len(self.passed) + len(self.ahead)


@dataclass(frozen=True, slots=True)
class PlanningInputs:
    """What is known when a plan is made, at `now`: the forecast of all the quarters, and the charge (0 to 1).

    `peak_kw` is the highest import of the month so far.
    """

    settings: TradingSettings
    quarters: PricedIntervals
    forecast: Forecast
    now: datetime
    soc: float
    currency: str
    peak_kw: float = 0.0


@dataclass(frozen=True, slots=True)
class ExpectedMoney:
    """What a plan says of some time: what it costs, with wear, and what that saves against plain self-consumption.

    The saving counts the energy that is left in the battery.
    """

    cost: float
    saving: float


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A plan, what the inverter is told of it, and what each slot of it saves; it starts at `soc_start` (0 to 1)."""

    plan: Plan
    runs: tuple[ScheduledAction, ...]
    savings: tuple[float, ...]
    soc_start: float

    def promise(self, period: Period) -> ExpectedMoney | None:
        """What the slots promise that begin in a period; None where none does."""
        slots = [
            (slot.cost, saving)
            for slot, saving in zip(self.plan, self.savings, strict=True)
            if period.start <= slot.start < period.end
        ]
        return ExpectedMoney(sum(cost for cost, _ in slots), sum(saving for _, saving in slots)) if slots else None

    @property
    def notes(self) -> tuple[PlanNote, ...]:
        """What a person should know about the plan."""
        return (*self.plan.notes, PlanNote("terminal_estimated", {"value": self.plan.terminal_value}))


def known_quarters(pricer: Pricer, now: datetime) -> PricedIntervals:
    """The quarter-hours around now, as far as prices are known without a gap and may be traded on."""
    day = now.astimezone(pricer.book.zone).date()
    known: dict[datetime, PricedInterval] = {}
    for priced in (pricer.day(day), pricer.day(day + _DAY)):
        if priced.day.quality in TRADABLE:
            known |= {one.start: one for one in _quarters(priced)}
    ahead: list[PricedInterval] = []
    passed: list[PricedInterval] = []
    start = quarter_start(now)
    while start in known:
        ahead.append(known[start])
        start += QUARTER
    start = quarter_start(now) - QUARTER
    while start in known and len(passed) < PER_DAY - len(ahead):
        passed.append(known[start])
        start -= QUARTER
    return PricedIntervals(tuple(reversed(passed)), tuple(ahead))


def _quarters(priced: PricedDay) -> Iterator[PricedInterval]:
    buy, sell = (by_quarter(priced.slots[kind]) for kind in (PriceKind.IMPORT, PriceKind.EXPORT))
    return (PricedInterval(start, buy[start], sell[start]) for start in buy if start in sell)


def problem_of(situation: PlanningInputs) -> Problem:
    """The problem from now on.

    A rest of the present quarter-hour that is too short to plan is left out.
    """
    settings, quarters, now = situation.settings, situation.quarters, situation.now
    left = quarters.ahead[0].start + QUARTER - now
    skipped = left < _MOMENT and len(quarters.ahead) > 1
    problem = _from(situation, len(quarters.passed) + skipped)
    if not skipped:
        minutes = max(left, _MOMENT) / timedelta(minutes=1)
        problem = replace(problem, start=now, first_slot_minutes=minutes)
    return replace(problem, peak_price_per_kw=settings.peak_price, peak_so_far_kw=situation.peak_kw)


def _from(situation: PlanningInputs, first: int) -> Problem:
    """The problem of all quarters from one on, whole ones."""
    settings, forecast = situation.settings, situation.forecast
    quarters = [*situation.quarters][first:]
    return Problem(
        start=quarters[0].start,
        slot_minutes=MINUTES,
        currency=situation.currency,
        battery=settings.battery(situation.soc),
        grid=GridConnection(settings.import_limit, settings.export_limit),
        import_price=[quarter.buy for quarter in quarters],
        export_price=[quarter.sell for quarter in quarters],
        pv_kw=forecast.pv_kw[first:],
        load_kw=forecast.load_kw[first:],
        pv_p10_kw=forecast.pv_p10_kw[first:],
        pv_p90_kw=forecast.pv_p90_kw[first:],
        load_p90_kw=forecast.load_p90_kw[first:],
    )


def make(situation: PlanningInputs, wish: TradingPreferences, previous: Plan | None) -> PlanResult:
    """The plan and its promises; imports the solver, so it belongs in an executor. Raises ProblemError."""
    strategy = wish.as_strategy()
    worth = terminal_value(strategy.constrain(_from(situation, 0)))
    problem = replace(problem_of(situation), terminal_value_per_kwh=worth)
    plan = make_plan(problem, strategy, previous)
    costs = (_worth(one, problem) for one in (plan, self_consumption(problem)))
    savings = tuple(without - cost for cost, without in zip(*costs, strict=True))
    return PlanResult(plan, runs_of(plan, problem), savings, problem.battery.soc_start)


def _worth(plan: Plan, problem: Problem) -> Iterator[float]:
    """What each slot costs, less what it puts into the battery."""
    capacity = problem.battery.capacity_kwh
    stored = [problem.battery.stored_start, *(slot.soc_end * capacity for slot in plan)]
    for slot, (before, after) in zip(plan, pairwise(stored), strict=True):
        yield slot.cost - plan.terminal_value * (after - before)
