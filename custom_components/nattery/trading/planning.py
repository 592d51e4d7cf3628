"""From prices, forecasts and the battery's charge to a planning problem, and to what its plan promises. No I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from ..core.control.planned import runs_of
from ..core.control.runs import Run
from ..core.forecast.forecast import Forecast
from ..core.ledger.quarter import QUARTER, quarter_start
from ..core.market.priced import PricedDay, Pricer
from ..core.market.prices import Quality, resampled
from ..core.market.tariff import Kind
from ..core.trading.plan import Plan
from ..core.trading.planner import make_plan, self_consumption
from ..core.trading.problem import Grid, Problem
from ..core.trading.strategies import (
    STRATEGIES,
    BackupReserve,
    Optimise,
    PeakShaving,
    Strategy,
)
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
class Promise:
    """What a plan says of the rest of a local day: its cost, and what that saves against plain self-consumption.

    The saving counts the energy that is left in the battery.
    """

    cost: float
    saving: float


@dataclass(frozen=True, slots=True)
class Made:
    """A plan, what the inverter is told of it, what it promises by local day; it starts at `soc_start` (0 to 1)."""

    plan: Plan
    runs: tuple[Run, ...]
    promises: dict[date, Promise]
    soc_start: float


def quarters_ahead(pricer: Pricer, now: datetime) -> list[Quarter]:
    """The present quarter-hour and those after it, as far as prices are known without a gap and may be traded on."""
    day = now.astimezone(pricer.book.zone).date()
    known: dict[datetime, tuple[float, float]] = {}
    for priced in (pricer.day(day), pricer.day(day + _DAY)):
        if priced.day.quality in TRADABLE:
            known |= _by_quarter(priced)
    found: list[Quarter] = []
    start = quarter_start(now)
    while start in known:
        found.append(Quarter(start, *known[start]))
        start += QUARTER
    return found


def _by_quarter(priced: PricedDay) -> dict[datetime, tuple[float, float]]:
    buy, sell = (
        {slot.start: slot.price for slot in resampled(priced.slots[kind], QUARTER)}
        for kind in (Kind.IMPORT, Kind.EXPORT)
    )
    return {start: (buy[start], sell[start]) for start in buy if start in sell}


def problem_of(
    settings: Settings,
    quarters: Sequence[Quarter],
    forecast: Forecast,
    now: datetime,
    soc: float,
    *,
    currency: str,
) -> Problem:
    """The problem from now on; `quarters` begin with the present one, `forecast` too, `soc` is 0 to 1.

    A rest of the present quarter-hour that is too short to plan is left out.
    """
    first = quarters[0].start + QUARTER - now
    skipped = 1 if first < _MOMENT and len(quarters) > 1 else 0
    used = range(skipped, len(quarters))
    start = quarters[skipped].start if skipped else now

    def cut(series: Sequence[float]) -> list[float]:
        return [series[index] for index in used]

    return Problem(
        start=start,
        first_slot_minutes=None if skipped else max(first, _MOMENT) / timedelta(minutes=1),
        slot_minutes=MINUTES,
        currency=currency,
        battery=settings.battery(soc),
        grid=Grid(settings.import_limit, settings.export_limit),
        import_price=[quarters[index].buy for index in used],
        export_price=[quarters[index].sell for index in used],
        pv_kw=cut(forecast.pv_kw),
        load_kw=cut(forecast.load_kw),
        pv_p10_kw=cut(forecast.pv_p10_kw),
        pv_p90_kw=cut(forecast.pv_p90_kw),
        load_p90_kw=cut(forecast.load_p90_kw),
        peak_price_per_kw=settings.peak_price,
    )


def make(problem: Problem, wish: Wish, previous: Plan | None, zone: tzinfo) -> Made:
    """The plan and its promises; imports the solver, so it belongs in an executor."""
    plan = make_plan(problem, wish.as_strategy(), previous)
    without = self_consumption(problem)
    costs: dict[date, float] = {}
    savings: dict[date, float] = {}
    for slot, worth, plain in zip(plan, _worth(plan, problem), _worth(without, problem), strict=True):
        day = slot.start.astimezone(zone).date()
        costs[day] = costs.get(day, 0.0) + slot.cost
        savings[day] = savings.get(day, 0.0) + plain - worth
    promises = {day: Promise(costs[day], savings[day]) for day in costs}
    return Made(plan, runs_of(plan, problem), promises, problem.battery.soc_start)


def _worth(plan: Plan, problem: Problem) -> Iterator[float]:
    """What each slot costs, less what it puts into the battery."""
    stored = problem.battery.stored_start
    for slot in plan:
        before, stored = stored, slot.soc_end * problem.battery.capacity_kwh
        yield slot.cost - plan.terminal_value * (stored - before)
