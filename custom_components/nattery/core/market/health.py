"""How the asking goes: from the log of fetches to what people want to know of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from .fetch_log import Fetch, FetchLog

_OUTAGE_AFTER = 3  # failures in a row; one or two are weather
_SURE_AFTER = 2  # servers in trouble have taken good tokens for bad ones


class SourceStatus(StrEnum):
    """How a source does."""

    OK = "ok"  # it answers
    DEGRADED = "degraded"  # it has failed once or twice
    OUTAGE = "outage"  # it has failed three times in a row or more
    UNAUTHORIZED = "unauthorized"  # it has refused the token twice in a row or more
    RATE_LIMITED = "rate_limited"  # it has been asked too often


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """A source's `status` (None before the first fetch) and figures.

    `success_rate`, 0 to 1, is over the last 24 hours, `seconds` how long the last fetch took, `failures` how many in a
    row have failed, since `failing_since`.
    """

    status: SourceStatus | None = None
    last_attempt: datetime | None = None
    last_success: datetime | None = None
    seconds: float | None = None
    success_rate: float | None = None
    failures: int = 0
    failing_since: datetime | None = None


def health(log: FetchLog, source: str, now: datetime) -> SourceHealth:
    """The health of one source."""
    fetches = log.of(source)
    if not fetches:
        return SourceHealth()
    failed = list(takewhile(lambda fetch: not fetch.answered, reversed(fetches)))
    success = log.last_ok(source)
    return SourceHealth(
        status=_status(failed),
        last_attempt=fetches[-1].at,
        last_success=success.at if success else None,
        seconds=fetches[-1].seconds,
        success_rate=log.success_rate(source, now),
        failures=len(failed),
        failing_since=failed[-1].at if failed else None,
    )


def _status(failed: list[Fetch]) -> SourceStatus:
    """From the failures since the last answer, the latest first."""
    if not failed:
        return SourceStatus.OK
    refused = len(list(takewhile(lambda fetch: fetch.outcome == "unauthorized", failed)))
    if refused >= _SURE_AFTER:
        return SourceStatus.UNAUTHORIZED
    if failed[0].outcome == "rate_limited":
        return SourceStatus.RATE_LIMITED
    return SourceStatus.OUTAGE if len(failed) >= _OUTAGE_AFTER else SourceStatus.DEGRADED
