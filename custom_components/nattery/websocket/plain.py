"""Plain JSON of single values."""

from datetime import datetime


def iso_time(time: datetime | None) -> str | None:
    """Return a time in ISO 8601, None if it is unknown."""
    return time.isoformat() if time is not None else None
