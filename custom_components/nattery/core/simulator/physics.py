"""Where the power flows: one pure step of the behaviour model, settings and surroundings to flows and next state.

What the model leaves open is decided here:
- surplus PV is fed in whenever the feed-in is allowed, whatever the priority, and is cut off otherwise;
- while grid charging is in force the battery does not discharge, even when full or inside a discharge window;
- without windows a full battery is charged from the grid again only after it has lost a few percent;
- while the load is on the grid (priority 1, or a battery too low), PV charges the battery first;
- what the import limit leaves unserved is shed.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from .battery import SOC_MAX, BatteryPack
from .environment import Environment

RATED_WATTS = 6000.0  # what the inverter can put out
DARK_WATTS = 10.0  # less PV than this counts as none
RECHARGE_STEP = 5.0  # without windows, a full battery is charged from the grid again after losing this much, %
EPSILON = 1e-9


class OutPriority(IntEnum):
    """Who serves the load."""

    SOLAR = 0
    GRID = 1
    BATTERY = 2
    HYBRID = 3


class ChargePriority(IntEnum):
    """Who charges the battery."""

    PV_FIRST = 0
    GRID_FIRST = 1
    TOGETHER = 2
    PV_ONLY = 3


@dataclass(frozen=True, slots=True)
class DailyWindow:
    """A time of day, every day: minutes since midnight, the end exclusive; start = end means unused."""

    start: int = 0
    end: int = 0

    def holds(self, now: datetime) -> bool:
        """Whether `now` lies inside; a window may cross midnight."""
        minute = now.hour * 60 + now.minute
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


type Windows = tuple[DailyWindow, ...]


@dataclass(frozen=True, slots=True)
class InverterSettings:
    """The settings and commands that steer the flows, physical values."""

    out_priority: int = OutPriority.SOLAR
    charge_priority: int = ChargePriority.TOGETHER
    max_charge_amps: float = 80
    pv_charge_amps: float = 80
    grid_charge_amps: float = 60
    feed_in: int = 0
    grid_active_power: float = 0
    max_grid_power: float = 15000
    soc_stop: float = 5
    soc_full: float = 100
    soc_to_grid: float = 10
    soc_back: float = 100
    timed_charge: int = 0
    timed_discharge: int = 0
    charge_windows: Windows = ()
    discharge_windows: Windows = ()
    charging_stopped: bool = False
    running: bool = True


@dataclass(frozen=True, slots=True)
class PhysicsState:
    """What one step leaves to the next: SOC in percent, the load moved to the grid, charged full from the grid."""

    soc: float
    on_grid: bool = False
    full: bool = False


@dataclass(frozen=True, slots=True)
class PowerFlows:
    """Average powers of one step, W: battery positive = discharging, grid positive = import.

    pv + battery + grid = load, always.
    """

    pv1: float = 0
    pv2: float = 0
    load: float = 0
    battery: float = 0
    grid: float = 0
    pv_charge: float = 0  # the part of the charging power that comes from PV
    grid_charge: float = 0  # the part of the charging power that comes from the grid
    curtailed: float = 0  # PV that nobody could take
    shed: float = 0  # demand that nobody could serve
    charging_in_force: bool = False

    @property
    def pv(self) -> float:
        """Both strings together, W."""
        return self.pv1 + self.pv2


@dataclass(frozen=True, slots=True)
class _BatteryLimits:
    """What the battery can give and take in this step, W at its terminals, before any window or priority."""

    charge: float
    pv_charge: float
    grid_charge: float
    discharge: float


def step(
    state: PhysicsState,
    settings: InverterSettings,
    around: Environment,
    clock: datetime,
    seconds: float,
    pack: BatteryPack,
) -> tuple[PhysicsState, PowerFlows]:
    """The next state and the flows of `seconds` from now; `clock` is the device's own time at the start of the step."""
    state = _latched(state, settings)
    flows = _flows(state, settings, around, clock, _room(state, settings, seconds, pack))
    return replace(state, soc=pack.soc_after(state.soc, flows.battery, seconds)), flows


def _latched(state: PhysicsState, settings: InverterSettings) -> PhysicsState:
    """The two hystereses: load to the grid and back; charged full and due again."""
    full_now = state.soc >= settings.soc_full
    back = state.soc > settings.soc_back or full_now
    return replace(
        state,
        on_grid=state.soc < settings.soc_to_grid or (state.on_grid and not back),
        full=full_now or (state.full and state.soc > settings.soc_full - RECHARGE_STEP),
    )


def _room(state: PhysicsState, settings: InverterSettings, seconds: float, pack: BatteryPack) -> _BatteryLimits:
    soc = state.soc
    top = min(SOC_MAX, settings.soc_full)
    until_full = pack.watts_to_reach(soc, top, seconds) if soc < top - EPSILON else 0.0
    until_stop = pack.watts_to_reach(soc, settings.soc_stop, seconds) if soc > settings.soc_stop + EPSILON else 0.0
    amps = min(settings.max_charge_amps, pack.charge_limit_amps(soc))
    return _BatteryLimits(
        charge=min(pack.charge_watts(soc, amps), until_full),
        pv_charge=pack.charge_watts(soc, settings.pv_charge_amps),
        grid_charge=pack.charge_watts(soc, settings.grid_charge_amps),
        discharge=min(pack.discharge_limit_watts(soc), until_stop),
    )


def _grid_charging(state: PhysicsState, settings: InverterSettings, pv: float, clock: datetime) -> bool:
    """Whether charging from the grid is in force now."""
    if settings.charging_stopped or min(settings.grid_charge_amps, settings.max_charge_amps) <= 0:
        return False
    if settings.timed_charge and not any(window.holds(clock) for window in settings.charge_windows):
        return False
    if not settings.timed_charge and state.full:
        return False
    without_pv = settings.charge_priority == ChargePriority.PV_FIRST and pv < DARK_WATTS
    return without_pv or settings.charge_priority in {ChargePriority.GRID_FIRST, ChargePriority.TOGETHER}


def _may_discharge(state: PhysicsState, settings: InverterSettings, clock: datetime) -> bool:
    """Whether priority, state of charge and windows let the battery discharge now."""
    in_time = not settings.timed_discharge or any(window.holds(clock) for window in settings.discharge_windows)
    return in_time and not state.on_grid and settings.out_priority != OutPriority.GRID and state.soc > settings.soc_stop


def _flows(
    state: PhysicsState, settings: InverterSettings, around: Environment, clock: datetime, room: _BatteryLimits
) -> PowerFlows:
    if not settings.running:
        return PowerFlows(curtailed=around.pv, shed=around.load)
    pv, load = around.pv, around.load
    charging = _grid_charging(state, settings, pv, clock)
    discharging = not charging and _may_discharge(state, settings, clock)

    target = _delivery(state, settings, load, discharging=discharging)
    pv_out = min(pv, target)
    discharge = min(target - pv_out, room.discharge) if discharging else 0.0

    pv_may_charge = not settings.charging_stopped and not (
        charging and settings.charge_priority == ChargePriority.GRID_FIRST
    )
    pv_charge = min(pv - pv_out, room.pv_charge, room.charge) if pv_may_charge else 0.0
    surplus = pv - pv_out - pv_charge
    fed = min(surplus, max(0.0, RATED_WATTS - pv_out - discharge)) if settings.feed_in else 0.0

    from_grid = load - pv_out - discharge - fed
    grid_charge = (
        max(0.0, min(room.grid_charge, room.charge - pv_charge, settings.max_grid_power - from_grid))
        if charging
        else 0.0
    )
    shed = min(load, max(0.0, from_grid - settings.max_grid_power))
    used = (pv_out + pv_charge + fed) / pv if pv > 0 else 0.0
    return PowerFlows(
        pv1=around.pv1 * used,
        pv2=around.pv2 * used,
        load=load - shed,
        battery=discharge - pv_charge - grid_charge,
        grid=from_grid + grid_charge - shed,
        pv_charge=pv_charge,
        grid_charge=grid_charge,
        curtailed=pv * (1 - used),
        shed=shed,
        charging_in_force=charging,
    )


def _delivery(state: PhysicsState, settings: InverterSettings, load: float, *, discharging: bool) -> float:
    """What the inverter should put out from PV, then battery; PV that is left over may still be fed in."""
    if state.on_grid or settings.out_priority == OutPriority.GRID:
        return 0.0
    forced = discharging and settings.out_priority == OutPriority.HYBRID and settings.feed_in
    return min(RATED_WATTS, settings.grid_active_power if forced and settings.grid_active_power > 0 else load)
