"""Problems for tests: the canonical one, small ones and random ones."""

from dataclasses import dataclass
from datetime import datetime, timedelta
import json
from pathlib import Path

from hypothesis import strategies as st

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.planner.flows import Dispatch
from custom_components.nattery.core.planner.planner import make_plan
from custom_components.nattery.core.planner.problem_document import problem_from
from custom_components.nattery.core.planner.strategies import Strategy
from custom_components.nattery.core.sentences import english_sentences

CANONICAL = json.loads((Path(__file__).parents[1] / "fixtures" / "plan-problem-48h.json").read_text())
ENGLISH = english_sentences("EUR")
START = "2026-01-10T00:00:00+00:00"


@dataclass(frozen=True)
class FixedDispatch(Strategy):
    """The same dispatch in every slot."""

    kind: ActionKind
    power_kw: float = 0.0

    key = "fixed"
    reason_key = "plan_overall"

    def fixed_dispatch(self, problem):
        return [Dispatch(self.kind, self.power_kw)] * len(problem)


def canonical(**changes):
    return CANONICAL | changes


def small(import_price, export_price=None, *, pv=None, load=None, battery=None, grid=None, **changes):
    """Return a problem of a few slots. The export price defaults to the import price, PV and load to zero."""
    slots = len(import_price)
    default_battery = {
        "capacity_kwh": 10, "soc_start": 0.5, "soc_min": 0.1, "soc_max": 1.0, "charge_kw": 5, "discharge_kw": 5,
        "charge_efficiency": 0.95, "discharge_efficiency": 0.95, "wear_per_kwh": 0.03,
    }  # fmt: skip
    return {
        "start": START, "slot_minutes": 60, "currency": "EUR", "battery": default_battery | (battery or {}),
        "grid": {"import_kw": 20, "export_kw": 20} | (grid or {}), "terminal_value_per_kwh": 0.0,
        "import_price": list(import_price),
        "export_price": list(import_price if export_price is None else export_price),
        "pv_kw": list(pv or [0] * slots), "load_kw": list(load or [0] * slots),
    } | changes  # fmt: skip


def plan_of(document, **options):
    return make_plan(problem_from(document), **options)


def at(minutes):
    return datetime.fromisoformat(START) + timedelta(minutes=minutes)


def _hundredths(low, high):
    return st.integers(round(low * 100), round(high * 100)).map(lambda number: number / 100)


@st.composite
def documents(draw, *, peak=False):
    """Any valid problem that starts in range: negative prices, no wear, tight limits, export above import prices."""
    slots = draw(st.integers(1, 10))

    def series(low, high):
        return draw(st.lists(_hundredths(low, high), min_size=slots, max_size=slots))

    soc_min = draw(st.sampled_from([0.0, 0.1, 0.3]))
    minutes = draw(st.sampled_from([15, 30, 60]))
    document = {
        "start": START,
        "slot_minutes": minutes,
        "currency": "EUR",
        "battery": {
            "capacity_kwh": draw(st.sampled_from([1, 5, 10])),
            "soc_start": draw(_hundredths(soc_min, 0.8)),
            "soc_min": soc_min,
            "soc_max": draw(st.sampled_from([0.8, 1.0])),
            "charge_kw": draw(st.sampled_from([0, 1, 3, 5])),
            "discharge_kw": draw(st.sampled_from([0, 1, 3, 5])),
            "charge_efficiency": draw(st.sampled_from([1, 0.95, 0.7])),
            "discharge_efficiency": draw(st.sampled_from([1, 0.95, 0.7])),
            "wear_per_kwh": draw(st.sampled_from([0, 0.01, 0.03])),
        },
        "grid": {
            "import_kw": draw(st.sampled_from([0, 2, 5, 20])),
            "export_kw": draw(st.sampled_from([0, 1, 3, 20])),
        },
        "terminal_value_per_kwh": draw(_hundredths(-0.1, 0.3)),
        "pv_curtailable": draw(st.booleans()),
        "import_price": series(-0.3, 0.5),
        "export_price": series(-0.3, 0.5),
        "pv_kw": series(0, 8),
        "load_kw": series(0, 6),
    }
    if draw(st.booleans()):
        document["first_slot_minutes"] = minutes / draw(st.sampled_from([2, 5]))
    if peak:
        document |= {"peak_price_per_kw": draw(_hundredths(0.1, 8)), "peak_so_far_kw": draw(_hundredths(0, 3))}
    return document
