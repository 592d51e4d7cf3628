"""Measurements of the planner, compared with a bare linear programme of the same problem in the same run."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
import statistics
import time

import highspy
import numpy as np

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.planner.dynamic import solve_backward
from custom_components.nattery.core.planner.planner import make_plan
from custom_components.nattery.core.planner.problem import Outcome, Problem, RequiredAction, ValueCurve
from custom_components.nattery.core.planner.problem_document import read_problem
from custom_components.nattery.core.planning.misses import MISSED_DAYS

from .rows import Row

CANONICAL = Path(__file__).parents[2] / "tests" / "core" / "fixtures" / "plan-problem-48h.json"
SLOTS_PER_WEEK = 672


def bare_lp_cost(problem: Problem) -> float:
    """Return the least cost of a textbook LP: five variables and two constraints per slot, solved by HiGHS."""
    battery, slots, hours = problem.battery, len(problem), problem.slot_minutes / 60
    each = np.arange(slots)
    wear = np.full(slots, battery.wear_per_kwh * hours)
    stored = np.zeros(slots)
    stored[-1] = -(problem.terminal_value_per_kwh or 0.0)
    import_cost, export_cost = np.array(problem.import_price) * hours, -np.array(problem.export_price) * hours
    upper = (
        problem.grid.import_kw,
        problem.grid.export_kw,
        battery.charge_kw,
        battery.discharge_kw,
        battery.stored_max,
    )
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = 5 * slots, 2 * slots
    model.col_cost_ = np.concatenate([import_cost, export_cost, wear, wear, stored])
    model.col_lower_ = np.concatenate([np.zeros(4 * slots), np.full(slots, battery.stored_min)])
    model.col_upper_ = np.repeat(np.array(upper, dtype=float), slots)
    sides = np.zeros(2 * slots)
    sides[:slots] = np.array(problem.load_kw) - np.array(problem.pv_kw)
    sides[slots] = battery.stored_start
    model.row_lower_ = model.row_upper_ = sides
    model.offset_ = (problem.terminal_value_per_kwh or 0.0) * battery.stored_start
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kColwise
    both = np.stack([each, slots + each], 1).ravel()
    after = np.stack([slots + each, slots + each + 1], 1).ravel()[:-1]
    matrix.start_ = np.concatenate(
        [each, slots + each, 2 * slots + 2 * each, 4 * slots + 2 * each, 6 * slots + 2 * each, [8 * slots - 1]]
    )
    matrix.index_ = np.concatenate([each, each, both, both, after])
    charge, discharge = [-1.0, -hours * battery.charge_efficiency], [1.0, hours / battery.discharge_efficiency]
    matrix.value_ = np.concatenate(
        [
            np.ones(slots),
            -np.ones(slots),
            np.tile(charge, slots),
            np.tile(discharge, slots),
            np.tile([1.0, -1.0], slots)[:-1],
        ]
    )
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)  # noqa: FBT003
    solver.setOptionValue("threads", 1)
    solver.passModel(model)
    solver.run()
    return float(solver.getInfo().objective_function_value)


def week_of(problem: Problem) -> Problem:
    """Return a problem of one week, made of the canonical two days with random variation."""
    rng = Random(1)

    def extended(series: object) -> tuple[float, ...]:
        values = list(series)  # type: ignore[call-overload]
        return tuple(values[index % len(values)] * (1 + 0.1 * rng.random()) for index in range(SLOTS_PER_WEEK))

    return replace(
        problem,
        import_price=extended(problem.import_price),
        export_price=extended(problem.export_price),
        pv_kw=extended(problem.pv_kw),
        load_kw=extended(problem.load_kw),
    )


def outcomes_of(problem: Problem) -> tuple[Outcome, ...]:
    """Return outcomes of PV and load, as wide as in a real home, as many as the planner has there."""
    rng = Random(1)
    return tuple(
        Outcome(
            1 / MISSED_DAYS,
            tuple(rng.uniform(0.3, 1.7) * kw for kw in problem.pv_kw),
            tuple(rng.uniform(0.4, 1.6) * kw for kw in problem.load_kw),
        )
        for _ in range(MISSED_DAYS)
    )


def _milliseconds(runs: int, *tasks: Callable[[], object]) -> list[float]:
    """Return the median processor time of each task. They run in turns, so that other load affects all of them."""
    times: list[list[float]] = [[] for _ in tasks]
    for _ in range(runs + 1):
        for task, taken in zip(tasks, times, strict=True):
            begin = time.process_time()
            task()
            taken.append(1000 * (time.process_time() - begin))
    return [statistics.median(taken[1:]) for taken in times]


async def planner_speed(*, quick: bool) -> list[Row]:
    """A plan with its reasons, compared with a bare LP; a week with all features; a problem without wear."""
    problem = read_problem(CANONICAL.read_bytes())
    terminal = ValueCurve.linear(problem.battery, 0.2)
    runs = 15 if quick else 60
    plan, lp, backward = _milliseconds(
        runs,
        lambda: make_plan(problem),
        lambda: bare_lp_cost(problem),
        lambda: solve_backward(problem, terminal).solution(),
    )
    rows = [
        Row("192 slots: plan and reasons over a bare HiGHS LP", plan / lp, 1.2, "x"),
        Row("192 slots: plan and reasons", plan, None, "ms"),
        Row("192 slots: the bare HiGHS LP", lp, None, "ms"),
        Row("192 slots: the dynamic programme over a bare HiGHS LP", backward / lp, None, "x"),
        Row("192 slots: cost above the LP's optimum", make_plan(problem).cost - bare_lp_cost(problem), 1e-4, "EUR"),
    ]
    week = week_of(problem)
    all_features = replace(
        week,
        peak_price_per_kw=3.0,
        peak_so_far_kw=2.5,
        outcomes=outcomes_of(week),
    )
    full, lp = _milliseconds(5 if quick else 15, lambda: make_plan(all_features), lambda: bare_lp_cost(week))
    without_wear = replace(problem, battery=replace(problem.battery, wear_per_kwh=0.0))
    binary, backward = _milliseconds(
        3 if quick else 9, lambda: make_plan(without_wear), lambda: solve_backward(without_wear, terminal).solution()
    )
    uncertain = replace(problem, outcomes=outcomes_of(problem))
    peaks = replace(uncertain, peak_price_per_kw=3.0, peak_so_far_kw=2.5)
    overridden = replace(
        uncertain, required=(RequiredAction(problem.edges[0], problem.edges[8], ActionKind.DISCHARGE, 1.3),)
    )
    expected, with_peak = _milliseconds(runs, lambda: make_plan(uncertain), lambda: make_plan(peaks))
    (what_if,) = _milliseconds(runs, lambda: [make_plan(uncertain), make_plan(overridden)])
    return [
        *rows,
        Row("192 slots with 14 outcomes", expected, 60, "ms"),
        Row("192 slots with 14 outcomes and a capacity tariff", with_peak, 250, "ms"),
        Row("192 slots with 14 outcomes: compared with an override (what-if)", what_if, 100, "ms"),
        Row("672 slots with 14 outcomes and a capacity tariff", full, None, "ms"),
        Row("672 slots: the bare HiGHS LP, without tariff and scenarios", lp, None, "ms"),
        Row("192 slots without wear: plan with binaries", binary, None, "ms"),
        Row("192 slots without wear: the dynamic programme", backward, None, "ms"),
    ]


async def planner_year(*, quick: bool) -> list[Row]:
    """A year in closed loop: one backward pass per day, one forward step per slot with the real PV and load."""
    problem = read_problem(CANONICAL.read_bytes())
    terminal = ValueCurve.linear(problem.battery, 0.2)
    rng = Random(1)
    days = 30 if quick else 365
    begin = time.process_time()
    stored = problem.battery.stored_start
    for _ in range(days):
        policy = solve_backward(problem, terminal)
        for slot in range(96):
            pv, load = problem.pv_kw[slot] * rng.uniform(0.7, 1.3), problem.load_kw[slot] * rng.uniform(0.7, 1.3)
            stored = policy.step(slot, stored, pv, load).stored_kwh
    taken = (time.process_time() - begin) * 365 / days
    return [Row("35 040 slots, one backward pass per day and one decision per slot", taken, 20, "s")]
