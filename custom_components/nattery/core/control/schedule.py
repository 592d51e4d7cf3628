"""What is wanted when: the planned runs, what people have set over them, and the run that is on now."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from ..action import Action
from ..inverter.actions import POWER_TOLERANCE


@dataclass(frozen=True, slots=True)
class ScheduledAction:
    """One action from `start` to `end` (aware, the end excluded): a slot of the plan, or several equal ones.

    `override` is the id of the override that it comes from, None for the plan.
    """

    start: datetime
    end: datetime
    action: Action
    override: str | None = None

    def __post_init__(self) -> None:
        """Refuse a run that cannot be; raises ValueError."""
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("A run without a time zone is not allowed")
        if self.start >= self.end:
            raise ValueError(f"A run cannot end at {self.end} when it starts at {self.start}")
        if self.action.until not in {None, self.end}:
            raise ValueError(f"A run until {self.end} cannot have an action until {self.action.until}")

    def within(self, start: datetime, end: datetime) -> ScheduledAction:
        """The same, from `start` to `end`."""
        return replace(self, start=start, end=end, action=replace(self.action, until=self.action.until and end))


def overlaid(planned: Iterable[ScheduledAction], overrides: Sequence[ScheduledAction]) -> Iterator[ScheduledAction]:
    """The plan with the overrides laid over it, in order of time; of two overrides the later in the sequence counts.

    Of the planned runs none may overlap another.
    """
    plan = sorted(planned, key=lambda run: run.start)
    starts = [run.start for run in plan]
    edges = sorted({edge for run in (*plan, *overrides) for edge in (run.start, run.end)})
    for start, end in pairwise(edges):
        place = max(0, bisect_right(starts, start) - 1)
        below = plan[place : place + 1]
        covering = (run for run in (*reversed(overrides), *below) if run.start <= start < run.end)
        if run := next(covering, None):
            yield run.within(start, end)


def present(runs: Iterable[ScheduledAction], now: datetime) -> ScheduledAction | None:
    """The run that is on at `now`, together with the equal ones that follow it without a gap; None without one.

    Equal is the same kind with nearly the same power. `runs` are in order of time and do not overlap.
    """
    found: ScheduledAction | None = None
    for run in runs:
        if found is None:
            if run.start <= now < run.end:
                found = run
        elif run.start == found.end and _alike(run.action, found.action):
            found = found.within(found.start, run.end)
        else:
            break
    return found


def _alike(one: Action, other: Action) -> bool:
    return one.kind is other.kind and abs(one.power - other.power) <= POWER_TOLERANCE * other.power
