"""The picture of a plan: columns of its slots with the prices and forecasts that it was made from."""

from dataclasses import replace
from datetime import timedelta
import json
from typing import Any

import pytest

from custom_components.nattery.core.action import Action, ActionKind
from custom_components.nattery.core.app.plan_columns import plan_columns
from custom_components.nattery.core.app.plan_picture import plan_picture
from custom_components.nattery.core.app.planning import (
    PlanningInputs,
    PlanResult,
    planning_problem,
    run_planner,
    slot_expectation,
)
from custom_components.nattery.core.app.preferences import TradingPreferences
from custom_components.nattery.core.app.trading_state import NewPlan, PlanFailure, PlanProblem, TradingState
from custom_components.nattery.core.control.battery import Battery
from custom_components.nattery.core.control.controller import Controller, Decision, Mode
from custom_components.nattery.core.control.overrides import OverrideRequest
from custom_components.nattery.core.control.schedule import ScheduledAction
from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.forecast.quarters import moment, quarter
from scripts.benchmarks.pictures import SLOTS, planning_inputs as uncertain_inputs

from .test_planning import DAY, MIDNIGHT, PRESENT, SELL, planning_inputs

NOW = moment(MIDNIGHT + PRESENT)
PREFERENCES = TradingPreferences()


def plan_of(inputs: PlanningInputs) -> PlanResult:
    return run_planner(inputs, PREFERENCES, None)


def picture(state: TradingState, controller: Controller | None = None) -> dict[str, Any]:
    shown = plan_picture(state, PREFERENCES, controller or idle(), "EUR", (None, None))
    return dict(json.loads(json.dumps(shown)))


class Silent(Battery):
    """A battery that no test asks."""


def idle() -> Controller:
    return Controller(Silent(), now=lambda: NOW)  # type: ignore[abstract]


def test_every_column_has_one_value_per_slot() -> None:
    result = plan_of(uncertain_inputs())
    columns = result.columns
    assert {len(column) for column in columns.values()} == {SLOTS}
    assert set(columns) == {
        "start", "end", "action", "charge_kw", "discharge_kw", "grid_kw", "curtail_kw", "load_kw", "load_p10_kw",
        "load_p90_kw", "pv_kw", "pv_p10_kw", "pv_p90_kw", "import_price", "export_price", "spot_price", "soc_end",
        "marginal_value", "cost", "saving", "reason",
    }  # fmt: skip
    assert columns["start"][1:] == columns["end"][:-1]
    for name in ("load", "pv"):
        low, expected, high = (columns[f"{name}{part}_kw"] for part in ("_p10", "", "_p90"))
        assert all(a <= b <= c for a, b, c in zip(low, expected, high, strict=True))
        assert low != high
    assert columns["saving"] == pytest.approx(result.plan.savings, abs=1e-5)
    assert json.loads(json.dumps(columns)) == columns


def test_columns_of_which_nothing_is_known_are_left_out() -> None:
    inputs = planning_inputs()
    problem = replace(planning_problem(inputs), outcomes=())
    columns = plan_columns(plan_of(inputs).plan, problem, inputs.intervals.ahead)
    unknown = {"load_p10_kw", "load_p90_kw", "pv_p10_kw", "pv_p90_kw", "spot_price", "override"}
    assert unknown & columns.keys() == set()
    assert len(columns) == 16


@pytest.mark.parametrize("seconds", [0.0, 400.0, 895.0])
def test_prices_belong_to_their_slots_whenever_the_plan_begins(seconds: float) -> None:
    inputs = planning_inputs(seconds=seconds)
    ahead = tuple(replace(one, spot_price=quarter(one.start) / 1e6) for one in inputs.intervals.ahead)
    columns = plan_of(replace(inputs, intervals=replace(inputs.intervals, ahead=ahead))).columns
    assert columns["spot_price"] == [round(start // 900 / 1e6, 5) for start in columns["start"]]
    assert columns["export_price"] == SELL[DAY - len(columns["start"]) :]


def test_slots_of_an_override_have_its_id() -> None:
    controller = idle()
    controller.change_overrides([OverrideRequest(ActionKind.HOLD, NOW + timedelta(minutes=30))], user="somebody")
    result = plan_of(planning_inputs(overrides=controller.overrides))
    (override,) = controller.overrides
    assert result.columns["override"][:3] == [override.id, override.id, None]
    shown = picture(TradingState().after_planning(NewPlan(result, NOW, ())), controller)
    assert shown["overrides"] == [
        {
            "id": override.id,
            "action": "hold",
            "power_w": 0.0,
            "start": NOW.isoformat(),
            "end": (NOW + timedelta(minutes=30)).isoformat(),
            "user": "somebody",
            "set_at": NOW.isoformat(),
        }
    ]


def test_without_a_plan_there_is_a_problem_and_no_column() -> None:
    shown = picture(TradingState().after_planning(PlanFailure(PlanProblem.NO_PRICES)))
    assert (shown["api"], shown["problem"], shown["slots"]) == (1, "no_prices", {})
    unknown = ("made_at", "cost", "solver", "present", "pause", "today", "tomorrow")
    assert [shown[name] for name in unknown] == [None] * len(unknown)
    assert (shown["automatic"], shown["strategy"], shown["currency"]) == (False, "optimise", "EUR")


def test_the_present_action_started_with_its_run_and_not_with_the_last_plan() -> None:
    result = plan_of(planning_inputs())
    first = result.runs[0]
    begun = NOW - timedelta(hours=1)
    decision = Decision(NOW, Mode.AUTOMATIC, first.action, Explanation("control_plan"), first)
    state = replace(
        TradingState().after_planning(NewPlan(result, NOW, ())), first_run_start=begun, decisions=(decision,)
    )
    present = picture(state)["present"]
    assert present["start"] == begun.isoformat()
    assert present["until"] == first.end.isoformat()
    assert (present["performed"], present["override"]) == (False, None)
    assert present["reason"]["key"] == result.plan.slots[0].reason.key
    end = NOW + timedelta(hours=1)
    override = ScheduledAction(NOW - timedelta(days=2), end, Action(ActionKind.HOLD, until=end), "7")
    present = picture(replace(state, decisions=(replace(decision, run=override),)))["present"]
    assert (present["start"], present["override"]) == (override.start.isoformat(), "7")
    present = picture(replace(state, decisions=(replace(decision, run=None, action=None),)))["present"]
    assert (present["action"], present["start"], present["until"]) == (None, None, None)


def test_a_slot_is_expected_without_wear_and_with_the_batterys_power() -> None:
    slot = next(one for one in plan_of(planning_inputs()).plan if one.charge_kw)
    expected = slot_expectation(slot)
    assert expected.cost == slot.money.import_cost - slot.money.export_revenue
    assert expected.power_kw == slot.charge_kw
    assert expected.grid_kwh == pytest.approx(slot.grid_kw / 4)
    assert (expected.action, expected.soc) == (slot.action, slot.soc_end)
