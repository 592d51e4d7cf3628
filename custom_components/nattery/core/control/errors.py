"""Errors of this package; every text is one sentence for the user."""

from typing import ClassVar


class ControlError(Exception):
    """Base class of the errors of this package."""


class BatteryError(ControlError):
    """A battery cannot be read or does not accept a setting."""


class OverrideError(ControlError):
    """An invalid override; `kind` is its translation key."""

    kind: ClassVar[str] = "bad_override"


class TooManyOverridesError(OverrideError):
    """There are as many overrides as allowed already."""

    kind = "too_many_overrides"


class SavedStateError(ControlError):
    """Saved state cannot be restored."""
