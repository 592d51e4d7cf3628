"""The plan as a linear programme, solved by HiGHS. Imports numpy and highspy: only for an executor.

One row a slot (stored energy), one column a piece of the slot's cost and one for the stored energy: a network of plus
and minus ones. Where a slot's cost is not convex, binaries keep the order of its pieces; nowhere else.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple, override

import highspy
import numpy as np
from numpy.typing import NDArray

from ..action import ActionKind
from .energy_bounds import EnergyBounds, limits
from .problem import Problem
from .slot_cost import EPSILON, SlotCost, dearest, rules, stages
from .solution import Solution, SolverError

SECONDS = 2.0
WEIGHTS = 0.3, 0.4, 0.3  # of P10, P50 and P90: Swanson's rule
NUDGE = 1e-6  # of the dearest price, per stored kWh, by which equal ways are told apart
GAP = 1e-6  # of what a kWh at the dearest price costs: from the optimum, ends the search of binaries
_BY_COLUMN = int(highspy.MatrixFormat.kColwise)
_LEAST = int(highspy.ObjSense.kMinimize)


def solve(
    problem: Problem, terminal: float, habits: Sequence[ActionKind | None] = (), pinned: Sequence[float] = ()
) -> Solution:
    """The optimum. `terminal` is what a kWh stored at the end is worth.

    Among equal ways the one of `habits` wins (the previous actions, by slot), then the one that follows the house.
    `pinned` holds the stored energy at the end of the first slots that are settled already. Raises SolverError.
    """
    model = _Model(problem, terminal, habits, pinned)
    return model.solve()


class _Highs(highspy.Highs):
    """HiGHS without its callbacks: setting them up prints a banner, and nobody here calls back."""

    @override
    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()
        self.setOptionValue("output_flag", False)  # noqa: FBT003
        self.setOptionValue("parallel", "off")
        self.setOptionValue("threads", 1)
        self.setOptionValue("time_limit", SECONDS)
        self.setOptionValue("mip_rel_gap", 0.0)
        self.setOptionValue("mip_abs_gap", GAP)


class _Arrays(NamedTuple):
    """A model as HiGHS takes it, in the order in which it takes it: the matrix by columns."""

    columns: int
    rows: int
    entries: int
    format: int
    sense: int
    offset: float
    cost: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    start: NDArray[np.int32]
    indices: NDArray[np.int32]
    value: NDArray[np.float64]
    integral: NDArray[np.int32]


def _run(solver: _Highs, model: _Arrays, *, presolve: bool) -> bool:
    """Solve; whether the optimum was reached.

    HiGHS counts its threads for the whole process, and refuses another number than the first one that was asked for.
    Where someone else was first, theirs is taken; no more than one is busy anyhow.
    """
    solver.setOptionValue("presolve", "on" if presolve else "off")
    solver.passModel(*model)
    if solver.run() == highspy.HighsStatus.kError:
        solver.setOptionValue("threads", 0)
        solver.run()
    return bool(solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)


class _Model:
    """Columns and rows, collected as lists, handed over as arrays."""

    def __init__(
        self, problem: Problem, terminal: float, habits: Sequence[ActionKind | None], pinned: Sequence[float]
    ) -> None:
        self.rule = rules(problem)
        self.problem, self.terminal, self.habits, self.pinned = problem, terminal, habits, pinned
        self.hours = problem.hours
        self.unit = dearest(problem)  # money is counted in it, since a solver's tolerances are absolute
        self.nudge = NUDGE * self.unit
        self.cost: list[float] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.row_lower: list[float] = []
        self.row_upper: list[float] = []
        self.entries: tuple[list[int], list[int], list[float]] = [], [], []  # column, row, value
        self.binaries: list[int] = []
        self.charging: list[list[int]] = []
        self.discharging: list[list[int]] = []
        self.curtailing: dict[int, int] = {}
        self.first_rows: list[int] = []  # the first slot's, in each scenario
        self.plan_weight = WEIGHTS[1] if problem.has_scenarios else 1.0
        self._build()

    # --- building

    def _build(self) -> None:
        problem, bounds = self.problem, limits(self.problem)
        cases = [(1.0, problem.pv_kw, problem.load_kw)]
        if problem.has_scenarios:
            low, middle, high = WEIGHTS
            pv, load = problem.pv_kw, problem.load_kw
            cases = [
                (middle, pv, load),
                (low, problem.pv_p10_kw or pv, problem.load_p90_kw or load),
                (high, problem.pv_p90_kw or pv, load),
            ]
        firsts = [self._scenario(bounds, *case) for case in cases]
        for other in firsts[1:]:  # the first slot's decision is one
            self._row({firsts[0]: 1.0, other: -1.0}, 0.0, 0.0)

    def _column(self, cost: float, lower: float, upper: float) -> int:
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        return len(self.cost) - 1

    def _row(self, entries: dict[int, float], lower: float, upper: float) -> int:
        row = len(self.row_lower)
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        columns, rows, values = self.entries
        columns += entries
        rows += [row] * len(entries)
        values += entries.values()
        return row

    def _scenario(self, bounds: EnergyBounds, weight: float, pv_kw: Sequence[float], load_kw: Sequence[float]) -> int:
        """One course of PV and load; the column of the energy stored after the first slot."""
        problem, rule, slots = self.problem, self.rule, len(self.problem)
        plain = not self.charging  # the first one is the plan
        cost, lower, upper = self.cost, self.lower, self.upper
        columns, rows, values = self.entries
        first_row = len(self.row_lower)
        self.first_rows.append(first_row)
        self.row_lower += [problem.battery.stored_start, *[0.0] * (slots - 1)]
        self.row_upper += [problem.battery.stored_start, *[0.0] * (slots - 1)]
        stored = len(cost)
        cost += [0.0] * (slots - 1)
        cost.append(-self.terminal * weight)
        lower += [bounds.low] * slots
        upper += [bounds.high] * slots
        if plain:
            lower[: len(self.pinned)] = upper[: len(self.pinned)] = self.pinned
        columns += range(stored, stored + slots)
        rows += range(first_row, first_row + slots)
        values += [1.0] * slots
        columns += range(stored, stored + slots - 1)
        rows += range(first_row + 1, first_row + slots)
        values += [-1.0] * (slots - 1)
        peak = None
        if problem.peak_price_per_kw:
            peak = self._column(weight * problem.peak_price_per_kw, problem.peak_so_far_kw, inf)
        habits = self.habits
        for slot, (stage, length) in enumerate(zip(stages(problem, pv_kw, load_kw), self.hours, strict=True)):
            row = first_row + slot
            paid_to_curtail = rule.curtailable and problem.import_price[slot] < 0 and pv_kw[slot] > EPSILON
            if peak is not None and paid_to_curtail:
                self._spelled_out(slot, row, weight, pv_kw[slot], load_kw[slot], peak, plain=plain)
                continue
            ins, outs = self._pieces(row, stage, length, weight, habits[slot] if habits else None)
            if plain:
                self.charging.append(ins)
                self.discharging.append(outs)
            if not stage.convex:
                self._in_order(stage, ins, outs)
            if peak is not None:
                self._under_peak(peak, max(load_kw[slot] - pv_kw[slot], 0.0), stage, ins, outs, length)
        for slot, level, price, sign in bounds.wishes:
            missing = self._column(weight * price, 0.0, inf)
            self._row({missing: 1.0, stored + slot: float(sign)}, sign * level, inf)
        return stored

    def _pieces(
        self, row: int, stage: SlotCost, length: float, weight: float, habit: ActionKind | None
    ) -> tuple[list[int], list[int]]:
        """The columns of a slot's pieces, in stored kWh: charging and discharging."""
        up, down, wear = self.rule.charge_efficiency, self.rule.discharge_efficiency, self.rule.wear
        cost, upper = self.cost, self.upper
        columns, rows, values = self.entries
        first = len(cost)
        nudge = self.nudge * (2 if habit is ActionKind.CHARGE else 0)
        for width, price, imports in stage.charge:
            cost.append(weight * ((price + wear) / up - nudge + (self.nudge if imports else -self.nudge)))
            upper.append(width * length * up)
            values.append(-1.0)
        middle = len(cost)
        nudge = self.nudge * (2 if habit is ActionKind.DISCHARGE else 0)
        for width, price, imports in stage.discharge:
            cost.append(weight * ((wear - price) * down - nudge + (-self.nudge if imports else self.nudge)))
            upper.append(width * length / down)
            values.append(1.0)
        end = len(cost)
        self.lower += [0.0] * (end - first)
        columns += range(first, end)
        rows += [row] * (end - first)
        return list(range(first, middle)), list(range(middle, end))

    def _under_peak(
        self, peak: int, rest: float, stage: SlotCost, ins: list[int], outs: list[int], length: float
    ) -> None:
        """The peak is at least this slot's import."""
        up, down = self.rule.charge_efficiency, self.rule.discharge_efficiency
        highest = rest + sum(piece.width for piece in stage.charge if piece.imports)
        if highest <= self.problem.peak_so_far_kw:
            return
        columns, rows, values = self.entries
        columns.append(peak)
        values.append(1.0)
        per_kwh = 1 / (length * up)
        for column, piece in zip(ins, stage.charge, strict=True):
            if piece.imports:
                columns.append(column)
                values.append(-per_kwh)
        per_kwh = down / length
        for column, piece in zip(outs, stage.discharge, strict=True):
            if piece.imports:
                columns.append(column)
                values.append(per_kwh)
        rows += [len(self.row_lower)] * (len(columns) - len(rows))
        self.row_lower.append(rest)
        self.row_upper.append(inf)

    def _in_order(self, stage: SlotCost, ins: list[int], outs: list[int]) -> None:
        """Binaries: never both ways at once, and no piece before those nearer to rest."""
        upper = self.upper
        if ins and outs:
            charges = self._binary()
            self._row({**dict.fromkeys(ins, 1.0), charges: -sum(upper[c] for c in ins)}, -inf, 0.0)
            total = sum(upper[c] for c in outs)
            self._row({**dict.fromkeys(outs, 1.0), charges: total}, -inf, total)
        for columns, pieces, sign in ((ins, stage.charge, 1), (outs, stage.discharge, -1)):
            for index, (one, two) in enumerate(pairwise(pieces), 1):
                if sign * (two.price - one.price) < -EPSILON:
                    reached = self._binary()
                    for farther in columns[index:]:
                        self._row({farther: 1.0, reached: -upper[farther]}, -inf, 0.0)
                    for nearer in columns[:index]:
                        self._row({nearer: 1.0, reached: -upper[nearer]}, 0.0, inf)

    def _binary(self) -> int:
        column = self._column(0.0, 0.0, 1.0)
        self.binaries.append(column)
        return column

    def _spelled_out(
        self, slot: int, row: int, weight: float, pv: float, load: float, peak: int, *, plain: bool
    ) -> None:
        """A slot in which curtailing would pay but for the peak: import, export and curtailing are columns."""
        rule, length = self.rule, self.hours[slot]
        up, down, wear = rule.charge_efficiency, rule.discharge_efficiency, rule.wear
        buy, sell = self.problem.import_price[slot] * length * weight, self.problem.export_price[slot] * length * weight
        charge = self._column(weight * wear / up, 0.0, rule.charge_kw * length * up)
        discharge = self._column(weight * wear * down, 0.0, rule.discharge_kw * length / down)
        bought, sold = self._column(buy, 0.0, rule.import_kw), self._column(-sell, 0.0, rule.export_kw)
        # Only the house breaks the limit of import, and none that of export, since PV can be curtailed.
        over = self._column(buy + rule.penalty * length * weight, 0.0, max(load - pv - rule.import_kw, 0.0))
        curtailed = self._column(weight * self.nudge, 0.0, pv)
        columns, rows, values = self.entries
        columns += charge, discharge
        rows += row, row
        values += -1.0, 1.0
        self._row(
            {bought: 1.0, over: 1.0, sold: -1.0, charge: -1 / (length * up), discharge: down / length, curtailed: -1.0},
            load - pv, load - pv,
        )  # fmt: skip
        self._row({peak: 1.0, bought: -1.0, over: -1.0}, 0.0, inf)
        least = -inf if rule.discharge_kw > rule.export_kw + load else min(buy, sell)  # that a kWh can be worth here
        burns = least < 0 and wear * (1 / up + down) * length * weight < -least * (1 / up - down) + EPSILON
        for one, other, tempting in ((charge, discharge, burns), (bought, sold, sell > buy)):
            if tempting:
                way = self._binary()
                self._row({one: 1.0, way: -self.upper[one]}, -inf, 0.0)
                self._row({other: 1.0, way: self.upper[other]}, -inf, self.upper[other])
        if plain:
            self.charging.append([charge])
            self.discharging.append([discharge])
            self.curtailing[slot] = curtailed

    # --- solving

    def solve(self) -> Solution:
        solver = _Highs()
        model = self._arrays()
        exact = _run(solver, model, presolve=bool(self.binaries))
        if solver.getInfo().primal_solution_status != int(highspy.SolutionStatus.kSolutionStatusFeasible):
            raise SolverError(f"HiGHS found no plan: {solver.modelStatusToString(solver.getModelStatus())}")
        solution = solver.getSolution()
        if self.binaries:  # prices are those of the LP that is left when every either-or is decided
            chosen = np.round(np.array(solution.col_value)[self.binaries])
            model.lower[self.binaries] = model.upper[self.binaries] = chosen
            solver.setOptionValue("time_limit", inf)  # HiGHS counts from its first run, which may have used it all up
            if not _run(solver, model._replace(integral=np.zeros_like(model.integral)), presolve=False):
                raise SolverError("HiGHS found no prices for its plan")
            solution = solver.getSolution()
        return self._read(solution, exact=exact)

    def _arrays(self) -> _Arrays:
        columns, rows = (np.array(part, dtype=np.int32) for part in self.entries[:2])
        values = np.array(self.entries[2])
        order = np.argsort(columns, kind="stable")
        integral = np.zeros(len(self.cost), dtype=np.int32)
        integral[self.binaries] = 1
        start = np.searchsorted(columns[order], np.arange(len(self.cost) + 1)).astype(np.int32)
        return _Arrays(
            len(self.cost), len(self.row_lower), len(values), _BY_COLUMN, _LEAST, 0.0,
            np.array(self.cost) / self.unit, np.array(self.lower), np.array(self.upper),
            np.array(self.row_lower), np.array(self.row_upper),
            start, rows[order], values[order], integral,
        )  # fmt: skip

    def _read(self, solution: highspy.HighsSolution, *, exact: bool) -> Solution:
        amounts = list(solution.col_value)
        up, down = self.rule.charge_efficiency, self.rule.discharge_efficiency
        power = []
        for ins, outs, length in zip(self.charging, self.discharging, self.hours, strict=True):
            gained = sum(amounts[c] for c in ins) - sum(amounts[c] for c in outs)
            power.append(gained / (length * up) if gained > 0 else gained * down / length)
        slots = len(self.hours)
        price = -self.unit / self.plan_weight
        worth = [value * price for value in solution.row_dual[:slots]]
        worth[0] = -self.unit * sum(solution.row_dual[row] for row in self.first_rows)
        curtail = None
        if self.curtailing:
            curtail = [
                amounts[self.curtailing[slot]] if slot in self.curtailing else -1.0 for slot in range(len(power))
            ]
        return Solution(power, worth, "highs", curtail, exact)
