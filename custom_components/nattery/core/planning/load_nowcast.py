"""Load nowcast: corrects the load forecast of the next hours by what the last day missed.

How much of a miss lasts is a property of the home: a ridge regression of later misses on recent ones learns it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import sumprod

from ..forecast.quarters import PER_DAY, PER_HOUR

LEARNED_DAYS = 28
HORIZON_QUARTERS = 8 * PER_HOUR  # beyond it the forecast is left unchanged

_EDGES = 0, 1, 2, 3, 4, 6, 8, 12, 16, 24, HORIZON_QUARTERS  # quarter-hours ahead with weights of their own
_LOOKBACKS = 1, PER_HOUR, 4 * PER_HOUR, PER_DAY  # quarter-hours whose mean miss is a feature
_DAY_BEFORE = 2  # quarter-hours on either side of the same time of the day before, whose mean miss is a feature too
LOOKBACK_QUARTERS = PER_DAY + _DAY_BEFORE
_STRIDE = 3  # quarter-hours from one sample to the next, to save time: they are much alike
_PRIOR_DAYS = 4.0  # days of measurements that count as much as the prior, that no miss lasts
_MIN_DAYS = 2.0  # known days below which nothing is corrected
_NONE = 1e-9  # kW squared: keeps the regression solvable if all misses are zero


@dataclass(frozen=True, slots=True)
class LoadNowcast:
    """The weights of a home's recent misses (actual less forecast load, kW) by quarter-hours ahead and feature."""

    weights: Sequence[Sequence[float]]

    @classmethod
    def learn(cls, misses: Mapping[int, float], now: int) -> LoadNowcast | None:
        """Learn from the misses before the quarter-hour `now`, by number; None if too few are known."""
        first = now - LEARNED_DAYS * PER_DAY - LOOKBACK_QUARTERS
        known = [number for number in misses if first <= number < now]
        if len(known) < _MIN_DAYS * PER_DAY:
            return None
        first = max(first, min(known))
        sums = _cumulative(misses, first, now)
        origins = [number for number in range(first + LOOKBACK_QUARTERS, now, _STRIDE) if number - 1 in misses]
        recent = {origin: _recent(sums, origin - first) for origin in origins}
        ridge = 1 + _PRIOR_DAYS * PER_DAY / len(known)
        weights: list[list[float]] = []
        for begin, end in pairwise(_EDGES):
            ahead = (begin + end - 1) // 2
            samples = [origin for origin in origins if origin + ahead < now and origin + ahead in misses]
            columns = [[recent[origin][feature] for origin in samples] for feature in range(len(_LOOKBACKS))]
            columns.append([_day_before(sums, origin - first, ahead) for origin in samples])
            targets = [misses[origin + ahead] for origin in samples]
            weights += [_ridge_regression(columns, targets, ridge)] * (end - begin)
        return cls(weights)

    def corrections(self, misses: Mapping[int, float], now: int, count: int) -> list[float]:
        """Return what to add to the load forecast (kW) of the next quarter-hours, at most `count` of them.

        An unknown miss counts as none.
        """
        sums = _cumulative(misses, now - LOOKBACK_QUARTERS, now)
        recent = _recent(sums, LOOKBACK_QUARTERS)
        return [
            sumprod(weights, (*recent, _day_before(sums, LOOKBACK_QUARTERS, ahead)))
            for ahead, weights in enumerate(self.weights[:count])
        ]


def _cumulative(misses: Mapping[int, float], first: int, end: int) -> list[float]:
    """Return the sum of the misses from `first` to before each quarter-hour up to `end`."""
    return list(accumulate((misses.get(number, 0.0) for number in range(first, end)), initial=0.0))


def _recent(sums: Sequence[float], origin: int) -> tuple[float, ...]:
    """Return the mean misses before the quarter-hour with the index `origin`, given cumulative sums."""
    return tuple((sums[origin] - sums[origin - lookback]) / lookback for lookback in _LOOKBACKS)


def _day_before(sums: Sequence[float], origin: int, ahead: int) -> float:
    """Return the mean miss around the time of the quarter-hour `origin` + `ahead` on the day before."""
    at = origin + ahead - PER_DAY
    return (sums[at + _DAY_BEFORE + 1] - sums[at - _DAY_BEFORE]) / (2 * _DAY_BEFORE + 1)


def _ridge_regression(columns: Sequence[Sequence[float]], targets: Sequence[float], ridge: float) -> list[float]:
    """Return the weights of the columns; each column's sum of squares is multiplied by `ridge`."""
    rows = [[*(sumprod(one, other) for other in columns), sumprod(one, targets)] for one in columns]
    for index, row in enumerate(rows):
        row[index] = row[index] * ridge + _NONE
    for index, pivot in enumerate(rows):  # Gauss-Jordan elimination: the matrix is positive definite
        for row in rows:
            if row is not pivot:
                factor = row[index] / pivot[index]
                row[:] = [value - factor * other for value, other in zip(row, pivot, strict=True)]
    return [row[-1] / row[index] for index, row in enumerate(rows)]
