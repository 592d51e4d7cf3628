"""What the sun will give: a provider's forecast set right by what came of earlier ones, or the roof's own last days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import pairwise
import math
from statistics import median
from typing import NamedTuple

from .clock import PER_DAY, PER_HOUR, day_edges, wall
from .curve import Period, quarters
from .history import ABSURD_KW, History
from .spread import Spread, spread

FALLBACK_DAYS = 21

_HOURS = 24
_QUARTER, _HOUR = 900, 3600  # seconds
_DUSK = 0.2  # of a day's brightest period: less is its morning or evening, and the rest of it is night
_FALLBACK_HALF_LIFE = 5.0  # days; weather lasts, and the season moves on
_LEARNING_HALF_LIFE = 20.0  # days
_DARK = 0.005  # of the brightest hour: a meter's noise
_BRIGHT = 0.05  # of the brightest hour: a ratio of less says nothing
_WIDE = (0.4, 1.4)  # P10 and P90 over the expected power while nothing has been judged
_DAYS_TO_TRUST = 4.0
_DAYS_TO_TRUST_AN_HOUR = 8.0
_FACTOR_BOUNDS = (0.5, 1.6)
_MOST = 3.0  # times the forecast: more is a forecast of nothing


class ProductionError(ValueError):
    """What should be a provider's forecast is none; the text says why."""


@dataclass(frozen=True, slots=True)
class Production:
    """A provider's forecast: mean power (kW) by number of the quarter-hour; what is not there, it does not speak of."""

    power: Mapping[int, float]

    @classmethod
    def of(cls, arrays: Iterable[Mapping[str, float]], zone: tzinfo) -> Production:
        """The sum of some arrays, each a mapping from the start of a period (ISO 8601 with its offset) to Wh.

        This is `wh_hours` of Home Assistant's energy platform. A period lasts until the next begins, or as long as most
        do. Between sunset and sunrise, where some providers say nothing, the power is zero; beyond the days that
        every array speaks of, and where one breaks off in daylight, it is not known. Raises ProductionError.
        """
        curves = [_curve(_periods(array), zone) for array in arrays if array]
        if not curves:
            return cls({})
        known = set.intersection(*map(set, curves))
        return cls({number: math.fsum(curve[number] for curve in curves) for number in known})


@dataclass(frozen=True, slots=True)
class Correction:
    """What to make of a provider's forecast: a factor for each UTC hour, and P10 and P90 over what that gives.

    `days` is how many earlier forecasts have been compared; with none, nothing is changed and the spread is a guess.
    """

    factors: tuple[float, ...] = (1.0,) * _HOURS
    low: float = _WIDE[0]
    high: float = _WIDE[1]
    days: int = 0

    @classmethod
    def learn(cls, said: Mapping[int, float], actual: History, zone: tzinfo, now: int) -> Correction:
        """Learn from what a provider had said (mean kW by number of the hour since 1970) and what came before `now`.

        Shade and soiling follow the sun and not the wall clock, so the hours are UTC's.
        """
        hours = _compared(said, actual, zone, now)
        days = _grouped((hour.day, hour) for hour in hours)
        overall = 1 + _trust(len(days), _DAYS_TO_TRUST) * (_ratio(map(_total, days.values())) - 1)
        factors = [overall] * _HOURS
        for at, of in _grouped((hour.number % _HOURS, hour) for hour in hours).items():
            factors[at] *= 1 + _trust(len(of), _DAYS_TO_TRUST_AN_HOUR) * (_ratio(of) / overall - 1)
        factors = [min(max(factor, _FACTOR_BOUNDS[0]), _FACTOR_BOUNDS[1]) for factor in factors]
        errors = _ratios((hour.said * factors[hour.number % _HOURS], hour.came, hour.weight) for hour in hours)
        trust = _trust(len(days), _DAYS_TO_TRUST)
        low, high = (errors.p10, errors.p90) if errors else _WIDE
        return cls(
            tuple(factors),
            min(_WIDE[0] + trust * (low - _WIDE[0]), 1.0),
            max(_WIDE[1] + trust * (high - _WIDE[1]), 1.0),
            len(days),
        )

    def apply(self, number: int, kw: float) -> Spread:
        """The spread of one quarter-hour of which the provider says `kw`."""
        expected = kw * self.factors[number // PER_HOUR % _HOURS]
        return Spread(expected, expected * self.low, expected, expected * self.high, self.days)


class RoofModel:
    """The roof's own last days, for where no provider speaks: the same hour of each, the latest counting most."""

    def __init__(self, history: History, now: int) -> None:
        """Learn from the quarters before `now`, the number of one."""
        ages: list[list[tuple[float, float]]] = [[] for _ in range(_HOURS)]
        for back in range(1, FALLBACK_DAYS * _HOURS + 1):
            hour = now // PER_HOUR - back
            kwh = history.kwh(hour * PER_HOUR, (hour + 1) * PER_HOUR)
            if kwh is not None:
                ages[hour % _HOURS].append((kwh, 0.5 ** (back / _HOURS / _FALLBACK_HALF_LIFE)))
        self.days = max(map(len, ages))
        self._hours = [_doubted(sorted(of)) for of in ages]
        brightest = max(hour.expected for hour in self._hours)
        self._hours = [hour if hour.expected > _DARK * brightest else _NOTHING for hour in self._hours]

    def between(self, start: int, end: int) -> dict[int, Spread]:
        """The spread of each quarter-hour in [start, end)."""
        hours = range(start // PER_HOUR - 1, -(-end // PER_HOUR) + 1)  # one more each way, so that the ends are smooth
        low = _smooth(hours, [hour.p10 for hour in self._hours])
        middle = _smooth(hours, [hour.expected for hour in self._hours])
        typical = _smooth(hours, [hour.p50 for hour in self._hours])
        high = _smooth(hours, [hour.p90 for hour in self._hours])
        return {
            number: Spread(
                middle[number],
                min(low[number], middle[number]),
                typical[number],
                max(high[number], middle[number]),
                self.days,
            )
            for number in range(start, end)
        }


class _Compared(NamedTuple):
    """An hour that was forecast: its number since 1970, its local day, kWh said and come, and what it counts."""

    number: int
    day: int
    said: float
    came: float
    weight: float


_NOTHING = Spread(0.0, 0.0, 0.0, 0.0)


def _compared(said: Mapping[int, float], actual: History, zone: tzinfo, now: int) -> list[_Compared]:
    bright = _BRIGHT * max(said.values(), default=0.0)
    hours = []
    for number, kwh in said.items():
        first, end = number * PER_HOUR, (number + 1) * PER_HOUR
        came = actual.kwh(first, end) if kwh > bright and end <= now else None
        if came is not None:
            weight = 0.5 ** ((now - end) / PER_DAY / _LEARNING_HALF_LIFE)
            hours.append(_Compared(number, wall(first, zone) // PER_DAY, kwh, came, weight))
    return hours


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
    found = _ratios((hour.said, hour.came, hour.weight) for hour in hours)
    return found.expected if found else 1.0


def _ratios(triples: Iterable[tuple[float, float, float]]) -> Spread | None:
    """The spread of came over said, each counting by the energy that was said."""
    pairs = sorted((min(came / said, _MOST), said * weight) for said, came, weight in triples)
    return spread([ratio for ratio, _ in pairs], [weight for _, weight in pairs])


def _trust(count: int, half: float) -> float:
    """From 0 for nothing to 1 for very much, and one half at `half`."""
    return count / (count + half)


def _doubted(pairs: list[tuple[float, float]]) -> Spread:
    """The spread of sorted values with their weights, as wide as a guess where there are few."""
    found = spread([value for value, _ in pairs], [weight for _, weight in pairs])
    if found is None:
        return _NOTHING
    doubt = 1 - _trust(int(found.evidence), _DAYS_TO_TRUST)
    low, high = (found.expected * wide for wide in _WIDE)
    return Spread(
        found.expected,
        found.p10 + doubt * min(low - found.p10, 0.0),
        found.p50,
        found.p90 + doubt * max(high - found.p90, 0.0),
        found.evidence,
    )


def _smooth(hours: range, kwh: list[float]) -> dict[int, float]:
    """The power of the quarters of some hours, given the energy of each hour of a UTC day."""
    return quarters([Period(hour * _HOUR, (hour + 1) * _HOUR, 1000 * kwh[hour % _HOURS]) for hour in hours])


def _periods(array: Mapping[str, float]) -> list[Period]:
    """The periods of one array, in order."""
    starts = sorted((_seconds(start), _watt_hours(start, wh)) for start, wh in array.items())
    usual = min(median([b - a for (a, _), (b, _) in pairwise(starts)] or [_HOUR]), _HOUR)
    ends = [*(following for following, _ in starts[1:]), math.inf]
    return [Period(start, min(end, start + usual), wh) for (start, wh), end in zip(starts, ends, strict=True)]


def _seconds(start: str) -> float:
    try:
        moment = datetime.fromisoformat(start)
    except TypeError, ValueError:
        raise ProductionError(f"A period begins at {str(start)[:40]!r}, which is no time") from None
    if moment.tzinfo is None:
        raise ProductionError(f"A period begins at {start!r}, without an offset, so it may be any of two dozen moments")
    return moment.timestamp()


def _watt_hours(start: str, wh: float) -> float:
    if isinstance(wh, bool) or not isinstance(wh, int | float) or not 0 <= wh <= 1000 * ABSURD_KW:
        raise ProductionError(f"The period at {start} has {str(wh)[:40]!r} Wh; 0 to {1000 * ABSURD_KW:.0f} is allowed")
    return wh


def _curve(periods: list[Period], zone: tzinfo) -> dict[int, float]:
    """The power of every quarter-hour that one array speaks of.

    It speaks of whole local days, from midnight to midnight, even where it leaves out the night; but the first day may
    begin and the last may end in the middle, which is seen by their light.
    """
    power = quarters(periods)
    days = _grouped((wall(int(period.start // _QUARTER), zone) // PER_DAY, period) for period in periods)
    known: dict[int, float] = {}
    for day, of in days.items():
        start, end = day_edges(day, zone)
        dusk = _DUSK * max(map(_power, of))
        if day == min(days) and _power(of[0]) >= dusk:
            start = int(of[0].start // _QUARTER)
        if day == max(days) and _power(of[-1]) >= dusk:
            end = int(of[-1].end // _QUARTER)
        known |= {number: power.get(number, 0.0) for number in range(start, end)}
    return known


def _power(period: Period) -> float:
    return period.wh / (period.end - period.start)
