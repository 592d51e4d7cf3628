"""The inverter's measurements: power flows and state as physical values by symbol. Phases B and C stay zero."""

from dataclasses import dataclass

from .environment import Environment
from .physics import RATED_WATTS, InverterSettings, OutPriority, PhysicsState, PowerFlows

INITIALISING, STANDBY, ON_GRID, INVERTER = range(4)
CONSTANT_CURRENT, CONSTANT_VOLTAGE, FLOAT = 1, 2, 4
NO_OUTPUT, UTILITY_OUTPUT, INVERTER_OUTPUT, UTILITY_OVERLOAD = range(4)
NEARLY_FULL = 95
IDLE_APPARENT_POWER = 25  # apparent power of an idle household in VA


@dataclass(frozen=True, slots=True)
class MeasurementInputs:
    """Everything that the measurements depend on."""

    state: PhysicsState
    flows: PowerFlows
    settings: InverterSettings
    environment: Environment
    battery_voltage: float
    temperature: float
    output_voltage: float
    output_frequency: float
    starting: bool


def measurements(inputs: MeasurementInputs) -> dict[str, float]:
    """Return physical values by symbol for every measurement that is not constantly zero."""
    return (
        _battery(inputs)
        | _pv(inputs)
        | _output(inputs)
        | _grid(inputs)
        | _bus_and_temperatures(inputs)
        | _status(inputs)
    )


def state_flags(inputs: MeasurementInputs) -> list[int]:
    """Return the eight words of SysStateFlag. The meaning of the bits is the simulator's own."""
    flows = inputs.flows
    bits = (
        inputs.settings.running,
        flows.pv > 0,
        flows.battery < 0,
        flows.battery > 0,
        flows.grid > 0,
        flows.grid < 0,
        flows.curtailed > 0,
    )
    return [sum(1 << index for index, bit in enumerate(bits) if bit), *(0,) * 7]


def _battery(inputs: MeasurementInputs) -> dict[str, float]:
    flows, volts = inputs.flows, inputs.battery_voltage
    return {
        "BattVolt": volts,
        "BattCurr": flows.battery / volts,
        "BattSoc": inputs.state.soc,
        "BattChgPower": max(0.0, -flows.battery),
        "LineChgCurr": flows.grid_charge / volts,
        "PvChgCurr": flows.pv_charge / volts,
    }


def _pv(inputs: MeasurementInputs) -> dict[str, float]:
    values: dict[str, float] = {}
    strings = ((1, inputs.flows.pv1, inputs.environment.pv1), (2, inputs.flows.pv2, inputs.environment.pv2))
    for number, used, offered in strings:
        # Curtailment moves a string from its maximum power point towards its open-circuit voltage.
        volts = 315 + 20 * min(1.0, offered / 2000) + (40 * (1 - used / offered)) if offered > 1 else 0.0
        values |= {
            f"Pv{number}Volt": volts,
            f"Pv{number}Curr": used / volts if volts else 0.0,
            f"Pv{number}Power": used,
        }
    return values


def _output(inputs: MeasurementInputs) -> dict[str, float]:
    flows = inputs.flows
    volts = inputs.output_voltage if inputs.settings.running else 0.0
    apparent = flows.load + IDLE_APPARENT_POWER if flows.load else 0.0
    inverted = flows.load - flows.grid
    percent = 100 * flows.load / RATED_WATTS
    return {
        "OutVoltA": volts,
        "OutCurrA": apparent / volts if volts else 0.0,
        "OutFreq": inputs.output_frequency if inputs.settings.running else 0.0,
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


def _grid(inputs: MeasurementInputs) -> dict[str, float]:
    return {
        "LineVoltA": inputs.environment.grid_voltage,
        "LineCurrA": inputs.flows.grid / inputs.environment.grid_voltage,
        "LineFreq": inputs.environment.grid_frequency,
        "LinePowerVA_A": inputs.flows.grid,
    }


def _bus_and_temperatures(inputs: MeasurementInputs) -> dict[str, float]:
    return {
        "BusVoltP": 385 if inputs.settings.running else 0,
        "BusVoltN": 0,
        "Temper1": inputs.temperature,
        "Temper2": inputs.temperature - 4,
        "Temper3": inputs.environment.temperature + 6,
        "Temper4": inputs.environment.temperature,
    }


def _status(inputs: MeasurementInputs) -> dict[str, float]:
    flows = inputs.flows
    bypassed = inputs.state.on_grid or inputs.settings.out_priority == OutPriority.GRID
    inverting = not bypassed and flows.load - flows.grid > 1
    startup = INVERTER if inverting else ON_GRID
    output = INVERTER_OUTPUT if inverting else UTILITY_OUTPUT
    return {
        "StartupStatus": INITIALISING if inputs.starting else startup if inputs.settings.running else STANDBY,
        "OutStatus": (UTILITY_OVERLOAD if flows.shed > 0 else output) if inputs.settings.running else NO_OUTPUT,
        "ChgStatus": _charging(inputs),
        "EcoMode": 0,
        "DryContact1": int(flows.load > RATED_WATTS / 2),
        "DryContact2": int(inputs.state.on_grid),
    }


def _charging(inputs: MeasurementInputs) -> int:
    if inputs.flows.battery < -1:
        return CONSTANT_VOLTAGE if inputs.state.soc >= NEARLY_FULL else CONSTANT_CURRENT
    return FLOAT if inputs.state.soc >= min(100, inputs.settings.soc_full) else 0
