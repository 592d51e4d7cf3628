"""Why a slot is planned as it is, from its numbers: a key and values for Home Assistant to translate, and English.

All prices are per kWh on the AC side, except `worth`: per stored kWh. `margin` is what an AC kWh gains here against the
next best use, `turns_at` the price at which the action would change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, override

from ..action import ActionKind
from ..note import Note, sentence
from .flows import Flows, Move, Store, Surroundings
from .stage import NOTHING

_STORED = "a stored kWh is worth {worth:.3f}"
_USED = ", used from {used_at} on at {used_price:.3f}"
_LATER = ", kept for after the horizon"
_MARGIN = "; after losses and wear of {burden:.3f} the margin is {margin:.3f}"
_STORE = "Surplus of {power_kw:.2f} kW is stored: sold it brings {price:.3f}, " + _STORED
_SOLD_ABOVE = _MARGIN + "; above {turns_at:.3f} it would be sold"
_KEEP = "The energy is kept: import costs {price:.3f}, " + _STORED
_SERVE_ABOVE = "; above {turns_at:.3f} the battery would serve the house"
_CHARGE = "Charges with {power_kw:.2f} kW: a kWh costs {price:.3f}, " + _STORED
_STOP_ABOVE = _MARGIN + "; above {turns_at:.3f} it would stop"
_COVER = "The battery covers {power_kw:.2f} kW: import costs {price:.3f}, " + _STORED + _MARGIN
_DISCHARGE = "Discharges with {power_kw:.2f} kW: a kWh brings {price:.3f}, " + _STORED + _MARGIN

# A key that has to do with a later use comes twice: used within the horizon, and after it.
SENTENCES = {
    "store_surplus": _STORE + _USED + _SOLD_ABOVE,
    "store_surplus_later": _STORE + _LATER + _SOLD_ABOVE,
    "cover_load": _COVER + "; below {turns_at:.3f} import would be better",
    "full": "The battery is full: a surplus goes to the grid",
    "empty": "The battery is at its minimum: the grid serves the house",
    "balanced": "PV and load are even: nothing for the battery to do",
    "keep": _KEEP + _USED + _SERVE_ABOVE,
    "keep_later": _KEEP + _LATER + _SERVE_ABOVE,
    "sell_surplus": "The surplus is sold, not stored: it brings {price:.3f}, "
    + _STORED
    + "; below {turns_at:.3f} it would be stored",
    "charge": _CHARGE + _USED + _STOP_ABOVE,
    "charge_later": _CHARGE + _LATER + _STOP_ABOVE,
    "recover": "Charges with {power_kw:.2f} kW at {price:.3f}: the stored energy is below what it should be",
    "discharge": _DISCHARGE + "; below {turns_at:.3f} it would stop",
    "shave": "The battery serves {power_kw:.2f} kW of a load that alone is above the import limit",
    "strategy": "The strategy {strategy} asks for it",
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

    store: Store
    starts: Sequence[datetime]
    around: Sequence[Surroundings]
    worth: Sequence[float]
    kept: int  # so many first slots are kept from the plan before
    below: int  # so many first slots begin below the minimum


class Use(NamedTuple):
    """The next time that stored energy comes out: from when on, and what a kWh is worth then."""

    at: datetime
    price: float


def explain(context: Context, moves: Sequence[Move], flows: Sequence[Flows]) -> list[Reason]:
    """The reason of every slot."""
    reasons: list[Reason] = []
    used: Use | None = None
    for slot in range(len(moves) - 1, -1, -1):
        flow, around = flows[slot], context.around[slot]
        reasons.append(_explain(context, slot, moves[slot], flow, used))
        if flow.discharge_kw > NOTHING:
            used = Use(context.starts[slot], around.buy if flow.grid_kw > -NOTHING else around.sell)
    reasons.reverse()
    return reasons


def _explain(context: Context, slot: int, move: Move, flow: Flows, used: Use | None) -> Reason:
    rule, worth, around = context.store.rule, context.worth[slot], context.around[slot]
    earned = max(around.sell, 0.0) if rule.curtailable else around.sell
    values: dict[str, Any] = {"worth": worth}
    if flow.curtail_kw > NOTHING:
        values["curtail_kw"] = flow.curtail_kw
    if slot < context.kept:
        values["kept"] = True
    store_below = worth * rule.charge_efficiency - rule.wear
    use_above = worth / rule.discharge_efficiency + rule.wear
    if flow.charge_kw > NOTHING:
        price = around.buy if flow.grid_kw > NOTHING else earned
        values |= {"power_kw": flow.charge_kw, "price": price, "turns_at": store_below}
        values |= {"burden": worth - store_below, "margin": store_below - price}
        if slot < context.below:
            return Reason("recover", values)
        return _with_use("charge" if move.kind is ActionKind.CHARGE else "store_surplus", values, used)
    if flow.discharge_kw > NOTHING:
        price = around.buy if flow.grid_kw > -NOTHING else earned
        values |= {"power_kw": flow.discharge_kw, "price": price, "turns_at": use_above}
        values |= {"burden": use_above - worth, "margin": price - use_above}
        if around.load_kw - around.pv_kw > rule.import_kw:
            return Reason("shave", values)
        return Reason("discharge" if move.kind is ActionKind.DISCHARGE else "cover_load", values)
    if move.sell_surplus:
        return Reason("sell_surplus", {**values, "price": earned, "turns_at": store_below})
    if move.kind is ActionKind.HOLD:
        return _with_use("keep", {**values, "price": around.buy, "turns_at": use_above}, used)
    if abs(around.load_kw - around.pv_kw) <= NOTHING:
        return Reason("balanced", values)
    return Reason("full" if around.pv_kw > around.load_kw else "empty", values)


def _with_use(key: str, values: dict[str, Any], used: Use | None) -> Reason:
    """Add when the energy is used next."""
    if used is None:
        return Reason(f"{key}_later", values)
    return Reason(key, {**values, "used_at": used.at, "used_price": used.price})
