"""When to fetch prices from ENTSO-E next. Pure functions of the time, the coverage and the past fetches.

All times of day are in the bidding zone's time zone. Tomorrow's prices are published shortly before 13:00, so fetches
begin at 12:50 and are retried with backoff until the day is complete. Because published prices have been wrong and were
corrected later, there is always another fetch after 15:00 and after 23:30, and after 20:00 on the day before a clock
change. Retry-After times of the server are respected. There is never more than one request in flight.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import takewhile

from .book import Coverage, DayCoverage
from .fetch_log import Fetch
from .prices import local_day

FIRST_FETCH = time(12, 50)
DAILY_CHECK = time(15)
OVERDUE = time(18)  # tomorrow's prices are reported as missing from then on
CLOCK_CHANGE_CHECK, LAST_CHECK = time(20), time(23, 30)
FETCH_JITTER = timedelta(minutes=10)  # spreads the installations, so that they do not all fetch at once
CHECK_JITTER = timedelta(minutes=5)

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_BACKOFF = (5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE)  # after the first, second and every further try
_SLOW_RETRY = 30 * _MINUTE  # in the evening, and while prices of a fallback source are available
_PERMANENT_RETRY = timedelta(hours=1)  # while a retry fails until the user changes something
_RATE_LIMIT_PAUSE = 10 * _MINUTE  # at least this after too many requests, whatever the server states
_MAX_RETRY_AFTER = timedelta(hours=24)  # a wrong Retry-After must not stop the fetches for good
_RETRY_JITTER = 0.2  # every delay is shortened or extended by up to this share
_GOLDEN_RATIO = 0.618034  # its multiples modulo 1 are spread evenly
_PERMANENT_FAILURES = frozenset({"unauthorized", "refused"})  # outcomes that need the user
# ENTSO-E has rejected valid tokens during an outage, so one rejection is not enough.
_PERMANENT_AFTER = 2


class FetchReason(StrEnum):
    """The reason for the next fetch."""

    TODAY = "today"  # today's prices are missing
    TOMORROW = "tomorrow"  # tomorrow's prices are due
    CHECK = "check"  # all prices are known, but may have been revised
    BETTER = "better"  # prices are provisional; ENTSO-E may have final ones
    IN_FLIGHT = "in_flight"  # a request is in flight; plan again when it has ended


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """The next fetch: its time (UTC, not before now) and reason.

    `at` is None while a request is in flight. `not_before` is the end of a pause that the server asked for, or None.
    `overdue` states that it is past 18:00 and tomorrow's prices are still missing.
    """

    at: datetime | None
    reason: FetchReason
    not_before: datetime | None = None
    overdue: bool = False


def plan_fetch(
    now: datetime,
    zone: tzinfo,
    coverage: Coverage,
    fetches: Sequence[Fetch] = (),
    *,
    jitter: float = 0.0,
    in_flight: bool = False,
) -> FetchPlan:
    """Return the next fetch; `fetches` are the latest from this source, oldest first.

    `jitter` (0 to 1) is a constant of this installation.
    """
    today = now.astimezone(zone).date()
    overdue = is_overdue(now, zone, coverage)
    if in_flight:
        return FetchPlan(None, FetchReason.IN_FLIGHT, overdue=overdue)
    # After the clock was set back, fetches that seem to be in the future must not delay the next one.
    past = [fetch for fetch in fetches if fetch.at <= now]
    candidates = [*_fetches_for_gaps(now, zone, coverage, past, jitter), _next_check(today, zone, past, jitter)]
    at, reason = min(candidates, key=lambda candidate: candidate[0])
    not_before = _retry_not_before(past)
    if not_before is None or not_before <= now:
        return FetchPlan(max(at, now), reason, overdue=overdue)
    return FetchPlan(max(at, not_before), reason, not_before, overdue)


def is_overdue(now: datetime, zone: tzinfo, coverage: Coverage) -> bool:
    """Return whether tomorrow's prices are missing from every source and it is past 18:00."""
    today = now.astimezone(zone).date()
    return coverage.tomorrow is DayCoverage.MISSING and now >= _local_time(today, OVERDUE, zone)


def needs_fallback(now: datetime, zone: tzinfo, coverage: Coverage, fetches: Sequence[Fetch]) -> bool:
    """Return whether to use fallback sources.

    That is so while due prices are missing although ENTSO-E was queried after they were due. `fetches` are the latest
    from ENTSO-E. Tomorrow's prices are due for fallback sources from 15:00 on.
    """
    if not fetches:
        return False
    today, last_fetch = now.astimezone(zone).date(), fetches[-1].at
    if coverage.today is DayCoverage.MISSING and last_fetch >= local_day(today, zone)[0]:
        return True
    return coverage.tomorrow is DayCoverage.MISSING and now >= last_fetch >= _local_time(today, DAILY_CHECK, zone)


def next_fallback_fetch(now: datetime, fetches: Sequence[Fetch]) -> datetime:
    """Return when to fetch from a fallback source next; `fetches` are the latest from that source."""
    past = [fetch for fetch in fetches if fetch.at <= now]
    if not past:
        return now
    return max(now, past[-1].at + _SLOW_RETRY, _retry_not_before(past) or now)


def _fetches_for_gaps(
    now: datetime, zone: tzinfo, coverage: Coverage, past: Sequence[Fetch], jitter: float
) -> Iterator[tuple[datetime, FetchReason]]:
    """Yield the next fetch for everything that is missing or provisional."""
    today = now.astimezone(zone).date()
    midnight, first_fetch = local_day(today, zone)[0], _local_time(today, FIRST_FETCH, zone) + jitter * FETCH_JITTER
    tries_from = first_fetch if now >= first_fetch else midnight  # the backoff begins anew with tomorrow's prices
    reasons = []
    if coverage.today is DayCoverage.MISSING:
        reasons.append((FetchReason.TODAY, tries_from))
    if coverage.tomorrow is DayCoverage.MISSING:
        reasons.append((FetchReason.TOMORROW, first_fetch))
    if DayCoverage.PROVISIONAL in (coverage.today, coverage.tomorrow):
        reasons.append((FetchReason.BETTER, midnight if coverage.today is DayCoverage.PROVISIONAL else first_fetch))
    for reason, since in reasons:
        tries = [fetch for fetch in past if fetch.at >= since]
        if tries:
            yield tries[-1].at + _retry_delay(now, zone, reason, tries, jitter), reason
        else:
            yield max(since, past[-1].at + _with_jitter(_BACKOFF[0], 0, jitter)) if past else since, reason


def _retry_delay(now: datetime, zone: tzinfo, reason: FetchReason, tries: Sequence[Fetch], jitter: float) -> timedelta:
    permanent_failures = len(list(takewhile(lambda fetch: fetch.outcome in _PERMANENT_FAILURES, reversed(tries))))
    late = now >= _local_time(now.astimezone(zone).date(), OVERDUE, zone)
    if permanent_failures >= _PERMANENT_AFTER:
        delay = _PERMANENT_RETRY
    elif reason is FetchReason.BETTER or (late and reason is FetchReason.TOMORROW):
        delay = _SLOW_RETRY
    else:
        delay = _BACKOFF[min(len(tries), len(_BACKOFF)) - 1]
    return _with_jitter(delay, len(tries), jitter)


def _with_jitter(delay: timedelta, tries: int, jitter: float) -> timedelta:
    return delay * (1 - _RETRY_JITTER + 2 * _RETRY_JITTER * ((jitter + tries * _GOLDEN_RATIO) % 1))


def _next_check(today: date, zone: tzinfo, past: Sequence[Fetch], jitter: float) -> tuple[datetime, FetchReason]:
    """Return the earliest check of today or tomorrow after which there was neither a response nor three tries."""
    return next(
        (at, FetchReason.CHECK)
        for day in (today, today + _DAY)
        for time_of_day in (
            DAILY_CHECK,
            *((CLOCK_CHANGE_CHECK,) if _changes_clock(day + _DAY, zone) else ()),
            LAST_CHECK,
        )
        if (at := _check_at(_local_time(day, time_of_day, zone), past, jitter))
    )


def _check_at(due: datetime, past: Sequence[Fetch], jitter: float) -> datetime | None:
    tries = [fetch for fetch in past if fetch.at >= due]
    if len(tries) >= len(_BACKOFF) or any(fetch.responded for fetch in tries):
        return None
    if tries:
        return tries[-1].at + _with_jitter(_BACKOFF[len(tries) - 1], len(tries), jitter)
    earliest = past[-1].at + _with_jitter(_BACKOFF[0], 0, jitter) if past else due
    return max(due + jitter * CHECK_JITTER, earliest)


def _changes_clock(day: date, zone: tzinfo) -> bool:
    start, end = local_day(day, zone)
    return end - start != _DAY


def _retry_not_before(past: Sequence[Fetch]) -> datetime | None:
    """Return the end of the pause that the server asked for, or None."""
    if not past:
        return None
    last = past[-1]
    pause = min(timedelta(seconds=max(last.retry_after or 0.0, 0.0)), _MAX_RETRY_AFTER)
    if last.outcome == "rate_limited":
        pause = max(pause, _RATE_LIMIT_PAUSE)
    return last.at + timedelta(seconds=last.seconds) + pause if pause else None


def _local_time(day: date, time_of_day: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, time_of_day, zone).astimezone(UTC)
