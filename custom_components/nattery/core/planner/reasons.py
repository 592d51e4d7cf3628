"""Why a slot is planned as it is, from its numbers: a key and values for Home Assistant to translate, and English.

All prices are per kWh on the AC side, except `worth`: per stored kWh. `margin` is what an AC kWh gains here against the
next best use, `turns_at` the price at which less of it would be done, or what is not done would begin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from types import MappingProxyType
from typing import Any, NamedTuple, override

from ..action import ActionKind
from ..explanation import Note, sentence
from .flows import SAME_KW, Dispatch, Flows, SlotInputs, StorageBounds
from .marginal_value import MarginalValue
from .slot_cost import EPSILON, SystemLimits

_STORED = "a stored kWh is worth {worth:.3f}"
_USED = ", used from {used_at} on at {used_price:.3f}"
_LATER = ", kept for after the horizon"
_MARGIN = "; after losses and wear of {burden:.3f} the margin is {margin:.3f}"
_STORE = "Surplus of {power_kw:.2f} kW is stored: sold it brings {price:.3f}, " + _STORED
_SOLD_ABOVE = _MARGIN + "; above {turns_at:.3f} it would be sold"
_KEEP = "The energy is kept: import costs {price:.3f}, " + _STORED
_SERVE_ABOVE = "; above {turns_at:.3f} the battery would serve the house"
_CHARGE = "Charges with {power_kw:.2f} kW: a kWh costs {price:.3f}, " + _STORED
_STOP_ABOVE = _MARGIN + "; above {turns_at:.3f} it would charge less"
_COVER = "The battery covers {power_kw:.2f} kW: import costs {price:.3f}, " + _STORED + _MARGIN
_DISCHARGE = "Discharges with {power_kw:.2f} kW: a kWh brings {price:.3f}, " + _STORED + _MARGIN

_LIMITS = frozenset({"recover", "take_surplus", "shave"})  # keys that name a limit themselves
PRESSING = 0.2  # of the price of a broken limit: what no price of energy comes near

# A key that has to do with a later use comes twice: used within the horizon, and after it.
SENTENCES = {
    "store_surplus": _STORE + _USED + _SOLD_ABOVE,
    "store_surplus_later": _STORE + _LATER + _SOLD_ABOVE,
    "cover_load": _COVER + "; below {turns_at:.3f} import would be better",
    "full": "The battery is full: it cannot store a surplus",
    "empty": "The battery is at its minimum: the grid serves the house",
    "balanced": "PV and load are even: nothing for the battery to do",
    "keep": _KEEP + _USED + _SERVE_ABOVE,
    "keep_later": _KEEP + _LATER + _SERVE_ABOVE,
    "sell_surplus": "The surplus is not stored: sold it brings {price:.3f}, "
    + _STORED
    + "; below {turns_at:.3f} it would be stored",
    "charge": _CHARGE + _USED + _STOP_ABOVE,
    "charge_later": _CHARGE + _LATER + _STOP_ABOVE,
    "recover": "Charges with {power_kw:.2f} kW at {price:.3f}: the stored energy is below what it should be",
    "discharge": _DISCHARGE + "; below {turns_at:.3f} it would discharge less",
    "take_surplus": "The battery takes {power_kw:.2f} kW of a surplus that alone is above the export limit",
    "grid_limit": "What is stored here decides how far a grid limit is exceeded later: that comes before every price",
    "peak": "The battery serves {power_kw:.2f} kW: import above {peak_kw:.2f} kW would raise the peak that is paid for",
    "shave": "The battery serves {power_kw:.2f} kW of a load that alone is above the import limit",
    "strategy": "The strategy {strategy} asks for it",
    "manual": "Manual: self-consumption until you set something else",
}
_CURTAILED = "; {curtail_kw:.2f} kW of PV are curtailed"
_KEPT = "; kept from the plan before, since a change would not pay"

NOTES = {
    "import_limit": "Import limit exceeded by {excess_kw:.2f} kW at {at}: load alone is {load_kw:.2f} kW",
    "export_limit": "Export limit exceeded by {excess_kw:.2f} kW at {at}: PV alone is {pv_kw:.2f} kW",
    "below_minimum": "SOC starts at {soc:.0%}, below the minimum of {limit:.0%}: the battery is charged back first",
    "above_maximum": "SOC starts at {soc:.0%}, above the maximum of {limit:.0%}: the battery is used down to it",
    "wish_missed": "Stored energy is {missing_kwh:.2f} kWh short of the wanted {level_kwh:.2f} kWh at {at}",
    "terminal_estimated": "A kWh stored at the end counts {value:.3f}, estimated from the last day's prices",
    "without_peak": "The capacity tariff is not planned for: only HiGHS can",
    "without_scenarios": "Only the middle forecast is planned for: only HiGHS can do more",
    "approximate": "The plan may not be the very best: the time ran out",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a key of SENTENCES and its values."""

    key: str
    values: Mapping[str, Any] = MappingProxyType({})

    def __str__(self) -> str:
        """One English sentence."""
        values = self.values
        text = SENTENCES[self.key]
        if values.get("curtail_kw"):
            text += _CURTAILED
        if values.get("kept"):
            text += _KEPT
        return sentence(text, values)


class PlanNote(Note):
    """Something about the whole plan that a person should know: a key of NOTES and its values."""

    __slots__ = ()

    @override
    def __str__(self) -> str:
        """One English sentence."""
        return sentence(NOTES[self.key], self.values)


class Context(NamedTuple):
    """What every reason of a plan needs; `starts`, `around` and `worth` have one value a slot."""

    store: StorageBounds
    starts: Sequence[datetime]
    around: Sequence[SlotInputs]
    worth: Sequence[MarginalValue]
    peak_kw: float  # import above it is paid for by the kW; inf where none is
    kept: int  # so many first slots are kept from the plan before
    below: int  # so many first slots begin below the minimum


class Use(NamedTuple):
    """The next time that stored energy comes out: from when on, and what a kWh is worth then."""

    at: datetime
    price: float


def explain(context: Context, moves: Sequence[Dispatch], flows: Sequence[Flows]) -> list[Reason]:
    """The reason of every slot."""
    reasons: list[Reason] = []
    used: Use | None = None
    for slot in range(len(moves) - 1, -1, -1):
        flow, around = flows[slot], context.around[slot]
        reasons.append(_explain(context, slot, moves[slot], flow, used))
        if flow.discharge_kw > EPSILON:
            used = Use(context.starts[slot], around.import_price if flow.grid_kw > -EPSILON else around.export_price)
    reasons.reverse()
    return reasons


def _explain(context: Context, slot: int, move: Dispatch, flow: Flows, used: Use | None) -> Reason:
    if flow.charge_kw > SAME_KW:
        key, values = _charging(context, slot, move, flow)
    elif flow.discharge_kw > SAME_KW:
        key, values = _discharging(context, slot, move, flow)
    else:
        key, values = _resting(context, slot, move, flow)
    if _presses(context.store.limits, values.get("worth", 0.0)) and key not in _LIMITS:
        key = "grid_limit"
    if flow.curtail_kw > EPSILON:
        values["curtail_kw"] = flow.curtail_kw
    if slot < context.kept:
        values["kept"] = True
    if f"{key}_later" not in SENTENCES:
        return Reason(key, values)
    if used is None:
        return Reason(f"{key}_later", values)
    return Reason(key, {**values, "used_at": used.at, "used_price": used.price})


def _charging(context: Context, slot: int, move: Dispatch, flow: Flows) -> tuple[str, dict[str, Any]]:
    rule, worth, around = context.store.limits, context.worth[slot].loss, context.around[slot]
    bought = flow.grid_kw > SAME_KW
    price = around.import_price if bought else _brings(rule, around, flow)
    turns_at = worth * rule.charge_efficiency - rule.wear
    values = {"power_kw": flow.charge_kw, "price": price, "worth": worth, "turns_at": turns_at}
    values |= {"burden": worth - turns_at, "margin": turns_at - price}
    if slot < context.below:
        return "recover", values
    if around.pv_kw - around.load_kw > rule.export_kw and flow.grid_kw <= SAME_KW - rule.export_kw:
        return "take_surplus", values
    return "charge" if bought or move.kind is ActionKind.CHARGE else "store_surplus", values


def _discharging(context: Context, slot: int, move: Dispatch, flow: Flows) -> tuple[str, dict[str, Any]]:
    rule, worth, around = context.store.limits, context.worth[slot].gain, context.around[slot]
    price = (
        around.import_price if flow.grid_kw > -SAME_KW else 0.0 if flow.curtail_kw > SAME_KW else around.export_price
    )
    turns_at = worth / rule.discharge_efficiency + rule.wear
    values = {"power_kw": flow.discharge_kw, "price": price, "worth": worth, "turns_at": turns_at}
    values |= {"burden": turns_at - worth, "margin": price - turns_at}
    if around.load_kw - around.pv_kw > rule.import_kw and flow.grid_kw >= rule.import_kw - SAME_KW:
        return "shave", values
    if flow.grid_kw >= context.peak_kw - SAME_KW:
        return "peak", {**values, "peak_kw": context.peak_kw}
    return "discharge" if move.kind is ActionKind.DISCHARGE else "cover_load", values


def _resting(context: Context, slot: int, move: Dispatch, flow: Flows) -> tuple[str, dict[str, Any]]:
    """At rest; a worth without an end is that of a full or an empty battery, which has no choice."""
    rule, (less, more), around = context.store.limits, context.worth[slot], context.around[slot]
    surplus = around.pv_kw - around.load_kw
    if move.sell_surplus and isfinite(more):
        turns_at = more * rule.charge_efficiency - rule.wear
        return "sell_surplus", {"price": _brings(rule, around, flow), "worth": more, "turns_at": turns_at}
    if move.kind is ActionKind.HOLD and not move.sell_surplus and isfinite(less):
        turns_at = less / rule.discharge_efficiency + rule.wear
        return "keep", {"price": around.import_price, "worth": less, "turns_at": turns_at}
    if abs(surplus) <= EPSILON:
        return "balanced", {}
    return "full" if surplus > 0 else "empty", {}


def _brings(rule: SystemLimits, around: SlotInputs, flow: Flows) -> float:
    """What another kWh of surplus would bring: nothing where it could only be curtailed."""
    if not rule.curtailable:
        return around.export_price
    return 0.0 if flow.grid_kw <= SAME_KW - rule.export_kw else max(around.export_price, 0.0)


def _presses(rule: SystemLimits, worth: float) -> bool:
    """Whether a limit of the grid that would be broken is in a worth, rather than prices."""
    return abs(worth) > PRESSING * rule.penalty * rule.charge_efficiency * rule.discharge_efficiency
