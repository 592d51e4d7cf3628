"""Energy-preserving interpolation: from the energy of periods to the power of quarter-hours, without steps."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

_QUARTER = 900  # seconds
_HOUR = 3600
_CUT_OFF = 0.1  # share of the highest power above which a forecast counts as cut off in daylight


class EnergyPeriod(NamedTuple):
    """A period (start and end in seconds since 1970) and its energy, Wh."""

    start: float
    end: float
    wh: float


def interpolate_power(periods: Sequence[EnergyPeriod]) -> dict[int, float]:
    """Return the mean power (kW) of every quarter-hour that sorted periods touch; it is zero between periods.

    The cumulative energy is interpolated by the monotone cubic of Fritsch and Carlson through the edges of the periods.
    So each period keeps its energy, no power is negative and zero stays zero. The power is zero before the first and
    after the last period; but a first or last period of high power was cut off, and keeps its power at that edge.
    """
    if not periods:
        return {}
    edges, cumulative_wh = _cumulative_energy(periods)
    lengths = [b - a for a, b in pairwise(edges)]
    powers = [(b - a) / length for (a, b), length in zip(pairwise(cumulative_wh), lengths, strict=True)]
    first, last = (power if power > _CUT_OFF * max(powers) else 0.0 for power in (powers[0], powers[-1]))
    slopes = [first, *map(_edge_power, pairwise(powers), pairwise(lengths), strict=True), last]
    result: dict[int, float] = {}
    index, previous_wh = 0, 0.0
    start, end = int(edges[0] // _QUARTER), int(-(-edges[-1] // _QUARTER))
    for number in range(start, end):
        quarter_end = (number + 1) * _QUARTER
        while index < len(lengths) and edges[index + 1] <= quarter_end:
            index += 1
        if index == len(lengths):
            wh = cumulative_wh[-1]
        else:
            share = (quarter_end - edges[index]) / lengths[index]
            partial = _partial_energy(share, powers[index], slopes[index], slopes[index + 1])
            wh = cumulative_wh[index] + lengths[index] * partial
        result[number] = max(wh - previous_wh, 0.0) * _HOUR / _QUARTER / 1000
        previous_wh = wh
    return result


def _cumulative_energy(periods: Sequence[EnergyPeriod]) -> tuple[list[float], list[float]]:
    """Return the times at which the mean power changes, and the energy up to each."""
    edges, wh = [periods[0].start], [0.0]
    for period in periods:
        if period.start > edges[-1]:
            edges.append(period.start)
            wh.append(wh[-1])
        edges.append(period.end)
        wh.append(wh[-1] + period.wh)
    return edges, wh


def _edge_power(powers: tuple[float, float], lengths: tuple[float, float]) -> float:
    """Return the weighted harmonic mean of the powers on both sides of an edge; zero if one of them is zero."""
    before, after = powers
    if before <= 0 or after <= 0:
        return 0.0
    weight_before, weight_after = 2 * lengths[1] + lengths[0], lengths[1] + 2 * lengths[0]
    return (weight_before + weight_after) / (weight_before / before + weight_after / after)


def _partial_energy(share: float, mean: float, first: float, last: float) -> float:
    """Return the energy up to a share of a period, divided by its length, by the cubic Hermite polynomial.

    `mean` is the mean power of the period; `first` and `last` are the powers at its edges.
    """
    return share * (first + share * ((3 * mean - 2 * first - last) + share * (first + last - 2 * mean)))
