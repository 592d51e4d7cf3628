"""What is known of every register: its last value, when that was read, and when it last changed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ..modbus.errors import ModbusError
from .codec import Value
from .registers import BY_KEY


@dataclass(frozen=True, slots=True)
class RegisterState:
    """The last known value of a register.

    `changed_at` is None until the value has changed since the start. `error` is the kind of the error with which the
    last poll of this register failed, None if it succeeded.
    """

    value: Value = None
    read_at: datetime | None = None
    changed_at: datetime | None = None
    error: str | None = None


UNREAD = RegisterState()


class RegisterStates:
    """The states of the registers that were read, by key."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._states: dict[str, RegisterState] = {}

    def __getitem__(self, key: str) -> RegisterState:
        """Return the state of a register, `UNREAD` before its first poll."""
        return self._states.get(key, UNREAD)

    def record(
        self,
        values: Mapping[str, Value],
        failed: Mapping[str, ModbusError],
        read_at: datetime | None,
        now: datetime,
    ) -> None:
        """Record the values of a poll at `read_at`; one that differs within the same poll was written at `now`.

        Values that are not those of a register are left out.
        """
        for key in values.keys() & BY_KEY.keys():
            known = self._states.get(key)
            value = values[key]
            if known is None:
                self._states[key] = RegisterState(value, read_at)
            elif value != known.value:
                at = now if read_at == known.read_at else read_at
                self._states[key] = RegisterState(value, at, at)
            elif key not in failed:
                self._states[key] = replace(known, read_at=_latest(known.read_at, read_at), error=None)
        for key, error in failed.items():
            self._states[key] = replace(self[key], error=error.kind)


def _latest(first: datetime | None, second: datetime | None) -> datetime | None:
    return max((time for time in (first, second) if time is not None), default=None)
