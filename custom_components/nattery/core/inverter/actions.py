"""An action as register settings: what every setting should be, in which order to write, and what is in force now.

Charging and discharging live in the first of the inverter's own windows of their kind, so they end by themselves. Every
action says what all the settings of `BASE` should be, so that each of them can follow any other, and what a person had
set before, whatever it was.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from ..action import FORCED, SAME_POWER, Action, ActionKind
from .codec import Value
from .errors import InverterError
from .registers import BY_KEY

LONGEST = timedelta(hours=4)  # no window reaches further from now
EXTEND_AT = timedelta(minutes=10)  # a running window is extended when it has this much left, in one write for hours
CLOCK_TOLERANCE = timedelta(seconds=60)  # by how much the clock may be off where an action is started

type Settings = Mapping[str, Value]
type Pair = tuple[str, str]


def _pairs(name: str) -> tuple[Pair, ...]:
    return tuple((f"{name}_start_{number}", f"{name}_end_{number}") for number in (1, 2, 3))


CHARGE_WINDOWS, DISCHARGE_WINDOWS = _pairs("charge"), _pairs("discharge")
_CHARGE, _DISCHARGE = CHARGE_WINDOWS[0], DISCHARGE_WINDOWS[0]
_SOLAR_FIRST, _HYBRID = 0, 3  # output_priority
_PV_AND_GRID = 2  # charge_priority
_MINUTE = timedelta(minutes=1)

BASE: Settings = {  # self-consumption, and what the other actions differ from
    "timed_charge": 1,  # the grid charges inside windows only
    "timed_discharge": 0,
    "output_priority": _SOLAR_FIRST,
    "grid_active_power": 0,
    **{key: time() for pair in (*CHARGE_WINDOWS, *DISCHARGE_WINDOWS) for key in pair},
}
OWNED = (*BASE, "charge_priority", "grid_charge_current_limit")  # nothing else is ever written
NEEDED = (*OWNED, "max_charge_current")


class ClockOffError(InverterError, ValueError):
    """The inverter's clock is unreadable, or too far off to start an action at a time of the clock."""

    kind = "clock_off"


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What the settings of an action depend on.

    `now` is aware, `zone` that of the wall clock which the inverter's `clock` (naive, None when unreadable) should
    show, `voltage` the battery's in V, `settings` the values of `NEEDED` by key.
    """

    now: datetime
    zone: tzinfo
    clock: datetime | None
    voltage: float
    settings: Settings

    @property
    def wall(self) -> datetime:
        """The house's wall clock now, naive."""
        return _naive(self.now, self.zone)

    @property
    def drift(self) -> timedelta | None:
        """By how much the inverter's clock is ahead."""
        return None if self.clock is None else self.clock - self.wall


def settings_for(action: Action, situation: ActionContext) -> dict[str, Value]:
    """What the owned settings should be for `action`, by key; those that do not matter to it are left out.

    The power is limited to what the registers take, a charging current also to `MaxChgCurrSet`, which is the person's.
    An action with less than a minute to run, or for which there is no window just before the clocks go back, becomes
    self-consumption. Raises ClockOffError for charge and discharge.
    """
    return {**BASE, **_DIFFERENCES[action.kind](action, situation)}


def in_order(target: Settings, present: Settings) -> tuple[dict[str, Value], ...]:
    """The writes that make `present` become `target`, one request each, in an order that may break off anywhere.

    Whatever stands after any of them forces nothing at a time when neither the settings before nor the action do. So a
    delivery ends first of all and is set where only windows allow it; windows that stand open are closed, shortened or
    moved, and those that are closed are opened last.
    """
    present = _tidy(present)

    def windows(pairs: Iterable[Pair], *, open_: bool) -> list[Pair]:
        return [pair for pair in pairs if (present[pair[0]] != present[pair[1]]) is open_]

    delivery, timed = (("grid_active_power",), ("output_priority",)), ("timed_discharge",)
    delivers = target["output_priority"] == _HYBRID
    requests: tuple[tuple[str, ...], ...] = (
        *(() if delivers else delivery),
        timed,
        *windows((*DISCHARGE_WINDOWS, *CHARGE_WINDOWS), open_=True),
        ("timed_charge",),
        *(delivery if delivers else ()),
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
    """The keys of `expected` that have another value in `present`."""
    tidy = _tidy(present)
    return tuple(key for key, value in expected.items() if tidy[key] != value)


def in_force(settings: Settings, clock: datetime | None) -> tuple[ActionKind | None, timedelta]:
    """Which action the settings amount to at the inverter's time, and for how long still where a window ends it.

    None for anything that is none of the four. A discharge whose window has ended is a hold.
    """
    differing = set(deviations(BASE, settings))
    if differing <= {"timed_discharge"}:
        return (ActionKind.HOLD if differing else ActionKind.SELF_CONSUME), timedelta()
    if differing <= {*_CHARGE}:
        left = time_left(settings, _CHARGE, clock)
        charging = settings["charge_priority"] == _PV_AND_GRID and settings["grid_charge_current_limit"] != 0
        return ((ActionKind.CHARGE if charging else None) if left else ActionKind.SELF_CONSUME), left
    delivering = settings["output_priority"] == _HYBRID and settings["timed_discharge"] == 1
    if delivering and differing <= {"output_priority", "timed_discharge", "grid_active_power", *_DISCHARGE}:
        left = time_left(settings, _DISCHARGE, clock)
        return (ActionKind.DISCHARGE if left else ActionKind.HOLD), left
    return None, timedelta()


def time_left(settings: Settings, window: Pair, clock: datetime | None) -> timedelta:
    """How long the inverter's clock will still be inside the window; zero outside of it."""
    start, end = (settings[key] for key in window)
    if clock is None or not isinstance(start, time) or not isinstance(end, time):
        return timedelta()
    now = clock.time()
    inside = start <= now < end if start <= end else now >= start or now < end
    if not inside:
        return timedelta()
    ends = datetime.combine(clock.date(), end)
    return (ends if end > now else ends + timedelta(days=1)) - clock


def _charge(action: Action, situation: ActionContext) -> dict[str, Value]:
    window = _window(_CHARGE, action, situation)
    if window is None:
        return {}
    current, most = (_number(situation.settings[key]) for key in ("grid_charge_current_limit", "max_charge_current"))
    register = BY_KEY["grid_charge_current_limit"]
    highest = min(most, register.high or 0.0)
    amps = min(highest, max(register.scale, round(action.power / situation.voltage, register.digits)))
    if current <= highest and _goes_on(action, situation, current * situation.voltage):
        amps = current
    return {**window, "charge_priority": _PV_AND_GRID, "grid_charge_current_limit": amps}


def _discharge(action: Action, situation: ActionContext) -> dict[str, Value]:
    window = _window(_DISCHARGE, action, situation)
    if window is None:
        return {}
    present = _number(situation.settings["grid_active_power"])
    watts = min(BY_KEY["grid_active_power"].high or 0.0, max(1, round(action.power)))
    if _goes_on(action, situation, present):
        watts = present
    return {**window, "output_priority": _HYBRID, "timed_discharge": 1, "grid_active_power": watts}


_DIFFERENCES: Mapping[ActionKind, Callable[[Action, ActionContext], dict[str, Value]]] = {
    ActionKind.SELF_CONSUME: lambda *_: {},
    ActionKind.HOLD: lambda *_: {"timed_discharge": 1},
    ActionKind.CHARGE: _charge,
    ActionKind.DISCHARGE: _discharge,
}


def _window(pair: Pair, action: Action, situation: ActionContext) -> dict[str, Value] | None:
    """The window from now to the action's end as both its settings; None when it would be empty.

    Where the clocks change on the way, the end is the earlier of what the inverter shows then if somebody has put it
    right and if nobody has: so the action never lasts too long. What runs already and is right goes on as it stands.
    """
    clock, drift = situation.clock, situation.drift
    if clock is None or drift is None or abs(drift) > CLOCK_TOLERANCE:
        raise ClockOffError("The inverter's clock is not right, so nothing can be started by it")
    if action.until is None or action.kind not in FORCED:
        raise ValueError(f"{action.kind} has no window")
    lasting = action.until.astimezone(UTC) - situation.now.astimezone(UTC)
    end = min(_naive(action.until, situation.zone), situation.wall + lasting, clock + LONGEST)
    end, start = _minute(end), _minute(clock)
    left = _left(action, situation)
    running = clock + left
    settled = running == end or (running < end and left > EXTEND_AT)
    if left and settled and _length(situation.settings, pair) <= LONGEST:
        return {key: situation.settings[key] for key in pair}
    return dict(zip(pair, (start.time(), end.time()), strict=True)) if end - start >= _MINUTE else None


def _length(settings: Settings, window: Pair) -> timedelta:
    return time_left(settings, window, datetime.combine(date.min, _time(settings[window[0]])))


def _goes_on(action: Action, situation: ActionContext, present: float) -> bool:
    """Whether the action is on already and `present` is its power, near enough."""
    near = abs(present - action.power) <= SAME_POWER * action.power
    return near and bool(_left(action, situation))


def _left(action: Action, situation: ActionContext) -> timedelta:
    """For how long the action is on already."""
    kind, left = in_force(situation.settings, situation.clock)
    return left if kind is action.kind else timedelta()


def _tidy(settings: Settings) -> dict[str, Value]:
    """The settings with every unused window (start = end) at midnight."""
    unused = {
        key: time()
        for pair in (*CHARGE_WINDOWS, *DISCHARGE_WINDOWS)
        for key in pair
        if settings[pair[0]] is not None and settings[pair[0]] == settings[pair[1]]
    }
    return {**settings, **unused}


def _naive(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _time(value: Value) -> time:
    return value if isinstance(value, time) else time()


def _number(value: Value) -> float:
    return value if isinstance(value, int | float) else 0.0
