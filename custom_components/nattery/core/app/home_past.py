"""A home's past as a plan needs it: its forecasts' misses, and its load and PV."""

from dataclasses import dataclass
from datetime import tzinfo

from ..forecast.forecast import Forecast
from ..forecast.forecast_log import ForecastLog
from ..forecast.quarters import PER_DAY, quarter
from ..planning.misses import ForecastMisses, Powers
from .household_history import HouseholdHistory


@dataclass(frozen=True, slots=True)
class HomePast:
    """The misses of the last days' forecasts, the measured powers, and a whole day as it is expected."""

    misses: ForecastMisses
    history: HouseholdHistory
    expected_day: tuple[Powers, ...]

    @classmethod
    def learn(cls, log: ForecastLog, history: HouseholdHistory, zone: tzinfo, forecast: Forecast) -> HomePast:
        """Compare the logged forecasts with the history; `forecast` starts now and covers the whole next day."""
        misses = ForecastMisses.learn(log, history.load, history.pv, zone, quarter(forecast.start))
        day = map(Powers, forecast.pv_kw[-PER_DAY:], forecast.load_kw[-PER_DAY:], strict=True)
        return cls(misses, history, tuple(day))

    def powers(self, number: int) -> Powers | None:
        """Return the measured powers of a quarter-hour, or None if one of them is unknown."""
        pv, load = self.history.pv.power.get(number), self.history.load.power.get(number)
        return None if pv is None or load is None else Powers(pv, load)
