"""What the house will need, from what it needed at the same time of similar days, and from what it does now."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import NamedTuple

from .history import PowerHistory
from .quarters import PER_DAY, PER_HOUR, quarter, wall, weekday
from .spread import Quantiles, evidence, persistence, spread

DEFAULT_DAILY_KWH = 10.0  # a home of three people, 3650 kWh a year
DAYS = 84  # older days say little

_HALF_LIFE = 21.0  # days after which a day counts half
_ALIKE, _OTHER = 0.8, 0.03  # what a day counts for another weekday of the same kind, and of the other kind
_ODDNESS = 6  # how quickly a weekday that repeats itself stands alone
_SATURDAY, _SUNDAY = 5, 6
_HOURS = 24
_WEEK = 7 * _HOURS
_WIDE = (0.4, 2.0)  # P10 and P90 over the expected value while nothing is known
_DAYS_TO_TRUST = 3.0
_SHAPE_DAYS = 4.0  # days of quarters that say as much about the shape of an hour as plain flatness does
_JUDGED_DAYS = 28  # in which the house's own persistence is looked for
_DAY_KEPT = 0.5  # of what a day says about the level, a day later
_ENOUGH_HOURS = 12  # of a day, to compare it
_LEVEL_BOUNDS = (0.5, 2.0)
_MOST_KEPT = 0.8  # of an hour's difference, an hour later
_MIDDLE = 2.5  # quarters from the middle of an hour to the middle of the quarter after it
_STALE = 3 * PER_HOUR  # an hour measured longer ago says nothing about now


class _Day(NamedTuple):
    """How a day compared with what is usual: the ratio, and pairs of an hour's difference and the next hour's."""

    ratio: float | None
    steps: list[tuple[float, float]]


class LoadModel:
    """Learned from a history up to a moment (what comes later is not looked at); tells any quarter-hour's load.

    `zone` is the home's clock; `daily_kwh` what the house is known or guessed to need on a day, used while there is no
    history; `days_off` are local days, past or to come, that are like Sundays. Powers are kW, means of a quarter-hour.
    What was made up of the history counts for what is expected, but no habit and no quantile is learned from it.
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
        """Learn; `now` is aware. Takes a few milliseconds."""
        self._zone, self._now = zone, quarter(now)
        self._off = {(day - date(1970, 1, 1)).days for day in days_off}
        self._means = _hour_means(history.power, zone, self._now)
        self._known = _hour_means(history.made_up, zone, self._now) | self._means
        self.daily_kwh = daily_kwh
        self._flat, self.days = self._mean(daily_kwh / _HOURS)
        self._cells = self._learn()
        self._shape = self._learn_shape(history)
        self._level, self._kept = self._learn_persistence()
        self._difference, self._measured = self._look(history)

    def at(self, number: int) -> Quantiles:
        """The load of one quarter-hour, which should not lie before the moment up to which was learned."""
        cell, factor = self._usual(number)
        change = self._difference * self._kept ** ((max(number - self._measured, 0) + _MIDDLE) / PER_HOUR)
        expected = max(cell.expected * factor + change, 0.0)
        low = max(cell.p10 * factor + min(change, 0.0), 0.0)
        return Quantiles(
            min(low, expected), expected, max(cell.p90 * factor + max(change, 0.0), expected), cell.evidence
        )

    def _mean(self, default: float) -> tuple[float, float]:
        """The mean of all that is known, as much of it as there is of a day, and how many days are known."""
        days = len(self._known) / _HOURS
        known = sum(self._known.values()) / len(self._known) if self._known else default
        return default + min(days, 1.0) * (known - default), days

    def _kind(self, day: int) -> int:
        return _SUNDAY if day in self._off else weekday(day)

    def _is_free(self, day: int) -> bool:
        return self._kind(day) >= _SATURDAY

    def _cell(self, hour: int) -> Quantiles:
        """The spread of an hour of the wall clock, counted from 1970."""
        return self._cells[self._kind(hour // _HOURS)][hour % _HOURS]

    def _learn(self) -> list[list[Quantiles]]:
        """A spread for each weekday and hour."""
        today = wall(self._now, self._zone) // PER_DAY
        days: dict[int, int] = {}
        by_hour: list[list[tuple[float, int, bool]]] = [[] for _ in range(_HOURS)]
        for hour, kw in self._known.items():
            day = hour // _HOURS
            by_hour[hour % _HOURS].append((kw, day, hour in self._means))
            days[day] = self._kind(day)
        for found in by_hour:
            found.sort()
        alike = self._likeness_of_days()
        cells = []
        for kind in range(7):
            weights = {
                day: _likeness(kind, other, alike) * 0.5 ** ((today - day) / _HALF_LIFE) for day, other in days.items()
            }
            cells.append([self._spread(of, weights) for of in by_hour])
        return cells

    def _likeness_of_days(self) -> float:
        """What another day of the same kind counts: the less, the more the weekdays of this house repeat themselves."""
        usual = _means_by(self._means, lambda hour: (self._is_free(hour // _HOURS), hour % _HOURS))
        off = {hour: kw - usual[self._is_free(hour // _HOURS), hour % _HOURS] for hour, kw in self._means.items()}
        level = _means_by(off, lambda hour: hour // _HOURS)  # a week of cold is no repetition
        off = {hour: kw - level[hour // _HOURS] for hour, kw in off.items()}
        again = persistence(((kw, off[hour + _WEEK]) for hour, kw in off.items() if hour + _WEEK in off), 1.0)
        return _ALIKE * (1 - again) ** _ODDNESS

    def _spread(self, of: list[tuple[float, int, bool]], weights: Mapping[int, float]) -> Quantiles:
        """The spread of an hour's powers, in order, each with its day and whether it was measured."""
        found = spread([kw for kw, _, _ in of], [weights[day] for _, day, _ in of])
        measured = evidence([weights[day] for _, day, measured in of if measured])
        return replace(found or Quantiles(self._flat, self._flat, self._flat), evidence=measured).doubted(*_WIDE)

    def _learn_shape(self, history: PowerHistory) -> dict[tuple[bool, int, int], float]:
        """What each quarter has of its hour's mean, where quarters were measured; 1.0 is flat."""
        hours: dict[int, dict[int, float]] = {}
        for number in history.fine:
            if self._now - DAYS * PER_DAY <= number < self._now:
                hour, slot = divmod(wall(number, self._zone), PER_HOUR)
                hours.setdefault(hour, {})[slot] = history.power[number]
        sums: dict[tuple[bool, int], list[float]] = {}
        latest = wall(self._now, self._zone) // PER_HOUR
        for hour, parts in hours.items():
            if len(parts) == PER_HOUR:
                of_hour = sums.setdefault((self._is_free(hour // _HOURS), hour % _HOURS), [0.0] * (PER_HOUR + 1))
                weight = 0.5 ** ((latest - hour) / _HOURS / _HALF_LIFE)
                for slot, kw in parts.items():
                    of_hour[slot] += weight * kw
                of_hour[PER_HOUR] += weight
        shape = {}
        for (free, hour), (*powers, days) in sums.items():
            trust = days / (days + _SHAPE_DAYS)
            whole = sum(powers)
            for slot, kw in enumerate(powers):
                shape[free, hour, slot] = 1 + trust * (PER_HOUR * kw / whole - 1) if whole else 1.0
        return shape

    def _learn_persistence(self) -> tuple[float, float]:
        """The level that the last days speak for, and how much of an hour's difference is left an hour later."""
        end = wall(self._now, self._zone) // PER_HOUR
        days = [self._compared(range(end - (back + 1) * _HOURS, end - back * _HOURS)) for back in range(_JUDGED_DAYS)]
        days.reverse()
        kept = persistence((pair for day in days for pair in day.steps), _MOST_KEPT)
        signal = weight = 0.0
        pairs = []
        for day in days:
            if day.ratio is not None and weight:
                pairs.append((signal / weight, day.ratio - 1))
            signal, weight = signal * _DAY_KEPT, weight * _DAY_KEPT
            if day.ratio is not None:
                signal, weight = signal + day.ratio - 1, weight + 1
        trust = len(pairs) / (len(pairs) + _DAYS_TO_TRUST)
        level = 1 + trust * persistence(pairs, 1.0) * signal / weight if weight else 1.0
        return min(max(level, _LEVEL_BOUNDS[0]), _LEVEL_BOUNDS[1]), kept

    def _compared(self, hours: range) -> _Day:
        """A day's hours against what would have been expected of them."""
        known = {hour: (kw, self._cell(hour)) for hour in hours if (kw := self._means.get(hour)) is not None}
        expected = sum(cell.expected for _, cell in known.values())
        if len(known) < _ENOUGH_HOURS or not expected:
            return _Day(None, [])
        usual = sum(min(max(kw, cell.p10), cell.p90) for kw, cell in known.values())
        level = sum(kw for kw, _ in known.values()) / expected
        off = {hour: kw - level * cell.expected for hour, (kw, cell) in known.items()}
        return _Day(usual / expected, [(off[hour], off[hour + 1]) for hour in off if hour + 1 in off])

    def _usual(self, number: int) -> tuple[Quantiles, float]:
        """The spread of a quarter's hour, and what to multiply it by."""
        hour, slot = divmod(wall(number, self._zone), PER_HOUR)
        shape = self._shape.get((self._is_free(hour // _HOURS), hour % _HOURS, slot), 1.0)
        return self._cell(hour), self._level * shape

    def _look(self, history: PowerHistory) -> tuple[float, int]:
        """By how many kW the latest hour that is known was off, and the quarter at which it ended."""
        for end in range(self._now, self._now - _STALE, -1):
            kwh = history.kwh(end - PER_HOUR, end)
            if kwh is not None:
                usual = [self._usual(number) for number in range(end - PER_HOUR, end)]
                return kwh - sum(cell.expected * factor for cell, factor in usual) / PER_HOUR, end
        return 0.0, self._now


def _likeness(kind: int, other: int, alike: float) -> float:
    """What a day counts for another."""
    if kind == other:
        return 1.0
    return alike if (kind >= _SATURDAY) == (other >= _SATURDAY) else _OTHER


def _means_by[Key](powers: dict[int, float], key_of: Callable[[int], Key]) -> dict[Key, float]:
    """The means of powers by some key of their hours."""
    groups: dict[Key, list[float]] = {}
    for hour, kw in powers.items():
        groups.setdefault(key_of(hour), []).append(kw)
    return {key: sum(group) / len(group) for key, group in groups.items()}


def _hour_means(power: Mapping[int, float], zone: tzinfo, now: int) -> dict[int, float]:
    """The mean power of each hour of the wall clock, from the quarters of it that are known."""
    sums: dict[int, list[float]] = {}
    for number, kw in power.items():
        if now - DAYS * PER_DAY <= number < now:
            sums.setdefault(wall(number, zone) // PER_HOUR, []).append(kw)
    return {hour: sum(parts) / len(parts) for hour, parts in sums.items()}
