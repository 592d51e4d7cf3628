"""An independent judge: recomputes a printed plan from the problem's document alone, and finds the optimum its own way.

Knows the documented problem and nothing of the planner: dictionaries in, numbers out.
"""

import highspy
import numpy as np

SMALL = 1e-6


def hours_of(problem):
    hours = [problem["slot_minutes"] / 60] * len(problem["pv_kw"])
    if problem.get("first_slot_minutes"):
        hours[0] = problem["first_slot_minutes"] / 60
    return hours


def judge(problem, plan):
    """Physics of every slot; the true cost of the plan, and the kWh beyond the grid's limits."""
    battery, grid = problem["battery"], problem["grid"]
    capacity = battery["capacity_kwh"]
    stored = start = battery["soc_start"] * capacity
    low, high = min(battery["soc_min"] * capacity, start), max(battery["soc_max"] * capacity, start)
    cost = beyond = highest = 0.0
    assert len(plan["slots"]) == len(problem["pv_kw"])
    for index, (slot, hours) in enumerate(zip(plan["slots"], hours_of(problem), strict=True)):
        charge, discharge, curtail = slot["charge_kw"], slot["discharge_kw"], slot["curtail_kw"]
        pv, load = problem["pv_kw"][index], problem["load_kw"][index]
        assert -SMALL <= charge <= battery["charge_kw"] + SMALL
        assert -SMALL <= discharge <= battery["discharge_kw"] + SMALL
        assert min(charge, discharge) == 0, "charges and discharges at once"
        assert -SMALL <= curtail <= (pv if problem.get("pv_curtailable") else 0) + SMALL
        power = load + charge + curtail - pv - discharge
        assert abs(power - slot["grid_kw"]) <= SMALL
        stored += hours * (charge * battery["charge_efficiency"] - discharge / battery["discharge_efficiency"])
        assert abs(stored - slot["soc_end"] * capacity) <= SMALL * max(1, capacity)
        assert low - SMALL <= stored <= high + SMALL
        surplus = pv - load
        match slot["action"]:
            case "charge":
                assert charge > 0
            case "discharge":
                assert discharge > 0
            case "hold":
                assert charge == discharge == 0
            case "self_consume":
                assert charge <= max(surplus, 0) + SMALL
                assert discharge <= max(-surplus, 0) + SMALL
        bought, sold = max(power, 0.0), max(-power, 0.0)
        highest = max(highest, bought)
        cost += hours * (bought * problem["import_price"][index] - sold * problem["export_price"][index])
        cost += hours * battery.get("wear_per_kwh", 0) * (charge + discharge)
        over = max(power - grid["import_kw"], -power - grid["export_kw"], 0.0)
        if over > 1e-5:
            beyond += hours * over
            at = slot["start"][11:16]
            assert any(f"at {at}" in note and "exceeded" in note for note in plan["notes"]), (
                "a broken limit without a name"
            )
    cost += problem.get("peak_price_per_kw", 0) * max(highest - problem.get("peak_so_far_kw", 0), 0.0)
    cost -= problem["terminal_value_per_kwh"] * (stored - start)
    return cost, beyond


class Lines:
    """A model column by column, slow and plain."""

    def __init__(self):
        self.highs = highspy.Highs()
        self.highs.setOptionValue("output_flag", False)
        self.highs.setOptionValue("mip_rel_gap", 0.0)
        self.highs.setOptionValue("mip_abs_gap", 1e-9)

    def column(self, cost, low, high, *, binary=False):
        index = self.highs.getNumCol()
        self.highs.addCol(cost, low, high, 0, [], [])
        if binary:
            self.highs.changeColIntegrality(index, highspy.HighsVarType.kInteger)
        return index

    def row(self, low, high, entries):
        self.highs.addRow(low, high, len(entries), list(entries), list(entries.values()))


def optimum(problem, penalty=1000.0):
    """The least cost, and the kWh beyond the grid's limits that cannot be avoided.

    Import, export, charge, discharge and curtailing are columns, and every either-or is decided in every slot.
    """
    battery, grid = problem["battery"], problem["grid"]
    capacity, n = battery["capacity_kwh"], len(problem["pv_kw"])
    start = battery["soc_start"] * capacity
    terminal = problem["terminal_value_per_kwh"]
    lines = Lines()
    infinity = highspy.kHighsInf
    before = None
    beyond = []
    peak = None
    if problem.get("peak_price_per_kw"):
        peak = lines.column(problem["peak_price_per_kw"], problem.get("peak_so_far_kw", 0.0), infinity)
    for t, hours in enumerate(hours_of(problem)):
        pv, load = problem["pv_kw"][t], problem["load_kw"][t]
        buy, sell, wear = (
            problem["import_price"][t] * hours,
            problem["export_price"][t] * hours,
            battery["wear_per_kwh"] * hours,
        )
        most = pv + load + battery["charge_kw"] + battery["discharge_kw"]
        bought, sold = lines.column(buy, 0, most), lines.column(-sell, 0, most)
        # The battery may lessen what is beyond a limit without it, and must never add to it.
        alone = max(load - pv - grid["import_kw"], 0)
        over = lines.column(penalty * hours, 0, alone)
        alone = 0 if problem.get("pv_curtailable") else max(pv - load - grid["export_kw"], 0)
        under = lines.column(penalty * hours, 0, alone)
        beyond += [(over, hours), (under, hours)]
        charge, discharge = lines.column(wear, 0, battery["charge_kw"]), lines.column(wear, 0, battery["discharge_kw"])
        curtail = lines.column(0, 0, pv if problem.get("pv_curtailable") else 0)
        last = t == n - 1
        stored = lines.column(-terminal if last else 0, battery["soc_min"] * capacity, battery["soc_max"] * capacity)
        lines.row(load - pv, load - pv, {bought: 1, sold: -1, charge: -1, discharge: 1, curtail: -1})
        gain = {
            charge: -hours * battery["charge_efficiency"],
            discharge: hours / battery["discharge_efficiency"],
            stored: 1,
        }
        known = start if before is None else 0.0
        lines.row(known, known, gain if before is None else {**gain, before: -1})
        lines.row(-infinity, grid["import_kw"], {bought: 1, over: -1})
        lines.row(-infinity, grid["export_kw"], {sold: 1, under: -1})
        for one, other in ((charge, discharge), (bought, sold)):
            way = lines.column(0, 0, 1, binary=True)
            lines.row(-infinity, 0, {one: 1, way: -most})
            lines.row(-infinity, most, {other: 1, way: most})
        if peak is not None:
            lines.row(0, infinity, {peak: 1, bought: -1})
        before = stored
    lines.highs.run()
    assert lines.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    values = np.array(lines.highs.getSolution().col_value)
    lost = sum(values[column] * hours for column, hours in beyond)
    cost = lines.highs.getInfo().objective_function_value - penalty * lost + terminal * start
    return cost - problem.get("peak_price_per_kw", 0) * problem.get("peak_so_far_kw", 0.0), lost
