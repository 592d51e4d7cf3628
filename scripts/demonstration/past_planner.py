"""Plans of the past, made as the integration makes them: from prices, learned forecasts and what planning has saved."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from custom_components.nattery.core.app.household_history import HouseholdHistory
from custom_components.nattery.core.app.interval_prices import known_intervals
from custom_components.nattery.core.app.learned_forecaster import LearnedForecaster
from custom_components.nattery.core.app.measurements import DailyEnergies
from custom_components.nattery.core.app.planning import PlanningInputs, PlanResult, TerminalValues, run_planner
from custom_components.nattery.core.app.preferences import TradingPreferences
from custom_components.nattery.core.app.settings import TradingSettings
from custom_components.nattery.core.forecast.cold_start import load_from_daily_energy, pv_from_daily_energy
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.quarters import quarter
from custom_components.nattery.core.forecast.sun import Location
from custom_components.nattery.core.ledger.entry import QUARTER_HOURS, LedgerEntry
from custom_components.nattery.core.ledger.reports import Period, local_days
from custom_components.nattery.core.market.pricer import Pricer
from custom_components.nattery.core.planner.plan import Plan
from custom_components.nattery.core.planning.caution import ACCOUNT_DAYS, PlanningAccount

from .folder import LATITUDE, LONGITUDE
from .home_statistics import saved_by_planning, self_consumption_cost


class PastPlanner:
    """Plans for the demo's home; `log` gets the forecasts, `entries` are all quarter-hours so far."""

    def __init__(
        self,
        settings: TradingSettings,
        pricer: Pricer,
        zone: tzinfo,
        log: ForecastLog,
        entries: Sequence[LedgerEntry],
        remembered: DailyEnergies,
    ) -> None:
        """Plan nothing yet; `remembered` are the energies of the days before the first entry."""
        self._settings, self._pricer, self._zone, self._log, self._entries = settings, pricer, zone, log, entries
        self._assumed_load = load_from_daily_energy(remembered.load, zone)
        self._assumed_pv = pv_from_daily_energy(remembered.pv, zone, Location(LATITUDE, LONGITUDE))
        self._terminal_values = TerminalValues()

    def plan(self, now: datetime, soc: float, previous: Plan | None) -> PlanResult:
        """Return the plan from `now` on."""
        learned = LearnedForecaster.learn(now, self._zone, self._history(), self._log, ())
        learned.tomorrow.log_to(self._log, self._zone)
        intervals = known_intervals(self._pricer, now)
        forecast = learned.forecast(intervals.ahead[0].start, len(intervals.ahead))
        inputs = PlanningInputs(
            self._settings, intervals, forecast, learned.past, now, soc, self._pricer.book.currency,
            account=self._account(now, previous.terminal.mean_price if previous else 0.0),
        )  # fmt: skip
        inputs = replace(inputs, terminal=self._terminal_values.curve(inputs))
        return run_planner(inputs, TradingPreferences(), previous)

    def _account(self, now: datetime, stored_value: float) -> PlanningAccount:
        """Return what planning has saved in the last whole days, as the ledger tells it in Home Assistant."""
        today = now.astimezone(self._zone).date()
        days = local_days(today - timedelta(days=ACCOUNT_DAYS), today - timedelta(days=1), self._zone)
        period = Period(days[0].start, days[-1].end)
        entries = [entry for entry in self._entries if period.start <= entry.start < period.end]
        saved = sum(saved_by_planning(entry, stored_value) for entry in entries)
        cost = sum(self_consumption_cost(entry, stored_value) for entry in entries)
        return PlanningAccount(saved, cost, len(entries) / period.quarters)

    def _history(self) -> HouseholdHistory:
        load, pv = {}, {}
        for entry in self._entries:
            number, hours = quarter(entry.start), entry.coverage * QUARTER_HOURS
            load[number], pv[number] = entry.energies.load_kwh / hours, entry.energies.pv_kwh / hours
        history = HouseholdHistory(PowerHistory(load, frozenset(load)), PowerHistory(pv, frozenset(pv)))
        return history.assuming(self._assumed_load, self._assumed_pv)
