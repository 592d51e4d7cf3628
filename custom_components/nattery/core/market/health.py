"""The health of a price source, derived from the log of fetches."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from .fetch_log import Fetch, FetchLog

_OUTAGE_FAILURES = 3  # in a row; one or two failures are common
# ENTSO-E has rejected valid tokens during an outage, so one rejection is not enough.
_UNAUTHORIZED_FAILURES = 2


class SourceStatus(StrEnum):
    """The status of a source."""

    OK = "ok"  # the last fetch had a response
    DEGRADED = "degraded"  # the last one or two fetches failed
    OUTAGE = "outage"  # at least three fetches in a row failed
    UNAUTHORIZED = "unauthorized"  # it rejected the token at least twice in a row
    RATE_LIMITED = "rate_limited"  # it rejected the last request as one too many


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """A source's status and figures.

    `status` is None before the first fetch. `success_rate` (0 to 1) covers the last 24 hours, `seconds` is the duration
    of the last fetch, `failures` counts the failures in a row, which began at `failing_since`.
    """

    status: SourceStatus | None = None
    last_attempt: datetime | None = None
    last_success: datetime | None = None
    seconds: float | None = None
    success_rate: float | None = None
    failures: int = 0
    failing_since: datetime | None = None


def source_health(log: FetchLog, source: str, now: datetime) -> SourceHealth:
    """Return the health of one source at `now`."""
    fetches = log.for_source(source)
    if not fetches:
        return SourceHealth()
    failed = list(takewhile(lambda fetch: not fetch.responded, reversed(fetches)))
    success = log.last_success(source)
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
    """Return the status for the failures since the last response, latest first."""
    if not failed:
        return SourceStatus.OK
    unauthorized = len(list(takewhile(lambda fetch: fetch.outcome == "unauthorized", failed)))
    if unauthorized >= _UNAUTHORIZED_FAILURES:
        return SourceStatus.UNAUTHORIZED
    if failed[0].outcome == "rate_limited":
        return SourceStatus.RATE_LIMITED
    return SourceStatus.OUTAGE if len(failed) >= _OUTAGE_FAILURES else SourceStatus.DEGRADED
