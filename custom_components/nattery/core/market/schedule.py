"""When to ask ENTSO-E next. Pure: from the time, what there is and what has been asked, to the next time and why.

Everything is on the area's clock. Prices of tomorrow come a little before one: from 12:50 on they are asked for, at
growing distances, until the day is complete. Whatever there is, 15:00 is always followed by one more question, and so
is 23:30, and 20:00 on the eve of a change of the clocks, since such days have been published wrong and corrected. Retry
times that servers ask for are kept. Two requests are never in flight at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import takewhile

from .book import Coverage, DayCoverage
from .fetch_log import Fetch
from .prices import local_day

BEGIN = time(12, 50)
FIXED = time(15)  # the owner's fixed point: there is always a request shortly after
OVERDUE = time(18)  # somebody should know by then that tomorrow is missing
EVE, LAST = time(20), time(23, 30)
JITTER = timedelta(minutes=10)  # installations spread themselves over this much
CHECK_JITTER = timedelta(minutes=5)

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_BACKOFF = (5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE)  # after the first, second and every further try
_RELAXED = 30 * _MINUTE  # in the evening, and while another source stands in
_HOPELESS = timedelta(hours=1)  # asking again will give the same until a person has done something
_LIMITED = 10 * _MINUTE  # after too many requests, whatever the server says
_LONGEST_QUIET = timedelta(hours=24)  # a server's slip must not silence us for good
_WOBBLE = 0.2  # every distance is up to so much shorter or longer
_GOLDEN = 0.618034  # its multiples spread evenly over a circle
_HOPELESS_OUTCOMES = frozenset({"unauthorized", "refused"})  # outcomes that only a person can mend
_ASKED_TWICE = 2  # servers in trouble have taken good tokens for bad ones


class FetchReason(StrEnum):
    """What the next request is for."""

    TODAY = "today"  # prices of today are missing
    TOMORROW = "tomorrow"  # prices of tomorrow are due
    CHECK = "check"  # everything is there; have they been revised?
    BETTER = "better"  # another source's or suspect prices are there; has ENTSO-E better ones?
    IN_FLIGHT = "in_flight"  # a request is under way: ask again when it has ended


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """The next request: when (UTC, not before now), and why.

    `at` is None while a request is in flight. `quiet_until` is until when the server wants to be left alone, None where
    it does not. `overdue` says that it is past 18:00 and tomorrow is still missing.
    """

    at: datetime | None
    why: FetchReason
    quiet_until: datetime | None = None
    overdue: bool = False


def plan(
    now: datetime,
    zone: tzinfo,
    coverage: Coverage,
    fetches: Sequence[Fetch] = (),
    *,
    jitter: float = 0.0,
    in_flight: bool = False,
) -> FetchPlan:
    """When to ask next; `fetches` are the latest to this source, oldest first.

    `jitter`, 0 to 1, is this installation's own and stays the same.
    """
    today = now.astimezone(zone).date()
    overdue = is_overdue(now, zone, coverage)
    if in_flight:
        return FetchPlan(None, FetchReason.IN_FLIGHT, overdue=overdue)
    past = [fetch for fetch in fetches if fetch.at <= now]  # a clock that was set back must not stop us
    wanted = [*_wanted(now, zone, coverage, past, jitter), _next_check(today, zone, past, jitter)]
    at, why = min(wanted, key=lambda found: found[0])
    quiet_until = _quiet_until(past)
    if quiet_until is None or quiet_until <= now:
        return FetchPlan(max(at, now), why, overdue=overdue)
    return FetchPlan(max(at, quiet_until), why, quiet_until, overdue)


def is_overdue(now: datetime, zone: tzinfo, coverage: Coverage) -> bool:
    """Whether tomorrow's prices are missing, from every source, so late that somebody should know."""
    today = now.astimezone(zone).date()
    return coverage.tomorrow is DayCoverage.NOTHING and now >= _moment(today, OVERDUE, zone)


def wants_fallback(now: datetime, zone: tzinfo, coverage: Coverage, fetches: Sequence[Fetch]) -> bool:
    """Whether other sources should be asked: something due is missing, and ENTSO-E has just been asked in vain.

    `fetches` are the latest to ENTSO-E. Tomorrow is due for others from 15:00 on.
    """
    if not fetches:
        return False
    today, asked = now.astimezone(zone).date(), fetches[-1].at
    if coverage.today is DayCoverage.NOTHING and asked >= local_day(today, zone)[0]:
        return True
    return coverage.tomorrow is DayCoverage.NOTHING and now >= asked >= _moment(today, FIXED, zone)


def fallback_at(now: datetime, fetches: Sequence[Fetch]) -> datetime:
    """When another source may be asked (again); `fetches` are the latest to that source."""
    past = [fetch for fetch in fetches if fetch.at <= now]
    if not past:
        return now
    return max(now, past[-1].at + _RELAXED, _quiet_until(past) or now)


def _wanted(
    now: datetime, zone: tzinfo, coverage: Coverage, past: Sequence[Fetch], jitter: float
) -> Iterator[tuple[datetime, FetchReason]]:
    """The next request for each thing that is missing or could be better."""
    today = now.astimezone(zone).date()
    midnight, begin = local_day(today, zone)[0], _moment(today, BEGIN, zone) + jitter * JITTER
    fresh_start = begin if now >= begin else midnight  # what has been in vain so far may work out with tomorrow's
    matters = []
    if coverage.today is DayCoverage.NOTHING:
        matters.append((FetchReason.TODAY, fresh_start))
    if coverage.tomorrow is DayCoverage.NOTHING:
        matters.append((FetchReason.TOMORROW, begin))
    if DayCoverage.SUBSTITUTE in (coverage.today, coverage.tomorrow):
        matters.append((FetchReason.BETTER, midnight if coverage.today is DayCoverage.SUBSTITUTE else begin))
    for why, since in matters:
        tries = [fetch for fetch in past if fetch.at >= since]
        if tries:
            yield tries[-1].at + _distance(now, zone, why, tries, jitter), why
        else:
            yield max(since, past[-1].at + _wobbled(_BACKOFF[0], 0, jitter)) if past else since, why


def _distance(now: datetime, zone: tzinfo, why: FetchReason, tries: Sequence[Fetch], jitter: float) -> timedelta:
    hopeless = len(list(takewhile(lambda fetch: fetch.outcome in _HOPELESS_OUTCOMES, reversed(tries))))
    late = now >= _moment(now.astimezone(zone).date(), OVERDUE, zone)
    if hopeless >= _ASKED_TWICE:
        usual = _HOPELESS
    elif why is FetchReason.BETTER or (late and why is FetchReason.TOMORROW):
        usual = _RELAXED
    else:
        usual = _BACKOFF[min(len(tries), len(_BACKOFF)) - 1]
    return _wobbled(usual, len(tries), jitter)


def _wobbled(usual: timedelta, tries: int, jitter: float) -> timedelta:
    return usual * (1 - _WOBBLE + 2 * _WOBBLE * ((jitter + tries * _GOLDEN) % 1))


def _next_check(today: date, zone: tzinfo, past: Sequence[Fetch], jitter: float) -> tuple[datetime, FetchReason]:
    """The earliest fixed point of today or tomorrow that no answer has followed yet, nor three tries."""
    return next(
        (at, FetchReason.CHECK)
        for day in (today, today + _DAY)
        for clock in (FIXED, *((EVE,) if _changes_clock(day + _DAY, zone) else ()), LAST)
        if (at := _check_at(_moment(day, clock, zone), past, jitter))
    )


def _check_at(point: datetime, past: Sequence[Fetch], jitter: float) -> datetime | None:
    tries = [fetch for fetch in past if fetch.at >= point]
    if len(tries) >= len(_BACKOFF) or any(fetch.answered for fetch in tries):
        return None
    if tries:
        return tries[-1].at + _wobbled(_BACKOFF[len(tries) - 1], len(tries), jitter)
    soonest = past[-1].at + _wobbled(_BACKOFF[0], 0, jitter) if past else point
    return max(point + jitter * CHECK_JITTER, soonest)


def _changes_clock(day: date, zone: tzinfo) -> bool:
    start, end = local_day(day, zone)
    return end - start != _DAY


def _quiet_until(past: Sequence[Fetch]) -> datetime | None:
    """Until when the server wants to be left alone."""
    if not past:
        return None
    last = past[-1]
    quiet = min(timedelta(seconds=max(last.retry_after or 0.0, 0.0)), _LONGEST_QUIET)
    if last.outcome == "rate_limited":
        quiet = max(quiet, _LIMITED)
    return last.at + timedelta(seconds=last.seconds) + quiet if quiet else None


def _moment(day: date, clock: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
