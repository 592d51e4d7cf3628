"""The reserve for an outage: it counts in every strategy, is higher at named times, and survives as JSON."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.app.planning import PlanningInputs, planning_problem, run_planner
from custom_components.nattery.core.app.preferences import TimedReserve, TradingPreferences
from custom_components.nattery.core.app.reserve import (
    MAX_AHEAD,
    MAX_RESERVES,
    ReserveError,
    TooManyReservesError,
    add_reserve,
    clear_reserves,
    present_reserves,
    reserve_at,
    reserve_targets,
)
from custom_components.nattery.core.app.what_if import compare
from custom_components.nattery.core.control.overrides import Override
from custom_components.nattery.core.forecast.quarters import moment
from custom_components.nattery.core.planner.plan import Plan
from custom_components.nattery.core.planner.strategies import STRATEGIES

from .test_planning import DAY, MIDNIGHT, PRESENT, SETTINGS, planning_inputs

NOW = moment(MIDNIGHT + PRESENT)
HOUR = timedelta(hours=1)
# A price that invites to empty the battery, at once and in the evening, and a load that uses it up.
DEAR = [0.2] * 44 + [0.9] * 4 + [0.2] * 20 + [0.9] * 12 + [0.1] * 16


def dear_inputs(**changes: Any) -> PlanningInputs:
    inputs = planning_inputs(**changes)
    ahead = tuple(
        replace(one, import_price=price, export_price=price - 0.02)
        for one, price in zip(inputs.intervals.ahead, DEAR[-len(inputs.intervals.ahead) :], strict=True)
    )
    return replace(inputs, intervals=replace(inputs.intervals, ahead=ahead))


def plan_with(preferences: TradingPreferences, **changes: Any) -> Plan:
    return run_planner(dear_inputs(**changes), preferences, None).plan


def least_soc(plan: Plan, start: datetime = NOW, end: datetime = NOW + 24 * HOUR) -> float:
    """The lowest state of charge at the end of a slot that ends within a time."""
    return min(slot.soc_end for slot in plan if start <= slot.end <= end)


# --- in the plan


@pytest.mark.parametrize("key", sorted(STRATEGIES))
def test_the_reserve_counts_in_every_strategy(key: str) -> None:
    without = plan_with(TradingPreferences(key, reserve=0.0))
    assert least_soc(without) < 0.35, "the house would use it"
    kept = plan_with(TradingPreferences(key, reserve=0.4))
    assert least_soc(kept) >= 0.4 - 1e-6
    assert "note_target_missed" not in {note.key for note in kept.notes}


def test_a_reserve_below_the_minimum_of_the_battery_changes_nothing() -> None:
    inputs = dear_inputs()
    for reserve in (0.0, 0.05, SETTINGS.soc_min):
        assert planning_problem(inputs, TradingPreferences(reserve=reserve)).targets == ()
    assert planning_problem(inputs).targets == ()
    assert len(planning_problem(inputs, TradingPreferences(reserve=0.11)).targets) == DAY - PRESENT


@pytest.mark.parametrize("seconds", [0.0, 400.0, 840.0])
def test_no_spike_is_worth_the_reserve(seconds: float) -> None:
    """Not even for the rest of a quarter-hour, after which it could be charged again for little."""
    inputs = dear_inputs(seconds=seconds, now=PRESENT)
    prices = [3.0, *[0.01] * (len(inputs.intervals.ahead) - 1)]
    ahead = tuple(
        replace(one, import_price=price, export_price=price)
        for one, price in zip(inputs.intervals.ahead, prices, strict=True)
    )
    spiked = replace(inputs, soc=0.4, intervals=replace(inputs.intervals, ahead=ahead))
    assert least_soc(run_planner(spiked, TradingPreferences(), None).plan) < 0.4
    assert least_soc(run_planner(spiked, TradingPreferences(reserve=0.4), None).plan) >= 0.4 - 1e-6


def test_a_timed_reserve_is_there_when_it_starts_and_until_it_ends() -> None:
    start, end = NOW + 5 * HOUR, NOW + 9 * HOUR
    preferences, _ = add_reserve(TradingPreferences(reserve=0.2), NOW, 0.8, end, start)
    plan = plan_with(preferences)
    assert least_soc(plan, start, end) >= 0.8 - 1e-6
    assert least_soc(plan) >= 0.2 - 1e-6
    assert least_soc(plan) < 0.3, "before and after it, only the reserve for all times counts"


def test_a_short_reserve_counts_in_the_slot_that_it_is_in() -> None:
    start = NOW + 5 * HOUR + timedelta(minutes=4)
    preferences, _ = add_reserve(TradingPreferences(), NOW, 0.8, start + timedelta(minutes=3), start)
    targets = reserve_targets(preferences, planning_problem(dear_inputs()))
    assert [target.at for target in targets] == [NOW + 5 * HOUR + timedelta(minutes=15)]


def test_of_several_reserves_the_highest_counts() -> None:
    preferences = TradingPreferences(reserve=0.3)
    for soc, first, last in ((0.6, 1, 4), (0.5, 2, 6), (0.2, 0, 9)):
        preferences, _ = add_reserve(preferences, NOW, soc, NOW + last * HOUR, NOW + first * HOUR)
    assert [reserve_at(preferences, NOW + hours * HOUR) for hours in range(8)] == [
        0.3, 0.6, 0.6, 0.6, 0.5, 0.5, 0.3, 0.3,
    ]  # fmt: skip
    problem = planning_problem(dear_inputs(), preferences)
    assert len(problem.targets) == len(problem), "one for each slot, however many reserves there are"
    level = {target.at: target.soc for target in problem.targets}
    assert (level[NOW + 3 * HOUR], level[NOW + 5 * HOUR], level[NOW + 8 * HOUR]) == (0.6, 0.5, 0.3)


# --- adding and clearing


def test_reserves_are_added_listed_and_cleared() -> None:
    preferences, first = add_reserve(TradingPreferences(), NOW, 0.5, NOW + HOUR)
    preferences, second = add_reserve(preferences, NOW, 0.7, NOW + 3 * HOUR, NOW + 2 * HOUR)
    assert (first.start, first.end, second.start) == (NOW, NOW + HOUR, NOW + 2 * HOUR)
    assert first.id != second.id
    assert present_reserves(preferences, NOW) == (first, second)
    assert present_reserves(preferences, NOW + HOUR) == (second,)
    later, third = add_reserve(preferences, NOW + 2 * HOUR, 0.9, NOW + 4 * HOUR)
    assert later.timed_reserves == (second, third), "what has ended is dropped"
    assert clear_reserves(preferences, first.id).timed_reserves == (second,)
    assert clear_reserves(preferences).timed_reserves == ()
    assert clear_reserves(preferences, "nothing") == preferences


@pytest.mark.parametrize(
    ("start", "end"),
    [(None, NOW), (None, NOW - HOUR), (NOW + HOUR, NOW + HOUR), (None, NOW + MAX_AHEAD + HOUR)],
)
def test_a_reserve_at_an_impossible_time_is_refused(start: datetime | None, end: datetime) -> None:
    with pytest.raises(ReserveError) as caught:
        add_reserve(TradingPreferences(), NOW, 0.5, end, start)
    assert caught.value.translation_key == "bad_reserve_time"
    assert caught.value.placeholders == {"days": 31}


def test_there_is_a_limit_to_the_number_of_reserves() -> None:
    preferences = TradingPreferences()
    for _ in range(MAX_RESERVES):
        preferences, _ = add_reserve(preferences, NOW, 0.5, NOW + HOUR)
    with pytest.raises(TooManyReservesError) as caught:
        add_reserve(preferences, NOW, 0.5, NOW + HOUR)
    assert caught.value.placeholders == {"most": MAX_RESERVES}
    assert add_reserve(preferences, NOW + HOUR, 0.5, NOW + 2 * HOUR)[0].timed_reserves[1:] == ()


# --- what is stored


def test_timed_reserves_survive_as_json() -> None:
    preferences, _ = add_reserve(TradingPreferences("peak_shaving", 0.3, 4.5), NOW, 0.5, NOW + HOUR)
    assert TradingPreferences.from_dict(preferences.as_dict()) == preferences


def test_a_damaged_reserve_does_not_take_the_others_with_it() -> None:
    preferences, one = add_reserve(TradingPreferences(reserve=0.3), NOW, 0.5, NOW + HOUR)
    saved = preferences.as_dict()
    saved["timed_reserves"] += [{}, 3, {**one.as_dict(), "end": "soon"}]
    assert TradingPreferences.from_dict(saved) == preferences


@pytest.mark.parametrize(
    ("saved", "expected"),
    [
        ({"strategy": "backup_reserve", "reserve": 0.45, "import_limit": 7.0}, ("optimise", 0.45, 7.0)),
        ({"strategy": "backup_reserve"}, ("optimise", 0.2, 5.0)),
        ({"strategy": "optimise", "reserve": 0.2, "import_limit": 7.0}, ("optimise", 0.0, 7.0)),
        ({"strategy": "self_consumption", "reserve": 0.9}, ("self_consumption", 0.0, 5.0)),
        ({"reserve": 0.9}, ("optimise", 0.0, 5.0)),
        ({"strategy": "gone", "reserve": 0.3, "timed_reserves": []}, ("optimise", 0.3, 5.0)),
    ],
)
def test_preferences_of_earlier_versions_keep_what_the_battery_does(
    saved: dict[str, Any], expected: tuple[str, float, float]
) -> None:
    preferences = TradingPreferences.from_dict({**saved, "controller": {}})
    assert preferences == TradingPreferences(*expected)
    assert preferences is not None
    assert TradingPreferences.from_dict(preferences.as_dict()) == preferences, "and only once"


def test_a_reserve_is_kept_in_utc() -> None:
    berlin = datetime.fromisoformat("2026-11-20T18:00:00+01:00")
    _, added = add_reserve(TradingPreferences(), NOW, 0.5, berlin)
    assert (added.end.tzinfo, added.end) == (UTC, berlin)
    assert TimedReserve.from_dict(added.as_dict()) == added


def test_the_edges_of_slots_carry_the_constraint() -> None:
    problem = planning_problem(dear_inputs(), TradingPreferences(reserve=0.4))
    assert [target.at for target in problem.targets] == [end for _, end in pairwise(problem.edges)]


def test_self_consumption_holds_what_an_override_has_charged() -> None:
    charge = Override("1", NOW, NOW + HOUR, ActionKind.CHARGE, 3000.0)
    preferences = TradingPreferences("self_consumption", reserve=0.7)
    plan = plan_with(preferences, overrides=(charge,))
    assert least_soc(plan, NOW + 2 * HOUR) >= 0.7 - 1e-6
    discharge = Override("1", NOW, NOW + HOUR, ActionKind.DISCHARGE, 3000.0)
    used = plan_with(preferences, overrides=(discharge,))
    assert least_soc(used) < 0.4, "an override may use the reserve"
    assert "note_target_missed" in {note.key for note in used.notes}
    assert sum(slot.discharge_kw for slot in used if slot.start >= NOW + HOUR and slot.soc_end < 0.7) == 0


def test_what_if_counts_the_reserve() -> None:
    inputs = dear_inputs()
    compared = compare((inputs, TradingPreferences()), (inputs, TradingPreferences(reserve=0.6)))
    assert least_soc(compared.present) < 0.3
    assert least_soc(compared.changed, NOW + HOUR) >= 0.6 - 1e-6
    assert compared.difference > 0
