"""Forecasts of load and PV in slots, as the planning problem needs them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple

from ..explanation import Explanation
from .forecast_log import ForecastLog
from .history import PowerHistory
from .load import DEFAULT_DAILY_KWH, LoadModel
from .notes import (
    CLOUDS,
    CORRECTED,
    FIRST_DAYS,
    NO_LOAD_HISTORY,
    NO_PROVIDER,
    NO_PROVIDER_ZERO,
    PROVIDER_ENDS,
    PROVIDER_ENDS_CLOUDS,
    PROVIDER_ENDS_ZERO,
    SHORT_LOAD_HISTORY,
)
from .nowcast import HORIZON_QUARTERS, LOOKBACK_QUARTERS, nowcast_factors
from .provider import ProviderForecast
from .quarters import PER_DAY, PER_HOUR, local_quarter, moment, quarter
from .solar import Correction, PvHistoryModel
from .weather import LocalWeather, PvWeatherModel

SLOT_MINUTES = (15, 30, 60)
MAX_DAYS = 14

_QUARTER_MINUTES = 15
_SHORT_HISTORY_DAYS = 7
_NOTABLE_CORRECTION = 0.05  # a smaller correction gets no note


class ForecastSource(StrEnum):
    """The source of a forecast."""

    HISTORY = "history"  # the home's own history: weeks for load, days for PV
    PROVIDER = "provider"  # a provider's PV forecast, corrected
    WEATHER = "weather"  # a weather forecast's cloud cover, and the history where there is none
    MIXED = "mixed"  # a provider's PV forecast as far as it reaches, then cloud cover or the history
    DEFAULT = "default"  # no history yet: a flat default
    NONE = "none"  # no provider and no history: zero


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast of mean power (kW) per slot; the first slot contains `start` (UTC) and may have begun before it.

    `load_kw` and `pv_kw` are expected values and lie between their quantiles. `sources` has the source of "load" and
    of "pv". `notes` are for the user. `provider_kw` is the provider's PV forecast before correction, None in slots that
    it does not cover.
    """

    start: datetime
    slot_minutes: int
    load_kw: tuple[float, ...]
    load_p90_kw: tuple[float, ...]
    pv_kw: tuple[float, ...]
    pv_p10_kw: tuple[float, ...]
    pv_p90_kw: tuple[float, ...]
    sources: Mapping[str, ForecastSource]
    notes: tuple[Explanation, ...]
    provider_kw: tuple[float | None, ...]

    def log_to(self, log: ForecastLog, zone: tzinfo) -> None:
        """Add this forecast to a log, for the local days (of `zone`) that have not begun."""
        log.add(
            quarter(self.start),
            zone,
            self._by_quarter(self.load_kw),
            self._by_quarter(self.pv_kw),
            self._by_quarter(self.provider_kw),
        )

    def _by_quarter(self, powers: tuple[float | None, ...]) -> dict[int, float]:
        per_slot = self.slot_minutes // _QUARTER_MINUTES
        first = quarter(self.start) // per_slot
        return {
            (first + index) * per_slot + part: kw
            for index, kw in enumerate(powers)
            if kw is not None
            for part in range(per_slot)
        }


class _LearnedFrom(NamedTuple):
    """The data that a forecaster has learned from.

    `provider` has the provider's past PV forecasts, kWh of an hour by its first quarter-hour. `assumed_days` is the
    number of local days with assumed "load" or "pv".
    """

    now: int
    load: PowerHistory
    pv: PowerHistory
    provider: Mapping[int, float]
    assumed_days: Mapping[str, int]


class Forecaster:
    """Load and PV models learned at one time. Learn again when there is new data; it takes some milliseconds."""

    def __init__(
        self, load: LoadModel, pv_history: PvHistoryModel, correction: Correction, learned_from: _LearnedFrom
    ) -> None:
        """Take the learned models; use `learn` to create a forecaster."""
        self._load, self._pv_history, self._correction = load, pv_history, correction
        self._learned_from = learned_from
        self._weather: PvWeatherModel | None = None

    @classmethod
    def learn(
        cls,
        now: datetime,
        zone: tzinfo,
        load: PowerHistory,
        pv: PowerHistory,
        log: ForecastLog,
        *,
        daily_kwh: float = DEFAULT_DAILY_KWH,
        days_off: Collection[date] = (),
    ) -> Forecaster:
        """Learn from the home's load and PV before `now`, and from the errors of logged PV forecasts.

        `zone` is the home's time zone. `daily_kwh` is the daily load assumed without a history. `days_off` are past or
        future local days that are treated as Sundays.
        """
        last = quarter(now)
        provider = {
            start: kwh
            for logged in log
            if logged.provider
            for (start, _), kwh in zip(logged.hours(), logged.provider, strict=True)
        }
        assumed_days = {"load": _assumed_days(load, zone), "pv": _assumed_days(pv, zone)}
        return cls(
            LoadModel(load, zone, now, daily_kwh=daily_kwh, days_off=days_off),
            PvHistoryModel(pv, last),
            Correction.learn(provider, pv, zone, last),
            _LearnedFrom(last, load, pv, provider, assumed_days),
        )

    def with_weather(self, weather: LocalWeather) -> Forecaster:
        """Return a forecaster that uses the cloud cover, too, where there is no provider's PV forecast."""
        forecaster = Forecaster(self._load, self._pv_history, self._correction, self._learned_from)
        now, pv = self._learned_from.now, self._learned_from.pv
        forecaster._weather = PvWeatherModel(pv, weather, self._pv_history, now)
        return forecaster

    def forecast(
        self, start: datetime, slots: int, provider: ProviderForecast | None = None, slot_minutes: int = 15
    ) -> Forecast:
        """Return the forecast of some slots; the first one contains `start` (aware).

        `provider` is the provider's PV forecast, if there is one. Raises ValueError if a slot is not 15, 30 or 60
        minutes long, if there are no slots or more than `MAX_DAYS` of them, and for a naive `start`.
        """
        if slot_minutes not in SLOT_MINUTES:
            raise ValueError(f"Slots of {slot_minutes} minutes are not allowed; 15, 30 or 60 are")
        per_slot = slot_minutes // _QUARTER_MINUTES
        if not 0 < slots * per_slot <= MAX_DAYS * PER_DAY:
            raise ValueError(f"{slots} slots are not allowed; 1 to {MAX_DAYS * PER_DAY // per_slot} are")
        first = quarter(start) // per_slot * per_slot
        numbers = range(first, first + slots * per_slot)
        load = [self._load.predict(number) for number in numbers]
        provider_kw = {} if provider is None else {n: provider.power[n] for n in numbers if n in provider.power}
        own_model = self._weather or self._pv_history
        own = own_model.predict(first, numbers.stop) if len(provider_kw) < len(numbers) else {}
        pv = [self._correction.apply(n, provider_kw[n]) if n in provider_kw else own[n] for n in numbers]
        future = range(max(first, self._learned_from.now), numbers.stop) or numbers
        has_weather = any(n not in provider_kw and self._has_weather(n) for n in future)
        source = self._pv_source(sum(n in provider_kw for n in future), len(future), has_weather=has_weather)

        def means(values: Sequence[float]) -> tuple[float, ...]:
            return tuple(sum(values[index : index + per_slot]) / per_slot for index in range(0, len(values), per_slot))

        return Forecast(
            start=start.astimezone(UTC),
            slot_minutes=slot_minutes,
            load_kw=means([quantiles.expected for quantiles in load]),
            load_p90_kw=means([quantiles.p90 for quantiles in load]),
            pv_kw=means([quantiles.expected for quantiles in pv]),
            pv_p10_kw=means([quantiles.p10 for quantiles in pv]),
            pv_p90_kw=means([quantiles.p90 for quantiles in pv]),
            sources={"load": ForecastSource.HISTORY if self._load.days else ForecastSource.DEFAULT, "pv": source},
            notes=tuple(self._notes(source, provider_kw, has_weather=has_weather)),
            provider_kw=tuple(
                None if None in part else sum(kw for kw in part if kw is not None) / per_slot
                for part in (
                    [provider_kw.get(n) for n in numbers[index : index + per_slot]]
                    for index in range(0, len(numbers), per_slot)
                )
            ),
        )

    def revise(self, forecast: Forecast, provider: ProviderForecast | None = None) -> Forecast:
        """Return a forecast in quarter-hours, updated with the measurements of the day so far.

        Measured quarter-hours replace the forecast, and the PV of the next hours is corrected by the nowcast.
        `provider` must be the one the forecast was made with.
        """
        now, load, pv, _, _ = self._learned_from
        first = quarter(forecast.start)
        upcoming = range(max(now, first), min(now + HORIZON_QUARTERS, first + len(forecast.pv_kw)))
        expected, actual = self._recent_pv(provider)
        factors = nowcast_factors(expected, actual, [forecast.pv_kw[n - first] for n in upcoming])
        factor_of = dict(zip(upcoming, factors, strict=True))

        def with_measured(powers: Sequence[float], history: PowerHistory) -> tuple[float, ...]:
            return tuple(history.power.get(n, kw) if n < now else kw for n, kw in enumerate(powers, first))

        def revised_pv(powers: Sequence[float]) -> tuple[float, ...]:
            return tuple(kw * factor_of.get(n, 1.0) for n, kw in enumerate(with_measured(powers, pv), first))

        return replace(
            forecast,
            load_kw=with_measured(forecast.load_kw, load),
            load_p90_kw=with_measured(forecast.load_p90_kw, load),
            pv_kw=revised_pv(forecast.pv_kw),
            pv_p10_kw=revised_pv(forecast.pv_p10_kw),
            pv_p90_kw=revised_pv(forecast.pv_p90_kw),
        )

    def _recent_pv(self, provider: ProviderForecast | None) -> tuple[list[float], list[float]]:
        """Return forecast and measured PV (kW) of the last hours; both are zero where one of them is unknown.

        The forecast is from the provider if it covers the current quarter-hour, else from cloud cover or history.
        """
        now, _, pv, past_provider, _ = self._learned_from
        window = range(now - LOOKBACK_QUARTERS, now)
        if provider is not None and now in provider.power:
            # The current provider forecast overrides the logged one: a change that the provider has made itself
            # must not be applied twice.
            by_quarter = {start + part: kwh for start, kwh in past_provider.items() for part in range(PER_HOUR)}
            by_quarter |= provider.power
            expected = {n: self._correction.apply(n, by_quarter[n]).expected for n in window if n in by_quarter}
        elif self._weather is not None and self._weather.covers(now):
            expected = {n: quantiles.expected for n, quantiles in self._weather.predict(window.start, now).items()}
        else:
            # Learn only from what was known before the window.
            history = PvHistoryModel(pv, window.start).predict(window.start, window.stop)
            expected = {n: quantiles.expected for n, quantiles in history.items()}
        pairs = [(expected[n], pv.power[n]) if n in expected and n in pv.power else (0.0, 0.0) for n in window]
        return [forecast for forecast, _ in pairs], [measured for _, measured in pairs]

    def _has_weather(self, number: int) -> bool:
        return self._weather is not None and self._weather.covers(number)

    def _pv_source(self, covered: int, wanted: int, *, has_weather: bool) -> ForecastSource:
        """Return the source, given how many of the wanted quarter-hours the provider covers."""
        if covered == wanted:
            return ForecastSource.PROVIDER
        if covered:
            return ForecastSource.MIXED
        if has_weather:
            return ForecastSource.WEATHER
        return ForecastSource.HISTORY if self._pv_history.days else ForecastSource.NONE

    def _notes(
        self, source: ForecastSource, provider_kw: Mapping[int, float], *, has_weather: bool
    ) -> Iterator[Explanation]:
        """Return what the user should know about the forecast."""
        if not self._load.days:
            yield Explanation(NO_LOAD_HISTORY, {"daily_kwh": self._load.daily_kwh})
        elif self._load.days < _SHORT_HISTORY_DAYS:
            yield Explanation(SHORT_LOAD_HISTORY, {"days": round(self._load.days, 1)})
        assumed_days = self._learned_from.assumed_days
        if days := assumed_days["load"] if source is ForecastSource.PROVIDER else max(assumed_days.values()):
            yield Explanation(FIRST_DAYS, {"days": days})
        pv_days = self._pv_history.days
        values = {"days": pv_days} if pv_days else {}
        if source is ForecastSource.MIXED:
            key = PROVIDER_ENDS if pv_days else PROVIDER_ENDS_ZERO
            if has_weather:
                key, values = PROVIDER_ENDS_CLOUDS, {}
            yield Explanation(key, {**values, "known_until": moment(max(provider_kw) + 1)})
        elif self._weather is not None and source is ForecastSource.WEATHER:
            yield Explanation(CLOUDS, {"days": self._weather.days})
        elif source is not ForecastSource.PROVIDER:
            yield Explanation(NO_PROVIDER if pv_days else NO_PROVIDER_ZERO, values)
        total = sum(provider_kw.values())
        corrected = sum(self._correction.apply(n, kw).expected for n, kw in provider_kw.items())
        factor = corrected / total if total else 1.0
        if abs(factor - 1) > _NOTABLE_CORRECTION:
            yield Explanation(CORRECTED, {"factor": round(factor, 2), "days": self._correction.days})


def _assumed_days(history: PowerHistory, zone: tzinfo) -> int:
    """Return the number of local days with assumed quarter-hours."""
    return len({local_quarter(number, zone) // PER_DAY for number in history.assumed})
