"""HiGHS with fixed options: one thread, no output, a time limit. Imports numpy and highspy."""

from typing import NamedTuple, override

import highspy
import numpy as np
from numpy.typing import NDArray

TIME_LIMIT_S = 2.0
MIP_ABS_GAP = 1e-6  # gap to the optimum that ends the search, in units of a kWh at the largest price
BY_COLUMN = int(highspy.MatrixFormat.kColwise)
MINIMISE = int(highspy.ObjSense.kMinimize)


class QuietHighs(highspy.Highs):
    """HiGHS without its callbacks. They are not used here, and setting them up prints a banner."""

    @override
    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()
        self.setOptionValue("output_flag", False)  # noqa: FBT003
        self.setOptionValue("parallel", "off")
        self.setOptionValue("threads", 1)
        self.setOptionValue("time_limit", TIME_LIMIT_S)
        self.setOptionValue("mip_rel_gap", 0.0)
        self.setOptionValue("mip_abs_gap", MIP_ABS_GAP)


class HighsModel(NamedTuple):
    """The arguments of HiGHS' passModel in their order. The matrix is stored by columns."""

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


def run_highs(solver: QuietHighs, model: HighsModel, *, presolve: bool) -> bool:
    """Solve the model and return whether the optimum was reached.

    HiGHS has one thread pool per process and rejects a thread count that differs from the first one. If another user of
    HiGHS in this process was first, its thread count is used.
    """
    solver.setOptionValue("presolve", "on" if presolve else "off")
    solver.passModel(*model)
    if solver.run() == highspy.HighsStatus.kError:
        solver.setOptionValue("threads", 0)
        solver.run()
    return bool(solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)
