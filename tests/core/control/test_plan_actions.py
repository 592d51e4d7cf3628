"""What the inverter is told is what the plan means, sun included."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.control.plan_actions import runs_of
from custom_components.nattery.core.planner.planner import make_plan
from custom_components.nattery.core.planner.problem import BatteryModel, GridConnection, Problem
from custom_components.nattery.core.planner.strategies import SelfConsumption
from tests.core.planner.problems import FixedDispatch

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
BATTERY = BatteryModel(10, 0.5, 5, 5, wear_per_kwh=0.01)


def problem(pv, load, **changes):
    slots = len(pv)
    usual = {"import_price": [0.3] * slots, "export_price": [0.1] * slots}
    return Problem(START, BATTERY, GridConnection(20, 20), pv_kw=pv, load_kw=load, **(usual | changes))


def planned(task, strategy):
    return runs_of(make_plan(task, strategy), task)


def test_without_sun_the_powers_are_the_same() -> None:
    task = problem([0.0] * 4, [0.5] * 4)
    assert {run.action.power for run in planned(task, FixedDispatch(ActionKind.CHARGE, 3.0))} == {3000}
    assert {run.action.power for run in planned(task, FixedDispatch(ActionKind.DISCHARGE, 2.0))} == {2000}
    assert {run.action.kind for run in planned(task, SelfConsumption())} == {ActionKind.SELF_CONSUME}


@pytest.mark.parametrize(("pv", "power"), [(1.5, 2000), (1.62, 2000), (1.3, 2250), (0.52, 3000)])
def test_the_grid_gives_what_the_sun_does_not(pv, power) -> None:
    task = problem([pv] * 2, [0.5] * 2)
    assert {run.action.power for run in planned(task, FixedDispatch(ActionKind.CHARGE, 3.0))} == {power}


def test_a_charge_that_the_sun_gives_alone_is_self_consumption() -> None:
    task = problem([4.0] * 2, [0.5] * 2)
    assert {run.action.kind for run in planned(task, FixedDispatch(ActionKind.CHARGE, 3.0))} == {
        ActionKind.SELF_CONSUME
    }


def test_a_delivery_of_a_few_watts_is_none() -> None:
    task = problem([0.0] * 2, [0.5] * 2)
    assert {run.action.kind for run in planned(task, FixedDispatch(ActionKind.DISCHARGE, 0.02))} == {ActionKind.HOLD}


def test_a_delivery_has_the_sun_in_it() -> None:
    task = problem([2.0] * 2, [0.5] * 2)
    assert {run.action.power for run in planned(task, FixedDispatch(ActionKind.DISCHARGE, 3.0))} == {5000}


def test_a_surplus_that_is_to_be_sold_is_delivered() -> None:
    """Now it brings much, and later the sun comes for nothing."""
    task = replace(
        problem([2.0] * 4 + [2.5] * 4, [0.5] * 8, export_price=[0.12] * 4 + [0.01] * 4, terminal_value_per_kwh=0.15),
        battery=replace(BATTERY, soc_start=0.8),
    )
    plan = make_plan(task)
    runs = runs_of(plan, task)
    sold = [run for slot, run in zip(plan, runs, strict=True) if slot.sell_surplus]
    assert sold
    assert {(run.action.kind, run.action.power) for run in sold} == {(ActionKind.DISCHARGE, 2000)}


def test_runs_are_the_slots() -> None:
    task = replace(problem([0.0] * 4, [0.5] * 4), first_slot_minutes=7.0)
    runs = planned(task, FixedDispatch(ActionKind.HOLD))
    assert [run.start for run in runs] == task.edges[:-1]
    assert runs[0].end - runs[0].start == timedelta(minutes=7)
    assert all(run.action.until == run.end for run in runs)
