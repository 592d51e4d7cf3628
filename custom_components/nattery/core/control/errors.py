"""The errors of the controller."""

from ..errors import NatteryError, WrappedError


class ControlError(NatteryError):
    """An error of the controller, its battery or its overrides."""

    kind = "control"


class BatteryError(WrappedError, ControlError):
    """The battery cannot be read, or did not take a setting; the cause says why."""


class OverrideError(ControlError):
    """An override that is not allowed."""

    kind = "bad_override"
    placeholder_names = ("days",)

    def __init__(self, text: str, days: int = 0) -> None:
        """Keep how many days ahead an override may end; `text` is the English sentence."""
        self.days = days
        super().__init__(text)


class TooManyOverridesError(OverrideError):
    """There are as many overrides as may be kept."""

    kind = "too_many_overrides"


class SavedStateError(ControlError):
    """The saved state of the controller cannot be read."""

    kind = "saved_control"
