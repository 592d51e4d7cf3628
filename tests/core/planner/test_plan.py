"""The contents of a plan: actions, runs and reasons."""

from datetime import timedelta
from itertools import pairwise
import json
import subprocess
import sys

import pytest

from custom_components.nattery.core.action import Action, ActionKind
from custom_components.nattery.core.explanation import Explanation

from .problems import CANONICAL, ENGLISH, at, canonical, plan_of, small

LOSSLESS = {"wear_per_kwh": 0.0, "charge_efficiency": 1, "discharge_efficiency": 1}
LOW_THEN_HIGH_PRICE = small([0.10, 0.40], battery={"soc_start": 0.1})
FULL, EMPTY = {"soc_start": 1.0}, {"soc_start": 0.1}
TERMINAL_VALUE = {"terminal_value_per_kwh": 0.2}
FIRST_SLOT_CASES = [
    # action of the first slot, key of its reason, problem
    ("charge", "plan_charge", small([0.1, 0.4], [0.1] * 2, load=[0, 5], battery={"soc_start": 0.1})),
    ("charge", "plan_charge_sold", small([0.10, 0.40], battery={"soc_start": 0.1})),
    ("charge", "plan_charge_later", small([0.10], battery={"soc_start": 0.1}, terminal_value_per_kwh=0.3)),
    ("charge", "plan_recover", small([0.50], battery={"soc_start": 0.0})),
    ("discharge", "plan_discharge", small([0.40, 0.10])),
    ("discharge", "plan_shave", small([0.1, 0.9], [0, 0], load=[8, 8], grid={"import_kw": 7})),
    ("discharge", "plan_grid_limit", small([0.1] * 2, [-0.2, 0], pv=[0, 9], grid={"export_kw": 2}, battery=FULL)),
    ("charge", "plan_take_surplus", small([0.1], [0.3], pv=[4], grid={"export_kw": 2}, battery={"soc_start": 0.1})),
    ("self_consume", "plan_cover_load", small([0.40, 0.40], [0.05] * 2, load=[1, 1], **TERMINAL_VALUE)),
    ("self_consume", "plan_store_surplus", small([0.40, 0.40], [0.05] * 2, pv=[3, 0], load=[1, 3], **TERMINAL_VALUE)),
    ("self_consume", "plan_store_surplus_later", small([0.4], [0.05], pv=[3], **TERMINAL_VALUE)),
    ("self_consume", "plan_full", small([0.4, 0.4], [0.05] * 2, pv=[3, 0], battery=FULL, **TERMINAL_VALUE)),
    ("self_consume", "plan_empty", small([0.4, 0.4], [0.05] * 2, load=[1, 1], battery=EMPTY, **TERMINAL_VALUE)),
    ("self_consume", "plan_balanced", small([0.4, 0.4], [0.05] * 2, **TERMINAL_VALUE)),
    ("hold", "plan_keep", small([0.50, 0.60], [0.05] * 2, load=[2, 4], battery={"soc_start": 0.3}, **TERMINAL_VALUE)),
    ("hold", "plan_keep_later", small([0.20], [0.05], load=[1], **TERMINAL_VALUE)),
    ("hold", "plan_sell_surplus", small([0.4, 0.4], [0.18, -0.10], pv=[3, 3], **TERMINAL_VALUE)),
]  # fmt: skip


@pytest.mark.parametrize(("action", "key", "document"), FIRST_SLOT_CASES, ids=[key for _, key, _ in FIRST_SLOT_CASES])
def test_the_first_slot_has_the_expected_action_and_reason(solver, action, key, document) -> None:
    slot = plan_of(document).slots[0]
    assert (slot.action, slot.reason.key) == (action, key)


def test_a_discharge_that_limits_the_peak_says_so() -> None:
    slot = plan_of(small([0.1, 0.1], [0, 0], load=[6, 6], peak_price_per_kw=1)).slots[0]
    assert (slot.action, slot.reason.key) == ("discharge", "plan_peak")
    assert slot.reason.values["peak_kw"] == pytest.approx(slot.grid_kw)


def test_a_reason_has_price_value_next_use_losses_margin_and_break_even_price() -> None:
    """Charging at 0.10 for use at 0.40: a stored kWh is worth 0.95 x (0.40 - 0.03) = 0.3515."""
    slot = plan_of(LOW_THEN_HIGH_PRICE).slots[0]
    values = slot.reason.values
    assert values["price"] == pytest.approx(0.10)
    assert values["marginal_value"] == pytest.approx(0.3515, abs=1e-5)
    assert values["break_even_price"] == pytest.approx(0.95 * 0.3515 - 0.03, abs=1e-5)
    assert values["losses_and_wear"] == pytest.approx(0.05 * 0.3515 + 0.03, abs=1e-5)
    assert values["margin"] == pytest.approx(values["break_even_price"] - 0.10)
    assert (values["used_at"], values["used_price"]) == (at(60), pytest.approx(0.40))
    assert ENGLISH.sentence(slot.reason, at(0)) == "Charging: power costs 10 ct now, from 01:00 it sells for 40 ct."
    assert ENGLISH.details(slot.reason, at(0)) == (
        "Charging with 5 kW. A stored kWh saves 35.1 ct in the rest of the plan. Losses and wear take 4.8 ct, which "
        "leaves a gain of 20.4 ct per kWh. Above 30.4 ct it would charge less."
    )


@pytest.mark.parametrize("price_step", [-0.002, 0.002])
def test_the_action_changes_at_the_break_even_price(price_step) -> None:
    break_even = plan_of(LOW_THEN_HIGH_PRICE).slots[0].reason.values["break_even_price"]
    document = LOW_THEN_HIGH_PRICE | {
        "import_price": [break_even + price_step, 0.40],
        "export_price": [0.1, 0.40],
    }
    assert (plan_of(document).slots[0].action == "charge") is (price_step < 0)


def test_curtailment_is_planned_and_reported() -> None:
    document = small([0.3, 0.3], [-0.2, 0.05], pv=[8, 0], pv_curtailable=True, battery={"soc_start": 0.9})
    slot = plan_of(document).slots[0]
    assert slot.grid_kw == pytest.approx(0)
    assert slot.curtail_kw == pytest.approx(8 - slot.charge_kw)
    assert slot.reason == Explanation("plan_curtail", {"unused_kw": slot.curtail_kw})
    later_sold = document | {"export_price": [-0.2, 0.35], "import_price": [0.3, 0.4]}
    charging = plan_of(later_sold | {"battery": document["battery"] | {"soc_start": 0.2}}).slots[0]
    assert charging.charge_kw > 0
    assert ENGLISH.details(charging.reason, at(0)).endswith(
        f"{charging.curtail_kw:.3g} kW of solar power are curtailed."
    )


def test_a_run_is_one_window_of_the_inverter() -> None:
    plan = plan_of(canonical())
    runs = plan.runs
    assert runs[0].start == plan.slots[0].start
    assert runs[-1].end == plan.slots[-1].end
    assert all(a.end == b.start for a, b in pairwise(runs))
    for run in runs:
        inside = [slot for slot in plan if run.start <= slot.start < run.end]
        assert {slot.action for slot in inside} == {run.kind}
        assert all(slot.power_kw == pytest.approx(run.power_kw, abs=2e-3) for slot in inside)
        assert len({slot.sell_surplus for slot in inside}) == 1
    assert len(runs) < len(plan) / 3
    forced = next(run for run in runs if run.kind is ActionKind.DISCHARGE)
    assert forced.action == Action(ActionKind.DISCHARGE, forced.power_kw * 1000, forced.end)


def test_a_slot_is_found_by_time() -> None:
    plan = plan_of(canonical())
    assert plan.at(at(7)) is plan.slots[0]
    assert plan.at(at(15)) is plan.slots[1]
    assert plan.at(at(48 * 60)) is None
    assert plan.at(at(-1)) is None


def test_the_document_has_the_documented_keys() -> None:
    document = plan_of(canonical()).as_document(ENGLISH)
    assert list(document) == ["cost", "solver", "solve_ms", "slots", "notes"]
    assert list(document["slots"][0]) == [
        "start", "action", "charge_kw", "discharge_kw", "grid_kw", "curtail_kw", "soc_end", "marginal_value", "reason",
        "details", "reason_key", "reason_values",
    ]  # fmt: skip
    assert json.loads(json.dumps(document)) == document
    assert document["slots"][1]["start"] == (at(0) + timedelta(minutes=15)).isoformat()


def test_self_consumption_wins_among_plans_of_equal_cost() -> None:
    """At a constant price it does not matter when the battery serves the load."""
    document = small([0.3] * 8, [0.0] * 8, load=[1] * 8, battery=LOSSLESS | {"soc_start": 0.9})
    assert {slot.action for slot in plan_of(document)} == {ActionKind.SELF_CONSUME}


def test_nothing_is_traded_without_a_gain(solver) -> None:
    """At a price of zero, no energy is bought, and none sold beyond the surplus."""
    document = small([0.0] * 4, pv=[0, 3, 0, 0], load=[2.97, 0, 0, 1], battery={"wear_per_kwh": 0, "discharge_kw": 3})
    assert {slot.action for slot in plan_of(document)} == {ActionKind.SELF_CONSUME}


PRINT_HEAVY_IMPORTS = (
    "import sys; import nattery.planner.{module}; print([m for m in ('numpy', 'highspy') if m in sys.modules])"
)


@pytest.mark.parametrize("module", ["planner", "problem_document", "strategies", "dynamic", "command"])
def test_nothing_heavy_is_imported_before_a_plan_is_made(module) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRINT_HEAVY_IMPORTS.format(module=module)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_without_highspy_the_dynamic_programme_plans() -> None:
    code = (
        "import sys, json; sys.modules['highspy'] = None\n"
        "from nattery.planner.problem_document import problem_from\n"
        "from nattery.planner.planner import make_plan\n"
        "plan = make_plan(problem_from(json.load(sys.stdin)))\n"
        "print(plan.solver, round(plan.cost, 5), 'numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(CANONICAL),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "dynamic -1.85999 False\n"
