"""The blueprint that acts while a price is below a limit."""

from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import (
    async_mock_service,
)

from scripts.entsoe_standin.curve import price

from .automated_home import (
    FAILING,
    GERMANY,
    HEATER,
    OFF,
    ON,
    AutomatedHome,
    Slots,
    at_local,
    at_utc,
    between,
    pieces,
    slots_of,
)


async def watch(keeper: AutomatedHome, **inputs: Any) -> None:
    """The automation with its usual inputs."""
    usual = {"sensor": keeper.house.entity_id("import_price"), "start_actions": ON, "end_actions": OFF}
    await keeper.automate("negative_price", **usual | {"debounce": {"seconds": 0}} | inputs)


def runs_of(slots: Slots, limit: float) -> list[Slots]:
    """The stretches of slots below the limit."""
    runs: list[Slots] = [[]]
    for slot in slots:
        if slot[1] < limit:
            runs[-1].append(slot)
        else:
            runs.append([])
    return [run for run in runs if run]


def low(slots: Slots, limit: float, least: int = 1) -> Slots:
    """The slots below the limit that belong to a stretch of `least` or more of them."""
    return [slot for run in runs_of(slots, limit) if len(run) >= least for slot in run]


def middle_price(keeper: AutomatedHome) -> float:
    """A limit that today's prices cross both ways."""
    prices = sorted(value for _, value in slots_of(keeper))
    return prices[len(prices) // 2] + 0.0001


async def test_negative_prices_of_a_sunny_day(keeper: AutomatedHome) -> None:
    days = (at_local("2027-05-01 08:07") + timedelta(days=number) for number in range(100))
    day = next(day for day in days if price(1, GERMANY, day.replace(hour=13)) < -1)
    keeper.house.clock.move_to(day.astimezone(UTC))
    await keeper.house.start()
    await watch(keeper)
    expected = low(slots_of(keeper), 0)
    await keeper.go(f"{day:%Y-%m-%d} 20:00")
    assert keeper.switched == pieces(expected)


@pytest.mark.parametrize("least", [1, 8])
async def test_a_price_that_crosses_the_limit_both_ways(keeper: AutomatedHome, least: int) -> None:
    await keeper.house.start()
    limit = middle_price(keeper)
    await watch(keeper, limit=limit, shortest={"minutes": 15 * least})
    await keeper.go("2026-11-20 23:30")
    slots = between(slots_of(keeper), "2026-11-20 09:15", "2026-11-22 00:00")
    expected = [done for done in pieces(low(slots, limit, least)) if done < "20 23:31"]
    assert keeper.switched == expected
    assert len(expected) >= 2


async def test_a_price_must_stay_where_it_is(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    limit, slots = middle_price(keeper), slots_of(keeper)
    begin = next(start for start, _ in low(slots, limit) if start > datetime.now(UTC))
    end = next(start for start, value in slots if start > begin and value >= limit)
    await watch(keeper, limit=limit, debounce={"minutes": 5})
    await keeper.go(f"{begin:%Y-%m-%d %H:%M}")
    await keeper.go(f"{begin + timedelta(minutes=4):%Y-%m-%d %H:%M}")
    assert keeper.switched == []
    await keeper.go(f"{begin + timedelta(minutes=6):%Y-%m-%d %H:%M}")
    assert keeper.switched == [f"{begin + timedelta(minutes=6):%d %H:%M} on"]
    await keeper.go(f"{end:%Y-%m-%d %H:%M}")
    await keeper.go(f"{end + timedelta(minutes=4):%Y-%m-%d %H:%M}")
    assert len(keeper.switched) == 1
    await keeper.go(f"{end + timedelta(minutes=6):%Y-%m-%d %H:%M}")
    assert keeper.switched[1:] == [f"{end + timedelta(minutes=6):%d %H:%M} off"]


async def test_a_price_that_is_not_known_ends_it(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    limit = middle_price(keeper)
    begin = next(start for start, _ in low(slots_of(keeper), limit) if start > datetime.now(UTC))
    await watch(keeper, limit=limit)
    await keeper.go(f"{begin:%Y-%m-%d %H:%M}")
    assert keeper.hass.states.get(HEATER).state == "on"
    await keeper.house.unload()
    await keeper.turn()
    assert keeper.hass.states.get(HEATER).state == "off"


async def test_what_is_done_below_the_limit_ends_although_its_beginning_fails(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    limit = middle_price(keeper)
    begin = next(start for start, _ in low(slots_of(keeper), limit) if start > datetime.now(UTC))
    end = next(start for start, value in slots_of(keeper) if start > begin and value >= limit)
    async_mock_service(keeper.hass, "test", "fails", raise_exception=HomeAssistantError("no"))
    await watch(keeper, limit=limit, start_actions=FAILING)
    await keeper.go(f"{end:%Y-%m-%d %H:%M}")
    assert keeper.switched == [f"{begin:%d %H:%M} on", f"{end:%d %H:%M} off"]


async def test_an_automation_made_while_the_price_is_low_begins_at_once(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    await watch(keeper, limit=1)
    assert keeper.switched == []
    keeper.hass.bus.async_fire("automation_reloaded")
    await keeper.settle()
    assert keeper.switched == ["20 09:07 on"]


async def test_what_is_done_below_the_limit_survives_restarts(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    limit, slots = middle_price(keeper), slots_of(keeper)
    stretch = [one for one in low(slots, limit, 4) if one[0] > datetime.now(UTC)]
    begin = stretch[0][0]
    end = next(start for start, value in slots if start > begin and value >= limit)
    # As long as the whole stretch: what has gone by of it counts after a restart.
    await watch(keeper, limit=limit, shortest={"minutes": (end - begin) // timedelta(minutes=1)})
    await keeper.go(f"{begin:%Y-%m-%d %H:%M}")
    on, off = f"{begin:%d %H:%M} on", f"{end:%d %H:%M} off"
    async with keeper.restarted(f"{end - timedelta(minutes=20):%Y-%m-%d %H:%M}") as again:
        assert again.switched == [on]
        await again.go(f"{end:%Y-%m-%d %H:%M}")
        assert again.switched == [on, off]


async def test_what_is_done_below_the_limit_ends_after_a_restart_that_comes_too_late(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    limit, slots = middle_price(keeper), slots_of(keeper)
    begin = next(start for start, _ in low(slots, limit) if start > datetime.now(UTC))
    end = next(start for start, value in slots if start > begin and value >= limit)
    await watch(keeper, limit=limit)
    await keeper.go(f"{begin:%Y-%m-%d %H:%M}")
    on = f"{begin:%d %H:%M} on"
    async with keeper.restarted(f"{end + timedelta(minutes=2):%Y-%m-%d %H:%M}") as again:
        assert again.switched == [on, f"{end + timedelta(minutes=2):%d %H:%M} off"]


async def test_a_stretch_in_the_hour_that_comes_twice_has_its_true_length(keeper: AutomatedHome) -> None:
    """A limit between the prices of the night and those of the evening before."""
    keeper.house.clock.move_to(at_utc("2026-10-24 18:30"))
    await keeper.house.start()
    slots = slots_of(keeper)
    night = between(slots, "2026-10-25 00:00", "2026-10-25 04:00")
    assert len(night) == 20, "five hours"
    limit = max(value for _, value in night) + 0.0001
    stretch = next(run for run in runs_of(slots, limit) if night[0] in run)
    await watch(keeper, limit=limit, shortest={"minutes": 15 * len(stretch)})
    await keeper.go("2026-10-25 12:00")
    assert keeper.switched == pieces(stretch)
