"""Load forecasts from the same time of similar days, adjusted by recent forecast errors."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import NamedTuple

from .history import PowerHistory
from .quantiles import Quantiles, autocorrelation, effective_sample_size, weighted_quantiles
from .quarters import PER_DAY, PER_HOUR, local_quarter, quarter, weekday

DEFAULT_DAILY_KWH = 10.0  # a household of three: 3650 kWh a year
HISTORY_DAYS = 84  # older days are ignored

_HALF_LIFE = 21.0  # days after which the weight of a day is halved
_SAME_KIND, _OTHER_KIND = 0.8, 0.03  # weight of another weekday of the same kind (workday or weekend) and of the other
_REPETITION_EXPONENT = 6  # how fast weekly repetition lowers the weight of other weekdays
_SATURDAY, _SUNDAY = 5, 6
_HOURS = 24
_WEEK = 7 * _HOURS
_PRIOR_QUANTILES = (0.4, 2.0)  # P10 and P90 as multiples of the expected value, without data
_LEVEL_DAYS_TO_HALF_WEIGHT = 3.0  # pairs of days at which the learned level and its prior count equally
_SHAPE_DAYS_TO_HALF_WEIGHT = 4.0  # days at which the learned shape of an hour and a flat one count equally
_ERROR_DAYS = 28  # days from which the autocorrelation of forecast errors is estimated
_LEVEL_DECAY = 0.5  # per day, of a day's weight in the level
_MIN_HOURS = 12  # measured hours that a day needs to be compared
_LEVEL_BOUNDS = (0.5, 2.0)
_MAX_AUTOCORRELATION = 0.8  # of hourly errors, from one hour to the next
_HALF_HOUR_LAG = 2.5  # quarter-hours from the middle of an hour to the middle of the next quarter-hour
_MAX_AGE = 3 * PER_HOUR  # a measured hour that ended earlier says nothing about now


class _DayComparison(NamedTuple):
    """A day compared with its expected load: the ratio, and pairs of each hour's deviation and the next hour's."""

    ratio: float | None
    deviations: list[tuple[float, float]]


class LoadModel:
    """A load model of a household, learned from its history before `now`.

    Powers are mean powers (kW) of quarter-hours. Assumed quarter-hours of the history count for expected values, but
    not for weekly patterns or effective sample sizes.
    """

    def __init__(
        self,
        history: PowerHistory,
        zone: tzinfo,
        now: datetime,
        *,
        daily_kwh: float = DEFAULT_DAILY_KWH,
        days_off: Collection[date] = (),
    ) -> None:
        """Learn from the history before `now` (aware); takes a few milliseconds.

        `zone` is the home's time zone. `daily_kwh` is the daily load assumed without a history. `days_off` are past or
        future local days that are treated as Sundays.
        """
        self._zone, self._now = zone, quarter(now)
        self._days_off = {(day - date(1970, 1, 1)).days for day in days_off}
        self._measured = _hourly_means(history.power, zone, self._now)
        self._known = _hourly_means(history.assumed, zone, self._now) | self._measured
        self.daily_kwh = daily_kwh
        self._overall_mean, self.days = self._learn_overall_mean(daily_kwh / _HOURS)
        self._patterns = self._learn_patterns()
        self._shape = self._learn_shape(history)
        self._level, self._error_autocorrelation = self._learn_persistence()
        self._last_error, self._last_measured = self._find_last_error(history)

    def predict(self, number: int) -> Quantiles:
        """Return the load of a quarter-hour that does not begin before `now`."""
        pattern, factor = self._pattern_and_factor(number)
        lag = (max(number - self._last_measured, 0) + _HALF_HOUR_LAG) / PER_HOUR
        carried = self._last_error * self._error_autocorrelation**lag
        expected = max(pattern.expected * factor + carried, 0.0)
        low = max(pattern.p10 * factor + min(carried, 0.0), 0.0)
        high = max(pattern.p90 * factor + max(carried, 0.0), expected)
        return Quantiles(min(low, expected), expected, high, pattern.effective_sample_size)

    def _learn_overall_mean(self, default: float) -> tuple[float, float]:
        """Return the mean load and the number of known days; less than a day is averaged with the default."""
        days = len(self._known) / _HOURS
        known = sum(self._known.values()) / len(self._known) if self._known else default
        return default + min(days, 1.0) * (known - default), days

    def _effective_weekday(self, day: int) -> int:
        return _SUNDAY if day in self._days_off else weekday(day)

    def _is_free(self, day: int) -> bool:
        return self._effective_weekday(day) >= _SATURDAY

    def _pattern(self, hour: int) -> Quantiles:
        """Return the pattern for an hour of the local clock, counted from 1970."""
        return self._patterns[self._effective_weekday(hour // _HOURS)][hour % _HOURS]

    def _learn_patterns(self) -> list[list[Quantiles]]:
        """Return the load for each weekday and hour of the day."""
        today = local_quarter(self._now, self._zone) // PER_DAY
        weekdays: dict[int, int] = {}
        by_hour: list[list[tuple[float, int, bool]]] = [[] for _ in range(_HOURS)]
        for hour, kw in self._known.items():
            day = hour // _HOURS
            by_hour[hour % _HOURS].append((kw, day, hour in self._measured))
            weekdays[day] = self._effective_weekday(day)
        for samples in by_hour:
            samples.sort()
        same_kind = self._learn_same_kind_weight()
        patterns = []
        for target in range(7):
            weights = {
                day: _weekday_weight(target, other, same_kind) * 0.5 ** ((today - day) / _HALF_LIFE)
                for day, other in weekdays.items()
            }
            patterns.append([self._quantiles(samples, weights) for samples in by_hour])
        return patterns

    def _learn_same_kind_weight(self) -> float:
        """Return the weight of another weekday of the same kind: the lower, the more the load repeats weekly."""
        usual = _means_by(self._measured, lambda hour: (self._is_free(hour // _HOURS), hour % _HOURS))
        deviations = {
            hour: kw - usual[self._is_free(hour // _HOURS), hour % _HOURS] for hour, kw in self._measured.items()
        }
        # Remove the level of each day: a week of cold is not weekly repetition.
        levels = _means_by(deviations, lambda hour: hour // _HOURS)
        deviations = {hour: kw - levels[hour // _HOURS] for hour, kw in deviations.items()}
        pairs = ((kw, deviations[hour + _WEEK]) for hour, kw in deviations.items() if hour + _WEEK in deviations)
        return _SAME_KIND * (1 - autocorrelation(pairs, 1.0)) ** _REPETITION_EXPONENT

    def _quantiles(self, samples: list[tuple[float, int, bool]], weights: Mapping[int, float]) -> Quantiles:
        """Return the quantiles of an hour's sorted samples: power, day, and whether it was measured."""
        found = weighted_quantiles([kw for kw, _, _ in samples], [weights[day] for _, day, _ in samples])
        size = effective_sample_size([weights[day] for _, day, is_measured in samples if is_measured])
        mean = self._overall_mean
        return replace(found or Quantiles(mean, mean, mean), effective_sample_size=size).widened(*_PRIOR_QUANTILES)

    def _learn_shape(self, history: PowerHistory) -> dict[tuple[bool, int, int], float]:
        """Return each quarter-hour's load over the mean of its hour, from quarter-hourly measurements; 1.0 is flat."""
        hours: dict[int, dict[int, float]] = {}
        for number in history.quarter_hourly:
            if self._now - HISTORY_DAYS * PER_DAY <= number < self._now:
                hour, slot = divmod(local_quarter(number, self._zone), PER_HOUR)
                hours.setdefault(hour, {})[slot] = history.power[number]
        sums: dict[tuple[bool, int], list[float]] = {}
        latest = local_quarter(self._now, self._zone) // PER_HOUR
        for hour, powers in hours.items():
            if len(powers) == PER_HOUR:
                hour_sums = sums.setdefault((self._is_free(hour // _HOURS), hour % _HOURS), [0.0] * (PER_HOUR + 1))
                weight = 0.5 ** ((latest - hour) / _HOURS / _HALF_LIFE)
                for slot, kw in powers.items():
                    hour_sums[slot] += weight * kw
                hour_sums[PER_HOUR] += weight
        shape = {}
        for (is_free, hour), (*slot_sums, days) in sums.items():
            learned_weight = days / (days + _SHAPE_DAYS_TO_HALF_WEIGHT)
            total = sum(slot_sums)
            for slot, kw in enumerate(slot_sums):
                shape[is_free, hour, slot] = 1 + learned_weight * (PER_HOUR * kw / total - 1) if total else 1.0
        return shape

    def _learn_persistence(self) -> tuple[float, float]:
        """Return the level of the last days (1.0 as usual) and the autocorrelation of hourly errors.

        The level is the mean relative deviation of the last days, times its autocorrelation from day to day.
        """
        end = local_quarter(self._now, self._zone) // PER_HOUR
        days = [self._compare(range(end - (back + 1) * _HOURS, end - back * _HOURS)) for back in range(_ERROR_DAYS)]
        days.reverse()
        hourly = autocorrelation((pair for day in days for pair in day.deviations), _MAX_AUTOCORRELATION)
        weighted_sum = weight = 0.0
        pairs = []
        for day in days:
            if day.ratio is not None and weight:
                pairs.append((weighted_sum / weight, day.ratio - 1))
            weighted_sum, weight = weighted_sum * _LEVEL_DECAY, weight * _LEVEL_DECAY
            if day.ratio is not None:
                weighted_sum, weight = weighted_sum + day.ratio - 1, weight + 1
        learned_weight = len(pairs) / (len(pairs) + _LEVEL_DAYS_TO_HALF_WEIGHT)
        level = 1 + learned_weight * autocorrelation(pairs, 1.0) * weighted_sum / weight if weight else 1.0
        return min(max(level, _LEVEL_BOUNDS[0]), _LEVEL_BOUNDS[1]), hourly

    def _compare(self, hours: range) -> _DayComparison:
        """Compare 24 hours with their patterns."""
        known = {hour: (kw, self._pattern(hour)) for hour in hours if (kw := self._measured.get(hour)) is not None}
        expected = sum(pattern.expected for _, pattern in known.values())
        if len(known) < _MIN_HOURS or not expected:
            return _DayComparison(None, [])
        winsorised = sum(min(max(kw, pattern.p10), pattern.p90) for kw, pattern in known.values())
        level = sum(kw for kw, _ in known.values()) / expected
        deviations = {hour: kw - level * pattern.expected for hour, (kw, pattern) in known.items()}
        pairs = [(deviations[hour], deviations[hour + 1]) for hour in deviations if hour + 1 in deviations]
        return _DayComparison(winsorised / expected, pairs)

    def _pattern_and_factor(self, number: int) -> tuple[Quantiles, float]:
        """Return the pattern for a quarter-hour's hour and the factor of the quarter-hour."""
        hour, slot = divmod(local_quarter(number, self._zone), PER_HOUR)
        shape = self._shape.get((self._is_free(hour // _HOURS), hour % _HOURS, slot), 1.0)
        return self._pattern(hour), self._level * shape

    def _find_last_error(self, history: PowerHistory) -> tuple[float, int]:
        """Return the error (kW) of the latest measured hour and the quarter-hour at which it ended; 0 if too old."""
        for end in range(self._now, self._now - _MAX_AGE, -1):
            kwh = history.kwh(end - PER_HOUR, end)
            if kwh is not None:
                usual = [self._pattern_and_factor(number) for number in range(end - PER_HOUR, end)]
                return kwh - sum(pattern.expected * factor for pattern, factor in usual) / PER_HOUR, end
        return 0.0, self._now


def _weekday_weight(target: int, other: int, same_kind: float) -> float:
    """Return the weight of a weekday in the pattern of another one."""
    if target == other:
        return 1.0
    return same_kind if (target >= _SATURDAY) == (other >= _SATURDAY) else _OTHER_KIND


def _means_by[Key](powers: dict[int, float], key_of: Callable[[int], Key]) -> dict[Key, float]:
    """Return the means of powers, grouped by a key of their hours."""
    groups: dict[Key, list[float]] = {}
    for hour, kw in powers.items():
        groups.setdefault(key_of(hour), []).append(kw)
    return {key: sum(group) / len(group) for key, group in groups.items()}


def _hourly_means(power: Mapping[int, float], zone: tzinfo, now: int) -> dict[int, float]:
    """Return the mean power of each hour of the local clock, from the quarter-hours of it that are known."""
    by_hour: dict[int, list[float]] = {}
    for number, kw in power.items():
        if now - HISTORY_DAYS * PER_DAY <= number < now:
            by_hour.setdefault(local_quarter(number, zone) // PER_HOUR, []).append(kw)
    return {hour: sum(powers) / len(powers) for hour, powers in by_hour.items()}
