"""What a simulated inverter is born with: nameplate, first settings and the life before. All from the seed."""

from datetime import datetime, timedelta
from random import Random

from ..inverter.registers import P04
from ..inverter.table import Access, Register, RegisterKind
from .alarms import OVER_TEMPERATURE, FaultLogEntry
from .memory import low_text_words, number_words, text_words

MANUFACTURER = "Nattery"
SERIAL_PREFIX, SERIAL_DIGITS = "SIM", 12
PROTOCOL_1_5 = 0x0105
BUILD_TIME = "Jul 13 2023 10:24:00"
INITIAL_SOC = 55.0

# Where an installer leaves the defaults: a 230 V house, a 16-cell LFP battery with a BMS on CAN, feeding in.
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
    "OnTimeChargeEn": 1,  # and no window: the grid charges nothing until somebody says when
}

# Averages of a day in the life before: Wh, and hours for the times.
_USUAL_DAY = {
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
    """Whether a register is a setting that survives power-off; the clock and the passwords are kept elsewhere."""
    return (
        register.access is Access.READ_WRITE
        and register.section == "P04"
        and register.kind not in {RegisterKind.RESERVED, RegisterKind.STAMP}
        and not register.secret
    )


SETTINGS: tuple[Register, ...] = tuple(register for register in P04 if is_persistent(register))


def factory_settings() -> dict[str, list[int]]:
    """Raw words by symbol of the protocol's own defaults."""
    return {register.symbol: number_words(register, register.default or 0) for register in SETTINGS}


def installer_settings() -> dict[str, list[int]]:
    """Raw words by symbol as an installer left them."""
    changed = {
        register.symbol: number_words(register, INSTALLER_SETTINGS[register.symbol])
        for register in SETTINGS
        if register.symbol in INSTALLER_SETTINGS
    }
    return factory_settings() | changed


def serial_number(seed: int) -> str:
    """The serial number of this seed: SIM and twelve digits."""
    return SERIAL_PREFIX + "".join(Random(f"serial {seed}").choices("0123456789", k=SERIAL_DIGITS))  # noqa: S311


def identity_registers(serial: str) -> dict[str, list[int]]:
    """Raw words by symbol of the identity registers."""
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
    """Totals by quantity and the working days that they took."""
    chance = Random(f"life {seed}")  # noqa: S311
    days = chance.randint(200, 900)
    return {name: days * usual * chance.uniform(0.9, 1.1) for name, usual in _USUAL_DAY.items()}, days


def initial_fault_log(seed: int, now: datetime) -> list[FaultLogEntry]:
    """A fault log with one old entry."""
    chance = Random(f"faults {seed}")  # noqa: S311
    when = now - timedelta(days=chance.randint(15, 60), seconds=chance.randint(0, 86400))
    return [FaultLogEntry(OVER_TEMPERATURE + 1, when.replace(microsecond=0), (531, 64, 5480, 861))]
