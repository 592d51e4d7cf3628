"""The initial state of a simulated inverter: identity, settings, counters and fault log, all derived from the seed."""

from datetime import datetime, timedelta
from random import Random
import re

from ..inverter.registers import P04
from ..inverter.table import Access, Register, RegisterKind
from .alarms import OVER_TEMPERATURE, FaultLogEntry
from .memory import low_text_words, number_words, text_words

MANUFACTURER = "Nattery"
SERIAL_PREFIX, SERIAL_DIGITS = "SIM", 12
PROTOCOL_1_5 = 0x0105
BUILD_TIME = "Jul 13 2023 10:24:00"
INITIAL_SOC = 55.0

# Settings that an installer changes: a 230 V house, a 16-cell LFP battery with a BMS on CAN, export allowed.
INSTALLER_SETTINGS: dict[str, float] = {
    "OutPriority": 0,
    "OutVoltSet": 230,
    "MaxChgCurrSet": 100,
    "ChgCurrByPvSet": 100,
    "OnGirdSet": 1,
    "BatType": 6,
    "CvVolt": 56.8,
    "BattOverVolt": 58.4,
    "BmsSet": 2,
    "LineBack2InvSOC": 20,
    "OnTimeChargeEn": 1,  # no window is set, so the grid charges nothing
}

# Average quantities per day before the start: Wh, and hours for times.
_AVERAGE_DAY = {
    "export": 4300,
    "charge": 6100,
    "discharge": 5500,
    "pv": 12200,
    "load": 11400,
    "grid_charge": 700,
    "load_from_grid": 3400,
    "inverter_time": 19.5,
    "grid_time": 7.5,
}


def is_persistent(register: Register) -> bool:
    """Return whether a register is a setting that survives a power-off, except the clock and the passwords."""
    return (
        register.access is Access.READ_WRITE
        and register.section == "P04"
        and register.kind not in {RegisterKind.RESERVED, RegisterKind.STAMP}
        and not register.secret
    )


SETTINGS: tuple[Register, ...] = tuple(register for register in P04 if is_persistent(register))


def factory_settings() -> dict[str, list[int]]:
    """Return the protocol's defaults as raw words by symbol."""
    return {register.symbol: number_words(register, register.default or 0) for register in SETTINGS}


def installer_settings() -> dict[str, list[int]]:
    """Return the settings after installation as raw words by symbol."""
    changed = {
        register.symbol: number_words(register, INSTALLER_SETTINGS[register.symbol])
        for register in SETTINGS
        if register.symbol in INSTALLER_SETTINGS
    }
    return factory_settings() | changed


def serial_number(seed: int) -> str:
    """Return the serial number of this seed: SIM and twelve digits."""
    return SERIAL_PREFIX + "".join(Random(f"serial {seed}").choices("0123456789", k=SERIAL_DIGITS))  # noqa: S311


def is_simulated(serial: str) -> bool:
    """Return whether a serial number is that of a simulated inverter."""
    return re.fullmatch(rf"{SERIAL_PREFIX}\d{{{SERIAL_DIGITS}}}", serial) is not None


def identity_registers(serial: str) -> dict[str, list[int]]:
    """Return the identity registers as raw words by symbol."""
    return {
        "MachCode": [0x0806],
        "ProductType": [0],
        "ManufactureName": text_words(MANUFACTURER, 12),
        "SourceSN": text_words(serial, 30),
        "HwVer_M1": [0x0102],
        "HwVer_M2": [0x0100],
        "HwVer_S1": [0x0201],
        "HwVer_S2": [0x0100],
        "ProtocolVer": [PROTOCOL_1_5],
        "BmsVer": [0x0110],
        "LibVer": [0x0001, 0x0204],
        "CpuBuildTime": low_text_words(BUILD_TIME, 20),
        "CustomSN": text_words("", 20),
    }


def initial_totals(seed: int) -> tuple[dict[str, float], int]:
    """Return the initial counter totals by quantity, and the number of working days."""
    random = Random(f"life {seed}")  # noqa: S311
    days = random.randint(200, 900)
    return {name: days * average * random.uniform(0.9, 1.1) for name, average in _AVERAGE_DAY.items()}, days


def initial_fault_log(seed: int, now: datetime) -> list[FaultLogEntry]:
    """Return a fault log with one old entry."""
    random = Random(f"faults {seed}")  # noqa: S311
    when = now - timedelta(days=random.randint(15, 60), seconds=random.randint(0, 86400))
    return [FaultLogEntry(OVER_TEMPERATURE + 1, when.replace(microsecond=0), (531, 64, 5480, 861))]
