"""Carries out the starts and ends of overrides on time; the coordinator itself looks once a minute only."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from ..core.control.overrides import Override


class OverrideTimer:
    """Calls `act` whenever an override starts or ends."""

    def __init__(
        self, hass: HomeAssistant, overrides: Callable[[], tuple[Override, ...]], act: Callable[[datetime], None]
    ) -> None:
        """Wait for nothing before `async_update`; `overrides` returns those that have not ended."""
        self._hass = hass
        self._overrides = overrides
        self._job = HassJob(self._on_time, "nattery override", cancel_on_shutdown=True)
        self._act = act
        self._at: datetime | None = None
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_update(self) -> None:
        """Wait for the next start or end of an override; call this whenever overrides may have changed."""
        now = dt_util.utcnow()
        edges = [edge for one in self._overrides() for edge in (one.start, one.end) if edge > now]
        at = min(edges, default=None)
        if at == self._at:
            return
        self.async_stop()
        if at is not None:
            self._at = at
            self._cancel = async_track_point_in_utc_time(self._hass, self._job, at)

    @callback
    def async_stop(self) -> None:
        """Wait for nothing any longer."""
        if self._cancel is not None:
            self._cancel()
        self._at = self._cancel = None

    @callback
    def _on_time(self, now: datetime) -> None:
        self._at = self._cancel = None
        self._act(now)
