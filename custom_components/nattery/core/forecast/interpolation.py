"""From the energy of periods to the power of quarter-hours: every period keeps its energy, and nothing has steps."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

_QUARTER = 900  # seconds
_HOUR = 3600
_BRIGHT = 0.1  # of the brightest period


class EnergyPeriod(NamedTuple):
    """A stretch from one moment to another (seconds since 1970) and the energy in it, Wh."""

    start: float
    end: float
    wh: float


def quarters(periods: Sequence[EnergyPeriod]) -> dict[int, float]:
    """Mean power (kW) of every quarter-hour that sorted periods touch, zero where there is none between them.

    The energy so far is a curve through the edges of the periods that never falls (the monotone cubic of Fritsch and
    Carlson), so no power is negative, zero stays zero, and the energy of each period is kept. The power before the
    first and after the last is zero, unless that one is bright: then the forecast was cut there, and keeps its power.
    """
    if not periods:
        return {}
    edges, wh = _edges(periods)
    lengths = [b - a for a, b in pairwise(edges)]
    powers = [(b - a) / length for (a, b), length in zip(pairwise(wh), lengths, strict=True)]
    first, last = (power if power > _BRIGHT * max(powers) else 0.0 for power in (powers[0], powers[-1]))
    slopes = [first, *map(_slope, pairwise(powers), pairwise(lengths), strict=True), last]
    found: dict[int, float] = {}
    index, before = 0, 0.0
    start, end = int(edges[0] // _QUARTER), int(-(-edges[-1] // _QUARTER))
    for number in range(start, end):
        until = (number + 1) * _QUARTER
        while index < len(lengths) and edges[index + 1] <= until:
            index += 1
        if index == len(lengths):
            so_far = wh[-1]
        else:
            share = (until - edges[index]) / lengths[index]
            so_far = wh[index] + lengths[index] * _risen(share, powers[index], slopes[index], slopes[index + 1])
        found[number] = max(so_far - before, 0.0) * _HOUR / _QUARTER / 1000
        before = so_far
    return found


def _edges(periods: Sequence[EnergyPeriod]) -> tuple[list[float], list[float]]:
    """The moments at which the mean power changes, and the energy up to each."""
    edges, wh = [periods[0].start], [0.0]
    for period in periods:
        if period.start > edges[-1]:
            edges.append(period.start)
            wh.append(wh[-1])
        edges.append(period.end)
        wh.append(wh[-1] + period.wh)
    return edges, wh


def _slope(powers: tuple[float, float], lengths: tuple[float, float]) -> float:
    """The power at an edge: the weighted harmonic mean of both sides, zero where one of them is."""
    before, after = powers
    if before <= 0 or after <= 0:
        return 0.0
    more, less = 2 * lengths[1] + lengths[0], lengths[1] + 2 * lengths[0]
    return (more + less) / (more / before + less / after)


def _risen(share: float, mean: float, first: float, last: float) -> float:
    """How much of a period's energy (over its length) has come after a share of its time."""
    return share * (first + share * ((3 * mean - 2 * first - last) + share * (first + last - 2 * mean)))
