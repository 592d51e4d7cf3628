"""The planning problem as a (mixed-integer) linear programme, solved by HiGHS.

The decision variables are the energy stored at the end of each slot and the use of each cost segment. Each slot has one
equality constraint, the energy balance of the battery, whose dual value is the marginal value of stored energy. The
matrix is a network of +1 and -1. Binary variables keep the order of segments in slots whose cost is not convex, and
only there. This module imports numpy and highspy, so import it in an executor only.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import inf

import highspy
import numpy as np

from ..action import ActionKind
from .energy_bounds import energy_bounds
from .highs import BY_COLUMN, MINIMISE, HighsModel, QuietHighs, run_highs
from .problem import Problem, ValueCurve
from .slot_cost import EPSILON, SlotCost, largest_abs_price, slot_costs, system_limits
from .solution import Solution, SolverError

TIE_BREAK = 1e-6  # share of the largest price, per stored kWh: ranks dispatches of equal cost


def solve(
    problem: Problem,
    terminal: ValueCurve,
    previous_actions: Sequence[ActionKind | None] = (),
    fixed_stored_kwh: Sequence[float] = (),
) -> Solution:
    """Return the optimum for the expected PV and load; `terminal` is the value of the energy left at the end.

    Among solutions of equal cost, the one that keeps `previous_actions` (one per slot) is preferred, then the one that
    follows the load. `fixed_stored_kwh` fixes the energy stored at the end of the first slots. Raises SolverError.
    """
    model = _LinearProgram(problem, terminal, previous_actions, fixed_stored_kwh)
    return model.solve()


class _LinearProgram:
    """The linear programme of a problem, collected row by row and column by column."""

    def __init__(
        self,
        problem: Problem,
        terminal: ValueCurve,
        previous_actions: Sequence[ActionKind | None],
        fixed_stored_kwh: Sequence[float],
    ) -> None:
        self.limits = system_limits(problem)
        self.problem, self.terminal = problem, terminal
        self.previous_actions, self.fixed_stored_kwh = previous_actions, fixed_stored_kwh
        self.slot_hours = problem.hours
        # Costs are scaled by the largest price, since the solver's tolerances are absolute.
        self.money_unit = largest_abs_price(problem)
        self.tie_break = TIE_BREAK * self.money_unit
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
        self._build()

    # --- building

    def _add_column(self, cost: float, lower: float, upper: float) -> int:
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        return len(self.cost) - 1

    def _add_row(self, entries: dict[int, float], lower: float, upper: float) -> int:
        row = len(self.row_lower)
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        columns, rows, values = self.entries
        columns += entries
        rows += [row] * len(entries)
        values += entries.values()
        return row

    def _build(self) -> None:
        """Add the energy balance and the costs of all slots, and the soft targets."""
        problem, limits, slots = self.problem, self.limits, len(self.problem)
        bounds = energy_bounds(problem)
        cost, lower, upper = self.cost, self.lower, self.upper
        columns, rows, values = self.entries
        self.row_lower += [problem.battery.stored_start, *[0.0] * (slots - 1)]
        self.row_upper += [problem.battery.stored_start, *[0.0] * (slots - 1)]
        cost += [0.0] * slots  # of the energy stored at the end of each slot
        lower += [bounds.min_kwh] * slots
        upper += [bounds.max_kwh] * slots
        lower[: len(self.fixed_stored_kwh)] = upper[: len(self.fixed_stored_kwh)] = self.fixed_stored_kwh
        columns += range(slots)
        rows += range(slots)
        values += [1.0] * slots
        columns += range(slots - 1)
        rows += range(1, slots)
        values += [-1.0] * (slots - 1)
        self._add_terminal_value(slots - 1)
        peak = None
        if problem.peak_price_per_kw:
            peak = self._add_column(problem.peak_price_per_kw, problem.peak_so_far_kw, inf)
        previous_actions = self.previous_actions
        for slot, (slot_cost, hours, pv, load) in enumerate(
            zip(slot_costs(problem), self.slot_hours, problem.pv_kw, problem.load_kw, strict=True)
        ):
            paid_to_curtail = limits.curtailable and problem.import_price[slot] < 0 and pv > EPSILON
            if peak is not None and paid_to_curtail:
                self._add_explicit_grid_columns(slot, pv, load, peak)
                continue
            charge_columns, discharge_columns = self._add_segments(
                slot, slot_cost, hours, previous_actions[slot] if previous_actions else None
            )
            self.charging.append(charge_columns)
            self.discharging.append(discharge_columns)
            if not slot_cost.convex:
                self._add_order_binaries(slot_cost, charge_columns, discharge_columns)
            if peak is not None:
                self._add_peak_row(peak, max(load - pv, 0.0), slot_cost, charge_columns, discharge_columns, hours)
        for slot, level, price, sign in bounds.soft_targets:
            missing = self._add_column(price, 0.0, inf)
            self._add_row({missing: 1.0, slot: float(sign)}, sign * level, inf)

    def _add_terminal_value(self, stored: int) -> None:
        """Add the value of the energy stored at the end: its price, or a column for each segment of the curve."""
        segments = self.terminal.segments
        if len(segments) == 1:
            self.cost[stored] = -segments[0][1]
            return
        last = len(segments) - 1
        parts = {
            self._add_column(-price, 0.0 if index else -inf, inf if index == last else width): -1.0
            for index, (width, price) in enumerate(segments)
        }
        self._add_row({stored: 1.0, **parts}, self.terminal.first_kwh, self.terminal.first_kwh)

    def _add_segments(
        self, row: int, slot_cost: SlotCost, hours: float, previous_action: ActionKind | None
    ) -> tuple[list[int], list[int]]:
        """Add the columns of a slot's segments, in stored kWh. Returns those of charging and of discharging."""
        up, down, wear = self.limits.charge_efficiency, self.limits.discharge_efficiency, self.limits.wear
        cost, upper = self.cost, self.upper
        columns, rows, values = self.entries
        first = len(cost)
        tie_break = self.tie_break * (2 if previous_action is ActionKind.CHARGE else 0)
        for width, price, imports in slot_cost.charge:
            cost.append((price + wear) / up - tie_break + (self.tie_break if imports else -self.tie_break))
            upper.append(width * hours * up)
            values.append(-1.0)
        first_discharge = len(cost)
        tie_break = self.tie_break * (2 if previous_action is ActionKind.DISCHARGE else 0)
        for width, price, imports in slot_cost.discharge:
            cost.append((wear - price) * down - tie_break + (-self.tie_break if imports else self.tie_break))
            upper.append(width * hours / down)
            values.append(1.0)
        end = len(cost)
        self.lower += [0.0] * (end - first)
        columns += range(first, end)
        rows += [row] * (end - first)
        return list(range(first, first_discharge)), list(range(first_discharge, end))

    def _add_peak_row(
        self,
        peak: int,
        net_load: float,
        slot_cost: SlotCost,
        charge_columns: list[int],
        discharge_columns: list[int],
        hours: float,
    ) -> None:
        """Add the epigraph constraint of the demand charge: the peak is at least the import of this slot."""
        up, down = self.limits.charge_efficiency, self.limits.discharge_efficiency
        highest = net_load + sum(segment.width for segment in slot_cost.charge if segment.imports)
        if highest <= self.problem.peak_so_far_kw:
            return
        columns, rows, values = self.entries
        columns.append(peak)
        values.append(1.0)
        per_kwh = 1 / (hours * up)
        for column, segment in zip(charge_columns, slot_cost.charge, strict=True):
            if segment.imports:
                columns.append(column)
                values.append(-per_kwh)
        per_kwh = down / hours
        for column, segment in zip(discharge_columns, slot_cost.discharge, strict=True):
            if segment.imports:
                columns.append(column)
                values.append(per_kwh)
        rows += [len(self.row_lower)] * (len(columns) - len(rows))
        self.row_lower.append(net_load)
        self.row_upper.append(inf)

    def _add_order_binaries(self, slot_cost: SlotCost, charge_columns: list[int], discharge_columns: list[int]) -> None:
        """Add binaries that forbid charging while discharging, and using a segment before those nearer to rest."""
        upper = self.upper
        if charge_columns and discharge_columns:
            charges = self._add_binary()
            self._add_row(
                {**dict.fromkeys(charge_columns, 1.0), charges: -sum(upper[c] for c in charge_columns)}, -inf, 0.0
            )
            total = sum(upper[c] for c in discharge_columns)
            self._add_row({**dict.fromkeys(discharge_columns, 1.0), charges: total}, -inf, total)
        for columns, segments, sign in (
            (charge_columns, slot_cost.charge, 1),
            (discharge_columns, slot_cost.discharge, -1),
        ):
            for index, (one, two) in enumerate(pairwise(segments), 1):
                if sign * (two.price - one.price) < -EPSILON:
                    reached = self._add_binary()
                    for farther in columns[index:]:
                        self._add_row({farther: 1.0, reached: -upper[farther]}, -inf, 0.0)
                    for nearer in columns[:index]:
                        self._add_row({nearer: 1.0, reached: -upper[nearer]}, 0.0, inf)

    def _add_binary(self) -> int:
        column = self._add_column(0.0, 0.0, 1.0)
        self.binaries.append(column)
        return column

    def _add_explicit_grid_columns(self, slot: int, pv: float, load: float, peak: int) -> None:
        """Add import, export and curtailment of a slot as separate variables.

        This is needed if curtailing pays at the slot's prices but would raise the demand charge: then the curtailment
        cannot be decided by the sign of the prices.
        """
        limits, hours = self.limits, self.slot_hours[slot]
        up, down, wear = limits.charge_efficiency, limits.discharge_efficiency, limits.wear
        import_price = self.problem.import_price[slot] * hours
        export_price = self.problem.export_price[slot] * hours
        charge = self._add_column(wear / up, 0.0, limits.charge_kw * hours * up)
        discharge = self._add_column(wear * down, 0.0, limits.discharge_kw * hours / down)
        imported = self._add_column(import_price, 0.0, limits.import_kw)
        exported = self._add_column(-export_price, 0.0, limits.export_kw)
        # Only the load can break the import limit. Nothing can break the export limit, since PV can be curtailed.
        excess_import = self._add_column(
            import_price + limits.penalty * hours, 0.0, max(load - pv - limits.import_kw, 0.0)
        )
        curtailed = self._add_column(self.tie_break, 0.0, pv)
        columns, rows, values = self.entries
        columns += charge, discharge
        rows += slot, slot
        values += -1.0, 1.0
        self._add_row(
            {
                imported: 1.0,
                excess_import: 1.0,
                exported: -1.0,
                charge: -1 / (hours * up),
                discharge: down / hours,
                curtailed: -1.0,
            },
            load - pv,
            load - pv,
        )
        self._add_row({peak: 1.0, imported: -1.0, excess_import: -1.0}, 0.0, inf)
        # The lowest marginal price of a kWh in this slot.
        lowest_price = -inf if limits.discharge_kw > limits.export_kw + load else min(import_price, export_price)
        wasting_pays = lowest_price < 0 and wear * (1 / up + down) * hours < -lowest_price * (1 / up - down) + EPSILON
        for one, other, needs_binary in (
            (charge, discharge, wasting_pays),
            (imported, exported, export_price > import_price),
        ):
            if needs_binary:
                direction = self._add_binary()
                self._add_row({one: 1.0, direction: -self.upper[one]}, -inf, 0.0)
                self._add_row({other: 1.0, direction: self.upper[other]}, -inf, self.upper[other])
        self.charging.append([charge])
        self.discharging.append([discharge])
        self.curtailing[slot] = curtailed

    # --- solving

    def solve(self) -> Solution:
        """Solve the programme and return its solution. Raises SolverError."""
        solver = QuietHighs()
        model = self._highs_model()
        exact = run_highs(solver, model, presolve=bool(self.binaries))
        if solver.getInfo().primal_solution_status != int(highspy.SolutionStatus.kSolutionStatusFeasible):
            raise SolverError(f"HiGHS found no plan: {solver.modelStatusToString(solver.getModelStatus())}")
        solution = solver.getSolution()
        if self.binaries:  # the duals are those of the LP that remains once the binaries are fixed
            chosen = np.round(np.array(solution.col_value)[self.binaries])
            model.lower[self.binaries] = model.upper[self.binaries] = chosen
            solver.setOptionValue("time_limit", inf)  # it counts from the first run, which may have used it up
            if not run_highs(solver, model._replace(integral=np.zeros_like(model.integral)), presolve=False):
                raise SolverError("HiGHS found no prices for its plan")
            solution = solver.getSolution()
        return self._read_solution(solution, exact=exact)

    def _highs_model(self) -> HighsModel:
        columns, rows = (np.array(part, dtype=np.int32) for part in self.entries[:2])
        values = np.array(self.entries[2])
        order = np.argsort(columns, kind="stable")
        integral = np.zeros(len(self.cost), dtype=np.int32)
        integral[self.binaries] = 1
        start = np.searchsorted(columns[order], np.arange(len(self.cost) + 1)).astype(np.int32)
        return HighsModel(
            len(self.cost), len(self.row_lower), len(values), BY_COLUMN, MINIMISE, 0.0,
            np.array(self.cost) / self.money_unit, np.array(self.lower), np.array(self.upper),
            np.array(self.row_lower), np.array(self.row_upper),
            start, rows[order], values[order], integral,
        )  # fmt: skip

    def _read_solution(self, solution: highspy.HighsSolution, *, exact: bool) -> Solution:
        amounts = list(solution.col_value)
        up, down = self.limits.charge_efficiency, self.limits.discharge_efficiency
        power = []
        for charge_columns, discharge_columns, hours in zip(
            self.charging, self.discharging, self.slot_hours, strict=True
        ):
            gained = sum(amounts[c] for c in charge_columns) - sum(amounts[c] for c in discharge_columns)
            power.append(gained / (hours * up) if gained > 0 else gained * down / hours)
        slots = len(self.slot_hours)
        marginal_value = [-self.money_unit * value for value in solution.row_dual[:slots]]
        curtail = None
        if self.curtailing:
            curtail = [
                amounts[self.curtailing[slot]] if slot in self.curtailing else -1.0 for slot in range(len(power))
            ]
        return Solution(power, marginal_value, "highs", curtail, exact)
