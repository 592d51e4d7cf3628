"""Planning that has lost for two weeks becomes careful."""

from dataclasses import replace

import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.backtest.running_account import RunningAccount
from custom_components.nattery.core.planner.planner import make_plan
from custom_components.nattery.core.planner.problem import Outcome
from custom_components.nattery.core.planner.problem_document import problem_from
from custom_components.nattery.core.planning.caution import CAREFUL_MARGIN, PlanningAccount, margin_per_kwh
from tests.core.planner.problems import small

QUARTERS = 14 * 96


@pytest.mark.parametrize(
    ("account", "careful"),
    [
        (PlanningAccount(), False),
        (PlanningAccount(-1.0, 50.0, 1.0), True),
        (PlanningAccount(-0.2, 50.0, 1.0), False),  # half a percent is chance
        (PlanningAccount(-1.0, 50.0, 0.5), False),  # not enough is known
        (PlanningAccount(1.0, 50.0, 1.0), False),
        (PlanningAccount(-1.0, -50.0, 1.0), True),
    ],
)
def test_a_clear_loss_makes_careful(account: PlanningAccount, careful: bool) -> None:
    assert account.is_careful is careful
    assert margin_per_kwh(account, 14) == (CAREFUL_MARGIN if careful else 0.0)
    assert margin_per_kwh(account, 0) == CAREFUL_MARGIN


def test_a_careful_plan_leaves_self_consumption_for_a_clear_gain_only() -> None:
    """Charging at 20 ct for 29.3 ct gains a little after losses and wear; for 50 ct it gains a lot."""
    for later, kinds in ((0.293, (ActionKind.CHARGE, ActionKind.SELF_CONSUME)), (0.5, (ActionKind.CHARGE,) * 2)):
        problem = problem_from(small([0.2, later], [0.0] * 2, load=[0.1, 5], battery={"soc_start": 0.1}))
        problem = replace(problem, outcomes=(Outcome(1.0, problem.pv_kw, problem.load_kw),))
        plans = make_plan(problem), make_plan(replace(problem, margin_per_kwh=CAREFUL_MARGIN))
        assert tuple(plan.slots[0].action for plan in plans) == kinds


def test_the_backtest_keeps_the_same_account() -> None:
    plain = [(0.01 * (n + 1), 5.0) for n in range(QUARTERS + 10)]
    running = RunningAccount(plain)
    for n in range(QUARTERS + 10):
        running.add(0.012 * (n + 1), 5.0 + (n >= QUARTERS))
    assert running.account(QUARTERS, 0.2) == PlanningAccount()
    account = running.account(QUARTERS + 10, 0.2)
    assert account.self_consumption_cost == pytest.approx(0.01 * QUARTERS)
    assert account.saved == pytest.approx(-0.002 * QUARTERS + 0.2)
    assert account.is_careful
