"""Calls for a new plan when something that matters to it has changed."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.util import dt as dt_util

from ..core.app.measurements import Measurements
from ..core.app.trading_state import PlanProblem, TradingState
from .forecasts import ForecastService
from .price_source import TradingPrices

QUARTER_MINUTES: Final = (0, 15, 30, 45)
MAX_SOC_DEVIATION: Final = 0.03  # of the capacity, from the planned state of charge


class ReplanTriggers:
    """Watches the clock, the prices, the forecasts and the state of charge."""

    def __init__(
        self,
        hass: HomeAssistant,
        prices: TradingPrices,
        forecasts: ForecastService,
        measurements: Measurements,
        state: Callable[[], TradingState],
        replan: Callable[[], None],
    ) -> None:
        """Watch nothing before `async_start`; `state` returns the present state, `replan` calls for a new plan."""
        self._hass = hass
        self._prices = prices
        self._forecasts = forecasts
        self._measurements = measurements
        self._state = state
        self._replan = replan
        self._known_prices: tuple[object, ...] = ()
        self._unsubscribe: list[CALLBACK_TYPE] = []

    @callback
    def async_start(self) -> None:
        """Watch from now on."""
        self._unsubscribe = [
            self._prices.async_add_listener(self._on_prices),
            self._forecasts.async_listen(self._replan),
            self._measurements.async_add_listener(self._on_reading),
            async_track_utc_time_change(self._hass, self._on_quarter, minute=QUARTER_MINUTES, second=1),
        ]

    @callback
    def async_stop(self) -> None:
        """Watch nothing any longer."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()

    @callback
    def _on_quarter(self, _now: datetime) -> None:
        self._replan()

    @callback
    def _on_prices(self) -> None:
        """Replan after new prices; the price coordinator also updates at the start of every slot."""
        snapshot = self._prices.data
        days = (
            tuple(day.slots for day in (snapshot.today, snapshot.tomorrow)) if self._prices.last_update_success else ()
        )
        if days != self._known_prices:
            self._known_prices = days
            self._replan()

    @callback
    def _on_reading(self) -> None:
        """Replan when the state of charge is off the plan, and when it is known again.

        Other problems end with an event of their own, or are tried again at the next quarter-hour.
        """
        soc = self._measurements.soc
        if soc is None:
            return
        planned = self._state().planned_soc(dt_util.utcnow())
        deviates = planned is not None and abs(planned - soc) > MAX_SOC_DEVIATION
        if deviates or self._state().problem is PlanProblem.NO_READINGS:
            self._replan()
