"""The device's own clock: a naive local time that may be wrong, can be set, and drifts."""

from datetime import datetime, timedelta

PARTS_PER_MILLION = 1e-6


class DeviceClock:
    """Runs along with the elapsed seconds that it is told, a little faster or slower."""

    def __init__(self, now: datetime, elapsed: float = 0.0, drift_ppm: float = 0.0) -> None:
        """Show `now` at `elapsed` seconds; gain `drift_ppm` microseconds a second (negative: lose)."""
        self._rate = 1 + drift_ppm * PARTS_PER_MILLION
        self.set(now, elapsed)

    def set(self, now: datetime, elapsed: float) -> None:
        """Show `now` at `elapsed` seconds."""
        self._shown, self._since = now, elapsed

    def now(self, elapsed: float) -> datetime:
        """What the clock shows at `elapsed` seconds."""
        return self._shown + timedelta(seconds=(elapsed - self._since) * self._rate)

    def seconds_to_minute(self, elapsed: float) -> float:
        """Elapsed seconds until the clock shows the next whole minute."""
        now = self.now(elapsed)
        return (60 - now.second - now.microsecond / 1e6) / self._rate
