"""A battery that is steered through the settings of its inverter."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Final

from ..action import Action
from ..inverter.actions import (
    CHARGE_WINDOWS,
    CLOCK_TOLERANCE,
    CONTROLLED_SETTINGS,
    DISCHARGE_WINDOWS,
    REQUIRED_SETTINGS,
    ActionContext,
    ClockOffError,
    active_action,
    deviations,
    ordered_writes,
    settings_for,
)
from ..inverter.alarms import active_alarms, alarm_name
from ..inverter.codec import Value
from ..inverter.errors import InverterError, NoValueError
from ..inverter.inverter import Inverter, WriteResult
from ..inverter.registers import BY_KEY
from ..inverter.write_counter import WriteOrigin
from ..modbus.errors import ModbusError
from .battery import BatteryState, Performed
from .errors import BatteryError

_CONTEXT = ("clock", "battery_voltage")
_STATE = ("battery_soc", "alarm_flags", "status", "grid_feed_in")
_DISCHARGE_ALARMS = frozenset({"battery_low_voltage"})
# The start and end of a window are one setting to users.
_SETTING_OF: Mapping[str, str] = {
    key: f"{kind}_window_{number}"
    for kind, windows in (("charge", CHARGE_WINDOWS), ("discharge", DISCHARGE_WINDOWS))
    for number, window in enumerate(windows, 1)
    for key in window
}
CONTROLLED_KEYS: Final = frozenset(CONTROLLED_SETTINGS)
_RUNNING = {2, 3}  # status: on_grid, inverter
_FEED_IN_ALLOWED = 1


def _utc_now() -> datetime:
    return datetime.now(UTC)


class InverterBattery:
    """A Battery that writes the settings of `CONTROLLED_SETTINGS` and no others."""

    def __init__(
        self,
        inverter: Inverter,
        zone: tzinfo,
        *,
        now: Callable[[], datetime] = _utc_now,
        on_written: Callable[[tuple[WriteResult, ...]], None] = lambda _: None,
    ) -> None:
        """Steer `inverter`, whose clock shows the time of `zone`; `on_written` is called after every request."""
        self._inverter = inverter
        self._zone = zone
        self._now = now
        self._on_written = on_written
        self._expected: Mapping[str, Value] | None = (
            None  # the settings of the last action, if all of its writes succeeded
        )

    async def state(self) -> BatteryState:
        """Read the present state; raises BatteryError if a part of it cannot be read."""
        now = self._now()
        values = await self._read(*REQUIRED_SETTINGS, *_CONTEXT, *_STATE)
        context = self._action_context(now, values)
        running, left = active_action(context.settings, context.clock)
        drift = context.clock_drift
        changed = deviations(self._expected, values) if self._expected is not None else ()
        today = now.astimezone(self._zone).date()
        return BatteryState(
            soc=_number("battery_soc", values),
            running=running,
            left=left,
            clock_drift=None if drift is None else drift.total_seconds(),
            clock_tolerance=CLOCK_TOLERANCE,
            alarms=tuple(alarm_name(bit) for bit in active_alarms(values["alarm_flags"])),
            discharge_alarms=_DISCHARGE_ALARMS,
            ready=values["status"] in _RUNNING,
            may_export=values["grid_feed_in"] == _FEED_IN_ALLOWED,
            changed=shown_settings(changed),
            writes=max(self._inverter.write_counter.writes_of(key, today) for key in CONTROLLED_SETTINGS),
        )

    async def perform(self, action: Action) -> Performed:
        """Write the settings that differ and read each back; raises BatteryError."""
        now = self._now()
        context = self._action_context(now, await self._read(*REQUIRED_SETTINGS, *_CONTEXT))
        try:
            target = settings_for(action, context)
        except ClockOffError as error:
            raise BatteryError(error) from error
        self._expected = None
        written: list[WriteResult] = []
        for request in ordered_writes(target, context.settings):
            try:
                done = await self._inverter.write_registers(request, WriteOrigin.AUTOMATION)
            except (ModbusError, InverterError) as error:
                raise BatteryError(error) from error
            written += [one for one in done if one.changed]
            self._on_written(done)
        self._expected = target
        kind, _ = active_action({**context.settings, **target}, context.clock)
        return Performed(kind or action.kind, tuple(one.register.symbol for one in written))

    async def _read(self, *keys: str) -> Mapping[str, Value]:
        report = await self._inverter.read_registers(keys)
        if error := next(iter(report.failed.values()), None):
            raise BatteryError(error) from error
        return report.values

    def _action_context(self, now: datetime, values: Mapping[str, Value]) -> ActionContext:
        clock = values["clock"]
        return ActionContext(
            now=now,
            zone=self._zone,
            clock=clock if isinstance(clock, datetime) else None,
            voltage=_number("battery_voltage", values),
            settings={key: values[key] for key in REQUIRED_SETTINGS},
        )


def shown_settings(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of settings as users know them: a time window in place of its start and end."""
    return tuple(dict.fromkeys(_SETTING_OF.get(key, key) for key in keys))


def _number(key: str, values: Mapping[str, Value]) -> float:
    value = values[key]
    if not isinstance(value, int | float):
        raise BatteryError(NoValueError(BY_KEY[key].symbol))
    return value
