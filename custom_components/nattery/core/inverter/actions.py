"""Actions as register settings: target values, a safe order of writes, and the action in effect.

Charging and discharging use the inverter's own first window of their kind, so they end without a further write. Every
action defines all settings of `SELF_CONSUMPTION`. So each action can follow any other one and any settings made by
hand.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from ..action import FORCED, SAME_POWER, Action, ActionKind
from .codec import Value
from .errors import InverterError
from .registers import BY_KEY
from .table import WindowKind
from .time_windows import WINDOWS

MAX_WINDOW = timedelta(hours=4)  # the longest window that is set
EXTEND_AT = timedelta(minutes=10)  # a window is extended when this much is left, so that one write lasts for hours
CLOCK_TOLERANCE = timedelta(seconds=60)  # the clock drift at which a window may still be started

type Settings = Mapping[str, Value]
type WindowKeys = tuple[str, str]


def _window_keys(kind: WindowKind) -> tuple[WindowKeys, ...]:
    return tuple((window.start.key, window.end.key) for window in WINDOWS if window.kind is kind)


CHARGE_WINDOWS, DISCHARGE_WINDOWS = _window_keys(WindowKind.CHARGE), _window_keys(WindowKind.DISCHARGE)
_CHARGE, _DISCHARGE = CHARGE_WINDOWS[0], DISCHARGE_WINDOWS[0]
_SOLAR_FIRST, _HYBRID = 0, 3  # output_priority
_PV_AND_GRID = 2  # charge_priority
_MINUTE = timedelta(minutes=1)

SELF_CONSUMPTION: Settings = {  # the other actions differ from these
    "timed_charge": 1,  # the grid charges only inside windows
    "timed_discharge": 0,
    "output_priority": _SOLAR_FIRST,
    "grid_active_power": 0,
    **{key: time() for pair in (*CHARGE_WINDOWS, *DISCHARGE_WINDOWS) for key in pair},
}
CONTROLLED_SETTINGS = (
    *SELF_CONSUMPTION,
    "charge_priority",
    "grid_charge_current_limit",
)  # the only settings that actions write
REQUIRED_SETTINGS = (*CONTROLLED_SETTINGS, "max_charge_current")


class ClockOffError(InverterError, ValueError):
    """The inverter's clock is unreadable or too far off to start a window."""

    kind = "clock_off"


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What the settings of an action depend on.

    `now` is aware and `zone` is the time zone that the inverter's clock should show. `clock` is what it shows (naive,
    None if unreadable). `voltage` is the battery's in V; `settings` holds the values of `REQUIRED_SETTINGS` by key.
    """

    now: datetime
    zone: tzinfo
    clock: datetime | None
    voltage: float
    settings: Settings

    @property
    def local_time(self) -> datetime:
        """The local time in `zone`, naive."""
        return _to_local(self.now, self.zone)

    @property
    def clock_drift(self) -> timedelta | None:
        """The time by which the inverter's clock is ahead."""
        return None if self.clock is None else self.clock - self.local_time


def settings_for(action: Action, context: ActionContext) -> dict[str, Value]:
    """Return the target values for `action` by key; settings that do not matter to it are left out.

    The power is limited to the range of its register, and a charging current also to MaxChgCurrSet. An action that has
    less than a minute left, or that has no valid window just before the clocks go back, becomes self-consumption. Raise
    ClockOffError for charge and discharge if the inverter's clock is wrong.
    """
    return {**SELF_CONSUMPTION, **_DIFFERENCES[action.kind](action, context)}


def ordered_writes(target: Settings, present: Settings) -> tuple[dict[str, Value], ...]:
    """Return the writes that change `present` to `target`, in an order that is safe to interrupt.

    Each write is one request. After any of them, charging or export is forced only at times when the previous settings
    or the action force it. Therefore forced export is disabled first, and enabled only once its window limits it. Open
    windows are closed, shortened or moved before closed ones are opened.
    """
    present = _normalised(present)

    def windows(pairs: Iterable[WindowKeys], *, open_: bool) -> list[WindowKeys]:
        return [pair for pair in pairs if (present[pair[0]] != present[pair[1]]) is open_]

    export_keys, timed = (("grid_active_power",), ("output_priority",)), ("timed_discharge",)
    exports = target["output_priority"] == _HYBRID
    requests: tuple[tuple[str, ...], ...] = (
        *(() if exports else export_keys),
        timed,
        *windows((*DISCHARGE_WINDOWS, *CHARGE_WINDOWS), open_=True),
        ("timed_charge",),
        *(export_keys if exports else ()),
        ("charge_priority",),
        ("grid_charge_current_limit",),
        *windows((*DISCHARGE_WINDOWS, *CHARGE_WINDOWS), open_=False),
    )
    return tuple(
        {key: target[key] for key in keys}
        for keys in requests
        if any(key in target and target[key] != present[key] for key in keys)
    )


def deviations(expected: Settings, present: Settings) -> tuple[str, ...]:
    """Return the keys whose value in `present` differs from `expected`."""
    normalised = _normalised(present)
    return tuple(key for key, value in expected.items() if normalised[key] != value)


def active_action(settings: Settings, clock: datetime | None) -> tuple[ActionKind | None, timedelta]:
    """Return the action that the settings cause at the inverter's time, and how long its window still lasts.

    The action is None if the settings match none of the four. A discharge whose window has ended is a hold.
    """
    differing = set(deviations(SELF_CONSUMPTION, settings))
    if differing <= {"timed_discharge"}:
        return (ActionKind.HOLD if differing else ActionKind.SELF_CONSUME), timedelta()
    if differing <= {*_CHARGE}:
        left = time_left(settings, _CHARGE, clock)
        charging = settings["charge_priority"] == _PV_AND_GRID and settings["grid_charge_current_limit"] != 0
        return ((ActionKind.CHARGE if charging else None) if left else ActionKind.SELF_CONSUME), left
    exporting = settings["output_priority"] == _HYBRID and settings["timed_discharge"] == 1
    if exporting and differing <= {"output_priority", "timed_discharge", "grid_active_power", *_DISCHARGE}:
        left = time_left(settings, _DISCHARGE, clock)
        return (ActionKind.DISCHARGE if left else ActionKind.HOLD), left
    return None, timedelta()


def time_left(settings: Settings, window: WindowKeys, clock: datetime | None) -> timedelta:
    """Return how long the inverter's clock will stay inside the window; zero if it is outside."""
    start, end = (settings[key] for key in window)
    if clock is None or not isinstance(start, time) or not isinstance(end, time):
        return timedelta()
    now = clock.time()
    inside = start <= now < end if start <= end else now >= start or now < end
    if not inside:
        return timedelta()
    ends = datetime.combine(clock.date(), end)
    return (ends if end > now else ends + timedelta(days=1)) - clock


def _charge(action: Action, context: ActionContext) -> dict[str, Value]:
    window = _window(_CHARGE, action, context)
    if window is None:
        return {}
    current, max_current = (
        _number(context.settings[key]) for key in ("grid_charge_current_limit", "max_charge_current")
    )
    register = BY_KEY["grid_charge_current_limit"]
    limit = min(max_current, register.high or 0.0)
    amps = min(limit, max(register.scale, round(action.power / context.voltage, register.digits)))
    if current <= limit and _continues(action, context, current * context.voltage):
        amps = current
    return {**window, "charge_priority": _PV_AND_GRID, "grid_charge_current_limit": amps}


def _discharge(action: Action, context: ActionContext) -> dict[str, Value]:
    window = _window(_DISCHARGE, action, context)
    if window is None:
        return {}
    present = _number(context.settings["grid_active_power"])
    watts = min(BY_KEY["grid_active_power"].high or 0.0, max(1, round(action.power)))
    if _continues(action, context, present):
        watts = present
    return {**window, "output_priority": _HYBRID, "timed_discharge": 1, "grid_active_power": watts}


_DIFFERENCES: Mapping[ActionKind, Callable[[Action, ActionContext], dict[str, Value]]] = {
    ActionKind.SELF_CONSUME: lambda *_: {},
    ActionKind.HOLD: lambda *_: {"timed_discharge": 1},
    ActionKind.CHARGE: _charge,
    ActionKind.DISCHARGE: _discharge,
}


def _window(pair: WindowKeys, action: Action, context: ActionContext) -> dict[str, Value] | None:
    """Return the window from now to the action's end as its two settings; None if it would be empty.

    If the clocks change before the end, the end is the earlier of two times: what the inverter shows then with a
    corrected clock, and with an uncorrected one. So the action never lasts too long. A running window that is right
    stays as it is.
    """
    clock, drift = context.clock, context.clock_drift
    if clock is None or drift is None or abs(drift) > CLOCK_TOLERANCE:
        raise ClockOffError("The inverter's clock is not right, so nothing can be started by it")
    if action.until is None or action.kind not in FORCED:
        raise ValueError(f"{action.kind} has no window")
    duration = action.until.astimezone(UTC) - context.now.astimezone(UTC)
    end = min(_to_local(action.until, context.zone), context.local_time + duration, clock + MAX_WINDOW)
    end, start = _floor_to_minute(end), _floor_to_minute(clock)
    left = _time_left(action, context)
    running_end = clock + left
    is_right = running_end == end or (running_end < end and left > EXTEND_AT)
    if left and is_right and _window_length(context.settings, pair) <= MAX_WINDOW:
        return {key: context.settings[key] for key in pair}
    return dict(zip(pair, (start.time(), end.time()), strict=True)) if end - start >= _MINUTE else None


def _window_length(settings: Settings, window: WindowKeys) -> timedelta:
    return time_left(settings, window, datetime.combine(date.min, _time(settings[window[0]])))


def _continues(action: Action, context: ActionContext, present: float) -> bool:
    """Return whether the action is running already and `present` is its power within the tolerance."""
    near = abs(present - action.power) <= SAME_POWER * action.power
    return near and bool(_time_left(action, context))


def _time_left(action: Action, context: ActionContext) -> timedelta:
    """Return how long the action is running already in the inverter."""
    kind, left = active_action(context.settings, context.clock)
    return left if kind is action.kind else timedelta()


def _normalised(settings: Settings) -> dict[str, Value]:
    """Return the settings with every unused window (start = end) set to midnight."""
    unused = {
        key: time()
        for pair in (*CHARGE_WINDOWS, *DISCHARGE_WINDOWS)
        for key in pair
        if settings[pair[0]] is not None and settings[pair[0]] == settings[pair[1]]
    }
    return {**settings, **unused}


def _to_local(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _floor_to_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _time(value: Value) -> time:
    return value if isinstance(value, time) else time()


def _number(value: Value) -> float:
    return value if isinstance(value, int | float) else 0.0
