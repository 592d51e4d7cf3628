"""Makes plans from what is known now."""

from dataclasses import dataclass, replace

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..const import LOGGER
from ..core.app.interval_prices import known_intervals
from ..core.app.measurements import Measurements
from ..core.app.monthly_peak import PeakImport
from ..core.app.planning import PlanningInputs, PlanResult, TerminalValues, run_planner
from ..core.app.preferences import TradingPreferences
from ..core.app.settings import TradingSettings
from ..core.app.trading_state import NewPlan, PlanFailure, PlanProblem
from ..core.app.what_if import Comparison, compare
from ..core.control.overrides import Override
from ..core.errors import NatteryError
from ..core.explanation import Explanation
from ..core.planner.plan import Plan
from ..core.planner.problem import ProblemError
from .forecasts import ForecastService
from .ledger_recorder import LedgerRecorder
from .price_source import TradingPrices


class NoPlanError(NatteryError):
    """No plan can be made at present."""

    kind = "no_plan"


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """The inputs of a plan, and notes on them."""

    inputs: PlanningInputs
    notes: tuple[Explanation, ...]


class PlanMaker:
    """Collects prices, forecasts, the month's peak and the state of charge, and runs the planner in an executor."""

    def __init__(
        self,
        hass: HomeAssistant,
        settings: TradingSettings,
        prices: TradingPrices,
        forecasts: ForecastService,
        recorder: LedgerRecorder,
        measurements: Measurements,
    ) -> None:
        """Plan for the battery of `settings`."""
        self._hass = hass
        self._settings = settings
        self._prices = prices
        self._forecasts = forecasts
        self._recorder = recorder
        self._measurements = measurements
        self._terminal_values = TerminalValues()

    async def async_collect(self, overrides: tuple[Override, ...]) -> PlanRequest | PlanFailure:
        """Return what a plan with these overrides can be made from, or why there can be none."""
        now, soc = dt_util.utcnow(), self._measurements.soc
        if soc is None:
            return PlanFailure(PlanProblem.NO_READINGS, keep_plan=True)
        if not self._prices.last_update_success:
            return PlanFailure(PlanProblem.NO_PRICES, keep_plan=True)
        intervals = known_intervals(self._prices.pricer, now)
        if not intervals.ahead:
            return PlanFailure(PlanProblem.NO_PRICES)
        forecast = await self._forecasts.async_forecast(intervals.ahead[0].start, len(intervals.ahead))
        if (past := self._forecasts.past) is None:
            return PlanFailure(PlanProblem.NO_PLAN, keep_plan=True)
        peak = await self._recorder.async_peak() if self._settings.peak_price else PeakImport()
        account = await self._recorder.async_planning_account()
        currency = self._prices.pricer.book.currency
        inputs = PlanningInputs(
            self._settings, intervals, forecast, past, now, soc, currency, peak.kw,
            account=account, overrides=overrides,
        )  # fmt: skip
        unknown_peak = () if peak.booked else (Explanation("note_peak_unknown"),)
        return PlanRequest(inputs, (*forecast.notes, *unknown_peak))

    async def async_plan(
        self, request: PlanRequest, preferences: TradingPreferences, previous: Plan | None
    ) -> NewPlan | PlanFailure:
        """Return a new plan, or why there is none; the planner avoids needless changes of the `previous` plan."""
        try:
            result = await self._hass.async_add_executor_job(self._plan, request.inputs, preferences, previous)
        except ProblemError as error:
            LOGGER.warning("No plan for %s: %s", self._prices.config_entry.title, error)
            return PlanFailure(PlanProblem.NO_PLAN)
        return NewPlan(result, request.inputs.now, (*result.notes, *request.notes))

    async def async_compare(
        self,
        request: PlanRequest,
        preferences: TradingPreferences,
        overrides: tuple[Override, ...],
        changed: TradingPreferences,
    ) -> Comparison:
        """Return the present plan beside the one with other overrides and preferences; raises ProblemError."""
        return await self._hass.async_add_executor_job(self._compare, request.inputs, preferences, overrides, changed)

    def _compare(
        self,
        inputs: PlanningInputs,
        preferences: TradingPreferences,
        overrides: tuple[Override, ...],
        changed: TradingPreferences,
    ) -> Comparison:
        valued = replace(inputs, terminal=self._terminal_values.curve(inputs))
        return compare((valued, preferences), (replace(valued, overrides=overrides), changed))

    def _plan(self, inputs: PlanningInputs, preferences: TradingPreferences, previous: Plan | None) -> PlanResult:
        return run_planner(replace(inputs, terminal=self._terminal_values.curve(inputs)), preferences, previous)
