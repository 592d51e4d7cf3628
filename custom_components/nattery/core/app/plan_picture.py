"""The whole picture of trading as plain JSON: the plan in columns, the present action, overrides and expected money."""

from typing import Any, Final

from ..control.controller import Controller, Decision, Mode
from ..control.overrides import Override
from .day_expectation import DayExpectation
from .preferences import TradingPreferences
from .trading_state import TradingState

API_VERSION: Final = 1
_DIGITS = 4
_COST_DIGITS = 6


def plan_picture(
    state: TradingState,
    preferences: TradingPreferences,
    controller: Controller,
    currency: str,
    days: tuple[DayExpectation | None, DayExpectation | None],
) -> dict[str, Any]:
    """Return the picture: powers of actions in W, those of slots in kW, times in ISO 8601 (in columns unix seconds).

    `currency` is that of the prices, `days` what is expected of today and tomorrow. Reasons and notes are keys and
    values, from which each viewer makes sentences in its own language.
    """
    plan, pause = state.plan, controller.pause
    today, tomorrow = days
    return {
        "api": API_VERSION,
        "made_at": state.made_at.isoformat() if state.made_at else None,
        "problem": state.problem.value if state.problem else None,
        "automatic": controller.mode is Mode.AUTOMATIC,
        "strategy": preferences.strategy,
        "reserve": preferences.reserve,
        "currency": plan.currency if plan else currency,
        "cost": round(plan.cost, _COST_DIGITS) if plan else None,
        "solver": plan.solver if plan else None,
        "notes": [note.to_dict() for note in state.notes],
        "present": _present(state, state.decision) if state.decision else None,
        "pause": {"until": pause.until.isoformat(), "reason": pause.reason.to_dict()} if pause else None,
        "overrides": [override_state(one) for one in controller.overrides],
        "today": _money(today) | {"so_far": _so_far(today)} if today else None,
        "tomorrow": _money(tomorrow) if tomorrow else None,
        "slots": dict(state.result.columns) if state.result else {},
    }


def override_state(override: Override) -> dict[str, Any]:
    """Return an override as the API shows it."""
    return {
        "id": override.id,
        "action": override.kind.value,
        "power_w": override.power,
        "start": override.start.isoformat(),
        "end": override.end.isoformat(),
        "user": override.user,
        "set_at": override.set_at.isoformat() if override.set_at else None,
    }


def _present(state: TradingState, decision: Decision) -> dict[str, Any]:
    action, run, reason = decision.action, decision.run, state.reason
    start = run.start if run else None
    if run and (planned := next((one for one in state.runs if one.start <= run.start < one.end), None)):
        start = planned.start  # a new plan starts now, and its first run may have started earlier
    return {
        "action": action.kind.value if action else None,
        "power_w": decision.battery_power if action else None,
        "start": start.isoformat() if start else None,
        "until": run.end.isoformat() if run else None,
        "performed": decision.performed,
        "override": run.override if run else None,
        "reason": reason.to_dict() if reason else None,
    }


def _money(day: DayExpectation) -> dict[str, Any]:
    return {"cost": day.cost.total, "saving": day.saving.total}


def _so_far(day: DayExpectation) -> dict[str, Any] | None:
    """Return what was booked today, None if nothing is known of that."""
    cost, saving = day.cost.so_far, day.saving.so_far
    return None if cost is None or saving is None else {"cost": round(cost, _DIGITS), "saving": round(saving, _DIGITS)}
