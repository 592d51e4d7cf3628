"""Validation of problems, and problems at the edges of their ranges."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json

import pytest

from custom_components.nattery.core.planner.problem import Problem, ProblemError
from custom_components.nattery.core.planner.problem_document import problem_from, read_problem

from .problems import CANONICAL, ENGLISH, START, canonical, plan_of, small
from .reference_solver import check_plan, reference_optimum

NAN, INF = float("nan"), float("inf")
BATTERY = CANONICAL["battery"]
TWO_SLOTS = small([0.1, 0.2])


def battery(**changes):
    return {"battery": BATTERY | changes}


INVALID_PROBLEMS = [
    ({"import_price": []}, "import_price has no slots"),
    ({"import_price": [0.1]}, "export_price has 2 values: as many as import_price are needed, 1"),
    ({"load_kw": [1, 2, 3]}, "load_kw has 3 values"),
    ({"pv_kw": [NAN, 0]}, "pv_kw[0] cannot be nan"),
    ({"load_kw": [0, INF]}, "load_kw[1] cannot be inf"),
    ({"load_kw": [0, -1]}, "load_kw[1] cannot be -1: allowed is a number from 0"),
    ({"load_kw": [0, "1"]}, "load_kw[1] cannot be '1'"),
    ({"load_kw": [True, 1]}, "load_kw[0] cannot be True"),
    ({"load_kw": [None, 1]}, "load_kw[0] cannot be None"),
    ({"load_kw": [[], 1]}, "load_kw[0] cannot be a list"),
    ({"load_kw": [10**400, 1]}, "load_kw[0] cannot be 1000"),
    ({"load_kw": 1}, "load_kw is not a list"),
    ({"import_price": [1e9, 0]}, "import_price[0] cannot be 1000000000.0"),
    (battery(capacity_kwh=-10), "battery.capacity_kwh cannot be -10"),
    (battery(capacity_kwh=0), "battery.capacity_kwh cannot be 0"),
    (battery(soc_start=1.5), "battery.soc_start cannot be 1.5: allowed is a number from 0 to 1"),
    (battery(soc_max=50), "battery.soc_max cannot be 50"),
    (battery(soc_min=0.9, soc_max=0.5), "battery.soc_min cannot be 0.9: soc_max is 0.5"),
    (battery(charge_efficiency=0), "battery.charge_efficiency cannot be 0"),
    (battery(discharge_efficiency=1.1), "battery.discharge_efficiency cannot be 1.1"),
    (battery(wear_per_kwh=-0.1), "battery.wear_per_kwh cannot be -0.1"),
    (battery(charge_kw="5"), "battery.charge_kw cannot be '5': allowed is a number from 0 to 100000"),
    (battery(charge_kw=True), "battery.charge_kw cannot be True"),
    (battery(capacity_kwh=10**400), "battery.capacity_kwh cannot be 1000"),
    (battery(colour="red"), "battery.colour is not known"),
    ({"battery": {"capacity_kwh": 10}}, "battery.soc_start is missing"),
    ({"battery": None}, "battery is not a JSON object"),
    ({"grid": {"import_kw": -1, "export_kw": 1}}, "grid.import_kw cannot be -1"),
    ({"grid": {}}, "grid.import_kw is missing"),
    ({"start": "2026-01-10T00:00:00"}, "start has no time zone"),
    ({"start": "yesterday"}, "start cannot be 'yesterday'"),
    ({"start": 5}, "start cannot be 5"),
    ({"start": "9999-12-31T23:00:00Z"}, "start cannot be in 9999"),
    ({"slot_minutes": 0}, "slot_minutes cannot be 0"),
    ({"slot_minutes": NAN}, "slot_minutes cannot be nan"),
    ({"slot_minutes": None}, "slot_minutes cannot be None: allowed is a number from 1 to 1440"),
    ({"first_slot_minutes": 90}, "first_slot_minutes cannot be 90"),
    ({"currency": 7}, "currency cannot be 7"),
    ({"currency": "E\nR"}, r"currency cannot be 'E\nR'"),
    ({"currency": "\ud800"}, r"currency cannot be '\ud800'"),
    ({"start": "2" * 10_000}, "start cannot be '222"),
    ({"pv_curtailable": "yes"}, "pv_curtailable cannot be 'yes': allowed is true or false"),
    ({"terminal_value_per_kwh": INF}, "terminal_value_per_kwh cannot be inf"),
    ({"peak_price_per_kw": -1}, "peak_price_per_kw cannot be -1"),
    ({"peak_so_far_kw": "high"}, "peak_so_far_kw cannot be 'high'"),
    ({"pv_p10_kw": [1]}, "pv_p10_kw has 1 values"),
    ({"wind_kw": [1, 2]}, "wind_kw is not known"),
    ({"targets": []}, "targets is not known"),
    ({"wind\nkw": 1}, r"'wind\nkw' is not known"),
    ({"x" * 10_000: 1}, "'xxx"),
    ({"reserve": {"soc": 2, "price": 1}}, "reserve.soc cannot be 2"),
    ({"departures": [{"soc": 1, "price": 1}]}, "departures[0].at is missing"),
    ({"departures": {}}, "departures is not a list"),
    ({"previous": ["sleep"]}, "previous[0] cannot be 'sleep': allowed is one of self_consume, hold, charge, discharge"),
    ({"previous": [{"action": "hold"}]}, "previous[0].start is missing"),
    ({"previous": 3}, "previous is not a list"),
    ({"previous": ["hold"] * 3001}, "previous has 3001 slots: at most 3000 are allowed"),
    ({"previous": [{"start": "9999-12-31T23:00:00-12:00", "action": "hold"}]}, "previous[0].start cannot be in 9999"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "sentence"), INVALID_PROBLEMS, ids=[sentence[:40] for _, sentence in INVALID_PROBLEMS]
)
def test_an_invalid_problem_raises_one_sentence_with_the_field(changes, sentence) -> None:
    with pytest.raises(ProblemError) as caught:
        problem_from(TWO_SLOTS | changes)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(("key", "twice"), [("slot_minutes", '"slot_minutes": 30, '), ("soc_max", '"soc_max": 0.9, ')])
def test_a_duplicate_key_is_named(key, twice) -> None:
    text = json.dumps(TWO_SLOTS).replace(f'"{key}"', f'{twice}"{key}"')
    with pytest.raises(ProblemError, match=rf"^{key} is there twice: once is allowed"):
        read_problem(text)


def test_a_thousand_days_are_too_many() -> None:
    series = {key: [0.1] * 96_000 for key in ("import_price", "export_price", "pv_kw", "load_kw")}
    with pytest.raises(ProblemError, match=r"import_price has 96000 slots, 1000 days: at most 31 days"):
        problem_from(canonical(**series))


@pytest.mark.parametrize("key", ["start", "battery", "grid", "import_price", "export_price", "pv_kw", "load_kw"])
def test_a_missing_key_is_named(key) -> None:
    with pytest.raises(ProblemError, match=rf"^{key} is missing"):
        problem_from({name: value for name, value in TWO_SLOTS.items() if name != key})


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "\x00", b"\xff\xfe\x00", "[" * 100_000])
def test_invalid_json_is_reported(text) -> None:
    with pytest.raises(ProblemError, match=r"^The problem is not JSON"):
        read_problem(text)


@pytest.mark.parametrize("text", ["[]", "3", "null", '"hello"'])
def test_json_other_than_an_object_is_reported(text) -> None:
    with pytest.raises(ProblemError, match=r"^The problem is not a JSON object"):
        read_problem(text)


def test_a_problem_created_in_python_is_validated_too() -> None:
    known = problem_from(TWO_SLOTS)
    with pytest.raises(ProblemError, match=r"^load_kw has 0 values"):
        Problem(known.start, known.battery, known.grid, (0.1,), (0.1,), (0.0,), ())
    with pytest.raises(ProblemError, match=r"^start has no time zone"):
        Problem(datetime(2026, 1, 1), known.battery, known.grid, (0.1,), (0.1,), (0.0,), (0.0,))


def test_planning_may_start_inside_a_slot(solver) -> None:
    """Five minutes of the first slot are left: a third of its energy, and the next slot begins on time."""
    document = canonical(first_slot_minutes=5)
    plan = plan_of(document)
    edges = [slot.start for slot in plan]
    assert edges[1] - edges[0] == timedelta(minutes=5)
    assert {b - a for a, b in pairwise(edges[1:])} == {timedelta(minutes=15)}
    cost, _ = check_plan(document, plan.as_document(ENGLISH))
    assert cost == pytest.approx(plan.cost, abs=1e-6)
    assert cost == pytest.approx(reference_optimum(document)[0], abs=1e-4)


def test_a_local_start_is_planned_in_utc_across_a_clock_change() -> None:
    """2026-10-25 has 25 hours in Berlin: 100 slots, four of whose local times occur twice."""
    start = datetime.fromisoformat("2026-10-25T00:00:00+02:00")
    document = small([0.1 + 0.001 * n for n in range(100)], slot_minutes=15, start=start.isoformat())
    plan = plan_of(document)
    assert plan.slots[0].start == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert plan.slots[0].start.tzinfo is UTC
    assert plan.slots[-1].end == datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert len({slot.start for slot in plan}) == 100


@pytest.mark.parametrize("soc", [0.0, 0.05])
def test_a_start_below_the_minimum_is_charged_back_at_once(solver, soc) -> None:
    document = small([0.5] * 6, battery={"soc_start": soc, "soc_min": 0.2}, terminal_value_per_kwh=0.3)
    plan = plan_of(document)
    assert plan.slots[0].action == "charge"
    assert plan.slots[0].soc_end == pytest.approx(0.2)
    assert plan.slots[0].reason.key == "plan_recover"
    assert [note.key for note in plan.notes] == ["note_below_minimum"]
    check_plan(document, plan.as_document(ENGLISH))


def test_a_start_above_the_maximum_is_used_up(solver) -> None:
    battery = {"soc_start": 1.0, "soc_max": 0.8}
    document = small([0.4] * 6, [0.0] * 6, load=[0, 0, 4, 0, 0, 0], battery=battery, terminal_value_per_kwh=0.3)
    plan = plan_of(document)
    assert plan.slots[-1].soc_end <= 0.8 + 1e-6
    assert plan.slots[1].soc_end > 0.8  # kept for the load of the third slot
    assert max(slot.charge_kw for slot in plan) == 0
    assert [note.key for note in plan.notes] == ["note_above_maximum"]


def test_unavoidable_violations_are_planned_and_reported(solver) -> None:
    document = small(
        [0.2, 0.2], pv=[0, 9], load=[12.4, 0], grid={"import_kw": 5, "export_kw": 3}, battery={"soc_start": 1}
    )
    plan = plan_of(document)
    assert plan.slots[0].discharge_kw == pytest.approx(5)
    assert plan.slots[1].charge_kw == pytest.approx(5)
    assert [ENGLISH.sentence(note, plan.slots[0].start) for note in plan.notes] == [
        "The import limit is exceeded by 2.4 kW at 00:00: the house alone uses 12.4 kW.",
        "The export limit is exceeded by 1 kW at 01:00: the sun alone brings 9 kW.",
    ]


def test_a_plan_without_a_terminal_value_estimates_one() -> None:
    document = {key: value for key, value in CANONICAL.items() if key != "terminal_value_per_kwh"}
    plan = plan_of(document)
    assert 0.05 < plan.terminal.mean_price < 0.3
    assert [note.key for note in plan.notes] == ["note_terminal_estimated"]
    high_price_plan = plan_of(document | {"import_price": [price + 0.5 for price in document["import_price"]]})
    assert high_price_plan.terminal.mean_price > plan.terminal.mean_price + 0.1
    assert high_price_plan.slots[-1].soc_end > plan.slots[-1].soc_end


def test_reading_json_text_equals_reading_its_document() -> None:
    assert read_problem(json.dumps(CANONICAL)) == problem_from(CANONICAL)
    assert problem_from(CANONICAL).start == datetime.fromisoformat(START)
