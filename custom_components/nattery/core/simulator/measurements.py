"""What the inverter measures: flows and state as physical values by symbol. One phase; phases B and C stay zero."""

from dataclasses import dataclass

from .environment import Environment
from .physics import RATED_WATTS, InverterSettings, OutPriority, PhysicsState, PowerFlows

INITIALISING, STANDBY, ON_GRID, INVERTER = range(4)
CONSTANT_CURRENT, CONSTANT_VOLTAGE, FLOAT = 1, 2, 4
NO_OUTPUT, UTILITY_OUTPUT, INVERTER_OUTPUT, UTILITY_OVERLOAD = range(4)
NEARLY_FULL = 95
ALWAYS_DRAWN_VA = 25  # reactive share of an idle house


@dataclass(frozen=True, slots=True)
class MeasurementInputs:
    """Everything that the measurements follow from."""

    state: PhysicsState
    flows: PowerFlows
    settings: InverterSettings
    around: Environment
    battery_voltage: float
    temperature: float
    output_voltage: float
    output_frequency: float
    starting: bool


def measurements(now: MeasurementInputs) -> dict[str, float]:
    """Physical values by symbol for every measurement that is not constantly zero."""
    return _battery(now) | _pv(now) | _output(now) | _grid(now) | _condition(now) | _status(now)


def state_flags(now: MeasurementInputs) -> list[int]:
    """The eight words of SysStateFlag; what the bits mean is the simulator's own."""
    flows = now.flows
    bits = (
        now.settings.running,
        flows.pv > 0,
        flows.battery < 0,
        flows.battery > 0,
        flows.grid > 0,
        flows.grid < 0,
        flows.curtailed > 0,
    )
    return [sum(1 << place for place, bit in enumerate(bits) if bit), *(0,) * 7]


def _battery(now: MeasurementInputs) -> dict[str, float]:
    flows, volts = now.flows, now.battery_voltage
    return {
        "BattVolt": volts,
        "BattCurr": flows.battery / volts,
        "BattSoc": now.state.soc,
        "BattChgPower": max(0.0, -flows.battery),
        "LineChgCurr": flows.grid_charge / volts,
        "PvChgCurr": flows.pv_charge / volts,
    }


def _pv(now: MeasurementInputs) -> dict[str, float]:
    values: dict[str, float] = {}
    strings = ((1, now.flows.pv1, now.around.pv1), (2, now.flows.pv2, now.around.pv2))
    for number, used, offered in strings:
        # Curtailing moves a string away from its best point, towards its open voltage.
        volts = 315 + 20 * min(1.0, offered / 2000) + (40 * (1 - used / offered)) if offered > 1 else 0.0
        values |= {
            f"Pv{number}Volt": volts,
            f"Pv{number}Curr": used / volts if volts else 0.0,
            f"Pv{number}Power": used,
        }
    return values


def _output(now: MeasurementInputs) -> dict[str, float]:
    flows = now.flows
    volts = now.output_voltage if now.settings.running else 0.0
    apparent = flows.load + ALWAYS_DRAWN_VA if flows.load else 0.0
    inverted = flows.load - flows.grid
    percent = 100 * flows.load / RATED_WATTS
    return {
        "OutVoltA": volts,
        "OutCurrA": apparent / volts if volts else 0.0,
        "OutFreq": now.output_frequency if now.settings.running else 0.0,
        "InvCurrA": inverted / volts if volts else 0.0,
        "OutW_A": flows.load,
        "OutVA_A": apparent,
        "LoadPercentA": percent,
        "InvVdcA": 3,
        "OutSumW": flows.load,
        "OutSumVA": apparent,
        "SumLoadPercent": percent,
        "GeneratedPowerP_A": max(0.0, -flows.grid),
    }


def _grid(now: MeasurementInputs) -> dict[str, float]:
    return {
        "LineVoltA": now.around.grid_voltage,
        "LineCurrA": now.flows.grid / now.around.grid_voltage,
        "LineFreq": now.around.grid_frequency,
        "LinePowerVA_A": now.flows.grid,
    }


def _condition(now: MeasurementInputs) -> dict[str, float]:
    return {
        "BusVoltP": 385 if now.settings.running else 0,
        "BusVoltN": 0,
        "Temper1": now.temperature,
        "Temper2": now.temperature - 4,
        "Temper3": now.around.temperature + 6,
        "Temper4": now.around.temperature,
    }


def _status(now: MeasurementInputs) -> dict[str, float]:
    flows = now.flows
    bypassed = now.state.on_grid or now.settings.out_priority == OutPriority.GRID
    inverting = not bypassed and flows.load - flows.grid > 1
    startup = INVERTER if inverting else ON_GRID
    output = INVERTER_OUTPUT if inverting else UTILITY_OUTPUT
    return {
        "StartupStatus": INITIALISING if now.starting else startup if now.settings.running else STANDBY,
        "OutStatus": (UTILITY_OVERLOAD if flows.shed > 0 else output) if now.settings.running else NO_OUTPUT,
        "ChgStatus": _charging(now),
        "EcoMode": 0,
        "DryContact1": int(flows.load > RATED_WATTS / 2),
        "DryContact2": int(now.state.on_grid),
    }


def _charging(now: MeasurementInputs) -> int:
    if now.flows.battery < -1:
        return CONSTANT_VOLTAGE if now.state.soc >= NEARLY_FULL else CONSTANT_CURRENT
    return FLOAT if now.state.soc >= min(100, now.settings.soc_full) else 0
