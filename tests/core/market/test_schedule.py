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
    fallback_at,
    is_overdue,
    plan,
    wants_fallback,
)

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN, PLAIN = date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 11)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MISSING = Coverage(DayCoverage.FINAL, DayCoverage.NOTHING)
WHOLE = Coverage(DayCoverage.FINAL, DayCoverage.FINAL)
EMPTY = Coverage(DayCoverage.NOTHING, DayCoverage.NOTHING)


def local(day, hour, minute=0):
    return datetime.combine(day, time(hour, minute), BERLIN).astimezone(UTC)


def tried(at, outcome="not_published", **more):
    return Fetch(at, "entsoe", outcome, **more)


def clock(moment):
    return moment.astimezone(BERLIN).strftime("%H:%M")


@pytest.mark.parametrize("day", [SPRING, PLAIN, AUTUMN])
def test_tomorrow_is_asked_for_from_ten_to_one_and_each_installation_at_its_own_minute(day) -> None:
    at_eight = local(day, 8)
    assert plan(at_eight, BERLIN, MISSING) == FetchPlan(local(day, 12, 50), FetchReason.TOMORROW)
    assert plan(at_eight, BERLIN, MISSING, jitter=0.5) == FetchPlan(local(day, 12, 55), FetchReason.TOMORROW)
    assert plan(local(day, 14), BERLIN, MISSING).at == local(day, 14)


def test_then_at_growing_distances() -> None:
    asked, gaps = [tried(local(PLAIN, 12, 50))], []
    for _ in range(5):
        following = plan(asked[-1].at, BERLIN, MISSING, asked).at
        gaps.append((following - asked[-1].at) / MINUTE)
        asked.append(tried(following))
    for gap, usual in zip(gaps, (5, 10, 15, 15, 15), strict=True):
        assert 0.8 * usual <= gap <= 1.2 * usual


def test_in_the_evening_every_half_hour() -> None:
    asked = [tried(local(PLAIN, 15, 5)), tried(local(PLAIN, 18, 20))]
    assert timedelta(minutes=24) <= plan(asked[-1].at, BERLIN, MISSING, asked).at - asked[-1].at <= 36 * MINUTE


def test_once_it_is_complete_only_the_fixed_points_are_left() -> None:
    asked = [tried(local(PLAIN, 13, 5), "ok")]
    assert plan(local(PLAIN, 13, 6), BERLIN, WHOLE, asked) == FetchPlan(local(PLAIN, 15), FetchReason.CHECK)
    assert plan(local(PLAIN, 13, 6), BERLIN, WHOLE, asked, jitter=1).at == local(PLAIN, 15, 5)
    asked.append(tried(local(PLAIN, 15, 2), "ok"))
    assert plan(local(PLAIN, 15, 3), BERLIN, WHOLE, asked) == FetchPlan(local(PLAIN, 23, 30), FetchReason.CHECK)
    asked.append(tried(local(PLAIN, 23, 31), "ok"))
    assert plan(local(PLAIN, 23, 32), BERLIN, WHOLE, asked).at == local(PLAIN + DAY, 15)
    assert plan(local(PLAIN + DAY, 0, 1), BERLIN, MISSING, asked).at == local(PLAIN + DAY, 12, 50)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_the_eve_of_a_clock_change_is_looked_at_once_more(day) -> None:
    eve = day - DAY
    asked = [tried(local(eve, 15, 2), "ok")]
    assert plan(local(eve, 16), BERLIN, WHOLE, asked) == FetchPlan(local(eve, 20), FetchReason.CHECK)


def test_a_check_that_failed_is_tried_again_but_not_for_ever() -> None:
    asked = [tried(local(PLAIN, 15), "timed_out")]
    for gap in (5, 10):
        following = plan(asked[-1].at, BERLIN, WHOLE, asked).at
        assert 0.8 * gap <= (following - asked[-1].at) / MINUTE <= 1.2 * gap
        asked.append(tried(following, "timed_out"))
    assert plan(asked[-1].at, BERLIN, WHOLE, asked).at == local(PLAIN, 23, 30)


def test_after_a_late_start_the_check_is_made_up_for() -> None:
    asked = [tried(local(PLAIN, 13), "ok")]
    assert plan(local(PLAIN, 17), BERLIN, WHOLE, asked) == FetchPlan(local(PLAIN, 17), FetchReason.CHECK)


def test_missing_prices_of_today_are_asked_for_at_any_hour() -> None:
    assert plan(local(PLAIN, 3), BERLIN, EMPTY) == FetchPlan(local(PLAIN, 3), FetchReason.TODAY)
    asked = [tried(local(PLAIN, 3) + n * 15 * MINUTE, "server_trouble") for n in range(6)]
    gap = plan(asked[-1].at, BERLIN, EMPTY, asked).at - asked[-1].at
    assert 12 * MINUTE <= gap <= 18 * MINUTE


@pytest.mark.parametrize(
    "coverage",
    [Coverage(DayCoverage.SUBSTITUTE, DayCoverage.FINAL), Coverage(DayCoverage.FINAL, DayCoverage.SUBSTITUTE)],
)
def test_while_something_stands_in_it_is_asked_less_often(coverage) -> None:
    asked = [tried(local(PLAIN, 16), "server_trouble")]
    found = plan(local(PLAIN, 16), BERLIN, coverage, [tried(local(PLAIN, 15, 30)), *asked])
    assert found.why is FetchReason.BETTER
    assert 24 * MINUTE <= found.at - asked[-1].at <= 36 * MINUTE


def test_a_substitute_for_today_does_not_slow_down_tomorrow() -> None:
    asked = [tried(local(PLAIN, 13))]
    found = plan(local(PLAIN, 13), BERLIN, Coverage(DayCoverage.SUBSTITUTE, DayCoverage.NOTHING), asked)
    assert found.why is FetchReason.TOMORROW
    assert found.at - asked[-1].at <= 6 * MINUTE


def test_what_the_server_asks_for_is_kept() -> None:
    at = local(PLAIN, 13)
    asked = [tried(at, "server_trouble", retry_after=3600.0, seconds=30.0)]
    until = at + HOUR + 30 * timedelta(seconds=1)
    assert plan(at + MINUTE, BERLIN, MISSING, asked) == FetchPlan(until, FetchReason.TOMORROW, until)
    nothing_due = plan(at + MINUTE, BERLIN, Coverage(DayCoverage.FINAL, DayCoverage.FINAL), asked)
    assert nothing_due.quiet_until == until < nothing_due.at, "whoever asks all the same has to know"
    asked = [tried(at, "rate_limited")]
    assert plan(at + MINUTE, BERLIN, MISSING, asked).at == at + 10 * MINUTE
    asked = [tried(at, "server_trouble", retry_after=1e9)]
    assert plan(at + MINUTE, BERLIN, MISSING, asked).at == at + DAY
    asked = [tried(at, "server_trouble", retry_after=1.0)]
    assert not plan(at + MINUTE, BERLIN, MISSING, asked).quiet_until


def test_a_rejected_token_is_confirmed_and_then_left_alone_for_an_hour() -> None:
    asked = [tried(local(PLAIN, 13), "unauthorized")]
    assert plan(asked[-1].at, BERLIN, MISSING, asked).at - asked[-1].at <= 6 * MINUTE
    asked.append(tried(local(PLAIN, 13, 5), "unauthorized"))
    assert plan(asked[-1].at, BERLIN, MISSING, asked).at - asked[-1].at >= 48 * MINUTE


def test_one_at_a_time() -> None:
    assert plan(local(PLAIN, 19), BERLIN, MISSING, in_flight=True) == FetchPlan(
        None, FetchReason.IN_FLIGHT, overdue=True
    )


def test_six_in_the_evening_is_when_somebody_should_know() -> None:
    assert not is_overdue(local(PLAIN, 17, 59), BERLIN, MISSING)
    assert is_overdue(local(PLAIN, 18), BERLIN, MISSING)
    assert plan(local(PLAIN, 18), BERLIN, MISSING).overdue
    assert not is_overdue(local(PLAIN, 18), BERLIN, Coverage(DayCoverage.FINAL, DayCoverage.SUBSTITUTE))


def test_a_clock_that_was_set_back_does_not_stop_anything() -> None:
    asked = [tried(local(PLAIN + 300 * DAY, 13), "ok")]
    assert plan(local(PLAIN, 14), BERLIN, MISSING, asked).at == local(PLAIN, 14)


def test_others_are_asked_when_entsoe_was_asked_in_vain() -> None:
    assert not wants_fallback(local(PLAIN, 8), BERLIN, EMPTY, [])
    assert not wants_fallback(local(PLAIN, 8), BERLIN, EMPTY, [tried(local(PLAIN - DAY, 8))])
    assert wants_fallback(local(PLAIN, 8), BERLIN, EMPTY, [tried(local(PLAIN, 8), "timed_out")])
    assert not wants_fallback(local(PLAIN, 14), BERLIN, MISSING, [tried(local(PLAIN, 14))])
    assert not wants_fallback(local(PLAIN, 15, 1), BERLIN, MISSING, [tried(local(PLAIN, 14, 50))])
    assert wants_fallback(local(PLAIN, 15, 2), BERLIN, MISSING, [tried(local(PLAIN, 15, 1))])
    assert not wants_fallback(local(PLAIN, 15, 2), BERLIN, WHOLE, [tried(local(PLAIN, 15, 1))])


def test_others_are_asked_every_half_hour_at_most() -> None:
    now = local(PLAIN, 16)
    assert fallback_at(now, []) == now
    assert fallback_at(now, [tried(now - 10 * MINUTE)]) == now + 20 * MINUTE
    assert fallback_at(now, [tried(now - 10 * MINUTE, "rate_limited", retry_after=3600.0)]) == now + 50 * MINUTE


OUTCOMES = ("ok", "not_published", "timed_out", "server_trouble", "unreachable", "rate_limited", "unauthorized")
quiet = st.none() | st.floats(0, 1800)


def live(start, end, jitter, known_from, answers):
    """Walk through time from `start` to `end`, asking whenever the schedule says so; what was asked, in order.

    `known_from` is when the prices of each day can be had; `answers` gives an outcome and a Retry-After for each
    request. Prices come only with an answer of "ok" after they are there.
    """
    asked: list[Fetch] = []
    now, had = start, {start.astimezone(BERLIN).date()}
    while True:
        today = now.astimezone(BERLIN).date()
        have = [DayCoverage.FINAL if day in had else DayCoverage.NOTHING for day in (today, today + DAY)]
        following = plan(now, BERLIN, Coverage(*have), asked, jitter=jitter)
        # At midnight the days move on, and the schedule is asked anew.
        midnight = local(today + DAY, 0)
        if min(following.at, midnight) >= end:
            return asked
        if following.at >= midnight:
            now = midnight
            continue
        now = following.at
        outcome, retry_after = next(answers)
        there = {day for day, moment in known_from.items() if moment <= now}
        if outcome == "ok":
            had |= there & {today, today + DAY}
            outcome = "ok" if today + DAY in there else "not_published"
        asked.append(tried(now, outcome, retry_after=retry_after, seconds=1.0))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([SPRING, PLAIN, AUTUMN]),
    st.floats(0, 1),
    st.integers(0, 1439),
    st.lists(st.integers(12 * 60, 30 * 60), min_size=4, max_size=4),
    st.lists(st.tuples(st.sampled_from(OUTCOMES), quiet), max_size=400),
    st.booleans(),
)
def test_any_two_days_are_lived_through(day, jitter, minute, published, answers, down) -> None:
    """Whatever is answered: time moves on, requests stay few, and one follows 15:00 every day."""
    start = local(day - DAY, 0) + minute * MINUTE
    known = {
        day + (n - 1) * DAY: local(day + (n - 2) * DAY, 0) + minutes * MINUTE for n, minutes in enumerate(published)
    }
    rest = iter([*answers, *[("timed_out" if down else "ok", None)] * 1000])
    asked = live(start, local(day + DAY, 0), jitter, known, rest)
    assert all(b.at - a.at >= 4 * MINUTE for a, b in pairwise(asked))
    for one in (day - DAY, day):
        mine = [fetch for fetch in asked if local(one, 0) <= fetch.at < local(one + DAY, 0)]
        assert len(mine) <= 130
        if one == day - DAY:  # today's prices are there from the start
            assert len(mine) <= 55
        after = [fetch for fetch in mine if local(one, 15) <= fetch.at]
        assert after or start >= local(one, 23, 30)
        if not after:
            continue
        before = [fetch for fetch in asked if fetch.at < local(one, 15)][-1:]
        # s; ten minutes after too many requests, whatever the server says
        waited = max([600, *(fetch.retry_after or 0 for fetch in before)])
        soonest = [fetch.at + timedelta(seconds=waited + 1) for fetch in before]
        assert after[0].at <= max([local(one, 15, 5), start, *soonest])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([SPRING, PLAIN, AUTUMN]), st.floats(0, 1), st.integers(12 * 60 + 40, 14 * 60))
def test_a_good_day_takes_few_requests_and_gets_everything(day, jitter, published) -> None:
    known = {day + DAY: local(day, 0) + published * MINUTE, day + 2 * DAY: local(day + DAY, 0) + published * MINUTE}
    answers = iter([("ok", None)] * 100)
    asked = live(local(day, 0), local(day + DAY, 0), jitter, known, answers)
    assert 3 <= len(asked) <= 12
    got = next(fetch for fetch in asked if fetch.ok)
    assert got.at - max(known[day + DAY], local(day, 13)) <= 18 * MINUTE


def test_nothing_is_asked_for_twice_at_once() -> None:
    """The log gets the time a request was sent, so a plan made right after it never lies in the past."""
    now = local(PLAIN, 13)
    asked = tried(now, "ok")
    assert plan(now, BERLIN, MISSING, [asked]).at > now
    assert plan(now, BERLIN, WHOLE, [replace(asked, at=local(PLAIN, 15))]).at > now
