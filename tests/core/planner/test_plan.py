"""The contents of a plan: actions, runs and reasons."""

from datetime import timedelta
from itertools import pairwise
import json
import subprocess
import sys

import pytest

from custom_components.nattery.core.action import Action, ActionKind
from custom_components.nattery.core.planner.reasons import NOTES, SENTENCES, PlanNote, Reason

from .problems import CANONICAL, at, canonical, plan_of, small

LOSSLESS = {"wear_per_kwh": 0.0, "charge_efficiency": 1, "discharge_efficiency": 1}
LOW_THEN_HIGH_PRICE = small([0.10, 0.40], battery={"soc_start": 0.1})
FULL = {"soc_start": 1.0}
TERMINAL_VALUE = {"terminal_value_per_kwh": 0.2}
FIRST_SLOT_CASES = [
    # action of the first slot, key of its reason, problem
    ("charge", "charge", small([0.10, 0.40], battery={"soc_start": 0.1})),
    ("charge", "charge_later", small([0.10], battery={"soc_start": 0.1}, terminal_value_per_kwh=0.3)),
    ("charge", "recover", small([0.50], battery={"soc_start": 0.0})),
    ("discharge", "discharge", small([0.40, 0.10])),
    ("discharge", "shave", small([0.1, 0.9], [0, 0], load=[8, 8], grid={"import_kw": 7}, battery={"soc_start": 0.5})),
    ("discharge", "grid_limit", small([0.1] * 2, [-0.2, 0], pv=[0, 9], grid={"export_kw": 2}, battery=FULL)),
    ("charge", "take_surplus", small([0.1], [0.3], pv=[4], grid={"export_kw": 2}, battery={"soc_start": 0.1})),
    ("self_consume", "cover_load", small([0.40, 0.40], [0.05] * 2, load=[1, 1], **TERMINAL_VALUE)),
    ("self_consume", "store_surplus", small([0.40, 0.40], [0.05] * 2, pv=[3, 0], load=[1, 3], **TERMINAL_VALUE)),
    ("self_consume", "store_surplus_later", small([0.4], [0.05], pv=[3], **TERMINAL_VALUE)),
    ("self_consume", "full", small([0.4, 0.4], [0.05] * 2, pv=[3, 0], battery=FULL, **TERMINAL_VALUE)),
    ("self_consume", "empty", small([0.4, 0.4], [0.05] * 2, load=[1, 1], battery={"soc_start": 0.1}, **TERMINAL_VALUE)),
    ("self_consume", "balanced", small([0.4, 0.4], [0.05] * 2, **TERMINAL_VALUE)),
    ("hold", "keep", small([0.50, 0.60], [0.05] * 2, load=[2, 4], battery={"soc_start": 0.3}, **TERMINAL_VALUE)),
    ("hold", "keep_later", small([0.20], [0.05], load=[1], **TERMINAL_VALUE)),
    ("hold", "sell_surplus", small([0.4, 0.4], [0.18, -0.10], pv=[3, 3], **TERMINAL_VALUE)),
]  # fmt: skip


@pytest.mark.parametrize(("action", "key", "document"), FIRST_SLOT_CASES, ids=[key for _, key, _ in FIRST_SLOT_CASES])
def test_the_first_slot_has_the_expected_action_and_reason(solver, action, key, document) -> None:
    slot = plan_of(document).slots[0]
    assert (slot.action, slot.reason.key) == (action, key)


def test_a_discharge_that_limits_the_peak_says_so() -> None:
    slot = plan_of(small([0.1, 0.1], [0, 0], load=[6, 6], peak_price_per_kw=1)).slots[0]
    assert (slot.action, slot.reason.key) == ("discharge", "peak")
    assert slot.reason.values["peak_kw"] == pytest.approx(slot.grid_kw)


def test_every_reason_is_tested_and_every_sentence_can_be_formatted() -> None:
    assert {key for _, key, _ in FIRST_SLOT_CASES} | {"strategy", "manual", "peak"} == set(SENTENCES)
    values = dict.fromkeys(
        ("power_kw", "price", "worth", "burden", "margin", "turns_at", "used_price", "excess_kw", "load_kw", "pv_kw",
         "soc", "limit", "peak_kw", "missing_kwh", "level_kwh", "value", "curtail_kw"), 0.1,
    )  # fmt: skip
    values |= {"used_at": at(0), "at": at(0), "strategy": "manual", "kept": True}
    for sentence in [Reason(key, values) for key in SENTENCES] + [PlanNote(key, values) for key in NOTES]:
        assert "{" not in str(sentence)


def test_a_reason_has_price_value_next_use_losses_margin_and_break_even_price() -> None:
    """Charging at 0.10 for use at 0.40: a stored kWh is worth 0.95 x (0.40 - 0.03) = 0.3515."""
    slot = plan_of(LOW_THEN_HIGH_PRICE).slots[0]
    values = slot.reason.values
    assert values["price"] == pytest.approx(0.10)
    assert values["worth"] == pytest.approx(0.3515, abs=1e-5)
    assert values["turns_at"] == pytest.approx(0.95 * 0.3515 - 0.03, abs=1e-5)
    assert values["burden"] == pytest.approx(0.05 * 0.3515 + 0.03, abs=1e-5)
    assert values["margin"] == pytest.approx(values["turns_at"] - 0.10)
    assert (values["used_at"], values["used_price"]) == (at(60), pytest.approx(0.40))
    assert str(slot.reason) == (
        "Charges with 5.00 kW: a kWh costs 0.100, a stored kWh is worth 0.351, used from 2026-01-10 01:00 on at 0.400; "
        "after losses and wear of 0.048 the margin is 0.204; above 0.304 it would charge less"
    )


@pytest.mark.parametrize("price_step", [-0.002, 0.002])
def test_the_action_changes_at_the_break_even_price(price_step) -> None:
    turns_at = plan_of(LOW_THEN_HIGH_PRICE).slots[0].reason.values["turns_at"]
    document = LOW_THEN_HIGH_PRICE | {"import_price": [turns_at + price_step, 0.40], "export_price": [0.1, 0.40]}
    assert (plan_of(document).slots[0].action == "charge") is (price_step < 0)


def test_curtailment_is_planned_and_reported() -> None:
    document = small([0.3, 0.3], [-0.2, 0.05], pv=[8, 0], pv_curtailable=True, battery={"soc_start": 0.9})
    slot = plan_of(document).slots[0]
    assert slot.grid_kw == pytest.approx(0)
    assert slot.curtail_kw == pytest.approx(8 - slot.charge_kw)
    assert str(slot.reason).endswith(f"{slot.curtail_kw:.2f} kW of PV are curtailed")


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
    document = plan_of(canonical()).as_document()
    assert list(document) == ["cost", "solver", "solve_ms", "slots", "notes"]
    assert list(document["slots"][0]) == [
        "start", "action", "charge_kw", "discharge_kw", "grid_kw", "curtail_kw", "soc_end", "marginal_value", "reason",
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
