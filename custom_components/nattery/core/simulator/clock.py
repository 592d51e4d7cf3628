"""The inverter's own clock: a naive local time that can be set and that drifts."""

from datetime import datetime, timedelta

PARTS_PER_MILLION = 1e-6


class DeviceClock:
    """A clock that advances with the elapsed seconds given to it, slightly too fast or too slow."""

    def __init__(self, now: datetime, elapsed: float = 0.0, drift_ppm: float = 0.0) -> None:
        """Show `now` at `elapsed` seconds and gain `drift_ppm` microseconds per second (negative: lose)."""
        self._rate = 1 + drift_ppm * PARTS_PER_MILLION
        self.set(now, elapsed)

    def set(self, now: datetime, elapsed: float) -> None:
        """Set the clock to `now` at `elapsed` seconds."""
        self._shown, self._since = now, elapsed

    def now(self, elapsed: float) -> datetime:
        """Return the time that the clock shows at `elapsed` seconds."""
        return self._shown + timedelta(seconds=(elapsed - self._since) * self._rate)

    def seconds_to_minute(self, elapsed: float) -> float:
        """Return the elapsed seconds until the clock shows the next full minute."""
        now = self.now(elapsed)
        return (60 - now.second - now.microsecond / 1e6) / self._rate
