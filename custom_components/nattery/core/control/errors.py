"""What can go wrong in this room; every text is one sentence for people."""

from typing import ClassVar

from ..explanation import Explanation


class ControlError(Exception):
    """Anything of this room."""


class BatteryError(ControlError):
    """A battery that cannot be read, or does not do what it is told."""

    @property
    def explanation(self) -> Explanation:
        """What it says in any language."""
        return Explanation("inverter", {"detail": str(self)})


class OverrideError(ControlError):
    """An override that cannot be; `kind` is the name under which it is translated."""

    kind: ClassVar[str] = "bad_override"


class TooManyOverridesError(OverrideError):
    """One more than may be kept."""

    kind = "too_many_overrides"


class SavedStateError(ControlError):
    """Something kept from an earlier life that cannot be read."""
