"""What a user asks for in an action or a websocket command, as an override request; every error is translated."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.util import dt as dt_util

from ..action_helpers import exact_moment, period, refuse
from ..core.action import FORCED, ActionKind
from ..core.app.settings import TradingSettings
from ..core.control.overrides import Override, OverrideRequest
from ..core.powers import PowerRange

ATTR_ACTION, ATTR_POWER = "action", "power"
ATTR_START, ATTR_UNTIL, ATTR_DURATION = "start", "until", "duration"

_KILO = 1000
_LOWEST: Final = 1.0  # W
_SHOWN: Final = 60  # characters of a value in a sentence


def override_request(settings: TradingSettings, fields: Mapping[str, Any]) -> OverrideRequest:
    """Return the request with these fields; raises ServiceValidationError."""
    kind = _kind(fields.get(ATTR_ACTION))
    start = exact_moment(fields[ATTR_START]) if fields.get(ATTR_START) is not None else None
    until, duration = fields.get(ATTR_UNTIL), fields.get(ATTR_DURATION)
    if (until is None) is (duration is None):
        raise refuse("override_end")
    end = exact_moment(until) if until is not None else (start or dt_util.utcnow()) + period(duration)
    return OverrideRequest(kind, end, _power(kind, fields.get(ATTR_POWER), settings), start)


def _kind(value: object) -> ActionKind:
    if value is None:
        raise refuse("field_missing", field=ATTR_ACTION)
    allowed = sorted(kind.value for kind in ActionKind)
    if not isinstance(value, str) or value not in allowed:
        raise refuse("field_not_a_choice", field=ATTR_ACTION, value=str(value)[:_SHOWN], choices=", ".join(allowed))
    return ActionKind(value)


def _power(kind: ActionKind, requested: object, settings: TradingSettings) -> float:
    """Return the battery's power (W) of an action, within the limits of the settings; by default the highest."""
    if kind not in FORCED:
        if requested is not None:
            raise refuse("power_not_allowed")
        return 0.0
    highest = highest_power(kind, settings)
    if requested is None:
        return highest
    try:
        power = float(str(requested))
    except ValueError:
        power = float("nan")
    allowed = PowerRange(_LOWEST, highest)
    if (meant := allowed.meant(power)) is not None:
        raise refuse("power_in_kw", power=f"{power:g}", meant=f"{meant:g}")
    if not allowed.contains(power):
        raise refuse("bad_power", power=f"{requested}", low=f"{_LOWEST:g}", high=f"{highest:g}")
    return power


def highest_power(kind: ActionKind, settings: TradingSettings) -> float:
    """Return the highest power (W) of an action by the settings, 0 for an action without a power."""
    if kind not in FORCED:
        return 0.0
    return float(round(_KILO * (settings.charge if kind is ActionKind.CHARGE else settings.discharge)))


def override_picture(override: Override) -> dict[str, Any]:
    """Return an override as plain JSON, as the action `override` returns it."""
    return {
        "id": override.id,
        "action": override.kind.value,
        "power": override.power,
        "start": override.start.isoformat(),
        "until": override.end.isoformat(),
        "user": override.user,
        "set_at": override.set_at.isoformat() if override.set_at else None,
    }
