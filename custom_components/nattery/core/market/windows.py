"""The cheapest or most expensive window of a given duration, contiguous or split into blocks.

The result is exact: money is counted in billionths and time in microseconds, both as integers. Of equal windows the
earliest wins. A window never includes a gap in the prices.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import accumulate, pairwise
import math
from operator import le, lt

from .prices import PriceSlot

type Interval = tuple[datetime, datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1) // _TICK
_FIVE_MINUTES = 5 * _MINUTE
_BILLION = 1_000_000_000


class NoWindowReason(StrEnum):
    """Why there is no window."""

    TOO_SHORT = "too_short"  # the time allowed is shorter than the duration
    NO_PRICES = "no_prices"  # no price is known in the time allowed
    GAPS = "gaps"  # too few prices are known, or not contiguously


class NoWindowError(Exception):
    """There is no such window; `gaps` are the intervals in the time allowed whose prices are unknown."""

    def __init__(self, reason: NoWindowReason, text: str, gaps: tuple[Interval, ...] = ()) -> None:
        """Keep the reason and the gaps."""
        self.reason, self.gaps = reason, gaps
        super().__init__(text)


class InvalidWindowError(ValueError):
    """The arguments of a window search are invalid."""


@dataclass(frozen=True, slots=True)
class PriceWindow:
    """The best window: its blocks in order (UTC) and their mean price per kWh.

    `gaps` are the intervals in the time allowed whose prices are unknown and which the search ignored.
    """

    blocks: tuple[Interval, ...]
    mean: float
    gaps: tuple[Interval, ...] = ()

    @property
    def start(self) -> datetime:
        """Return when the first block begins."""
        return self.blocks[0][0]

    @property
    def end(self) -> datetime:
        """Return when the last block ends."""
        return self.blocks[-1][1]


def find_window(
    slots: Iterable[PriceSlot],
    duration: timedelta,
    *,
    earliest: datetime | None = None,
    latest: datetime | None = None,
    most_expensive: bool = False,
    split: bool = False,
    min_block: timedelta = timedelta(0),
) -> PriceWindow:
    """Return the window of `duration` with the lowest (or highest) mean price in [earliest, latest).

    The slots may hold prices of any kind. A contiguous window may begin at any time, not only where a slot begins. If
    `split`, the window may consist of blocks of whole minutes, each at least `min_block` long. Of equal windows the one
    with fewest blocks wins, then the one that ends first.
    Raises NoWindowError if there is no window, InvalidWindowError for invalid arguments.
    """
    known = sorted(slots)
    _check(duration, earliest, latest, min_block, split=split)
    if not known and (earliest is None or latest is None):
        raise NoWindowError(NoWindowReason.NO_PRICES, "No prices are known at all")
    first = _ticks(earliest if earliest is not None else known[0].start)
    last = _ticks(latest if latest is not None else known[-1].end)
    length = duration // _TICK
    if last - first < length:
        raise NoWindowError(
            NoWindowReason.TOO_SHORT,
            f"{_minutes_text(duration)} do not fit between {_time_text(first)} and {_time_text(last)}",
        )
    curve = _CostCurve(known, first, last, -1 if most_expensive else 1)
    if not curve.starts:
        raise NoWindowError(
            NoWindowReason.NO_PRICES,
            f"No prices are known between {_time_text(first)} and {_time_text(last)}",
            curve.gaps(),
        )
    blocks = _best_split(curve, length, min_block // _TICK) if split else _best_contiguous(curve, length)
    if not blocks:
        shape = f" in pieces of {_minutes_text(min_block)}" if split and min_block else "" if split else " in one piece"
        raise NoWindowError(
            NoWindowReason.GAPS,
            f"Prices are missing between {_time_text(first)} and {_time_text(last)}: "
            f"{_minutes_text(duration)}{shape} are not known",
            curve.gaps(),
        )
    cost = sum(curve.cost(start, end) for start, end in blocks)
    intervals = tuple((_moment(start), _moment(end)) for start, end in blocks)
    return PriceWindow(intervals, round(curve.sign * cost / length / _BILLION, 9), curve.gaps())


def _check(
    duration: timedelta, earliest: datetime | None, latest: datetime | None, min_block: timedelta, *, split: bool
) -> None:
    if duration <= timedelta(0):
        raise InvalidWindowError(f"A duration of {duration} is not allowed: a longer one than nothing is")
    if any(moment is not None and moment.tzinfo is None for moment in (earliest, latest)):
        raise InvalidWindowError("A time without a time zone is not allowed: one with a zone or an offset is")
    if not timedelta(0) <= min_block <= duration:
        raise InvalidWindowError(
            f"A shortest piece of {min_block} is not allowed: anything up to the duration of {duration} is"
        )
    if min_block and not split:
        raise InvalidWindowError("A shortest piece is only allowed for a window that may be split")
    if split and (duration % timedelta(minutes=1) or min_block % timedelta(minutes=1)):
        raise InvalidWindowError(
            "A split window has whole minutes only: neither its duration nor its pieces may have seconds"
        )


class _CostCurve:
    """Cumulative cost over time: slots clipped to [first, last), in runs without gaps, with running totals."""

    def __init__(self, slots: Sequence[PriceSlot], first: int, last: int, sign: int) -> None:
        self.first, self.last, self.sign = first, last, sign
        clipped = [(max(_ticks(slot.start), first), min(_ticks(slot.end), last), slot.price) for slot in slots]
        costs = [(start, end, sign * round(price * _BILLION)) for start, end, price in clipped if start < end]
        for (_, end, _), (start, _, _) in pairwise(costs):
            if start < end:
                raise InvalidWindowError(f"Prices that overlap are not allowed: two hold at {_time_text(start)}")
        self.starts = [start for start, _, _ in costs]
        self.ends = [end for _, end, _ in costs]
        self.prices = [price for _, _, price in costs]
        self._totals = list(accumulate(((end - start) * price for start, end, price in costs), initial=0))

    def total(self, moment: int) -> int:
        """Return the cost of all known time up to a moment."""
        index = bisect_right(self.starts, moment) - 1
        if index < 0:
            return 0
        return self._totals[index] + (min(moment, self.ends[index]) - self.starts[index]) * self.prices[index]

    def cost(self, start: int, end: int) -> int:
        """Return the cost of an interval."""
        return self.total(end) - self.total(start)

    def runs(self) -> list[tuple[int, int]]:
        """Return the intervals without a gap."""
        runs: list[tuple[int, int]] = []
        for start, end in zip(self.starts, self.ends, strict=True):
            joined = runs.pop()[0] if runs and runs[-1][1] == start else start
            runs.append((joined, end))
        return runs

    def gaps(self) -> tuple[Interval, ...]:
        """Return the intervals before, between and after the runs."""
        edges = [self.first, *(edge for run in self.runs() for edge in run), self.last]
        return tuple(
            (_moment(start), _moment(end)) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end
        )


def _best_contiguous(curve: _CostCurve, length: int) -> list[tuple[int, int]]:
    """Return the best contiguous window, or nothing.

    The cost of a sliding window is piecewise linear, with breakpoints where one of its ends meets a slot boundary, so
    only these starts are tried.
    """
    best: tuple[int, int] | None = None
    edges = [*curve.starts, *curve.ends]
    starts = sorted({*edges, *(edge - length for edge in edges)})
    for run_start, run_end in curve.runs():
        for start in starts[bisect_right(starts, run_start - 1) : bisect_right(starts, run_end - length)]:
            candidate = (curve.cost(start, start + length), start)
            best = min(best, candidate) if best else candidate
    return [(best[1], best[1] + length)] if best else []


def _best_split(curve: _CostCurve, length: int, min_steps: int) -> list[tuple[int, int]]:
    """Return the best split window, in steps whose length divides every slot, the duration and the minimum block.

    A finer step would not be better if the time allowed begins and ends on a multiple of five minutes. Otherwise up to
    five minutes at either end stay unused, unless the time is too short without them.
    """
    inner = {edge for edge in (*curve.starts, *curve.ends) if curve.first < edge < curve.last}
    ends = -(-curve.first // _FIVE_MINUTES) * _FIVE_MINUTES, curve.last // _FIVE_MINUTES * _FIVE_MINUTES
    common_step = math.gcd(*(time // _MINUTE for time in (length, min_steps, *inner, *ends))) * _MINUTE
    for step in dict.fromkeys((common_step, _MINUTE)):
        if blocks := _best_steps(curve, step, length // step, max(min_steps // step, 1)):
            return blocks
    return []


def _best_steps(curve: _CostCurve, step: int, count: int, min_steps: int) -> list[tuple[int, int]]:
    """Return the cheapest `count` steps in blocks of at least `min_steps`.

    This is a dynamic programme over the grid and the number of steps taken. `closed[index][k]` is the minimum cost of k
    steps up to a grid point; `open_[k]` is that minimum if the last step ends there, in a block that is long enough.
    Each block costs one unit extra, less than any real difference in cost, so that fewer blocks win among equals.
    """
    grid = range(-(-curve.first // step) * step, curve.last + 1, step)
    # Scaled so that the extra units of all blocks together stay below the smallest difference in cost.
    scale = len(grid) + 1
    totals = [curve.total(moment) * scale for moment in grid]
    run_lengths = _run_lengths(curve, grid)
    none: list[float] = [math.inf] * (count + 1)
    closed: list[list[float]] = [[0, *none[1:]]]
    open_ = none
    block_starts, step_taken = [b""], [b""]
    for index in range(1, len(grid)):
        block_start = index - min_steps
        continued = started = none
        if run_lengths[index] >= 1:
            cost = totals[index] - totals[index - 1]
            continued = [math.inf, *(cost_so_far + cost for cost_so_far in open_[:-1])]
        if run_lengths[index] >= min_steps:
            cost = totals[index] - totals[block_start] + 1
            started = [
                *none[:min_steps],
                *(cost_so_far + cost for cost_so_far in closed[block_start][: count + 1 - min_steps]),
            ]
        open_ = list(map(min, continued, started, strict=True))
        block_starts.append(bytes(map(le, started, continued, strict=True)))
        step_taken.append(bytes(map(lt, open_, closed[-1], strict=True)))
        closed.append(list(map(min, closed[-1], open_, strict=True)))
        if block_start >= 0:
            closed[block_start] = []  # no longer needed; frees the memory
    if closed[-1][count] == math.inf:
        return []
    blocks: list[tuple[int, int]] = []
    index, remaining = len(grid) - 1, count
    while remaining:
        if not step_taken[index][remaining]:
            index -= 1
            continue
        end = index
        while not block_starts[index][remaining]:
            index, remaining = index - 1, remaining - 1
        index, remaining = index - min_steps, remaining - min_steps
        blocks.append((grid[index], grid[end]))
    return blocks[::-1]


def _run_lengths(curve: _CostCurve, grid: range) -> list[int]:
    """Return how many consecutive steps before each grid point lie in one run."""
    run_lengths = [0] * len(grid)
    for run_start, run_end in curve.runs():
        first = -((grid.start - run_start) // grid.step) if run_start > grid.start else 0
        for steps, index in enumerate(range(first, len(grid))):
            if grid[index] > run_end:
                break
            run_lengths[index] = max(run_lengths[index], steps)
    return run_lengths


def _ticks(moment: datetime) -> int:
    return (moment - _EPOCH) // _TICK


def _moment(ticks: int) -> datetime:
    return _EPOCH + ticks * _TICK


def _time_text(ticks: int) -> str:
    return f"{_moment(ticks):%Y-%m-%d %H:%M} UTC"


def _minutes_text(duration: timedelta) -> str:
    return f"{duration / timedelta(minutes=1):g} min"
