"""HiGHS beside another user of it in the same process, and values without a choice."""

from dataclasses import replace

import highspy

from custom_components.nattery.core.planner.highs import run_highs
from custom_components.nattery.core.planner.problem_document import problem_from
from custom_components.nattery.core.planner.terminal_value import terminal_value

from .problems import canonical


class BusyHighs:
    """A solver that rejects its thread count once, as it does after another one was used in this process."""

    def __init__(self) -> None:
        self.options: dict[str, object] = {}

    def setOptionValue(self, name: str, value: object) -> None:  # noqa: N802  (HiGHS's own name)
        self.options[name] = value

    def passModel(self, *model: object) -> None:  # noqa: N802
        pass

    def run(self) -> highspy.HighsStatus:
        return highspy.HighsStatus.kOk if "threads" in self.options else highspy.HighsStatus.kError

    def getModelStatus(self) -> highspy.HighsModelStatus:  # noqa: N802
        return highspy.HighsModelStatus.kOptimal if "threads" in self.options else highspy.HighsModelStatus.kNotset


def test_the_thread_count_of_another_user_is_taken() -> None:
    solver = BusyHighs()
    assert run_highs(solver, (), presolve=True)
    assert solver.options == {"presolve": "on", "threads": 0}


def test_a_battery_that_holds_nothing_has_no_terminal_value() -> None:
    problem = problem_from(canonical(terminal_value_per_kwh=None))
    assert terminal_value(replace(problem, battery=replace(problem.battery, soc_min=0.5, soc_max=0.5))).mean_price == 0
