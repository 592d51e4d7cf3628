"""What can go wrong in this room; every text is one sentence for people."""


class ControlError(Exception):
    """Anything of this room."""


class BatteryError(ControlError):
    """A battery that cannot be read, or does not do what it is told."""


class OverrideError(ControlError):
    """An override that cannot be."""


class SavedError(ControlError):
    """Something kept from an earlier life that cannot be read."""
