"""Reasons as the ledger has stored them over time: keys without a prefix, and other names of values."""

from collections.abc import Mapping
from typing import Any, Final

from ..explanation import Explanation

_PLANNED: Final = (
    "balanced charge cover_load discharge empty full grid_limit keep peak recover sell_surplus shave store_surplus "
    "strategy take_surplus"
)
_CONTROL: Final = (
    "alarm changed_by_hand clock_off clock_unknown export_off no_plan no_readings not_running override plan soc_high "
    "soc_low stale_prices too_short worn write_failed"
)
_KEYS: Final[Mapping[str, str]] = {
    **{key: f"plan_{key}" for key in _PLANNED.split()},
    **{key: f"control_{key}" for key in _CONTROL.split()},
    # These did not store which day they were about.
    **{f"{key}_later": f"plan_{key}_gain" for key in ("charge", "keep", "store_surplus")},
}
_NAMES: Final[Mapping[str, str]] = {
    "worth": "marginal_value",
    "burden": "losses_and_wear",
    "turns_at": "break_even_price",
}


def current_reason(key: str, values: Mapping[str, Any]) -> Explanation:
    """Return a stored reason by the names of today."""
    if key in _KEYS:
        key, values = _KEYS[key], {_NAMES.get(name, name): value for name, value in values.items()}
    return Explanation.from_dict({"key": key, "values": values})
