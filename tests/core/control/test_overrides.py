"""Overrides and how they lie over the plan."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.action import FORCED, Action, ActionKind
from custom_components.nattery.core.control.controller import Controller, Mode
from custom_components.nattery.core.control.errors import OverrideError, SavedStateError, TooManyOverridesError
from custom_components.nattery.core.control.overrides import (
    MAX_AHEAD,
    MAX_OVERRIDES,
    OverrideRequest,
    Overrides,
)
from custom_components.nattery.core.control.schedule import ScheduledAction, run_at, with_overrides

from .controlled_system import HOUR, QUARTER, ControlledSystem, run

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CHARGE, DISCHARGE, HOLD = ActionKind.CHARGE, ActionKind.DISCHARGE, ActionKind.HOLD
SAFE = ActionKind.SELF_CONSUME


def at(quarters: float) -> datetime:
    return NOW + quarters * QUARTER


def slot(number: int, kind: ActionKind, power: float = 3000) -> ScheduledAction:
    return run(kind, at(number), at(number + 1), power)


def asked(kind: ActionKind, end: float, power: float = 1000, *, start: float = 0) -> OverrideRequest:
    return OverrideRequest(kind, at(end), power if kind in FORCED else 0.0, at(start))


def test_equal_slots_are_one_run() -> None:
    plan = [slot(0, CHARGE), slot(1, CHARGE, 3050), slot(2, CHARGE, 2000), slot(3, CHARGE, 2000), slot(5, CHARGE, 2000)]
    assert run_at(plan, at(0.5)) == run(CHARGE, at(0), at(2))
    assert run_at(plan, at(1)) == run(CHARGE, at(1), at(2), 3050)
    assert run_at(plan, at(2)) == run(CHARGE, at(2), at(4), 2000)  # and not over the gap
    assert run_at(plan, at(4)) is None
    assert run_at(plan, at(-1)) is None
    assert run_at([], NOW) is None


@pytest.mark.parametrize(
    ("start", "end", "until", "words"),
    [
        (NOW, NOW, NOW, "cannot end at"),
        (NOW.replace(tzinfo=None), at(1), at(1), "time zone"),
        (NOW, at(1), at(2), "cannot have an action until"),
    ],
)
def test_runs_that_cannot_be(start, end, until, words) -> None:
    with pytest.raises(ValueError, match=words):
        ScheduledAction(start, end, Action(HOLD, until=until))


def test_an_override_lies_over_the_plan_and_ends_the_run_before_it() -> None:
    plan = [slot(number, CHARGE) for number in range(8)]
    overrides = Overrides()
    overrides.change(NOW, [asked(HOLD, 4, start=2), asked(SAFE, 4, start=3)])
    layers = [one.run for one in overrides.listed(NOW)]
    over = [(one.start, one.action.kind, one.override) for one in with_overrides(plan, layers)]
    assert over[1:5] == [(at(1), CHARGE, None), (at(2), HOLD, "1"), (at(3), SAFE, "2"), (at(4), CHARGE, None)]
    found = run_at(with_overrides(plan, layers), NOW)
    assert (found.end, found.action.until) == (at(2), at(2))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8), st.sampled_from(ActionKind)), max_size=8))
def test_of_overrides_the_newest_counts(requests) -> None:
    overrides = Overrides()
    overrides.change(NOW, [asked(kind, start + lasting, start=start) for start, lasting, kind in requests])
    over = list(
        with_overrides([slot(number, HOLD) for number in range(10)], [one.run for one in overrides.listed(NOW)])
    )
    assert all(one.end <= other.start for one, other in pairwise(over))
    for number in range(30):
        expected = next(
            (kind for start, lasting, kind in reversed(requests) if start <= number < start + lasting),
            HOLD if number < 10 else None,
        )
        found = next((one for one in over if one.start <= at(number + 0.5) < one.end), None)
        assert (found and found.action.kind) == expected


def test_overrides_are_listed_and_cleared_and_expire() -> None:
    overrides = Overrides()
    first, second = overrides.change(NOW, [asked(CHARGE, 1, 2000), asked(HOLD, 8, start=4)], user="anna")
    assert overrides.listed(NOW) == (first, second)
    assert (first.start, first.power, second.start) == (NOW, 2000, at(4))
    assert overrides.listed(at(1)) == (second,)
    assert (second.user, second.set_at) == ("anna", NOW)
    overrides.change(NOW, clear={"77"})
    assert overrides.listed(NOW) == (second,)
    overrides.change(NOW, clear={second.id})
    assert overrides.listed(NOW) == ()


def test_overrides_are_replaced_all_or_none() -> None:
    overrides = Overrides()
    (first,) = overrides.change(NOW, [asked(CHARGE, 1)])
    for bad in (asked(HOLD, 0), asked(HOLD, 1000), OverrideRequest(CHARGE, at(1))):
        with pytest.raises(OverrideError):
            overrides.change(NOW, [asked(HOLD, 2), bad], clear={first.id})
        with pytest.raises(OverrideError):
            overrides.after(NOW, [asked(HOLD, 2), bad], {first.id})
    assert overrides.listed(NOW) == (first,)
    would_be = overrides.after(NOW, [asked(HOLD, 2)], {first.id})
    assert [one.kind for one in would_be] == [HOLD]
    assert overrides.listed(NOW) == (first,)
    (second,) = overrides.change(NOW, [asked(HOLD, 2)], clear={first.id})
    assert overrides.listed(NOW) == (second,)
    # Undo: what was cleared is set again.
    (again,) = overrides.change(NOW, [first.request], clear={second.id})
    assert (again.start, again.end, again.kind, again.power) == (first.start, first.end, first.kind, first.power)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"end": NOW}, "after it starts"),
        ({"end": at(1), "start": at(2)}, "after it starts"),
        ({"end": at(1).replace(tzinfo=None)}, "time zone"),
        ({"end": NOW + MAX_AHEAD + HOUR}, "7 days from now at the latest"),
        ({"end": at(1), "kind": "charge"}, "power of 0 W"),
        ({"end": at(1), "kind": "charge", "power": float("nan")}, "power of nan W"),
        ({"end": at(1), "kind": "charge", "power": float("inf")}, "power of inf W"),
        ({"end": at(1), "kind": "explode"}, "explode"),
    ],
)
def test_overrides_that_cannot_be(arguments, words) -> None:
    overrides = Overrides()
    with pytest.raises(OverrideError, match=words):
        overrides.change(NOW, [OverrideRequest(**{"kind": HOLD} | arguments)])
    assert overrides.as_dict() == Overrides().as_dict()


def test_there_is_an_end_to_overrides() -> None:
    overrides = Overrides()
    overrides.change(NOW, [asked(HOLD, 1)] * MAX_OVERRIDES)
    with pytest.raises(TooManyOverridesError, match="clear some"):
        overrides.change(NOW, [asked(HOLD, 1)])


def test_overrides_survive_json() -> None:
    overrides = Overrides()
    overrides.change(NOW, [asked(CHARGE, 1, 2000), asked(HOLD, 9, start=4)], user="anna")
    overrides.change(NOW, clear={"1"})
    again = Overrides.from_dict(json.loads(json.dumps(overrides.as_dict())))
    assert again.as_dict() == overrides.as_dict()
    assert again.listed(NOW) == overrides.listed(NOW)
    assert [one.id for one in again.change(NOW, [asked(HOLD, 1)])] == ["3"]
    assert Overrides.from_dict(None).listed(NOW) == ()


def test_overrides_of_an_old_version_are_kept() -> None:
    override = {"id": "7", "start": NOW.isoformat(), "end": at(1).isoformat(), "kind": "hold", "power": 0}
    (kept,) = Overrides.from_dict({"version": 1, "number": 7, "overrides": [override]}).listed(NOW)
    assert (kept.id, kept.kind, kept.user, kept.set_at) == ("7", HOLD, None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 3},
        {"number": "x"},
        {"overrides": [{"id": "1"}]},
        {"overrides": None},
        {"overrides": [{"id": "1", "start": "x", "end": "y", "kind": "hold", "power": 0}]},
        {"overrides": [{"id": "1", "start": NOW.isoformat(), "end": at(1).isoformat(), "kind": "hold", "power": 9}]},
    ],
)
def test_what_was_kept_and_cannot_be_read_is_said_in_one_sentence(house: ControlledSystem, change) -> None:
    overrides = Overrides()
    overrides.change(NOW, [asked(HOLD, 1)])
    with pytest.raises(SavedStateError, match="The saved overrides"):
        Overrides.from_dict(overrides.as_dict() | change)
    saved = house.controller.as_dict() | {"mode": "automatic"}
    with pytest.raises(SavedStateError):
        house.controller.restore(saved | {"overrides": overrides.as_dict() | change})
    assert house.controller.mode is Mode.DRY_RUN


@pytest.mark.parametrize("change", [{"version": 0}, {"mode": "wild"}, {"mode": None}, {"overrides": "x"}])
async def test_a_saved_control_that_cannot_be_read_owes_the_safe_default(house: ControlledSystem, change) -> None:
    await house.controller.set_mode(Mode.AUTOMATIC)
    house.plan = [house.run(CHARGE, HOUR)]
    await house.tick()
    house.restart()
    with pytest.raises(SavedStateError, match="The saved control"):
        house.controller.restore(house.saved[-1] | change)
    assert house.controller.mode is Mode.DRY_RUN
    await house.controller.release_control()
    assert (await house.battery.state()).running is SAFE


async def test_an_override_is_carried_out_expires_and_survives_a_restart(house: ControlledSystem) -> None:
    await house.controller.set_mode(Mode.AUTOMATIC)
    house.plan = [house.run(HOLD, 4 * HOUR)]
    house.controller.change_overrides([OverrideRequest(CHARGE, house.now() + HOUR, 2000)])
    decision = await house.tick()
    assert (decision.action.kind, decision.reason.key, decision.run.override) == (CHARGE, "control_override", "1")

    house.restart()
    house.controller.restore(json.loads(json.dumps(house.saved[-1])))
    assert house.controller.mode is Mode.AUTOMATIC
    assert [one.kind for one in house.controller.overrides] == [CHARGE]
    await house.controller.release_control()
    assert (await house.battery.state()).running is SAFE
    assert (await house.tick()).action.kind is CHARGE

    house.simulator.skip(HOUR.total_seconds())
    assert (await house.tick()).action.kind is HOLD
    assert house.controller.overrides == ()


async def test_an_override_of_a_slot_waits_for_it_and_can_be_taken_back(house: ControlledSystem) -> None:
    await house.controller.set_mode(Mode.AUTOMATIC)
    house.plan = [house.run(SAFE, 4 * HOUR)]
    start = house.until("20:15")
    (override,) = house.controller.change_overrides([OverrideRequest(DISCHARGE, start + QUARTER, 1000, start)])
    decision = await house.tick()
    assert (decision.action.kind, decision.run.end) == (SAFE, start)
    house.simulator.skip(15 * 60)
    assert (await house.tick()).action.kind is DISCHARGE
    house.controller.change_overrides(clear={override.id})
    assert (await house.tick()).action.kind is SAFE
    saves = len(house.saved)
    house.controller.change_overrides(clear={override.id})
    assert len(house.saved) == saves


def test_a_controller_begins_as_a_dry_run(house: ControlledSystem) -> None:
    controller = Controller(house.battery, now=house.now)
    controller.restore(None)
    assert (controller.mode, controller.overrides) == (Mode.DRY_RUN, ())
    with pytest.raises(OverrideError):
        controller.change_overrides([OverrideRequest(CHARGE, timedelta(hours=1) + house.now())])


async def test_the_power_of_an_override_is_that_of_the_battery(house: ControlledSystem) -> None:
    """Without a plan, PV and load as measured give the inverter's power, which stays for a quarter-hour."""
    await house.controller.set_mode(Mode.AUTOMATIC)
    house.controller.change_overrides([OverrideRequest(DISCHARGE, house.now() + HOUR, 3000)])

    async def power(pv_kw: float) -> float:
        decision = await house.controller.tick((), prices_fresh=True, pv_kw=pv_kw, load_kw=0.4)
        return decision.action.power

    assert await power(1.3) == 4250
    assert await power(0.2) == 4250
    house.simulator.skip(15 * 60)
    assert await power(0.2) == 3250


def test_the_plan_gives_the_power_of_an_override_that_it_contains() -> None:
    plan = [ScheduledAction(at(0), at(1), Action(CHARGE, 1750, at(1)), "1"), slot(1, CHARGE)]
    override = ScheduledAction(at(0.5), at(2), Action(CHARGE, 3000, at(2)), "1")
    over = list(with_overrides(plan, [override]))
    assert [(one.start, one.end, one.action.power, one.override) for one in over] == [
        (at(0), at(0.5), 0.0, None),  # before its start
        (at(0.5), at(1), 1750, "1"),
        (at(1), at(2), 3000, "1"),
    ]


def test_nothing_of_an_override_is_left_in_the_plan_after_its_end() -> None:
    """A slot has an override as a whole. Where the override has ended, or was cleared, the battery is not forced."""
    plan = [ScheduledAction(at(0), at(1), Action(CHARGE, 1750, at(1)), "1"), slot(1, CHARGE)]
    override = ScheduledAction(at(0), at(0.6), Action(CHARGE, 3000, at(0.6)), "1")
    over = list(with_overrides(plan, [override]))
    assert [(one.start, one.action.kind, one.override) for one in over] == [
        (at(0), CHARGE, "1"),
        (at(0.6), SAFE, None),
        (at(1), CHARGE, None),
    ]
    assert run_at(over, at(0)).end == at(0.6)
    assert [one.action.kind for one in with_overrides(plan, [])] == [SAFE, CHARGE]
