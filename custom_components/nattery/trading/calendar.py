"""The plan as a calendar: one event for each run of equal slots, with its reason."""

from datetime import datetime
from typing import Final, override

from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..core.control.status import would
from ..core.planner.plan import PlanRun
from .entity import TradingEntity

PLAN_CALENDAR: Final = CalendarEntityDescription(key="plan")


class PlanCalendar(TradingEntity, CalendarEntity):
    """The plan from now on; the ledger holds the past."""

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """The present run, or the next one."""
        now = dt_util.utcnow()
        return next((self._event(run) for run in self.coordinator.data.runs if run.end > now), None)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return the runs that overlap a period."""
        return [self._event(run) for run in self.coordinator.data.runs if run.start < end_date and run.end > start_date]

    def _event(self, run: PlanRun) -> CalendarEvent:
        return CalendarEvent(
            start=dt_util.as_local(run.start),
            end=dt_util.as_local(run.end),
            summary=self._summary(run),
            description=self.coordinator.sentences.whole(run.reason, dt_util.now()),
            uid=f"{self.unique_id}_{run.start:%Y%m%dT%H%M%S}",
        )

    def _summary(self, run: PlanRun) -> str:
        """Return the action and its power; in a dry run, that it would be done."""
        if not self.coordinator.automatic:
            return self.coordinator.sentences.sentence(would(run.kind, run.power_kw), dt_util.now())
        name = self.coordinator.action_name(run.kind)
        return f"{name} {run.power_kw:.1f} kW" if run.power_kw else name
