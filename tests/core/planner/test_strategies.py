from datetime import timedelta

import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.planner.problem import ProblemError
from custom_components.nattery.core.planner.strategies import (  # fmt: skip
    STRATEGIES,
    Arbitrage,
    Manual,
    Optimise,
    PeakShaving,
    SelfConsumption,
)

from .problems import CANONICAL, ENGLISH, FixedDispatch, at, canonical, plan_of, small
from .reference_solver import check_plan

ALL = [
    Optimise(), Arbitrage(), PeakShaving(3.0), SelfConsumption(), Manual(),
    FixedDispatch(ActionKind.CHARGE, 2.0), FixedDispatch(ActionKind.HOLD),
]  # fmt: skip


@pytest.mark.parametrize("strategy", ALL, ids=str)
def test_every_strategy_gives_a_correct_plan_and_none_beats_optimise(strategy) -> None:
    plan = plan_of(canonical(), strategy=strategy)
    document = plan.as_document(ENGLISH)
    if isinstance(strategy, PeakShaving):
        document["notes"] += [f"exceeded at {slot['start'][11:16]}" for slot in document["slots"]]
    if isinstance(strategy, FixedDispatch) and strategy.kind is ActionKind.HOLD:
        with pytest.raises(AssertionError):  # the surplus charges in hold, which the checker calls self_consume
            check_plan(CANONICAL, document)
    else:
        assert check_plan(CANONICAL, document)[0] == pytest.approx(plan.cost, abs=1e-6)
    assert plan.cost >= plan_of(canonical()).cost - 1e-6
    assert plan.strategy == strategy.key


def test_every_strategy_is_registered_and_tested() -> None:
    assert set(STRATEGIES) == {"optimise", "arbitrage", "peak_shaving", "self_consumption", "manual"}
    assert all(type(strategy) is STRATEGIES[strategy.key] for strategy in ALL if strategy.key in STRATEGIES)


def test_arbitrage_decides_by_prices_alone() -> None:
    """A load in the last slot, for which optimise keeps energy, changes nothing."""
    document = small([0.10, 0.30, 0.30], [0.10, 0.28, 0.05], load=[0, 0, 4])
    arbitrage, optimum = plan_of(document, strategy=Arbitrage()), plan_of(document)
    assert arbitrage.slots[1].discharge_kw == pytest.approx(5)
    assert optimum.slots[1].discharge_kw < 5 + 1e-6
    assert arbitrage.slots[2].discharge_kw == pytest.approx(0)
    assert optimum.slots[2].discharge_kw == pytest.approx(4)


def test_peak_shaving_keeps_energy_for_the_peak() -> None:
    document = small([0.30, 0.20], [0.05] * 2, load=[3, 7], battery={"soc_start": 0.3})
    plan = plan_of(document, strategy=PeakShaving(5.5))
    assert plan.slots[1].grid_kw == pytest.approx(5.5)
    assert plan_of(document).slots[1].grid_kw > 6
    violated = plan_of(document, strategy=PeakShaving(1.0))
    assert [note.key for note in violated.notes] == ["note_import_limit"] * 2


def test_a_reserve_is_held_only_up_to_its_penalty() -> None:
    document = small([0.40, 0.30, 0.30], [0.35, 0.1, 0.1], load=[2, 2, 2])
    assert plan_of(document).slots[-1].soc_end == pytest.approx(0.1)
    with_reserve = plan_of(document | {"reserve": {"soc": 0.4, "price": 5.0}})
    assert min(slot.soc_end for slot in with_reserve) >= 0.4 - 1e-6
    low_penalty = plan_of(document | {"reserve": {"soc": 0.4, "price": 0.001}})
    assert low_penalty.slots[-1].soc_end == pytest.approx(0.1)
    assert "note_target_missed" in {note.key for note in low_penalty.notes}


def test_a_departure_target_is_met_at_least_cost(solver) -> None:
    document = small([0.3, 0.1, 0.3, 0.2], [0.0] * 4, battery={"soc_start": 0.2})
    target = {"soc": 0.8, "price": 3.0, "at": (at(180)).isoformat()}
    plan = plan_of(document | {"departures": [target]})
    assert plan.slots[2].soc_end == pytest.approx(0.8)
    assert plan.slots[1].charge_kw == pytest.approx(5)
    assert plan.notes == ()
    after_horizon = target | {"at": (at(60) + timedelta(days=3)).isoformat()}
    assert plan_of(document | {"departures": [after_horizon]}).cost == pytest.approx(plan_of(document).cost)


def test_a_missed_target_is_reported(solver) -> None:
    document = small(
        [0.3], battery={"soc_start": 0.2}, departures=[{"soc": 0.9, "price": 3.0, "at": at(60).isoformat()}]
    )
    plan = plan_of(document)
    assert plan.slots[0].charge_kw == pytest.approx(5)
    assert ENGLISH.sentence(plan.notes[0], at(0)) == "The battery will be 2.25 kWh short of the wanted 9 kWh at 01:00."


@pytest.mark.parametrize(
    ("kind", "power", "charge", "discharge"),
    [
        (ActionKind.CHARGE, 2.0, 2.0, 0.0),
        (ActionKind.DISCHARGE, 3.0, 0.0, 3.0),
        (ActionKind.HOLD, 0.0, 0.0, 0.0),
        (ActionKind.SELF_CONSUME, 0.0, 0.0, 1.0),
    ],
)
def test_a_fixed_dispatch_is_planned_as_given(kind, power, charge, discharge) -> None:
    plan = plan_of(small([0.3] * 2, load=[1, 1]), strategy=FixedDispatch(kind, power))
    slot = plan.slots[0]
    assert (slot.action, slot.charge_kw, slot.discharge_kw) == (kind, pytest.approx(charge), pytest.approx(discharge))
    assert slot.reason.key == "plan_overall"
    assert plan.solver == "none"


def test_manual_plans_self_consumption_and_says_so() -> None:
    plan, baseline = plan_of(canonical(), strategy=Manual()), plan_of(canonical(), strategy=SelfConsumption())
    assert [slot.action for slot in plan] == [slot.action for slot in baseline]
    assert plan.cost == baseline.cost
    assert {ENGLISH.sentence(slot.reason, at(0)) for slot in plan} == {
        "Manual: the battery supplies the house until you set something else."
    }


def test_a_strategy_refuses_invalid_parameters() -> None:
    with pytest.raises(ProblemError, match="cannot be"):
        PeakShaving(-1)


@pytest.mark.parametrize("strategy", [SelfConsumption(), Manual()], ids=str)
def test_self_consumption_holds_the_battery_where_a_reserve_would_be_used(strategy) -> None:
    document = small([0.3] * 6, load=[2, 2, 2, 2, 0, 2], pv=[0, 0, 0, 0, 2, 0], battery={"soc_start": 0.75})
    plan = plan_of(document | {"reserve": {"soc": 0.4, "price": 1.0}}, strategy=strategy)
    hold, consume = ActionKind.HOLD, ActionKind.SELF_CONSUME
    assert [slot.action for slot in plan] == [consume, hold, hold, hold, consume, consume]
    assert min(slot.soc_end for slot in plan) >= 0.4 - 1e-9
    assert {slot.reason.key for slot in plan if slot.action is hold} == {"plan_reserve"}
    assert {slot.reason.key for slot in plan if slot.action is consume} == {strategy.reason_key}
    assert "note_target_missed" not in {note.key for note in plan.notes}


def test_self_consumption_below_the_reserve_holds_and_lets_the_sun_in() -> None:
    document = small([0.3] * 3, load=[1, 0, 1], pv=[0, 2, 0], battery={"soc_start": 0.3})
    plan = plan_of(document | {"reserve": {"soc": 0.6, "price": 1.0}}, strategy=SelfConsumption())
    assert [slot.discharge_kw for slot in plan] == [0, 0, 0]
    assert plan.slots[1].charge_kw > 0
    assert plan.slots[0].action is plan.slots[2].action is ActionKind.HOLD
