"""Why each slot is planned as it is: explanations whose numbers bear out what their sentences claim.

Prices are per kWh on the AC side, `marginal_value` is per stored kWh. `margin` is what an AC kWh gains here against the
next best use, `break_even_price` the price at which less of it would be done, or what is not done would begin. Each
kind of dispatch has several sentences; the first whose claims hold is taken, and where none does, one without numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Final, NamedTuple

from ..action import ActionKind
from ..explanation import Explanation
from .flows import SAME_KW, Dispatch, Flows, SlotInputs, StorageBounds
from .marginal_value import MarginalValue
from .problem import Outcome
from .slot_cost import EPSILON, SystemLimits

BINDING: Final = 0.2  # of the price of a broken limit: what no price of energy comes near
_TOLERANCE: Final = 1e-6  # per kWh, by which a solver may be off
_DISTINCT: Final = 0.001  # per kWh, and of the largest price: what two prices differ by at least to be set side by side
_SAME_KWH: Final = 1e-6
_AHEAD_SLOTS: Final = 48  # slots in which missing energy may have to be bought

CHARGE, STORE_SURPLUS, KEEP = "plan_charge", "plan_store_surplus", "plan_keep"
COVER_LOAD, DISCHARGE, SELL_SURPLUS = "plan_cover_load", "plan_discharge", "plan_sell_surplus"
RECOVER, TAKE_SURPLUS, SHAVE, PEAK = "plan_recover", "plan_take_surplus", "plan_shave", "plan_peak"
FULL, CURTAIL, EMPTY, BALANCED = "plan_full", "plan_curtail", "plan_empty", "plan_balanced"
NO_CHARGE_POWER, NO_DISCHARGE_POWER = "plan_no_charge_power", "plan_no_discharge_power"
STRATEGY, MANUAL, OVERALL = "plan_strategy", "plan_manual", "plan_overall"
STEADY, UNCERTAIN = "plan_steady", "plan_uncertain"
WAIT_FOR_SUN, WAIT_FOR_LOAD = "plan_wait_for_sun", "plan_wait_for_load"
GRID_LIMIT, RESERVE = "plan_grid_limit", "plan_reserve"
OVERRIDE = "control_override"  # also the controller's reason

# What a sentence sets a price against: a use in the house, a sale, the time after the plan, any use, or nothing.
_FOR_LATER: Final = ("", "_sold", "_later", "_gain", "_paid")
_NOW: Final = ("", "_now")  # with and without what it would bring later
PLAN_REASONS: Final = frozenset(
    {
        *(base + end for base in (CHARGE, STORE_SURPLUS, KEEP) for end in _FOR_LATER),
        *(base + end for base in (COVER_LOAD, DISCHARGE) for end in _NOW),
        *(SELL_SURPLUS + end for end in (*_NOW, "_paid")),
        *(RECOVER, TAKE_SURPLUS, SHAVE, PEAK, FULL, CURTAIL, EMPTY, BALANCED, NO_CHARGE_POWER, NO_DISCHARGE_POWER),
        *(STRATEGY, MANUAL, STEADY, UNCERTAIN, WAIT_FOR_SUN, WAIT_FOR_LOAD, OVERALL, GRID_LIMIT, RESERVE),
    }
)
PLAN_NOTES: Final = frozenset(
    {
        "note_import_limit",
        "note_export_limit",
        "note_below_minimum",
        "note_above_maximum",
        "note_target_missed",
        "note_terminal_estimated",
        "note_without_peak",
        "note_without_scenarios",
        "note_approximate",
        "note_careful",
    }
)


class ReasonContext(NamedTuple):
    """What every reason of a plan needs; `edges` are the slots' starts and the end of the last one."""

    bounds: StorageBounds
    edges: Sequence[datetime]
    slot_inputs: Sequence[SlotInputs]
    marginal_values: Sequence[MarginalValue]
    terminal_value: float  # per stored kWh
    empty_kwh: float  # stored energy that is not used
    peak_kw: float  # import above it is paid for by the kW; inf where none is
    kept: int  # so many first slots are kept from the plan before
    below: int  # so many first slots begin below the minimum
    has_targets: bool  # whether a reserve or a departure is wanted
    uncertainty: Uncertainty | None  # of PV and load, None if their expected values decided
    largest_price: float
    otherwise: Explanation  # of a slot that no price explains


class Uncertainty(NamedTuple):
    """The mean deviation of PV and load from their means (kW) in each slot."""

    pv_kw: Sequence[float]
    load_kw: Sequence[float]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Uncertainty:
        """Return that of some outcomes."""
        return cls(
            _deviations([outcome.pv_kw for outcome in outcomes]),
            _deviations([outcome.load_kw for outcome in outcomes]),
        )


def _deviations(series: Sequence[Sequence[float]]) -> list[float]:
    deviations = []
    for values in zip(*series, strict=True):
        mean = sum(values) / len(values)
        deviations.append(sum(abs(value - mean) for value in values) / len(values))
    return deviations


class LaterUse(NamedTuple):
    """A time at which stored energy comes out, and the price that an AC kWh then saves, or brings where it is sold."""

    at: datetime
    price: float
    sold: bool


class _ExplainedSlot(NamedTuple):
    """One slot, with the later uses that its energy can reach, the next one last."""

    context: ReasonContext
    number: int
    dispatch: Dispatch
    flows: Flows
    uses: Sequence[LaterUse]
    reaches_end: bool  # whether energy stored now can still be there at the end

    @property
    def inputs(self) -> SlotInputs:
        return self.context.slot_inputs[self.number]

    @property
    def limits(self) -> SystemLimits:
        return self.context.bounds.limits


def explain(context: ReasonContext, dispatches: Sequence[Dispatch], flows: Sequence[Flows]) -> list[Explanation]:
    """Return the reason of every slot."""
    reasons: list[Explanation] = []
    uses: list[LaterUse] = []
    reaches_end = True
    for index in range(len(dispatches) - 1, -1, -1):
        flow, inputs = flows[index], context.slot_inputs[index]
        reasons.append(_explain(_ExplainedSlot(context, index, dispatches[index], flow, uses, reaches_end)))
        if flow.stored_kwh <= context.empty_kwh + _SAME_KWH:
            uses, reaches_end = [], False
        if flow.discharge_kw > EPSILON:
            sold = flow.grid_kw < -EPSILON
            uses.append(LaterUse(context.edges[index], inputs.export_price if sold else inputs.import_price, sold))
    reasons.reverse()
    return reasons


def _explain(slot: _ExplainedSlot) -> Explanation:
    context, flow = slot.context, slot.flows
    if flow.charge_kw > SAME_KW:
        reason = _charging(slot)
    elif flow.discharge_kw > SAME_KW:
        reason = _discharging(slot)
    else:
        reason = _resting(slot)
    reason = reason or _otherwise(slot)
    added: dict[str, float | bool] = {}
    if flow.curtail_kw > EPSILON and reason.key != CURTAIL:
        added["curtail_kw"] = flow.curtail_kw
    if slot.number < context.kept and reason.key != STEADY:
        added["kept"] = True
    return reason.with_values(**added) if added else reason


def _otherwise(slot: _ExplainedSlot) -> Explanation:
    """Return the reason of a slot that no price explains."""
    if slot.number < slot.context.kept:
        return Explanation(STEADY)
    return _uncertain(slot) if slot.context.uncertainty else slot.context.otherwise


def _uncertain(slot: _ExplainedSlot) -> Explanation:
    """Return the reason of a slot that the uncertainty of PV and load decides.

    Self-consumption waits for what comes: energy that is missing then must be bought, at worst at the highest price of
    the next hours.
    """
    context, first = slot.context, slot.number + 1
    uncertainty = context.uncertainty
    following = range(first, min(first + _AHEAD_SLOTS, len(context.slot_inputs)))
    if slot.dispatch.kind is not ActionKind.SELF_CONSUME or not following or uncertainty is None:
        return Explanation(UNCERTAIN)
    costliest = max(following, key=lambda index: context.slot_inputs[index].import_price)
    price = context.slot_inputs[costliest].import_price
    if price <= slot.inputs.import_price:
        return Explanation(UNCERTAIN)
    until = slice(slot.number, costliest + 1)
    sun = sum(uncertainty.pv_kw[until]) >= sum(uncertainty.load_kw[until])
    key = WAIT_FOR_SUN if sun else WAIT_FOR_LOAD
    marginal_value = context.marginal_values[slot.number].loss
    return Explanation(
        key,
        {"missing_at": context.edges[costliest], "missing_price": price, "marginal_value": marginal_value},
    )


def _charging(slot: _ExplainedSlot) -> Explanation | None:
    limits, inputs, flow = slot.limits, slot.inputs, slot.flows
    marginal_value = slot.context.marginal_values[slot.number].loss
    bought = flow.grid_kw > SAME_KW
    price = inputs.import_price if bought else _export_value(limits, inputs, flow)
    power = {"power_kw": flow.charge_kw}
    if slot.number < slot.context.below:
        return Explanation(RECOVER, {**power, "price": price})
    if inputs.pv_kw - inputs.load_kw > limits.export_kw and flow.grid_kw <= SAME_KW - limits.export_kw:
        return Explanation(TAKE_SURPLUS, power)
    if _is_binding(limits, marginal_value):
        return Explanation(GRID_LIMIT)

    def break_even(stored: float) -> float:
        return stored * limits.charge_efficiency - limits.wear

    turns = break_even(marginal_value)
    if turns - price < -_TOLERANCE:
        return None
    gain = {"marginal_value": marginal_value, "losses_and_wear": marginal_value - turns, "margin": turns - price}
    details = power | gain | {"break_even_price": turns}
    return _for_later(slot, CHARGE if bought else STORE_SURPLUS, price, break_even, details)


def _discharging(slot: _ExplainedSlot) -> Explanation | None:
    context, limits, inputs, flow = slot.context, slot.limits, slot.inputs, slot.flows
    marginal_value = context.marginal_values[slot.number].gain
    sold = flow.grid_kw < -SAME_KW
    price = inputs.export_price if sold else inputs.import_price
    power = {"power_kw": flow.discharge_kw}
    if inputs.load_kw - inputs.pv_kw > limits.import_kw and flow.grid_kw >= limits.import_kw - SAME_KW:
        return Explanation(SHAVE, power)
    if _is_binding(limits, marginal_value):
        return Explanation(GRID_LIMIT)
    if flow.grid_kw >= context.peak_kw - SAME_KW:
        return Explanation(PEAK, {**power, "peak_kw": context.peak_kw})
    turns = marginal_value / limits.discharge_efficiency + limits.wear
    margin = price - turns
    if margin < -_TOLERANCE or price < 0 or flow.curtail_kw > SAME_KW:
        return None
    gain = {"marginal_value": marginal_value, "losses_and_wear": turns - marginal_value, "margin": margin}
    base = DISCHARGE if sold else COVER_LOAD
    tells_both = turns > 0 and margin > _distinct(slot)
    return Explanation(
        base if tells_both else f"{base}_now", power | gain | {"price": price, "break_even_price": turns}
    )


def _resting(slot: _ExplainedSlot) -> Explanation | None:
    """Return the reason of a battery at rest."""
    limits, inputs, flow, dispatch = slot.limits, slot.inputs, slot.flows, slot.dispatch
    loss, gain = slot.context.marginal_values[slot.number]
    surplus = inputs.pv_kw - inputs.load_kw
    if flow.curtail_kw > SAME_KW:
        return Explanation(CURTAIL, {"unused_kw": flow.curtail_kw})
    if dispatch.sell_surplus and surplus > EPSILON:
        return _selling(slot, gain)
    if dispatch.kind is ActionKind.HOLD and surplus < -EPSILON and flow.stored_kwh > slot.context.empty_kwh + _SAME_KWH:
        return _keeping(slot, loss)
    if abs(surplus) <= EPSILON:
        return Explanation(BALANCED)
    if surplus > 0:
        return Explanation(FULL if limits.charge_kw > SAME_KW else NO_CHARGE_POWER)
    return Explanation(EMPTY if limits.discharge_kw > SAME_KW else NO_DISCHARGE_POWER)


def _selling(slot: _ExplainedSlot, marginal_value: float) -> Explanation | None:
    limits = slot.limits
    if not isfinite(marginal_value):  # a full battery, or none that charges
        return None
    if _is_binding(limits, marginal_value):
        return Explanation(GRID_LIMIT)
    price = _export_value(limits, slot.inputs, slot.flows)
    turns = marginal_value * limits.charge_efficiency - limits.wear
    margin = price - turns
    details = {"marginal_value": marginal_value, "break_even_price": turns}
    if margin < -_TOLERANCE:
        return None
    if price < 0:
        return Explanation(f"{SELL_SURPLUS}_paid", details | {"paid_price": -price})
    if turns > 0:
        return Explanation(SELL_SURPLUS, details | {"price": price}) if margin > _distinct(slot) else None
    return Explanation(f"{SELL_SURPLUS}_now", details | {"price": price})


def _keeping(slot: _ExplainedSlot, marginal_value: float) -> Explanation | None:
    limits, price = slot.limits, slot.inputs.import_price
    if not isfinite(marginal_value):
        return None
    if _is_binding(limits, marginal_value):
        return Explanation(GRID_LIMIT)

    def break_even(stored: float) -> float:
        return stored / limits.discharge_efficiency + limits.wear

    turns = break_even(marginal_value)
    if turns - price < -_TOLERANCE:
        return None
    return _for_later(slot, KEEP, price, break_even, {"marginal_value": marginal_value, "break_even_price": turns})


def _for_later(
    slot: _ExplainedSlot,
    base: str,
    price: float,
    break_even: Callable[[float], float],
    details: Mapping[str, float],
) -> Explanation | None:
    """Return the sentence about what energy is held for: the next use that pays, the time after the plan, or any."""
    if price < 0:
        return Explanation(f"{base}_paid", {**details, "paid_price": -price})
    values = {**details, "price": price}
    distinct = _distinct(slot)
    for use in reversed(slot.uses):
        stored = slot.limits.discharge_efficiency * (use.price - slot.limits.wear)
        if min(break_even(stored), use.price) - price > distinct:
            key = f"{base}_sold" if use.sold else base
            return Explanation(key, {**values, "used_at": use.at, "used_price": use.price})
    if slot.reaches_end and break_even(slot.context.terminal_value) - price >= -_TOLERANCE:
        return Explanation(f"{base}_later", {**values, "unknown_day": slot.context.edges[-1]})
    if slot.context.has_targets:
        return Explanation(RESERVE)
    if details["break_even_price"] - price > distinct:
        return Explanation(f"{base}_gain", values)
    return None


def _distinct(slot: _ExplainedSlot) -> float:
    """Return by how much two prices must differ to be set against each other."""
    return _DISTINCT * max(slot.context.largest_price, 1.0)


def _export_value(limits: SystemLimits, inputs: SlotInputs, flow: Flows) -> float:
    """Return what another kWh of surplus would bring: nothing where it could only be curtailed."""
    if not limits.curtailable:
        return inputs.export_price
    return 0.0 if flow.grid_kw <= SAME_KW - limits.export_kw else max(inputs.export_price, 0.0)


def _is_binding(limits: SystemLimits, marginal_value: float) -> bool:
    """Return whether a limit of the grid that would be broken decides, rather than prices."""
    if not isfinite(marginal_value):
        return False
    return abs(marginal_value) > BINDING * limits.penalty * limits.charge_efficiency * limits.discharge_efficiency
