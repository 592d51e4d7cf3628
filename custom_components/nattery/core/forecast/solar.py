"""PV forecasts: a provider's forecast corrected by its past errors, or the measured PV of the last days."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import NamedTuple

from .history import PowerHistory
from .interpolation import EnergyPeriod, interpolate_power
from .quantiles import Quantiles, effective_sample_size, weighted_quantiles
from .quarters import PER_DAY, PER_HOUR, local_quarter

HISTORY_DAYS = 21

_HOURS = 24
_HOUR = 3600  # seconds
_CLEAR_SKY = 0.6  # share of the highest forecast of the hour above which a forecast counts as clear
HISTORY_HALF_LIFE = 5.0  # days; short, since weather persists and the season moves on
_CORRECTION_HALF_LIFE = 20.0  # days
_NIGHT = 0.005  # share of the brightest hour; less is measurement noise
_MIN_FORECAST = 0.05  # share of the highest forecast; the ratio of less is noise
PRIOR_QUANTILES = (0.4, 1.4)  # P10 and P90 as multiples of the expected power, before any comparison
_DAYS_TO_HALF_WEIGHT = 4.0  # compared days at which a learned value and its prior count equally
_HOURS_TO_HALF_WEIGHT = 8.0  # the same for the factor of one hour of the day
_FACTOR_BOUNDS = (0.5, 1.6)
_MAX_RATIO = 3.0  # actual energy over forecast; more is an outlier


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction of a provider's forecast, learned from its past errors.

    `factors` holds a factor for each UTC hour of the day. P10 and P90 are multiples of the corrected power: `clear`
    where the forecast exceeds the threshold of its hour (`thresholds`, kW), else `overcast`, since forecasts of clear
    skies are more reliable. `days` is the number of days compared; with none, nothing is corrected.
    """

    factors: tuple[float, ...] = (1.0,) * _HOURS
    thresholds: tuple[float, ...] = (0.0,) * _HOURS
    clear: tuple[float, float] = PRIOR_QUANTILES
    overcast: tuple[float, float] = PRIOR_QUANTILES
    days: int = 0

    @classmethod
    def learn(cls, forecast: Mapping[int, float], actual: PowerHistory, zone: tzinfo, now: int) -> Correction:
        """Learn from forecasts (kWh of an hour, by its first quarter-hour) and what was measured before `now`.

        Factors are by UTC hour, since shading follows the sun and not the local clock.
        """
        hours = _compared_hours(forecast, actual, zone, now)
        days = _grouped((hour.day, hour) for hour in hours)
        overall = 1 + _weight(len(days), _DAYS_TO_HALF_WEIGHT) * (_mean_ratio(map(_day_total, days.values())) - 1)
        factors, thresholds = [overall] * _HOURS, [0.0] * _HOURS
        for hour_of_day, group in _grouped((hour.hour_of_day, hour) for hour in hours).items():
            thresholds[hour_of_day] = _CLEAR_SKY * max(hour.forecast for hour in group)
            factors[hour_of_day] *= 1 + _weight(len(group), _HOURS_TO_HALF_WEIGHT) * (_mean_ratio(group) / overall - 1)
        factors = [min(max(factor, _FACTOR_BOUNDS[0]), _FACTOR_BOUNDS[1]) for factor in factors]
        corrected = [hour._replace(forecast=hour.forecast * factors[hour.hour_of_day]) for hour in hours]
        by_sky = _grouped(
            (hour.forecast > thresholds[hour.hour_of_day], new) for hour, new in zip(hours, corrected, strict=True)
        )
        clear, overcast = (_relative_quantiles(by_sky.get(is_clear, [])) for is_clear in (True, False))
        return cls(tuple(factors), tuple(thresholds), clear, overcast, len(days))

    def apply(self, number: int, kw: float) -> Quantiles:
        """Return the corrected power of a quarter-hour for which the provider forecasts `kw`."""
        hour_of_day = _utc_hour(number)
        expected = kw * self.factors[hour_of_day]
        low, high = self.clear if kw > self.thresholds[hour_of_day] else self.overcast
        return Quantiles(expected * low, expected, expected * high)


class PvHistoryModel:
    """A PV forecast without a provider: the weighted mean of the same hour of the last days, recent days first.

    Assumed quarter-hours of the history count for the expected value, but not for the effective sample size, so the
    quantiles stay wide.
    """

    def __init__(self, history: PowerHistory, now: int) -> None:
        """Learn from the quarter-hours before number `now`."""
        samples: list[list[tuple[float, float]]] = [[] for _ in range(_HOURS)]
        measured_weights: list[list[float]] = [[] for _ in range(_HOURS)]
        known = history.with_gaps_filled(history.assumed) if history.assumed else history
        for hours_ago in range(1, HISTORY_DAYS * _HOURS + 1):
            hour = now // PER_HOUR - hours_ago
            edges = (hour * PER_HOUR, (hour + 1) * PER_HOUR)
            kwh = known.kwh(*edges)
            if kwh is not None:
                weight = 0.5 ** (hours_ago / _HOURS / HISTORY_HALF_LIFE)
                samples[hour % _HOURS].append((kwh, weight))
                if known is history or history.kwh(*edges) is not None:
                    measured_weights[hour % _HOURS].append(weight)
        self.days = max(map(len, samples))
        hours = [
            replace(_quantiles(pairs) or _ZERO, effective_sample_size=effective_sample_size(weights))
            for pairs, weights in zip(samples, measured_weights, strict=True)
        ]
        brightest = max(hour.expected for hour in hours)
        self._hours = [
            hour.widened(*PRIOR_QUANTILES) if hour.expected > _NIGHT * brightest else _ZERO for hour in hours
        ]

    def energy(self, hour: int) -> Quantiles:
        """Return the energy (kWh) of an hour, by its number since 1970."""
        return self._hours[hour % _HOURS]

    def predict(self, start: int, end: int) -> dict[int, Quantiles]:
        """Return the power (kW) of each quarter-hour in [start, end)."""
        return smooth_power(start, end, self.energy)


class _ComparedHour(NamedTuple):
    """A forecast hour that was measured: UTC hour of the day, local day, energies in kWh, and weight."""

    hour_of_day: int
    day: int
    forecast: float
    actual: float
    weight: float


_ZERO = Quantiles(0.0, 0.0, 0.0)


def _compared_hours(forecast: Mapping[int, float], actual: PowerHistory, zone: tzinfo, now: int) -> list[_ComparedHour]:
    minimum = _MIN_FORECAST * max(forecast.values(), default=0.0)
    hours = []
    for start, kwh in forecast.items():
        end = start + PER_HOUR
        measured = actual.kwh(start, end) if kwh > minimum and end <= now else None
        if measured is not None:
            weight = 0.5 ** ((now - end) / PER_DAY / _CORRECTION_HALF_LIFE)
            hours.append(_ComparedHour(_utc_hour(start), local_quarter(start, zone) // PER_DAY, kwh, measured, weight))
    return hours


def _utc_hour(number: int) -> int:
    """Return the UTC hour of the day in which a quarter-hour begins."""
    return number // PER_HOUR % _HOURS


def _grouped[Value](pairs: Iterable[tuple[int, Value]]) -> dict[int, list[Value]]:
    groups: dict[int, list[Value]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _day_total(hours: list[_ComparedHour]) -> _ComparedHour:
    """Return the sum of a day's hours as one hour."""
    return hours[0]._replace(forecast=sum(hour.forecast for hour in hours), actual=sum(hour.actual for hour in hours))


def _mean_ratio(hours: Iterable[_ComparedHour]) -> float:
    """Return the winsorised mean of actual over forecast energy, or 1 if there is no hour."""
    ratios = _ratio_quantiles(hours)
    return ratios.expected if ratios else 1.0


def _relative_quantiles(hours: list[_ComparedHour]) -> tuple[float, float]:
    """Return P10 and P90 of actual over forecast energy, near the prior if few days were compared."""
    ratios = _ratio_quantiles(hours)
    weight = _weight(len({hour.day for hour in hours}), _DAYS_TO_HALF_WEIGHT)
    prior_low, prior_high = PRIOR_QUANTILES
    low, high = (ratios.p10, ratios.p90) if ratios else PRIOR_QUANTILES
    return min(prior_low + weight * (low - prior_low), 1.0), max(prior_high + weight * (high - prior_high), 1.0)


def _ratio_quantiles(hours: Iterable[_ComparedHour]) -> Quantiles | None:
    """Return the quantiles of actual over forecast energy, weighted by the forecast energy."""
    return _quantiles([(min(hour.actual / hour.forecast, _MAX_RATIO), hour.forecast * hour.weight) for hour in hours])


def _quantiles(pairs: list[tuple[float, float]]) -> Quantiles | None:
    """Return the quantiles of unsorted pairs of value and weight."""
    pairs.sort()
    return weighted_quantiles([value for value, _ in pairs], [weight for _, weight in pairs])


def _weight(count: int, half: float) -> float:
    """Return the weight of a learned value against its prior: 0 without samples, 0.5 at `half` samples."""
    return count / (count + half)


def smooth_power(start: int, end: int, energy: Callable[[int], Quantiles]) -> dict[int, Quantiles]:
    """Return the power (kW) of each quarter-hour in [start, end), given the energy (kWh) of each hour."""
    # One hour more on each side makes the ends smooth.
    hours = range(start // PER_HOUR - 1, -(-end // PER_HOUR) + 1)
    energies = [energy(hour) for hour in hours]
    low, expected, high = (
        _smooth(hours, values)
        for values in (
            [one.p10 for one in energies],
            [one.expected for one in energies],
            [one.p90 for one in energies],
        )
    )
    return {
        number: Quantiles(min(low[number], expected[number]), expected[number], max(high[number], expected[number]))
        for number in range(start, end)
    }


def _smooth(hours: range, kwh: list[float]) -> dict[int, float]:
    return interpolate_power(
        [EnergyPeriod(hour * _HOUR, (hour + 1) * _HOUR, 1000 * of) for hour, of in zip(hours, kwh, strict=True)]
    )
