"""Piecewise linear functions of stored energy, and the operations of the dynamic programme on them."""

from bisect import bisect_right
from itertools import pairwise
from math import inf
from typing import NamedTuple

from .slot_cost import EPSILON

_TOLERANCE = 1e-12  # kWh, or money per kWh: differences that are rounding errors

type Slopes = list[tuple[float, float]]  # (marginal cost per kWh, number of kWh), in order


class PiecewiseLinear(NamedTuple):
    """A continuous piecewise linear function: its breakpoints, the values there, and the slopes in between."""

    xs: list[float]
    ys: list[float]
    slopes: list[float]

    def at(self, x: float) -> float:
        """Return the value at x. Outside the domain, the value at the nearest end is returned."""
        xs = self.xs
        if x <= xs[0]:
            return self.ys[0]
        if x >= xs[-1]:
            return self.ys[-1]
        index = bisect_right(xs, x) - 1
        return self.ys[index] + (x - xs[index]) * self.slopes[index]

    def slope(self, x: float) -> float:
        """Return the slope to the right of x, or to its left at the right end of the domain."""
        return (
            self.slopes[min(max(bisect_right(self.xs, x + EPSILON) - 1, 0), len(self.slopes) - 1)]
            if self.slopes
            else 0.0
        )


class ConvexPart(NamedTuple):
    """A convex function on an interval: its left end, its value there, and its slopes in ascending order."""

    x: float
    y: float
    slopes: Slopes


def convex_parts(function: PiecewiseLinear) -> list[ConvexPart]:
    """Split a function into its convex parts."""
    xs, ys, slopes = function
    parts: list[ConvexPart] = []
    begin = 0
    for index in range(1, len(slopes) + 1):
        if index == len(slopes) or slopes[index] < slopes[index - 1] - EPSILON:
            steps = [(slopes[i], xs[i + 1] - xs[i]) for i in range(begin, index)]
            parts.append(ConvexPart(xs[begin], ys[begin], steps))
            begin = index
    return parts or [ConvexPart(xs[0], ys[0], [])]


def infimal_convolution(one: ConvexPart, other: ConvexPart) -> ConvexPart:
    """Return the infimal convolution of two convex functions: their slopes in one ascending order."""
    return ConvexPart(one.x + other.x, one.y + other.y, sorted(one.slopes + other.slopes))


def clip(part: ConvexPart, min_kwh: float, max_kwh: float) -> PiecewiseLinear:
    """Return a convex part as a piecewise linear function, restricted to [min_kwh, max_kwh]."""
    x, y = part.x, part.y
    xs: list[float] = []
    ys: list[float] = []
    slopes: list[float] = []
    for slope, width in part.slopes:
        end = x + width
        left, right = max(x, min_kwh), min(end, max_kwh)
        if right - left > _TOLERANCE:
            if not xs:
                xs.append(left)
                ys.append(y + (left - x) * slope)
            if slopes and abs(slopes[-1] - slope) <= _TOLERANCE:
                xs[-1] = right
                ys[-1] = y + (right - x) * slope
            else:
                xs.append(right)
                ys.append(y + (right - x) * slope)
                slopes.append(slope)
        y += width * slope
        x = end
    if not xs:
        xs, ys = [min(max(part.x, min_kwh), max_kwh)], [part.y]
    return PiecewiseLinear(xs, ys, slopes)


def lower_envelope(functions: list[PiecewiseLinear], min_kwh: float, max_kwh: float) -> PiecewiseLinear:
    """Return the lower envelope of several functions, each defined on its own interval."""
    grid = sorted({min_kwh, max_kwh, *(x for function in functions for x in function.xs)})
    points: list[tuple[float, float]] = []
    slopes: list[float] = []
    for left, right in pairwise(grid):
        if right - left <= _TOLERANCE:
            continue
        middle = (left + right) / 2
        lines = []
        for xs, ys, given_slopes in functions:
            if given_slopes and xs[0] - _TOLERANCE <= left and right <= xs[-1] + _TOLERANCE:
                index = min(bisect_right(xs, middle) - 1, len(given_slopes) - 1)
                lines.append((ys[index] + (left - xs[index]) * given_slopes[index], given_slopes[index]))
        x = left
        while x < right - _TOLERANCE:
            value, lowest_slope, end = _lowest_line(lines, x - left, right - left)
            end += left
            if slopes and abs(slopes[-1] - lowest_slope) <= _TOLERANCE:
                points[-1] = (end, value + (end - x) * lowest_slope)
            else:
                if not points:
                    points.append((x, value))
                points.append((end, value + (end - x) * lowest_slope))
                slopes.append(lowest_slope)
            x = end
    if not points:
        points = [(min_kwh, min((function.at(min_kwh) for function in functions), default=inf))]
    return PiecewiseLinear([x for x, _ in points], [y for _, y in points], slopes)


def _lowest_line(lines: list[tuple[float, float]], x: float, right: float) -> tuple[float, float, float]:
    """Return the lowest of several lines (value at 0, slope) at x: its value, its slope, and the end of its range."""
    lowest = min(y + x * slope for y, slope in lines)
    lowest_slope = min(slope for y, slope in lines if y + x * slope <= lowest + _TOLERANCE)
    end = right
    for y, slope in lines:
        if slope < lowest_slope - _TOLERANCE:
            end = min(end, max(x + (y + x * slope - lowest) / (lowest_slope - slope), x + 10 * _TOLERANCE))
    return lowest, lowest_slope, end
