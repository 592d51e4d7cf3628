"""An independent check of plans: recomputes a printed plan, and solves the problem with a model of its own.

It uses the documented JSON format only and imports nothing of the planner.
"""

import highspy
import numpy as np

TOLERANCE = 1e-6


def hours_of(problem):
    hours = [problem["slot_minutes"] / 60] * len(problem["pv_kw"])
    if problem.get("first_slot_minutes"):
        hours[0] = problem["first_slot_minutes"] / 60
    return hours


def check_plan(problem, plan):
    """Check the physics of every slot; return the cost of the plan and the kWh beyond the grid limits."""
    battery, grid = problem["battery"], problem["grid"]
    capacity = battery["capacity_kwh"]
    stored = start = battery["soc_start"] * capacity
    low, high = min(battery["soc_min"] * capacity, start), max(battery["soc_max"] * capacity, start)
    cost = excess = highest = 0.0
    assert len(plan["slots"]) == len(problem["pv_kw"])
    for index, (slot, hours) in enumerate(zip(plan["slots"], hours_of(problem), strict=True)):
        charge, discharge, curtail = slot["charge_kw"], slot["discharge_kw"], slot["curtail_kw"]
        pv, load = problem["pv_kw"][index], problem["load_kw"][index]
        assert -TOLERANCE <= charge <= battery["charge_kw"] + TOLERANCE
        assert -TOLERANCE <= discharge <= battery["discharge_kw"] + TOLERANCE
        assert min(charge, discharge) == 0, "charges and discharges at once"
        assert -TOLERANCE <= curtail <= (pv if problem.get("pv_curtailable") else 0) + TOLERANCE
        power = load + charge + curtail - pv - discharge
        assert abs(power - slot["grid_kw"]) <= TOLERANCE
        stored += hours * (charge * battery["charge_efficiency"] - discharge / battery["discharge_efficiency"])
        assert abs(stored - slot["soc_end"] * capacity) <= TOLERANCE * max(1, capacity)
        assert low - TOLERANCE <= stored <= high + TOLERANCE
        surplus = pv - load
        match slot["action"]:
            case "charge":
                assert charge > 0
            case "discharge":
                assert discharge > 0
            case "hold":
                assert charge == discharge == 0
            case "self_consume":
                assert charge <= max(surplus, 0) + TOLERANCE
                assert discharge <= max(-surplus, 0) + TOLERANCE
        imported, exported = max(power, 0.0), max(-power, 0.0)
        highest = max(highest, imported)
        cost += hours * (imported * problem["import_price"][index] - exported * problem["export_price"][index])
        cost += hours * battery.get("wear_per_kwh", 0) * (charge + discharge)
        violation = max(power - grid["import_kw"], -power - grid["export_kw"], 0.0)
        if violation > 1e-5:
            excess += hours * violation
            at = slot["start"][11:16]
            assert any(f"at {at}" in note and "exceeded" in note for note in plan["notes"]), (
                "a violated limit without a note"
            )
    cost += problem.get("peak_price_per_kw", 0) * max(highest - problem.get("peak_so_far_kw", 0), 0.0)
    cost -= problem["terminal_value_per_kwh"] * (stored - start)
    return cost, excess


class _ReferenceModel:
    """A mixed-integer programme that is built column by column."""

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


def reference_optimum(problem, penalty=1000.0):
    """Return the least cost, and the unavoidable kWh beyond the grid limits.

    Import, export, charge, discharge and curtailment are variables. Binaries exclude opposite directions in every slot.
    """
    battery, grid = problem["battery"], problem["grid"]
    capacity, n = battery["capacity_kwh"], len(problem["pv_kw"])
    start = battery["soc_start"] * capacity
    terminal = problem["terminal_value_per_kwh"]
    model = _ReferenceModel()
    infinity = highspy.kHighsInf
    previous_stored = None
    excess = []
    peak = None
    if problem.get("peak_price_per_kw"):
        peak = model.column(problem["peak_price_per_kw"], problem.get("peak_so_far_kw", 0.0), infinity)
    for t, hours in enumerate(hours_of(problem)):
        pv, load = problem["pv_kw"][t], problem["load_kw"][t]
        import_price, export_price, wear = (
            problem["import_price"][t] * hours,
            problem["export_price"][t] * hours,
            battery["wear_per_kwh"] * hours,
        )
        big_m = pv + load + battery["charge_kw"] + battery["discharge_kw"]
        imported, exported = model.column(import_price, 0, big_m), model.column(-export_price, 0, big_m)
        # The battery may reduce a violation that occurs without it, and must never increase it.
        unavoidable = max(load - pv - grid["import_kw"], 0)
        excess_import = model.column(penalty * hours, 0, unavoidable)
        unavoidable = 0 if problem.get("pv_curtailable") else max(pv - load - grid["export_kw"], 0)
        excess_export = model.column(penalty * hours, 0, unavoidable)
        excess += [(excess_import, hours), (excess_export, hours)]
        charge, discharge = model.column(wear, 0, battery["charge_kw"]), model.column(wear, 0, battery["discharge_kw"])
        curtail = model.column(0, 0, pv if problem.get("pv_curtailable") else 0)
        last = t == n - 1
        stored = model.column(-terminal if last else 0, battery["soc_min"] * capacity, battery["soc_max"] * capacity)
        model.row(load - pv, load - pv, {imported: 1, exported: -1, charge: -1, discharge: 1, curtail: -1})
        balance = {
            charge: -hours * battery["charge_efficiency"],
            discharge: hours / battery["discharge_efficiency"],
            stored: 1,
        }
        initial = start if previous_stored is None else 0.0
        model.row(initial, initial, balance if previous_stored is None else {**balance, previous_stored: -1})
        model.row(-infinity, grid["import_kw"], {imported: 1, excess_import: -1})
        model.row(-infinity, grid["export_kw"], {exported: 1, excess_export: -1})
        for first, second in ((charge, discharge), (imported, exported)):
            direction = model.column(0, 0, 1, binary=True)
            model.row(-infinity, 0, {first: 1, direction: -big_m})
            model.row(-infinity, big_m, {second: 1, direction: big_m})
        if peak is not None:
            model.row(0, infinity, {peak: 1, imported: -1})
        previous_stored = stored
    model.highs.run()
    assert model.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    values = np.array(model.highs.getSolution().col_value)
    excess_kwh = sum(values[column] * hours for column, hours in excess)
    cost = model.highs.getInfo().objective_function_value - penalty * excess_kwh + terminal * start
    return cost - problem.get("peak_price_per_kw", 0) * problem.get("peak_so_far_kw", 0.0), excess_kwh
