"""Errors of this package; every text is one sentence for the user."""

from typing import ClassVar

from ..explanation import Explanation


class ControlError(Exception):
    """Base class of the errors of this package."""


class BatteryError(ControlError):
    """A battery cannot be read or does not accept a setting."""

    @property
    def explanation(self) -> Explanation:
        """What it says in any language."""
        return Explanation("inverter", {"detail": str(self)})


class OverrideError(ControlError):
    """An invalid override; `kind` is its translation key."""

    kind: ClassVar[str] = "bad_override"


class TooManyOverridesError(OverrideError):
    """There are as many overrides as allowed already."""

    kind = "too_many_overrides"


class SavedStateError(ControlError):
    """Saved state cannot be restored."""
