"""From prices, forecasts and the battery's charge to a planning problem, and to what its plan promises. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from ..core.control.planned import runs_of
from ..core.control.runs import Run
from ..core.forecast.clock import PER_DAY
from ..core.forecast.forecast import Forecast
from ..core.ledger.quarter import QUARTER, quarter_start
from ..core.ledger.reports import Period
from ..core.market.priced import PricedDay, Pricer
from ..core.market.prices import Quality
from ..core.market.tariff import Kind
from ..core.trading.plan import Plan
from ..core.trading.planner import make_plan, self_consumption
from ..core.trading.problem import Grid, Problem
from ..core.trading.reasons import PlanNote
from ..core.trading.strategies import (
    STRATEGIES,
    BackupReserve,
    Optimise,
    PeakShaving,
    Strategy,
)
from ..core.trading.terminal import terminal_value
from .quarter_prices import by_quarter
from .settings import Settings

MINUTES = 15
TRADABLE = frozenset({Quality.GOOD, Quality.FALLBACK})
_DAY = timedelta(days=1)
_MOMENT = timedelta(seconds=6)  # less than the planner's shortest slot: such a rest of a quarter-hour is not planned


@dataclass(frozen=True, slots=True)
class Wish:
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
class Quarter:
    """The start of a quarter-hour (UTC) and its prices per kWh."""

    start: datetime
    buy: float
    sell: float


@dataclass(frozen=True, slots=True)
class Quarters:
    """Quarter-hours with prices and without a gap: the present one and those after it, and some that have passed.

    `passed` are as many of today's as `ahead` lacks of a whole day: what stored energy is worth after the horizon is
    estimated from the last day before it.
    """

    passed: tuple[Quarter, ...]
    ahead: tuple[Quarter, ...]

    def __iter__(self) -> Iterator[Quarter]:
        """All of them, in order."""
        yield from self.passed
        yield from self.ahead

    def __len__(self) -> int:
        """How many."""
        return len(self.passed) + len(self.ahead)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known when a plan is made, at `now`: the forecast of all the quarters, and the charge (0 to 1).

    `peak_kw` is the highest import of the month so far.
    """

    settings: Settings
    quarters: Quarters
    forecast: Forecast
    now: datetime
    soc: float
    currency: str
    peak_kw: float = 0.0


@dataclass(frozen=True, slots=True)
class Promise:
    """What a plan says of some time: what it costs, with wear, and what that saves against plain self-consumption.

    The saving counts the energy that is left in the battery.
    """

    cost: float
    saving: float


@dataclass(frozen=True, slots=True)
class Made:
    """A plan, what the inverter is told of it, and what each slot of it saves; it starts at `soc_start` (0 to 1)."""

    plan: Plan
    runs: tuple[Run, ...]
    savings: tuple[float, ...]
    soc_start: float

    def promise(self, period: Period) -> Promise | None:
        """What the slots promise that begin in a period; None where none does."""
        slots = [
            (slot.cost, saving)
            for slot, saving in zip(self.plan, self.savings, strict=True)
            if period.start <= slot.start < period.end
        ]
        return Promise(sum(cost for cost, _ in slots), sum(saving for _, saving in slots)) if slots else None

    @property
    def notes(self) -> tuple[PlanNote, ...]:
        """What a person should know about the plan."""
        return (*self.plan.notes, PlanNote("terminal_estimated", {"value": self.plan.terminal_value}))


def known_quarters(pricer: Pricer, now: datetime) -> Quarters:
    """The quarter-hours around now, as far as prices are known without a gap and may be traded on."""
    day = now.astimezone(pricer.book.zone).date()
    known: dict[datetime, Quarter] = {}
    for priced in (pricer.day(day), pricer.day(day + _DAY)):
        if priced.day.quality in TRADABLE:
            known |= {one.start: one for one in _quarters(priced)}
    ahead: list[Quarter] = []
    passed: list[Quarter] = []
    start = quarter_start(now)
    while start in known:
        ahead.append(known[start])
        start += QUARTER
    start = quarter_start(now) - QUARTER
    while start in known and len(passed) < PER_DAY - len(ahead):
        passed.append(known[start])
        start -= QUARTER
    return Quarters(tuple(reversed(passed)), tuple(ahead))


def _quarters(priced: PricedDay) -> Iterator[Quarter]:
    buy, sell = (by_quarter(priced.slots[kind]) for kind in (Kind.IMPORT, Kind.EXPORT))
    return (Quarter(start, buy[start], sell[start]) for start in buy if start in sell)


def problem_of(situation: Situation) -> Problem:
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


def _from(situation: Situation, first: int) -> Problem:
    """The problem of all quarters from one on, whole ones."""
    settings, forecast = situation.settings, situation.forecast
    quarters = [*situation.quarters][first:]
    return Problem(
        start=quarters[0].start,
        slot_minutes=MINUTES,
        currency=situation.currency,
        battery=settings.battery(situation.soc),
        grid=Grid(settings.import_limit, settings.export_limit),
        import_price=[quarter.buy for quarter in quarters],
        export_price=[quarter.sell for quarter in quarters],
        pv_kw=forecast.pv_kw[first:],
        load_kw=forecast.load_kw[first:],
        pv_p10_kw=forecast.pv_p10_kw[first:],
        pv_p90_kw=forecast.pv_p90_kw[first:],
        load_p90_kw=forecast.load_p90_kw[first:],
    )


def make(situation: Situation, wish: Wish, previous: Plan | None) -> Made:
    """The plan and its promises; imports the solver, so it belongs in an executor. Raises ProblemError."""
    strategy = wish.as_strategy()
    worth = terminal_value(strategy.shape(_from(situation, 0)))
    problem = replace(problem_of(situation), terminal_value_per_kwh=worth)
    plan = make_plan(problem, strategy, previous)
    costs = (_worth(one, problem) for one in (plan, self_consumption(problem)))
    savings = tuple(without - cost for cost, without in zip(*costs, strict=True))
    return Made(plan, runs_of(plan, problem), savings, problem.battery.soc_start)


def _worth(plan: Plan, problem: Problem) -> Iterator[float]:
    """What each slot costs, less what it puts into the battery."""
    capacity = problem.battery.capacity_kwh
    stored = [problem.battery.stored_start, *(slot.soc_end * capacity for slot in plan)]
    for slot, (before, after) in zip(plan, pairwise(stored), strict=True):
        yield slot.cost - plan.terminal_value * (after - before)
