"""What the sun will give: a provider's forecast set right by what came of earlier ones, or the roof's own last days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import NamedTuple

from .history import PowerHistory
from .interpolation import EnergyPeriod, quarters
from .quarters import PER_DAY, PER_HOUR, wall
from .spread import Quantiles, evidence, spread

FALLBACK_DAYS = 21

_HOURS = 24
_HOUR = 3600  # seconds
_CLEAR = 0.6  # of the most that was ever said of the hour: less is a dull sky
_FALLBACK_HALF_LIFE = 5.0  # days; weather lasts, and the season moves on
_LEARNING_HALF_LIFE = 20.0  # days
_DARK = 0.005  # of the brightest hour: a meter's noise
_BRIGHT = 0.05  # of the brightest hour: a ratio of less says nothing
_WIDE = (0.4, 1.4)  # P10 and P90 over the expected power while nothing has been judged
_DAYS_TO_TRUST = 4.0
_DAYS_TO_TRUST_AN_HOUR = 8.0
_FACTOR_BOUNDS = (0.5, 1.6)
_MOST = 3.0  # times the forecast: more is a forecast of nothing


@dataclass(frozen=True, slots=True)
class Correction:
    """What to make of a provider's forecast: a factor for each UTC hour, and P10 and P90 over what that gives.

    A clear sky that was forecast is surer than a dull one, so each has its own `clear` and `dull` quantiles, and
    `limits` (kW, for each UTC hour) tells them apart. `days` is how many earlier forecasts have been compared; with
    none, nothing is changed and the quantiles are a guess.
    """

    factors: tuple[float, ...] = (1.0,) * _HOURS
    limits: tuple[float, ...] = (0.0,) * _HOURS
    clear: tuple[float, float] = _WIDE
    dull: tuple[float, float] = _WIDE
    days: int = 0

    @classmethod
    def learn(cls, said: Mapping[int, float], actual: PowerHistory, zone: tzinfo, now: int) -> Correction:
        """Learn from what a provider had said (kWh of an hour by its first quarter) and what came before `now`.

        Shade and soiling follow the sun and not the wall clock, so the hours are UTC's.
        """
        hours = _compared(said, actual, zone, now)
        days = _grouped((hour.day, hour) for hour in hours)
        overall = 1 + _trust(len(days), _DAYS_TO_TRUST) * (_ratio(map(_total, days.values())) - 1)
        factors, limits = [overall] * _HOURS, [0.0] * _HOURS
        for at, of in _grouped((hour.at, hour) for hour in hours).items():
            limits[at] = _CLEAR * max(hour.said for hour in of)
            factors[at] *= 1 + _trust(len(of), _DAYS_TO_TRUST_AN_HOUR) * (_ratio(of) / overall - 1)
        factors = [min(max(factor, _FACTOR_BOUNDS[0]), _FACTOR_BOUNDS[1]) for factor in factors]
        corrected = [hour._replace(said=hour.said * factors[hour.at]) for hour in hours]
        skies = _grouped((hour.said > limits[hour.at], new) for hour, new in zip(hours, corrected, strict=True))
        clear, dull = (_quantiles(skies.get(sky, [])) for sky in (True, False))
        return cls(tuple(factors), tuple(limits), clear, dull, len(days))

    def apply(self, number: int, kw: float) -> Quantiles:
        """The spread of one quarter-hour of which the provider says `kw`."""
        at = _utc_hour(number)
        expected = kw * self.factors[at]
        low, high = self.clear if kw > self.limits[at] else self.dull
        return Quantiles(expected * low, expected, expected * high)


class RoofModel:
    """The roof's own last days, for where no provider speaks: the same hour of each, the latest counting most.

    What was made up of them counts, but is no evidence: the quantiles stay wide.
    """

    def __init__(self, history: PowerHistory, now: int) -> None:
        """Learn from the quarters before `now`, the number of one."""
        ages: list[list[tuple[float, float]]] = [[] for _ in range(_HOURS)]
        measured: list[list[float]] = [[] for _ in range(_HOURS)]
        known = history.filled(history.made_up) if history.made_up else history
        for back in range(1, FALLBACK_DAYS * _HOURS + 1):
            hour = now // PER_HOUR - back
            span = (hour * PER_HOUR, (hour + 1) * PER_HOUR)
            kwh = known.kwh(*span)
            if kwh is not None:
                weight = 0.5 ** (back / _HOURS / _FALLBACK_HALF_LIFE)
                ages[hour % _HOURS].append((kwh, weight))
                if known is history or history.kwh(*span) is not None:
                    measured[hour % _HOURS].append(weight)
        self.days = max(map(len, ages))
        found = [
            replace(_spread(of) or _NOTHING, evidence=evidence(weights))
            for of, weights in zip(ages, measured, strict=True)
        ]
        brightest = max(hour.expected for hour in found)
        self._hours = [hour.doubted(*_WIDE) if hour.expected > _DARK * brightest else _NOTHING for hour in found]

    def between(self, start: int, end: int) -> dict[int, Quantiles]:
        """The spread of each quarter-hour in [start, end)."""
        hours = range(start // PER_HOUR - 1, -(-end // PER_HOUR) + 1)  # one more each way, so that the ends are smooth
        low = _smooth(hours, [hour.p10 for hour in self._hours])
        middle = _smooth(hours, [hour.expected for hour in self._hours])
        high = _smooth(hours, [hour.p90 for hour in self._hours])
        return {
            number: Quantiles(min(low[number], middle[number]), middle[number], max(high[number], middle[number]))
            for number in range(start, end)
        }


class _Compared(NamedTuple):
    """An hour that was forecast: its hour of UTC's day, its local day, kWh said and come, and what it counts."""

    at: int
    day: int
    said: float
    came: float
    weight: float


_NOTHING = Quantiles(0.0, 0.0, 0.0)


def _compared(said: Mapping[int, float], actual: PowerHistory, zone: tzinfo, now: int) -> list[_Compared]:
    bright = _BRIGHT * max(said.values(), default=0.0)
    hours = []
    for start, kwh in said.items():
        end = start + PER_HOUR
        came = actual.kwh(start, end) if kwh > bright and end <= now else None
        if came is not None:
            weight = 0.5 ** ((now - end) / PER_DAY / _LEARNING_HALF_LIFE)
            hours.append(_Compared(_utc_hour(start), wall(start, zone) // PER_DAY, kwh, came, weight))
    return hours


def _utc_hour(number: int) -> int:
    """The hour of UTC's day in which a quarter-hour begins."""
    return number // PER_HOUR % _HOURS


def _grouped[Value](pairs: Iterable[tuple[int, Value]]) -> dict[int, list[Value]]:
    groups: dict[int, list[Value]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _total(hours: list[_Compared]) -> _Compared:
    """A day as one hour."""
    return hours[0]._replace(said=sum(hour.said for hour in hours), came=sum(hour.came for hour in hours))


def _ratio(hours: Iterable[_Compared]) -> float:
    """What came over what was said, without the oddest tenth of it on each side; 1 where nothing was said."""
    found = _ratios(hours)
    return found.expected if found else 1.0


def _quantiles(hours: list[_Compared]) -> tuple[float, float]:
    """P10 and P90 of what came over what was said; near a guess where few days have been compared."""
    found = _ratios(hours)
    trust = _trust(len({hour.day for hour in hours}), _DAYS_TO_TRUST)
    low, high = (found.p10, found.p90) if found else _WIDE
    return min(_WIDE[0] + trust * (low - _WIDE[0]), 1.0), max(_WIDE[1] + trust * (high - _WIDE[1]), 1.0)


def _ratios(hours: Iterable[_Compared]) -> Quantiles | None:
    """The spread of what came over what was said, each counting by the energy that was said."""
    return _spread([(min(hour.came / hour.said, _MOST), hour.said * hour.weight) for hour in hours])


def _spread(pairs: list[tuple[float, float]]) -> Quantiles | None:
    """The spread of values with their weights, in any order."""
    pairs.sort()
    return spread([value for value, _ in pairs], [weight for _, weight in pairs])


def _trust(count: int, half: float) -> float:
    """From 0 for nothing to 1 for very much, and one half at `half`."""
    return count / (count + half)


def _smooth(hours: range, kwh: list[float]) -> dict[int, float]:
    """The power of the quarters of some hours, given the energy of each hour of a UTC day."""
    return quarters([EnergyPeriod(hour * _HOUR, (hour + 1) * _HOUR, 1000 * kwh[hour % _HOURS]) for hour in hours])
