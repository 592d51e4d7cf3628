"""What a roof gives under clouds: learned from the hours whose cloud cover and PV are known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
import math
from typing import NamedTuple

from .cloud_cover import CoverByHour
from .history import PowerHistory
from .quantiles import Quantiles, weighted_quantiles
from .quarters import PER_HOUR
from .solar import HISTORY_HALF_LIFE, PRIOR_QUANTILES
from .sun import Location, clear_sky

MIN_CLEAR_KWH = 0.03  # of an hour, for each kW in the zenith; while the sun is lower, the history is used

_HOURS = 24
_KNOTS = 5  # at which a function of a share from 0 to 1 is known
_HALF_LIFE = 20.0  # days
_OUTLIER = 1.25  # multiple of P90 of an hour of the day; more is an outlier
_ROUNDS = 3  # of estimating gains and transmission in turn
_ITERATIONS = 10  # of the method of Gauss and Seidel

# The share of clear-sky power under a cover of 0, 25, 50, 75 and 100 % before anything is learned: the curve of Kasten
# and Czeplak (1980), flattened since the cover is a forecast.
_PRIOR_TRANSMISSION = (0.95, 0.88, 0.75, 0.6, 0.4)
_PRIOR_TRUST = 0.7
# Samples at which a learned value and its prior count equally.
_TRANSMISSION_HOURS = 6.0
_GAIN_HOURS = 0.3  # few: the prior of one hour is the whole roof, which has another shade
_TRUST_DAYS = 2.0

_REACH = 0.25  # difference of the expected share from which on an error counts little
_MIN_WEIGHT = 0.02
_FEW_DAYS = 1.0  # days at which the learned errors are doubled: those of a few days understate the errors to come


class SunnyHour(NamedTuple):
    """An hour in daylight that was measured.

    `day` and `hour_of_day` are UTC. `clear` is the clear-sky energy (kWh for each kW in the zenith), and `kwh` is the
    PV energy.
    """

    day: int
    hour_of_day: int
    clear: float
    cover: float
    kwh: float
    weight: float

    @property
    def number(self) -> int:
        """The number of the hour since 1970."""
        return self.day * _HOURS + self.hour_of_day


class _PastForecast(NamedTuple):
    """A past hour, its energy under a clear sky, and what history and cloud cover would have forecast (kWh)."""

    hour: SunnyHour
    clear_kwh: float
    history: float
    weather: float


@dataclass(frozen=True, slots=True)
class CloudResponse:
    """What a roof gives under clouds.

    `gains` is the power (kW) under a clear sky with the sun in the zenith, by UTC hour of the day: it includes
    orientation and shading. `transmission` is the share of it that remains, by cloud cover at equidistant knots.
    """

    gains: tuple[float, ...] = (0.0,) * _HOURS
    transmission: tuple[float, ...] = _PRIOR_TRANSMISSION

    @classmethod
    def learn(cls, hours: Sequence[SunnyHour]) -> CloudResponse:
        """Learn from hours by least squares, gains and transmission in turn."""
        response = cls()
        for _ in range(_ROUNDS):
            response = cls(_learn_gains(hours, response.transmission), response.transmission)
            response = cls(response.gains, _learn_transmission(hours, response))
        return response

    def transmitted(self, cover: float) -> float:
        """Return the share of clear-sky power that remains under a cloud cover."""
        return _interpolate(self.transmission, cover)


@dataclass(frozen=True, slots=True)
class WeatherSkill:
    """How well the cloud cover forecasts PV, from the forecasts that would have been made in the past.

    `trust` is the share of the difference from the forecast of the history that has come true, less its standard error.
    `errors` has P10 and P90 of the errors as shares of clear-sky energy, by the expected share at equidistant knots.
    `days` is the number of days compared.
    """

    trust: float
    errors: tuple[tuple[float, ...], tuple[float, ...]]
    days: int

    @classmethod
    def learn(cls, hours: Sequence[SunnyHour], response: CloudResponse, cover: CoverByHour) -> WeatherSkill:
        """Judge forecasts by `cover` of the hours, which are in order of time."""
        past = list(_past_forecasts(hours, response, cover))
        days = len({one.hour.day for one in past})
        trust = _learn_trust(past, days)
        return cls(trust, _learn_errors(past, trust), days)

    def energy(self, clear_kwh: float, weather: float, history: Quantiles) -> Quantiles:
        """Return the energy (kWh) of an hour.

        Given are its energy under a clear sky, and its forecasts from the cloud cover and from the history.
        """
        expected = history.expected + self.trust * (weather - history.expected)
        share = expected / clear_kwh if clear_kwh else 0.0
        factor = (1 + _FEW_DAYS / self.days if self.days else 0.0) * clear_kwh
        low, high = (factor * _interpolate(knots, share) for knots in self.errors)
        found = Quantiles(
            max(expected + min(low, 0.0), 0.0), expected, expected + max(high, 0.0), effective_sample_size=self.days
        )
        return found.widened(*PRIOR_QUANTILES)


def sunny_hours(history: PowerHistory, location: Location, cover: CoverByHour, now: int) -> list[SunnyHour]:
    """Return the hours in daylight with known cover and PV that ended before the quarter-hour `now`.

    Energies of outliers are reduced.
    """
    current = now // PER_HOUR
    hours = []
    for hour in sorted(hour for hour in cover if hour < current):
        kwh = history.kwh(hour * PER_HOUR, (hour + 1) * PER_HOUR)
        if kwh is not None and (clear := clear_energy(hour, location)) > MIN_CLEAR_KWH:
            weight = 0.5 ** ((current - hour) / _HOURS / _HALF_LIFE)
            hours.append(SunnyHour(*divmod(hour, _HOURS), clear, cover[hour], kwh, weight))
    highest = {hour_of_day: _OUTLIER * _p90(ratios) for hour_of_day, ratios in _ratios(hours).items()}
    return [hour._replace(kwh=min(hour.kwh, highest[hour.hour_of_day] * hour.clear)) for hour in hours]


def clear_energy(hour: int, location: Location) -> float:
    """Return the clear-sky energy of an hour since 1970, kWh for each kW in the zenith."""
    return sum(clear_sky(number, location) for number in range(hour * PER_HOUR, (hour + 1) * PER_HOUR)) / PER_HOUR


def _ratios(hours: Iterable[SunnyHour]) -> Mapping[int, list[tuple[float, float]]]:
    """Return energy over clear-sky energy with weights, by UTC hour of the day."""
    ratios: dict[int, list[tuple[float, float]]] = {}
    for hour in hours:
        ratios.setdefault(hour.hour_of_day, []).append((hour.kwh / hour.clear, hour.weight))
    return ratios


def _p90(pairs: list[tuple[float, float]]) -> float:
    pairs.sort()
    found = weighted_quantiles([value for value, _ in pairs], [weight for _, weight in pairs])
    return found.p90 if found else 0.0


def _learn_gains(hours: Sequence[SunnyHour], transmission: Sequence[float]) -> tuple[float, ...]:
    products, squares, weights = [0.0] * _HOURS, [0.0] * _HOURS, [0.0] * _HOURS
    for hour in hours:
        clouded = hour.clear * _interpolate(transmission, hour.cover)
        products[hour.hour_of_day] += hour.weight * hour.kwh * clouded
        squares[hour.hour_of_day] += hour.weight * clouded * clouded
        weights[hour.hour_of_day] += hour.weight
    whole = sum(products) / sum(squares) if sum(squares) else 0.0
    return tuple(
        whole + weight / (weight + _GAIN_HOURS) * (product / square - whole) if square else whole
        for product, square, weight in zip(products, squares, weights, strict=True)
    )


def _learn_transmission(hours: Sequence[SunnyHour], response: CloudResponse) -> tuple[float, ...]:
    """Return the least-squares fit at the knots, close to the prior where there are few hours."""
    products, squares, mixed = [0.0] * _KNOTS, [0.0] * _KNOTS, [0.0] * _KNOTS
    total = 0.0
    for hour in hours:
        clear_kwh = response.gains[hour.hour_of_day] * hour.clear
        square = hour.weight * clear_kwh * clear_kwh
        index, part = _position(hour.cover)
        for knot, share in ((index, 1 - part), (index + 1, part)):
            products[knot] += hour.weight * share * hour.kwh * clear_kwh
            squares[knot] += share * share * square
        mixed[index] += part * (1 - part) * square
        total += square
    if not total:
        return _PRIOR_TRANSMISSION
    prior = _TRANSMISSION_HOURS * total / sum(hour.weight for hour in hours)
    values = [*response.transmission, 0.0]  # the last one has no weight, and stands beyond both ends
    for _ in range(_ITERATIONS):
        for knot, before in enumerate(_PRIOR_TRANSMISSION):
            neighbours = mixed[knot] * values[knot + 1] + mixed[knot - 1] * values[knot - 1]
            values[knot] = max((products[knot] + prior * before - neighbours) / (squares[knot] + prior), 0.0)
    return tuple(values[:_KNOTS])


class _FadingRatio:
    """A ratio of two sums in which each day counts less than the next one."""

    def __init__(self, half_life: float) -> None:
        """Take the half-life in days."""
        self._half_life = half_life
        self._above = self._below = 0.0

    def fade(self, days: int) -> None:
        """Let some days pass."""
        share = 0.5 ** (days / self._half_life)
        self._above, self._below = self._above * share, self._below * share

    def add(self, above: float, below: float) -> None:
        """Add to both sums."""
        self._above, self._below = self._above + above, self._below + below

    @property
    def value(self) -> float | None:
        """The ratio, or None if it is unknown."""
        return self._above / self._below if self._below else None


def _past_forecasts(hours: Sequence[SunnyHour], response: CloudResponse, cover: CoverByHour) -> Iterator[_PastForecast]:
    """Yield what would have been forecast for each hour, from the days up to two before it."""
    gains, means = ([_FadingRatio(half_life) for _ in range(_HOURS)] for half_life in (_HALF_LIFE, HISTORY_HALF_LIFE))
    yesterday: list[SunnyHour] = []
    for day, group in groupby(hours, lambda hour: hour.day):
        for ratio in (*gains, *means):
            ratio.fade(day - yesterday[0].day if yesterday else 0)
        today = list(group)
        for hour in today:
            gain, mean, share = gains[hour.hour_of_day].value, means[hour.hour_of_day].value, cover.get(hour.number)
            if gain and mean is not None and share is not None:
                clear_kwh = gain * hour.clear
                yield _PastForecast(hour, clear_kwh, mean, clear_kwh * response.transmitted(share))
        for hour in yesterday:
            clouded = hour.clear * response.transmitted(hour.cover)
            gains[hour.hour_of_day].add(hour.kwh * clouded, clouded * clouded)
            means[hour.hour_of_day].add(hour.kwh, 1.0)
        yesterday = today


def _learn_trust(past: Iterable[_PastForecast], days: int) -> float:
    """Return the least-squares estimate less its standard error, close to the prior if there are few days."""
    products: dict[int, float] = {}
    squares: dict[int, float] = {}
    for hour, _, history, weather in past:
        change = weather - history
        products[hour.day] = products.get(hour.day, 0.0) + hour.weight * change * (hour.kwh - history)
        squares[hour.day] = squares.get(hour.day, 0.0) + hour.weight * change * change
    if not (total := sum(squares.values())):
        return _PRIOR_TRUST
    estimate = sum(products.values()) / total
    # The errors of one day hang together, so each day counts as one sample.
    standard_error = math.hypot(*(products[day] - estimate * squares[day] for day in squares)) / total
    learned = min(max(estimate - standard_error, 0.0), 1.0)
    return _PRIOR_TRUST + days / (days + _TRUST_DAYS) * (learned - _PRIOR_TRUST)


def _learn_errors(past: Iterable[_PastForecast], trust: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return P10 and P90 of the errors as shares of clear-sky energy, by the expected share."""
    errors = []
    for hour, clear_kwh, history, weather in past:
        expected = history + trust * (weather - history)
        errors.append(((hour.kwh - expected) / clear_kwh, expected / clear_kwh, hour.weight))
    errors.sort()
    values = [error for error, _, _ in errors]
    low, high = [], []
    for knot in range(_KNOTS):
        at = knot / (_KNOTS - 1)
        weights = [weight * max(1 - abs(share - at) / _REACH, _MIN_WEIGHT) for _, share, weight in errors]
        found = weighted_quantiles(values, weights)
        low.append(found.p10 if found else 0.0)
        high.append(found.p90 if found else 0.0)
    return tuple(low), tuple(high)


def _interpolate(knots: Sequence[float], share: float) -> float:
    """Return the value of a function, given by its values at equidistant knots from 0 to 1."""
    index, part = _position(share)
    return knots[index] + (knots[index + 1] - knots[index]) * part


def _position(share: float) -> tuple[int, float]:
    """Return the knot below a share, and how far the share is on the way to the next one."""
    position = min(max(share, 0.0), 1.0) * (_KNOTS - 1)
    index = min(int(position), _KNOTS - 2)
    return index, position - index
