"""The cheapest or dearest time for something that takes a while, in one piece or in several.

Exact: money is counted in whole billionths and time in whole microseconds, so equal is equal, and the earliest of
equals wins. A gap in the prices is never bridged.
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

type Stretch = tuple[datetime, datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1) // _TICK
_FIVE_MINUTES = 5 * _MINUTE
_BILLION = 1_000_000_000


class NoWindowReason(StrEnum):
    """Why there is no window."""

    TOO_SHORT = "too_short"  # the time allowed is shorter than the duration
    NO_PRICES = "no_prices"  # nothing at all is known in the time allowed
    GAPS = "gaps"  # something is known, but not enough, or not in one piece


class NoWindowError(Exception):
    """There is no such window; `reason` says why, `gaps` are the stretches allowed whose prices are not known."""

    def __init__(self, reason: NoWindowReason, text: str, gaps: tuple[Stretch, ...] = ()) -> None:
        """Keep the reason and say it in words."""
        self.reason, self.gaps = reason, gaps
        super().__init__(text)


class WindowQuestionError(ValueError):
    """The question itself was wrong."""


@dataclass(frozen=True, slots=True)
class PriceWindow:
    """The best time: its pieces in order (UTC), and their mean price per kWh.

    `gaps` are the stretches of the time allowed whose prices are not known: the window is the best of the rest.
    """

    blocks: tuple[Stretch, ...]
    mean: float
    gaps: tuple[Stretch, ...] = ()

    @property
    def start(self) -> datetime:
        """When the first piece begins."""
        return self.blocks[0][0]

    @property
    def end(self) -> datetime:
        """When the last piece ends."""
        return self.blocks[-1][1]


def find_window(
    slots: Iterable[PriceSlot],
    duration: timedelta,
    *,
    earliest: datetime | None = None,
    latest: datetime | None = None,
    dearest: bool = False,
    split: bool = False,
    min_block: timedelta = timedelta(0),
) -> PriceWindow:
    """The window of `duration` with the lowest (or highest) mean price in [earliest, latest).

    The prices are whatever the slots carry: spot, import or export. In one piece it may begin at any moment, not only
    at the edge of a slot. When `split`, it may fall into pieces of `min_block` or longer (none given: any), in whole
    minutes; of equals the one with fewest pieces, then the one that ends first.
    Raises NoWindowError when there is none, WindowQuestionError for a question that makes no sense.
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
            NoWindowReason.TOO_SHORT, f"{_said(duration)} do not fit between {_shown(first)} and {_shown(last)}"
        )
    curve = _Curve(known, first, last, -1 if dearest else 1)
    if not curve.starts:
        raise NoWindowError(
            NoWindowReason.NO_PRICES, f"No prices are known between {_shown(first)} and {_shown(last)}", curve.gaps()
        )
    blocks = _best_split(curve, length, min_block // _TICK) if split else _best_piece(curve, length)
    if not blocks:
        pieces = f" in pieces of {_said(min_block)}" if split and min_block else "" if split else " in one piece"
        raise NoWindowError(
            NoWindowReason.GAPS,
            f"Prices are missing between {_shown(first)} and {_shown(last)}: {_said(duration)}{pieces} are not known",
            curve.gaps(),
        )
    cost = sum(curve.cost(start, end) for start, end in blocks)
    stretches = tuple((_moment(start), _moment(end)) for start, end in blocks)
    return PriceWindow(stretches, round(curve.sign * cost / length / _BILLION, 9), curve.gaps())


def _check(
    duration: timedelta, earliest: datetime | None, latest: datetime | None, min_block: timedelta, *, split: bool
) -> None:
    if duration <= timedelta(0):
        raise WindowQuestionError(f"A duration of {duration} is not allowed: a longer one than nothing is")
    if any(moment is not None and moment.tzinfo is None for moment in (earliest, latest)):
        raise WindowQuestionError("A time without a time zone is not allowed: one with a zone or an offset is")
    if not timedelta(0) <= min_block <= duration:
        raise WindowQuestionError(
            f"A shortest piece of {min_block} is not allowed: anything up to the duration of {duration} is"
        )
    if min_block and not split:
        raise WindowQuestionError("A shortest piece is only allowed for a window that may be split")
    if split and (duration % timedelta(minutes=1) or min_block % timedelta(minutes=1)):
        raise WindowQuestionError(
            "A split window has whole minutes only: neither its duration nor its pieces may have seconds"
        )


class _Curve:
    """What time costs: slots cut to [first, last), in runs without gaps, with running totals."""

    def __init__(self, slots: Sequence[PriceSlot], first: int, last: int, sign: int) -> None:
        self.first, self.last, self.sign = first, last, sign
        cut = [(max(_ticks(slot.start), first), min(_ticks(slot.end), last), slot.price) for slot in slots]
        pieces = [(start, end, sign * round(price * _BILLION)) for start, end, price in cut if start < end]
        for (_, end, _), (start, _, _) in pairwise(pieces):
            if start < end:
                raise WindowQuestionError(f"Prices that overlap are not allowed: two hold at {_shown(start)}")
        self.starts = [start for start, _, _ in pieces]
        self.ends = [end for _, end, _ in pieces]
        self.prices = [price for _, _, price in pieces]
        self._totals = list(accumulate(((end - start) * price for start, end, price in pieces), initial=0))

    def total(self, moment: int) -> int:
        """What all known time up to a moment costs."""
        index = bisect_right(self.starts, moment) - 1
        if index < 0:
            return 0
        return self._totals[index] + (min(moment, self.ends[index]) - self.starts[index]) * self.prices[index]

    def cost(self, start: int, end: int) -> int:
        """What a stretch costs."""
        return self.total(end) - self.total(start)

    def runs(self) -> list[tuple[int, int]]:
        """The stretches without a gap."""
        runs: list[tuple[int, int]] = []
        for start, end in zip(self.starts, self.ends, strict=True):
            joined = runs.pop()[0] if runs and runs[-1][1] == start else start
            runs.append((joined, end))
        return runs

    def gaps(self) -> tuple[Stretch, ...]:
        """The stretches between the runs, and before and after them."""
        edges = [self.first, *(edge for run in self.runs() for edge in run), self.last]
        return tuple(
            (_moment(start), _moment(end)) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end
        )


def _best_piece(curve: _Curve, length: int) -> list[tuple[int, int]]:
    """The cost of a sliding window bends only where one of its ends meets an edge, so only those moments count."""
    best: tuple[int, int] | None = None
    edges = [*curve.starts, *curve.ends]
    starts = sorted({*edges, *(edge - length for edge in edges)})
    for run_start, run_end in curve.runs():
        for start in starts[bisect_right(starts, run_start - 1) : bisect_right(starts, run_end - length)]:
            found = (curve.cost(start, start + length), start)
            best = min(best, found) if best else found
    return [(best[1], best[1] + length)] if best else []


def _best_split(curve: _Curve, length: int, shortest: int) -> list[tuple[int, int]]:
    """The best choice of steps, each as long as divides every slot, the duration and the piece.

    No finer step would find better, as long as the time allowed begins and ends on a multiple of five minutes;
    otherwise up to five minutes at its ends are not used, unless it is too short without them.
    """
    inner = {edge for edge in (*curve.starts, *curve.ends) if curve.first < edge < curve.last}
    ends = -(-curve.first // _FIVE_MINUTES) * _FIVE_MINUTES, curve.last // _FIVE_MINUTES * _FIVE_MINUTES
    step = math.gcd(*(time // _MINUTE for time in (length, shortest, *inner, *ends))) * _MINUTE
    for unit in dict.fromkeys((step, _MINUTE)):
        if blocks := _best_steps(curve, unit, length // unit, max(shortest // unit, 1)):
            return blocks
    return []


def _best_steps(curve: _Curve, unit: int, count: int, shortest: int) -> list[tuple[int, int]]:
    """The cheapest `count` steps in pieces of `shortest` or more: step by step, for every number of steps taken so far.

    `shut[k]` is the least that k steps cost so far, `open_[k]` the least when the last of them is a step that has just
    been taken, in a piece long enough. A piece costs one more than its steps, less than any difference in money counts.
    """
    grid = range(-(-curve.first // unit) * unit, curve.last + 1, unit)
    pieces = len(grid) + 1
    totals = [curve.total(moment) * pieces for moment in grid]
    reach = _reach(curve, grid)
    none: list[float] = [math.inf] * (count + 1)
    shuts: list[list[float]] = [[0, *none[1:]]]
    open_ = none
    begins, takes = [b""], [b""]
    for here in range(1, len(grid)):
        back = here - shortest
        longer = begun = none
        if reach[here] >= 1:
            cost = totals[here] - totals[here - 1]
            longer = [math.inf, *(spent + cost for spent in open_[:-1])]
        if reach[here] >= shortest:
            cost = totals[here] - totals[back] + 1
            begun = [*none[:shortest], *(spent + cost for spent in shuts[back][: count + 1 - shortest])]
        open_ = list(map(min, longer, begun, strict=True))
        begins.append(bytes(map(le, begun, longer, strict=True)))
        takes.append(bytes(map(lt, open_, shuts[-1], strict=True)))
        shuts.append(list(map(min, shuts[-1], open_, strict=True)))
        if back >= 0:
            shuts[back] = []  # never looked at again
    if shuts[-1][count] == math.inf:
        return []
    blocks: list[tuple[int, int]] = []
    here, left = len(grid) - 1, count
    while left:
        if not takes[here][left]:
            here -= 1
            continue
        end = here
        while not begins[here][left]:
            here, left = here - 1, left - 1
        here, left = here - shortest, left - shortest
        blocks.append((grid[here], grid[end]))
    return blocks[::-1]


def _reach(curve: _Curve, grid: range) -> list[int]:
    """How many steps up to each moment of the grid lie in one run."""
    reach = [0] * len(grid)
    for run_start, run_end in curve.runs():
        first = -((grid.start - run_start) // grid.step) if run_start > grid.start else 0
        for steps, here in enumerate(range(first, len(grid))):
            if grid[here] > run_end:
                break
            reach[here] = max(reach[here], steps)
    return reach


def _ticks(moment: datetime) -> int:
    return (moment - _EPOCH) // _TICK


def _moment(ticks: int) -> datetime:
    return _EPOCH + ticks * _TICK


def _shown(ticks: int) -> str:
    return f"{_moment(ticks):%Y-%m-%d %H:%M} UTC"


def _said(duration: timedelta) -> str:
    return f"{duration / timedelta(minutes=1):g} min"
