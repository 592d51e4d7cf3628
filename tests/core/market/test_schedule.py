from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.market.book import Coverage, DayCoverage
from custom_components.nattery.core.market.fetch_log import Fetch
from custom_components.nattery.core.market.schedule import (
    FetchPlan,
    FetchReason,
    is_overdue,
    needs_fallback,
    next_fallback_fetch,
    plan_fetch,
)

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN, PLAIN = date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 11)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MISSING = Coverage(DayCoverage.FINAL, DayCoverage.MISSING)
COMPLETE = Coverage(DayCoverage.FINAL, DayCoverage.FINAL)
EMPTY = Coverage(DayCoverage.MISSING, DayCoverage.MISSING)


def local(day, hour, minute=0):
    return datetime.combine(day, time(hour, minute), BERLIN).astimezone(UTC)


def fetched(at, outcome="not_published", **more):
    return Fetch(at, "entsoe", outcome, **more)


def clock(moment):
    return moment.astimezone(BERLIN).strftime("%H:%M")


@pytest.mark.parametrize("day", [SPRING, PLAIN, AUTUMN])
def test_tomorrow_is_fetched_from_ten_to_one_with_jitter(day) -> None:
    at_eight = local(day, 8)
    assert plan_fetch(at_eight, BERLIN, MISSING) == FetchPlan(local(day, 12, 50), FetchReason.TOMORROW)
    assert plan_fetch(at_eight, BERLIN, MISSING, jitter=0.5) == FetchPlan(local(day, 12, 55), FetchReason.TOMORROW)
    assert plan_fetch(local(day, 14), BERLIN, MISSING).at == local(day, 14)


def test_then_with_backoff() -> None:
    fetches, gaps = [fetched(local(PLAIN, 12, 50))], []
    for _ in range(5):
        next_fetch = plan_fetch(fetches[-1].at, BERLIN, MISSING, fetches).at
        gaps.append((next_fetch - fetches[-1].at) / MINUTE)
        fetches.append(fetched(next_fetch))
    for gap, delay in zip(gaps, (5, 10, 15, 15, 15), strict=True):
        assert 0.8 * delay <= gap <= 1.2 * delay


def test_in_the_evening_every_half_hour() -> None:
    fetches = [fetched(local(PLAIN, 15, 5)), fetched(local(PLAIN, 18, 20))]
    assert (
        timedelta(minutes=24) <= plan_fetch(fetches[-1].at, BERLIN, MISSING, fetches).at - fetches[-1].at <= 36 * MINUTE
    )


def test_only_checks_remain_once_tomorrow_is_complete() -> None:
    fetches = [fetched(local(PLAIN, 13, 5), "ok")]
    assert plan_fetch(local(PLAIN, 13, 6), BERLIN, COMPLETE, fetches) == FetchPlan(local(PLAIN, 15), FetchReason.CHECK)
    assert plan_fetch(local(PLAIN, 13, 6), BERLIN, COMPLETE, fetches, jitter=1).at == local(PLAIN, 15, 5)
    fetches.append(fetched(local(PLAIN, 15, 2), "ok"))
    assert plan_fetch(local(PLAIN, 15, 3), BERLIN, COMPLETE, fetches) == FetchPlan(
        local(PLAIN, 23, 30), FetchReason.CHECK
    )
    fetches.append(fetched(local(PLAIN, 23, 31), "ok"))
    assert plan_fetch(local(PLAIN, 23, 32), BERLIN, COMPLETE, fetches).at == local(PLAIN + DAY, 15)
    assert plan_fetch(local(PLAIN + DAY, 0, 1), BERLIN, MISSING, fetches).at == local(PLAIN + DAY, 12, 50)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_the_day_before_a_clock_change_has_another_check(day) -> None:
    eve = day - DAY
    fetches = [fetched(local(eve, 15, 2), "ok")]
    assert plan_fetch(local(eve, 16), BERLIN, COMPLETE, fetches) == FetchPlan(local(eve, 20), FetchReason.CHECK)


def test_a_failed_check_is_retried_three_times() -> None:
    fetches = [fetched(local(PLAIN, 15), "timed_out")]
    for gap in (5, 10):
        next_fetch = plan_fetch(fetches[-1].at, BERLIN, COMPLETE, fetches).at
        assert 0.8 * gap <= (next_fetch - fetches[-1].at) / MINUTE <= 1.2 * gap
        fetches.append(fetched(next_fetch, "timed_out"))
    assert plan_fetch(fetches[-1].at, BERLIN, COMPLETE, fetches).at == local(PLAIN, 23, 30)


def test_a_missed_check_is_made_up_for() -> None:
    fetches = [fetched(local(PLAIN, 13), "ok")]
    assert plan_fetch(local(PLAIN, 17), BERLIN, COMPLETE, fetches) == FetchPlan(local(PLAIN, 17), FetchReason.CHECK)


def test_missing_prices_of_today_are_fetched_at_any_hour() -> None:
    assert plan_fetch(local(PLAIN, 3), BERLIN, EMPTY) == FetchPlan(local(PLAIN, 3), FetchReason.TODAY)
    fetches = [fetched(local(PLAIN, 3) + n * 15 * MINUTE, "server_trouble") for n in range(6)]
    gap = plan_fetch(fetches[-1].at, BERLIN, EMPTY, fetches).at - fetches[-1].at
    assert 12 * MINUTE <= gap <= 18 * MINUTE


@pytest.mark.parametrize(
    "coverage",
    [Coverage(DayCoverage.PROVISIONAL, DayCoverage.FINAL), Coverage(DayCoverage.FINAL, DayCoverage.PROVISIONAL)],
)
def test_provisional_prices_are_refetched_less_often(coverage) -> None:
    fetches = [fetched(local(PLAIN, 16), "server_trouble")]
    plan = plan_fetch(local(PLAIN, 16), BERLIN, coverage, [fetched(local(PLAIN, 15, 30)), *fetches])
    assert plan.reason is FetchReason.BETTER
    assert 24 * MINUTE <= plan.at - fetches[-1].at <= 36 * MINUTE


def test_provisional_prices_of_today_do_not_slow_down_tomorrow() -> None:
    fetches = [fetched(local(PLAIN, 13))]
    plan = plan_fetch(local(PLAIN, 13), BERLIN, Coverage(DayCoverage.PROVISIONAL, DayCoverage.MISSING), fetches)
    assert plan.reason is FetchReason.TOMORROW
    assert plan.at - fetches[-1].at <= 6 * MINUTE


def test_retry_after_is_respected() -> None:
    at = local(PLAIN, 13)
    fetches = [fetched(at, "server_trouble", retry_after=3600.0, seconds=30.0)]
    until = at + HOUR + 30 * timedelta(seconds=1)
    assert plan_fetch(at + MINUTE, BERLIN, MISSING, fetches) == FetchPlan(until, FetchReason.TOMORROW, until)
    nothing_due = plan_fetch(at + MINUTE, BERLIN, Coverage(DayCoverage.FINAL, DayCoverage.FINAL), fetches)
    assert nothing_due.not_before == until < nothing_due.at, "a forced fetch must know the pause"
    fetches = [fetched(at, "rate_limited")]
    assert plan_fetch(at + MINUTE, BERLIN, MISSING, fetches).at == at + 10 * MINUTE
    fetches = [fetched(at, "server_trouble", retry_after=1e9)]
    assert plan_fetch(at + MINUTE, BERLIN, MISSING, fetches).at == at + DAY
    fetches = [fetched(at, "server_trouble", retry_after=1.0)]
    assert not plan_fetch(at + MINUTE, BERLIN, MISSING, fetches).not_before


def test_a_rejected_token_is_retried_once_and_then_hourly() -> None:
    fetches = [fetched(local(PLAIN, 13), "unauthorized")]
    assert plan_fetch(fetches[-1].at, BERLIN, MISSING, fetches).at - fetches[-1].at <= 6 * MINUTE
    fetches.append(fetched(local(PLAIN, 13, 5), "unauthorized"))
    assert plan_fetch(fetches[-1].at, BERLIN, MISSING, fetches).at - fetches[-1].at >= 48 * MINUTE


def test_one_request_at_a_time() -> None:
    assert plan_fetch(local(PLAIN, 19), BERLIN, MISSING, in_flight=True) == FetchPlan(
        None, FetchReason.IN_FLIGHT, overdue=True
    )


def test_missing_prices_are_overdue_from_six_in_the_evening() -> None:
    assert not is_overdue(local(PLAIN, 17, 59), BERLIN, MISSING)
    assert is_overdue(local(PLAIN, 18), BERLIN, MISSING)
    assert plan_fetch(local(PLAIN, 18), BERLIN, MISSING).overdue
    assert not is_overdue(local(PLAIN, 18), BERLIN, Coverage(DayCoverage.FINAL, DayCoverage.PROVISIONAL))


def test_a_clock_that_was_set_back_does_not_delay_fetches() -> None:
    fetches = [fetched(local(PLAIN + 300 * DAY, 13), "ok")]
    assert plan_fetch(local(PLAIN, 14), BERLIN, MISSING, fetches).at == local(PLAIN, 14)


def test_fallback_is_needed_after_entsoe_failed() -> None:
    assert not needs_fallback(local(PLAIN, 8), BERLIN, EMPTY, [])
    assert not needs_fallback(local(PLAIN, 8), BERLIN, EMPTY, [fetched(local(PLAIN - DAY, 8))])
    assert needs_fallback(local(PLAIN, 8), BERLIN, EMPTY, [fetched(local(PLAIN, 8), "timed_out")])
    assert not needs_fallback(local(PLAIN, 14), BERLIN, MISSING, [fetched(local(PLAIN, 14))])
    assert not needs_fallback(local(PLAIN, 15, 1), BERLIN, MISSING, [fetched(local(PLAIN, 14, 50))])
    assert needs_fallback(local(PLAIN, 15, 2), BERLIN, MISSING, [fetched(local(PLAIN, 15, 1))])
    assert not needs_fallback(local(PLAIN, 15, 2), BERLIN, COMPLETE, [fetched(local(PLAIN, 15, 1))])


def test_fallback_sources_are_fetched_every_half_hour_at_most() -> None:
    now = local(PLAIN, 16)
    assert next_fallback_fetch(now, []) == now
    assert next_fallback_fetch(now, [fetched(now - 10 * MINUTE)]) == now + 20 * MINUTE
    assert (
        next_fallback_fetch(now, [fetched(now - 10 * MINUTE, "rate_limited", retry_after=3600.0)]) == now + 50 * MINUTE
    )


OUTCOMES = ("ok", "not_published", "timed_out", "server_trouble", "unreachable", "rate_limited", "unauthorized")
retry_after_values = st.none() | st.floats(0, 1800)


def simulate(start, end, jitter, known_from, results):
    """Simulate the schedule from `start` to `end`; return the fetches in order.

    `known_from` is when the prices of each day are published; `results` gives an outcome and a Retry-After for each
    request. Prices arrive only with the outcome "ok" after their publication.
    """
    fetches: list[Fetch] = []
    now, known_days = start, {start.astimezone(BERLIN).date()}
    while True:
        today = now.astimezone(BERLIN).date()
        coverage = [DayCoverage.FINAL if day in known_days else DayCoverage.MISSING for day in (today, today + DAY)]
        next_fetch = plan_fetch(now, BERLIN, Coverage(*coverage), fetches, jitter=jitter)
        # At midnight the coverage changes, so the schedule is evaluated again.
        midnight = local(today + DAY, 0)
        if min(next_fetch.at, midnight) >= end:
            return fetches
        if next_fetch.at >= midnight:
            now = midnight
            continue
        now = next_fetch.at
        outcome, retry_after = next(results)
        published_days = {day for day, moment in known_from.items() if moment <= now}
        if outcome == "ok":
            known_days |= published_days & {today, today + DAY}
            outcome = "ok" if today + DAY in published_days else "not_published"
        fetches.append(fetched(now, outcome, retry_after=retry_after, seconds=1.0))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([SPRING, PLAIN, AUTUMN]),
    st.floats(0, 1),
    st.integers(0, 1439),
    st.lists(st.integers(12 * 60, 30 * 60), min_size=4, max_size=4),
    st.lists(st.tuples(st.sampled_from(OUTCOMES), retry_after_values), max_size=400),
    st.booleans(),
)
def test_any_two_days(day, jitter, minute, published, results, always_timed_out) -> None:
    """Whatever the outcomes, time advances, requests stay few, and one follows 15:00 every day."""
    start = local(day - DAY, 0) + minute * MINUTE
    known_from = {
        day + (n - 1) * DAY: local(day + (n - 2) * DAY, 0) + minutes * MINUTE for n, minutes in enumerate(published)
    }
    remaining_results = iter([*results, *[("timed_out" if always_timed_out else "ok", None)] * 1000])
    fetches = simulate(start, local(day + DAY, 0), jitter, known_from, remaining_results)
    assert all(b.at - a.at >= 4 * MINUTE for a, b in pairwise(fetches))
    for each_day in (day - DAY, day):
        fetches_of_day = [fetch for fetch in fetches if local(each_day, 0) <= fetch.at < local(each_day + DAY, 0)]
        assert len(fetches_of_day) <= 130
        if each_day == day - DAY:  # today's prices are known from the start
            assert len(fetches_of_day) <= 55
        after = [fetch for fetch in fetches_of_day if local(each_day, 15) <= fetch.at]
        assert after or start >= local(each_day, 23, 30)
        if not after:
            continue
        before = [fetch for fetch in fetches if fetch.at < local(each_day, 15)][-1:]
        # seconds; at least ten minutes after too many requests
        pause = max([600, *(fetch.retry_after or 0 for fetch in before)])
        earliest = [fetch.at + timedelta(seconds=pause + 1) for fetch in before]
        assert after[0].at <= max([local(each_day, 15, 5), start, *earliest])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([SPRING, PLAIN, AUTUMN]), st.floats(0, 1), st.integers(12 * 60 + 40, 14 * 60))
def test_a_normal_day_needs_few_requests(day, jitter, published) -> None:
    known_from = {
        day + DAY: local(day, 0) + published * MINUTE,
        day + 2 * DAY: local(day + DAY, 0) + published * MINUTE,
    }
    results = iter([("ok", None)] * 100)
    fetches = simulate(local(day, 0), local(day + DAY, 0), jitter, known_from, results)
    assert 3 <= len(fetches) <= 12
    first_success = next(fetch for fetch in fetches if fetch.ok)
    assert first_success.at - max(known_from[day + DAY], local(day, 13)) <= 18 * MINUTE


def test_nothing_is_fetched_twice_at_once() -> None:
    """The log records the time a request was sent, so a plan made right after it never lies in the past."""
    now = local(PLAIN, 13)
    fetches = fetched(now, "ok")
    assert plan_fetch(now, BERLIN, MISSING, [fetches]).at > now
    assert plan_fetch(now, BERLIN, COMPLETE, [replace(fetches, at=local(PLAIN, 15))]).at > now
