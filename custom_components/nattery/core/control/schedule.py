"""The schedule: planned runs with overrides laid over them, and the present run."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from ..action import SAME_POWER, SELF_CONSUME, Action


@dataclass(frozen=True, slots=True)
class ScheduledAction:
    """One action from `start` to `end` (aware, the end excluded): a slot of the plan, or several equal ones.

    `override` is the id of the override that it comes from, None for the plan. `battery_power` (W) is the battery's
    power, None if it is that of the action: the inverter's, which contains PV.
    """

    start: datetime
    end: datetime
    action: Action
    override: str | None = None
    battery_power: float | None = None

    def __post_init__(self) -> None:
        """Raise ValueError if the times are invalid."""
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("A run without a time zone is not allowed")
        if self.start >= self.end:
            raise ValueError(f"A run cannot end at {self.end} when it starts at {self.start}")
        if self.action.until not in {None, self.end}:
            raise ValueError(f"A run until {self.end} cannot have an action until {self.action.until}")

    def within(self, start: datetime, end: datetime) -> ScheduledAction:
        """Return the same run from `start` to `end`."""
        return replace(self, start=start, end=end, action=replace(self.action, until=self.action.until and end))


def with_overrides(
    planned: Iterable[ScheduledAction], overrides: Sequence[ScheduledAction]
) -> Iterator[ScheduledAction]:
    """Yield the planned runs with the overrides laid over them, in order of time.

    The planned runs must not overlap. Of two overlapping overrides, the later one in the sequence counts. Where the
    plan knows the override, its action is taken, since its power considers PV. A slot of the plan has the override as a
    whole: where the override has ended or was cleared, self-consumption is left until the next plan.
    """
    plan = sorted(planned, key=lambda run: run.start)
    starts = [run.start for run in plan]
    edges = sorted({edge for run in (*plan, *overrides) for edge in (run.start, run.end)})
    for start, end in pairwise(edges):
        place = max(0, bisect_right(starts, start) - 1)
        below = plan[place : place + 1]
        covering = (run for run in (*reversed(overrides), *below) if run.start <= start < run.end)
        if run := next(covering, None):
            if below and run is below[0] and run.override is not None:
                run = ScheduledAction(run.start, run.end, SELF_CONSUME)
            if below and run.override is not None and below[0].override == run.override and below[0].end > start:
                run = replace(run, action=replace(below[0].action, until=run.end))
            yield run.within(start, end)


def run_at(runs: Iterable[ScheduledAction], now: datetime) -> ScheduledAction | None:
    """Return the run that contains `now`, joined with the equal runs that follow it without a gap, or None.

    Equal runs have the same kind and nearly the same power. `runs` must be in order of time and not overlap.
    """
    found: ScheduledAction | None = None
    for run in runs:
        if found is None:
            if run.start <= now < run.end:
                found = run
        elif run.start == found.end and _is_like(run.action, found.action):
            found = found.within(found.start, run.end)
        else:
            break
    return found


def _is_like(one: Action, other: Action) -> bool:
    return one.kind is other.kind and abs(one.power - other.power) <= SAME_POWER * other.power
