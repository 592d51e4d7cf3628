"""A forecaster that has learned from a household's history, with the quality of its past forecasts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from ..forecast.forecast import Forecast, Forecaster
from ..forecast.forecast_log import ForecastLog
from ..forecast.provider import ProviderForecast
from ..forecast.quality import ForecastQuality, load_quality, pv_quality
from ..forecast.quarters import PER_DAY, day_edges, local_quarter, quarter
from ..forecast.weather import LocalWeather
from .home_past import HomePast
from .household_history import HouseholdHistory


@dataclass(frozen=True, slots=True)
class LearnedForecaster:
    """What was learned in the quarter-hour with the number `at`, the forecast until the end of tomorrow, and qualities.

    `past` is the home's past as a plan needs it. A quality is None until there is a whole day to judge.
    """

    at: int
    forecaster: Forecaster
    production: ProviderForecast
    tomorrow: Forecast
    past: HomePast
    load_quality: ForecastQuality | None
    pv_quality: ForecastQuality | None

    @classmethod
    def learn(
        cls,
        now: datetime,
        zone: tzinfo,
        history: HouseholdHistory,
        log: ForecastLog,
        arrays: Sequence[Mapping[str, float]],
        weather: LocalWeather | None = None,
    ) -> LearnedForecaster:
        """Learn from a history and judge logged forecasts; takes about 20 milliseconds, so call it in a thread."""
        forecaster = Forecaster.learn(now, zone, history.load, history.pv, log)
        if weather is not None:
            forecaster = forecaster.with_weather(weather)
        production = ProviderForecast.from_arrays(arrays, zone)
        at = quarter(now)
        _, end = day_edges(local_quarter(at, zone) // PER_DAY + 1, zone)
        tomorrow = forecaster.forecast(now, end - at, production)
        return cls(
            at,
            forecaster,
            production,
            tomorrow,
            HomePast.learn(log, history, zone, tomorrow),
            load_quality(log, history.load, now),
            pv_quality(log, history.pv, now),
        )

    def forecast(self, start: datetime, slots: int) -> Forecast:
        """Return the forecast of some quarter-hours, revised by what the day has brought so far; raises ValueError."""
        return self.forecaster.revise(self.forecaster.forecast(start, slots, self.production), self.production)
