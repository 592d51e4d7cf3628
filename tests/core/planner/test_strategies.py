from datetime import timedelta

import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.planner.problem import ProblemError
from custom_components.nattery.core.planner.strategies import (  # fmt: skip
    STRATEGIES,
    Arbitrage,
    BackupReserve,
    Manual,
    Optimise,
    PeakShaving,
    SelfConsumption,
)

from .problems import CANONICAL, ENGLISH, at, canonical, plan_of, small
from .referee import judge

ALL = [
    Optimise(), Arbitrage(), PeakShaving(3.0), SelfConsumption(), BackupReserve(0.4), Manual(),
    Manual(ActionKind.CHARGE, 2.0), Manual(ActionKind.HOLD),
]  # fmt: skip


@pytest.mark.parametrize("strategy", ALL, ids=str)
def test_every_strategy_gives_an_honest_plan_that_optimise_is_no_worse_than(strategy) -> None:
    plan = plan_of(canonical(), strategy=strategy)
    document = plan.as_document(ENGLISH)
    if isinstance(strategy, PeakShaving):
        document["notes"] += [f"exceeded at {slot['start'][11:16]}" for slot in document["slots"]]
    if isinstance(strategy, Manual) and strategy.kind is ActionKind.HOLD:
        with pytest.raises(AssertionError):  # in hold a surplus charges, which is self_consume to the referee
            judge(CANONICAL, document)
    else:
        assert judge(CANONICAL, document)[0] == pytest.approx(plan.cost, abs=1e-6)
    assert plan.cost >= plan_of(canonical()).cost - 1e-6
    assert plan.strategy == strategy.key


def test_the_choice_is_complete() -> None:
    assert set(STRATEGIES) == {"optimise", "arbitrage", "peak_shaving", "self_consumption", "backup_reserve", "manual"}
    assert all(type(strategy) is STRATEGIES[strategy.key] for strategy in ALL)


def test_arbitrage_looks_at_prices_alone() -> None:
    """A house that would rather keep its energy changes nothing."""
    document = small([0.10, 0.30, 0.30], [0.10, 0.28, 0.05], load=[0, 0, 4])
    own, free = plan_of(document, strategy=Arbitrage()), plan_of(document)
    assert own.slots[1].discharge_kw == pytest.approx(5)
    assert free.slots[1].discharge_kw < 5 + 1e-6
    assert own.slots[2].discharge_kw == pytest.approx(0)
    assert free.slots[2].discharge_kw == pytest.approx(4)


def test_peak_shaving_keeps_energy_for_the_peak() -> None:
    document = small([0.30, 0.20], [0.05] * 2, load=[3, 7], battery={"soc_start": 0.3})
    plan = plan_of(document, strategy=PeakShaving(5.5))
    assert plan.slots[1].grid_kw == pytest.approx(5.5)
    assert plan_of(document).slots[1].grid_kw > 6
    beyond = plan_of(document, strategy=PeakShaving(1.0))
    assert [note.key for note in beyond.notes] == ["note_import_limit"] * 2


def test_a_reserve_is_held_for_its_price_and_no_more() -> None:
    document = small([0.40, 0.30, 0.30], [0.35, 0.1, 0.1], load=[2, 2, 2])
    assert plan_of(document).slots[-1].soc_end == pytest.approx(0.1)
    held = plan_of(document, strategy=BackupReserve(0.4, price=5.0))
    assert min(slot.soc_end for slot in held) >= 0.4 - 1e-6
    cheap = plan_of(document, strategy=BackupReserve(0.4, price=0.001))
    assert cheap.slots[-1].soc_end == pytest.approx(0.1)
    assert "note_target_missed" in {note.key for note in cheap.notes}
    assert plan_of(document | {"reserve": {"soc": 0.4, "price": 5.0}}).cost == pytest.approx(held.cost)


def test_a_departure_is_reached_in_the_cheapest_way(solver) -> None:
    document = small([0.3, 0.1, 0.3, 0.2], [0.0] * 4, battery={"soc_start": 0.2})
    wanted = {"soc": 0.8, "price": 3.0, "at": (at(180)).isoformat()}
    plan = plan_of(document | {"departures": [wanted]})
    assert plan.slots[2].soc_end == pytest.approx(0.8)
    assert plan.slots[1].charge_kw == pytest.approx(5)
    assert plan.notes == ()
    beyond = wanted | {"at": (at(60) + timedelta(days=3)).isoformat()}
    assert plan_of(document | {"departures": [beyond]}).cost == pytest.approx(plan_of(document).cost)


def test_what_cannot_be_reached_is_named(solver) -> None:
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
def test_manual_does_what_it_is_told(kind, power, charge, discharge) -> None:
    plan = plan_of(small([0.3] * 2, load=[1, 1]), strategy=Manual(kind, power))
    slot = plan.slots[0]
    assert (slot.action, slot.charge_kw, slot.discharge_kw) == (kind, pytest.approx(charge), pytest.approx(discharge))
    assert slot.reason == Explanation("plan_strategy", {"strategy": "manual"})
    assert plan.solver == "none"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Manual(ActionKind.CHARGE),
        lambda: Manual(ActionKind.HOLD, 1),
        lambda: PeakShaving(-1),
        lambda: BackupReserve(2),
    ],
)
def test_a_strategy_refuses_nonsense(make) -> None:
    with pytest.raises(ProblemError, match="cannot be"):
        make()
