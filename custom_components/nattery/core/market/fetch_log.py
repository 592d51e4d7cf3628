"""The log of fetches: time, source, outcome and duration. It contains neither URLs nor tokens."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

OK = "ok"
_MAX_FETCHES = 200
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request to a source: when it was sent, its outcome and duration in seconds.

    `outcome` is "ok" or the `kind` of a MarketError. `retry_after` is the pause in seconds that the server asked for.
    """

    at: datetime
    source: str
    outcome: str = OK
    seconds: float = 0.0
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Return whether prices were received."""
        return self.outcome == OK

    @property
    def responded(self) -> bool:
        """Return whether the server works: it sent prices, or stated that they are not published yet."""
        return self.outcome in (OK, "not_published", "other_auction")


@dataclass(slots=True)
class FetchLog:
    """The most recent fetches, oldest first."""

    fetches: list[Fetch] = field(default_factory=list)

    def add(self, fetch: Fetch) -> None:
        """Append a fetch and drop the oldest beyond the limit."""
        self.fetches = [*self.fetches[1 - _MAX_FETCHES :], fetch]

    def remove_source(self, source: str) -> None:
        """Remove all fetches from a source, for example after its URL or token has changed."""
        self.fetches = [fetch for fetch in self.fetches if fetch.source != source]

    def for_source(self, source: str) -> list[Fetch]:
        """Return the fetches from one source, oldest first."""
        return [fetch for fetch in self.fetches if fetch.source == source]

    def last_fetch(self, source: str) -> Fetch | None:
        """Return the latest fetch from a source, or None."""
        return next((fetch for fetch in reversed(self.fetches) if fetch.source == source), None)

    def last_success(self, source: str) -> Fetch | None:
        """Return the latest fetch from a source that returned prices, or None."""
        return next((fetch for fetch in reversed(self.fetches) if fetch.source == source and fetch.ok), None)

    def success_rate(self, source: str, now: datetime) -> float | None:
        """Return the share (0 to 1) of fetches in the last 24 hours to which the source responded.

        Returns None without any fetch.
        """
        recent = [fetch.responded for fetch in self.for_source(source) if now - fetch.at <= _DAY]
        return sum(recent) / len(recent) if recent else None

    def to_list(self) -> list[dict[str, Any]]:
        """Return the log as plain JSON."""
        return [{**asdict(fetch), "at": fetch.at.isoformat()} for fetch in self.fetches]

    @classmethod
    def from_list(cls, data: Iterable[Mapping[str, Any]]) -> FetchLog:
        """Return the log from its JSON; raise KeyError, TypeError or ValueError if it is malformed."""
        return cls([Fetch(**{**fetch, "at": datetime.fromisoformat(fetch["at"])}) for fetch in data])
