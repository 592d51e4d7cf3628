"""The behaviour model: one pure step from settings and environment to power flows and the next state.

The protocol leaves some behaviour open, which is defined here:
- Surplus PV is exported whenever export is allowed, whatever the priority, and curtailed otherwise.
- While grid charging is in force the battery does not discharge, even if it is full or inside a discharge window.
- Without windows, a full battery is charged from the grid again only after its SOC has fallen by a few percent.
- While the load is on the grid (priority 1, or a low battery), PV charges the battery first.
- Load that exceeds the import limit is shed.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from .battery import SOC_MAX, BatteryPack
from .environment import Environment

RATED_WATTS = 6000.0  # the rated output of the inverter
DARK_WATTS = 10.0  # less PV power than this counts as none
RECHARGE_STEP = 5.0  # percent of SOC by which a full battery must fall before the grid charges it again
EPSILON = 1e-9


class OutPriority(IntEnum):
    """The order of the sources that serve the load."""

    SOLAR = 0
    GRID = 1
    BATTERY = 2
    HYBRID = 3


class ChargePriority(IntEnum):
    """The order of the sources that charge the battery."""

    PV_FIRST = 0
    GRID_FIRST = 1
    TOGETHER = 2
    PV_ONLY = 3


@dataclass(frozen=True, slots=True)
class DailyWindow:
    """A daily time window in minutes since midnight, the end exclusive; it is unused if start = end."""

    start: int = 0
    end: int = 0

    def contains(self, now: datetime) -> bool:
        """Return whether `now` lies inside; a window may cross midnight."""
        minute = now.hour * 60 + now.minute
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


type Windows = tuple[DailyWindow, ...]


@dataclass(frozen=True, slots=True)
class InverterSettings:
    """The settings and commands that determine the power flows, as physical values."""

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
    """The state between two steps: SOC in percent, whether the load is on the grid, whether the battery was full."""

    soc: float
    on_grid: bool = False
    full: bool = False


@dataclass(frozen=True, slots=True)
class PowerFlows:
    """The average powers of one step in W. Battery: positive while discharging. Grid: positive while importing.

    The balance is always pv + battery + grid = load.
    """

    pv1: float = 0
    pv2: float = 0
    load: float = 0
    battery: float = 0
    grid: float = 0
    pv_charge: float = 0  # the part of the charging power that comes from PV
    grid_charge: float = 0  # the part of the charging power that comes from the grid
    curtailed: float = 0  # PV power that could not be used
    shed: float = 0  # load that could not be served
    charging_in_force: bool = False

    @property
    def pv(self) -> float:
        """The PV power of both strings in W."""
        return self.pv1 + self.pv2


@dataclass(frozen=True, slots=True)
class _BatteryLimits:
    """What the battery can give and take in this step, in W at its terminals, before windows and priorities."""

    charge: float
    pv_charge: float
    grid_charge: float
    discharge: float


def step(
    state: PhysicsState,
    settings: InverterSettings,
    environment: Environment,
    clock: datetime,
    seconds: float,
    pack: BatteryPack,
) -> tuple[PhysicsState, PowerFlows]:
    """Return the next state and the power flows of the next `seconds`; `clock` is the inverter's time at the start."""
    state = _with_hysteresis(state, settings)
    flows = _flows(state, settings, environment, clock, _battery_limits(state, settings, seconds, pack))
    return replace(state, soc=pack.soc_after(state.soc, flows.battery, seconds)), flows


def _with_hysteresis(state: PhysicsState, settings: InverterSettings) -> PhysicsState:
    """Update the two states with hysteresis: load on the grid, and battery full."""
    full_now = state.soc >= settings.soc_full
    back = state.soc > settings.soc_back or full_now
    return replace(
        state,
        on_grid=state.soc < settings.soc_to_grid or (state.on_grid and not back),
        full=full_now or (state.full and state.soc > settings.soc_full - RECHARGE_STEP),
    )


def _battery_limits(
    state: PhysicsState, settings: InverterSettings, seconds: float, pack: BatteryPack
) -> _BatteryLimits:
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
    """Return whether charging from the grid is in force."""
    if settings.charging_stopped or min(settings.grid_charge_amps, settings.max_charge_amps) <= 0:
        return False
    if settings.timed_charge and not any(window.contains(clock) for window in settings.charge_windows):
        return False
    if not settings.timed_charge and state.full:
        return False
    without_pv = settings.charge_priority == ChargePriority.PV_FIRST and pv < DARK_WATTS
    return without_pv or settings.charge_priority in {ChargePriority.GRID_FIRST, ChargePriority.TOGETHER}


def _may_discharge(state: PhysicsState, settings: InverterSettings, clock: datetime) -> bool:
    """Return whether priority, SOC and windows let the battery discharge."""
    in_time = not settings.timed_discharge or any(window.contains(clock) for window in settings.discharge_windows)
    return in_time and not state.on_grid and settings.out_priority != OutPriority.GRID and state.soc > settings.soc_stop


def _flows(
    state: PhysicsState, settings: InverterSettings, environment: Environment, clock: datetime, limits: _BatteryLimits
) -> PowerFlows:
    if not settings.running:
        return PowerFlows(curtailed=environment.pv, shed=environment.load)
    pv, load = environment.pv, environment.load
    charging = _grid_charging(state, settings, pv, clock)
    discharging = not charging and _may_discharge(state, settings, clock)

    target = _target_output(state, settings, load, discharging=discharging)
    pv_out = min(pv, target)
    discharge = min(target - pv_out, limits.discharge) if discharging else 0.0

    pv_may_charge = not settings.charging_stopped and not (
        charging and settings.charge_priority == ChargePriority.GRID_FIRST
    )
    pv_charge = min(pv - pv_out, limits.pv_charge, limits.charge) if pv_may_charge else 0.0
    surplus = pv - pv_out - pv_charge
    exported = min(surplus, max(0.0, RATED_WATTS - pv_out - discharge)) if settings.feed_in else 0.0

    from_grid = load - pv_out - discharge - exported
    grid_charge = (
        max(0.0, min(limits.grid_charge, limits.charge - pv_charge, settings.max_grid_power - from_grid))
        if charging
        else 0.0
    )
    shed = min(load, max(0.0, from_grid - settings.max_grid_power))
    used = (pv_out + pv_charge + exported) / pv if pv > 0 else 0.0
    return PowerFlows(
        pv1=environment.pv1 * used,
        pv2=environment.pv2 * used,
        load=load - shed,
        battery=discharge - pv_charge - grid_charge,
        grid=from_grid + grid_charge - shed,
        pv_charge=pv_charge,
        grid_charge=grid_charge,
        curtailed=pv * (1 - used),
        shed=shed,
        charging_in_force=charging,
    )


def _target_output(state: PhysicsState, settings: InverterSettings, load: float, *, discharging: bool) -> float:
    """Return what the inverter should deliver from PV, then battery. Surplus PV may be exported in addition."""
    if state.on_grid or settings.out_priority == OutPriority.GRID:
        return 0.0
    forced = discharging and settings.out_priority == OutPriority.HYBRID and settings.feed_in
    return min(RATED_WATTS, settings.grid_active_power if forced and settings.grid_active_power > 0 else load)
