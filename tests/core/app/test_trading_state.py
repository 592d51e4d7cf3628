"""The state of trading after an attempt to plan, and what is stored of the preferences and the month's peak."""

from datetime import timedelta

import pytest

from custom_components.nattery.core.app.monthly_peak import MonthlyPeak, PeakImport
from custom_components.nattery.core.app.planning import run_planner
from custom_components.nattery.core.app.preferences import TradingPreferences
from custom_components.nattery.core.app.trading_state import NewPlan, PlanFailure, PlanProblem, TradingState
from custom_components.nattery.core.explanation import Explanation

from .test_planning import planning_inputs

INPUTS = planning_inputs()
NOTES = (Explanation("note_no_provider"),)
PLANNED = NewPlan(run_planner(INPUTS, TradingPreferences("manual"), None), INPUTS.now, NOTES)


def test_a_new_plan_ends_a_problem() -> None:
    state = TradingState(problem=PlanProblem.NO_PRICES).after_planning(PLANNED)
    assert (state.result, state.made_at, state.notes, state.problem) == (
        PLANNED.result,
        INPUTS.now,
        PLANNED.notes,
        None,
    )


@pytest.mark.parametrize("keep", [True, False])
def test_a_failure_keeps_the_plan_or_drops_it(keep: bool) -> None:
    state = TradingState().after_planning(PLANNED).after_planning(PlanFailure(PlanProblem.NO_READINGS, keep_plan=keep))
    assert state.problem is PlanProblem.NO_READINGS
    assert (state.plan is not None, bool(state.notes)) == (keep, keep)
    assert state.slot(INPUTS.now) is None or keep


def test_a_run_that_goes_on_in_the_next_plan_keeps_its_start() -> None:
    state = TradingState().after_planning(PLANNED)
    later = planning_inputs(now=46)
    replanned = NewPlan(run_planner(later, TradingPreferences("manual"), PLANNED.result.plan), later.now, ())
    assert state.after_planning(replanned).runs[0].start == state.runs[0].start == INPUTS.now
    assert TradingState().after_planning(replanned).runs[0].start == later.now


def test_the_planned_soc_is_interpolated_within_a_slot() -> None:
    state = TradingState().after_planning(PLANNED)
    slot = PLANNED.result.plan.slots[0]
    middle = slot.start + (slot.end - slot.start) / 2
    assert state.planned_soc(slot.start) == pytest.approx(0.5)
    assert state.planned_soc(middle) == pytest.approx((0.5 + slot.soc_end) / 2)
    assert state.planned_soc(INPUTS.now - timedelta(hours=1)) is None


def test_preferences_survive_as_json() -> None:
    preferences = TradingPreferences("peak_shaving", reserve=0.3, import_limit=4.5)
    assert preferences.as_dict().keys() == {"strategy", "reserve", "import_limit", "timed_reserves"}
    assert TradingPreferences.from_dict(preferences.as_dict() | {"controller": {}}) == preferences
    assert TradingPreferences.from_dict({"controller": {}}) is None


def test_the_peak_of_another_month_does_not_count() -> None:
    peak = MonthlyPeak()
    assert peak.including(INPUTS.now, 1.0) == PeakImport(1.0, booked=False)
    peak.update(INPUTS.now, 3.0)
    assert peak.including(INPUTS.now, 1.0) == PeakImport(3.0, booked=True)
    assert peak.including(INPUTS.now, 4.0) == PeakImport(4.0, booked=True)
    assert peak.including(INPUTS.now + timedelta(days=31), 1.0) == PeakImport(1.0, booked=False)
