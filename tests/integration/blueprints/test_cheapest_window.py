"""The blueprint that runs a load in the cheapest window."""

from datetime import UTC, timedelta
from typing import Any

from homeassistant.components.trace.util import async_get_trace, async_list_traces
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import (
    async_mock_service,
)

from scripts.entsoe_standin.curve import price

from .automated_home import (
    AUTOMATION,
    FAILING,
    GERMANY,
    HEATER,
    MEMORY,
    OFF,
    ON,
    TELL,
    AutomatedHome,
    Slots,
    at_local,
    at_utc,
    between,
    pieces,
    slots_of,
)


async def plan(keeper: AutomatedHome, **inputs: Any) -> None:
    """The automation with its usual inputs."""
    usual = {"news": keeper.news, "memory": MEMORY, "start_actions": ON, "stop_actions": OFF}
    await keeper.automate("cheapest_window", **usual | inputs)


def cheapest(slots: Slots, count: int) -> Slots:
    """The `count` slots in a row that cost least, found the slow way."""
    return min((slots[n : n + count] for n in range(len(slots) - count + 1)), key=lambda some: sum(p for _, p in some))


async def test_a_load_runs_when_it_is_cheapest_every_day(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper)
    best = cheapest(between(slots_of(keeper), "2026-11-20 18:00", "2026-11-21 07:00"), 8)
    await keeper.go("2026-11-21 17:45")
    assert keeper.switched == pieces(best)
    assert keeper.hass.states.get(MEMORY).state == f"{best[0][0]:%Y-%m-%d %H:%M:%S}"
    second = cheapest(between(slots_of(keeper), "2026-11-21 18:00", "2026-11-22 07:00"), 8)
    await keeper.go("2026-11-22 07:00")
    assert keeper.switched == pieces(best) + pieces(second)


async def test_a_load_that_may_be_split_runs_in_the_cheapest_slots(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("2026-11-21 00:50")
    hours = {"earliest": "01:00:00", "finish": "16:00:00", "duration": {"hours": 8}}
    await plan(keeper, split=True, shortest={"minutes": 15}, **hours)
    slots = between(slots_of(keeper), "2026-11-21 01:00", "2026-11-21 16:00")
    best = sorted(slots, key=lambda one: one[1])[:32]
    await keeper.go("2026-11-21 17:00")
    assert keeper.switched == pieces(best)
    assert len(keeper.switched) > 2, "it is split"


async def test_a_window_that_ends_when_the_next_day_begins(keeper: AutomatedHome) -> None:
    """The same moment ends one day's load and begins the planning of the next."""
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper, earliest="18:00:00", finish="18:00:00", duration={"hours": 24})
    await keeper.go("2026-11-22 18:15")
    assert keeper.switched[0] == "20 18:00 on"
    assert keeper.switched.count("21 18:00 on") == 1, "and it begins again"


@pytest.mark.parametrize(
    ("mode", "hours", "deadline", "why"),
    [
        ("not_published", 7, "2026-11-21 00:00", "no prices are known for the permitted period"),
        ("gap", 8, "2026-11-20 23:00", "prices are missing, and the known ones leave no room for the duration"),
    ],
)
async def test_a_load_without_a_window_does_not_run_and_says_why(
    keeper: AutomatedHome, mode: str, hours: int, deadline: str, why: str
) -> None:
    keeper.house.market.behaviour.mode = mode
    told = async_mock_service(keeper.hass, "test", "told")
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper, otherwise=TELL, duration={"hours": hours})
    await keeper.go(f"{at_local(deadline) - timedelta(minutes=15):%Y-%m-%d %H:%M}")
    assert not told, "prices may still come"
    await keeper.go(deadline)
    assert [call.data["outcome"] for call in told] == [f"the load does not run: {why}"]
    (trace,) = await async_list_traces(keeper.hass, "automation", AUTOMATION)
    whole = await async_get_trace(keeper.hass, AUTOMATION, trace["run_id"])
    assert why in str(whole["trace"])
    await keeper.go("2026-11-21 08:00")
    assert len(told) == 1
    assert keeper.switched == []


async def test_prices_that_end_too_early_are_no_window(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    keeper.house.market.behaviour.mode = "unavailable"
    await keeper.house.advance_to("17:50")
    told = async_mock_service(keeper.hass, "test", "told")
    await plan(keeper, otherwise=TELL, duration={"hours": 7})
    await keeper.go("2026-11-21 00:00")
    assert ["prices are missing" in call.data["outcome"] for call in told] == [True]
    assert keeper.switched == []


async def test_a_duration_that_never_fits_is_told(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    told = async_mock_service(keeper.hass, "test", "told")
    await plan(keeper, otherwise=TELL, duration={"hours": 14})
    await keeper.go("2026-11-20 18:00")
    assert ["does not fit" in call.data["outcome"] for call in told] == [True]


async def test_prices_that_come_later_change_the_plan(keeper: AutomatedHome) -> None:
    """On a day before a windy night."""
    days = (at_local("2026-11-20 09:07") + timedelta(days=number) for number in range(100))
    night, evening = timedelta(hours=18), timedelta(hours=13)
    day = next(day for day in days if price(1, GERMANY, day + night) < price(1, GERMANY, day + evening) - 20)
    today, tomorrow = (f"{one:%Y-%m-%d}" for one in (day, day + timedelta(days=1)))
    keeper.house.clock.move_to(day.astimezone(UTC))
    await keeper.house.start()
    keeper.house.market.behaviour.mode = "unavailable"
    await keeper.house.advance_to("17:50")
    await plan(keeper)
    await keeper.go(f"{today} 18:15")
    before = cheapest(between(slots_of(keeper), f"{today} 18:00", f"{tomorrow} 00:00"), 8)
    keeper.house.market.behaviour.mode = "ok"
    await keeper.go(f"{today} 19:30")
    after = cheapest(between(slots_of(keeper), f"{today} 18:00", f"{tomorrow} 07:00"), 8)
    assert before[0][0] > at_utc(f"{today} 19:30"), "the first plan has not begun"
    assert after != before
    await keeper.go(f"{tomorrow} 08:00")
    assert keeper.switched == pieces(after)


async def test_corrected_prices_let_no_load_run_again(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper, finish="18:00:00", duration={"minutes": 30})
    best = cheapest(between(slots_of(keeper), "2026-11-20 18:00", "2026-11-21 18:00"), 2)
    await keeper.go(f"{best[1][0]:%Y-%m-%d %H:%M}")
    keeper.house.market.behaviour.mode = "revised:100"
    await keeper.house.prices.async_fetch(forced=True)
    await keeper.go("2026-11-21 17:45")
    assert keeper.switched == pieces(best)


@pytest.mark.parametrize(("eve", "hours"), [("2026-10-24", 4), ("2027-03-27", 2)], ids=["autumn", "spring"])
async def test_a_load_runs_for_as_long_as_it_shall_when_the_clocks_change(
    keeper: AutomatedHome, eve: str, hours: int
) -> None:
    """The whole time allowed, from one to four, which is four hours or two."""
    keeper.house.clock.move_to(at_utc(f"{eve} 13:30"))
    await keeper.house.start()
    await keeper.house.advance_to(f"{eve} 23:50")
    await plan(keeper, earliest="01:00:00", finish="04:00:00", duration={"hours": hours})
    await keeper.go(f"{eve[:8]}{int(eve[8:]) + 1} 04:30")
    day = int(eve[8:]) + 1
    assert keeper.switched == [f"{day} 01:00 on", f"{day} 04:00 off"]


async def test_a_load_ends_although_its_beginning_fails(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    async_mock_service(keeper.hass, "test", "fails", raise_exception=HomeAssistantError("no"))
    await plan(keeper, finish="20:00:00", start_actions=FAILING)
    await keeper.go("2026-11-20 20:15")
    assert keeper.switched == ["20 18:00 on", "20 20:00 off"]


async def test_a_restart_does_not_lengthen_or_repeat_a_load(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper)
    best = cheapest(between(slots_of(keeper), "2026-11-20 18:00", "2026-11-21 07:00"), 8)
    middle, later = (f"{best[n][0]:%Y-%m-%d %H:%M}" for n in (2, 4))
    await keeper.go(middle)
    async with keeper.restarted(later) as again:
        assert again.hass.states.get(HEATER).state == "on"
        await again.go("2026-11-21 06:00")
        assert again.switched == pieces(best)
        async with again.restarted("2026-11-21 06:10") as third:
            await third.go("2026-11-21 08:00")
            assert third.switched == pieces(best)


async def test_a_restart_before_the_window_changes_nothing(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper)
    best = cheapest(between(slots_of(keeper), "2026-11-20 18:00", "2026-11-21 07:00"), 8)
    await keeper.go("2026-11-20 18:15")
    async with keeper.restarted("2026-11-20 18:40") as again:
        await again.go("2026-11-21 08:00")
        assert again.switched == pieces(best)


async def test_a_window_that_was_missed_is_planned_anew(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper, finish="17:00:00")
    await keeper.go("2026-11-20 18:15")
    best = cheapest(between(slots_of(keeper), "2026-11-20 18:00", "2026-11-21 17:00"), 8)
    back = best[2][0]
    async with keeper.restarted(f"{back:%Y-%m-%d %H:%M}") as again:
        await again.go("2026-11-21 17:30")
        on, off = again.switched
        assert on >= f"{back:%d %H:%M}"
        assert at_local(f"2026-11-{off[:8]}") - at_local(f"2026-11-{on[:8]}") == timedelta(hours=2)


async def test_a_load_does_not_stay_on_after_a_restart_on_another_day(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper, finish="20:00:00")
    await keeper.go("2026-11-20 18:30")
    async with keeper.restarted("2026-11-21 18:10") as again:
        assert again.switched == ["20 18:00 on", "21 18:10 off"]


async def test_a_load_does_not_stay_on_after_a_restart_that_comes_too_late(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper, finish="20:00:00")
    await keeper.go("2026-11-20 18:30")
    assert keeper.switched == ["20 18:00 on"]
    async with keeper.restarted("2026-11-20 19:59") as again:
        assert again.switched == ["20 18:00 on"]
        async with again.restarted("2026-11-20 20:20") as third:
            assert third.switched == ["20 18:00 on", "20 20:20 off"]
