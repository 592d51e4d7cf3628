"""The face of one inverter: who it is, typed readings by tier, and guarded writes.

A write is checked against the table before the wire, compared with a fresh reading and skipped when equal, sent, and
read back.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..modbus.block_reader import BlockReader
from ..modbus.client import ModbusClient, Priority
from ..modbus.errors import (
    GatewayError,
    IllegalAddressError,
    IllegalFunctionError,
    IllegalValueError,
    ModbusError,
    NoResponseError,
)
from ..modbus.frames import ANYONE, MOST_REGISTERS
from .codec import Value, decode, encode
from .errors import MismatchError, NotAdjacentError, NotConfirmedError, NotOfferedError, WrongDeviceError
from .polling import Poller, PollResult
from .registers import BY_KEY, BY_SYMBOL, declared, in_tier
from .table import Access, Register, RegisterGroup, Risk, Tier
from .write_counter import WriteCounter, WriteOrigin

_FAMILY = range(0x0100, 0x0200)  # protocol versions 1.x
UNIT_ID = "unit_id"
_CLOCK_TOLERANCE = 2.0  # seconds that a clock may differ right after it was set


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers: texts as the inverter gives them, the real unit id, the protocol version as "1.5"."""

    unit: int
    serial_number: str
    manufacturer: str
    product: str
    protocol: str
    firmware: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one register of a write; `old` is None for commands, which cannot be read."""

    register: Register
    old: Value
    new: Value
    changed: bool


class Inverter:
    """One inverter on one bus.

    All methods raise ModbusError for the wire, InverterError or InvalidValueError for the rest.
    """

    def __init__(
        self,
        bus: ModbusClient,
        unit: int = ANYONE,
        *,
        options: Iterable[RegisterGroup] = (),
        wear: WriteCounter | None = None,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        """Talk to `unit` through `bus`; `now` gives the local wall time, naive, as the device's clock has it."""
        self.bus = bus
        self.wear = wear or WriteCounter()
        self._now = now
        self._readings = Poller(BlockReader(bus, unit, declared()), options)
        self._writing = asyncio.Lock()

    @property
    def unit(self) -> int:
        """The unit id that is asked."""
        return self._readings.reader.unit

    @property
    def set_aside(self) -> tuple[int, ...]:
        """Addresses that this inverter refuses, tried again from time to time."""
        return tuple(span.address for span in self._readings.reader.set_aside)

    @property
    def held(self) -> Mapping[str, int]:
        """How often each register gave an implausible value that was not shown."""
        return self._readings.plausibility.held

    async def identify(self) -> Identity:
        """Find out who answers; raises WrongDeviceError when it is no inverter of this family.

        Unit 255 is asked where no id is known; from then on the id that answered is used.
        """
        marker = BY_KEY["protocol_version"]
        try:
            answer = await self.bus.read(self.unit, marker.address, marker.words, Priority.PERSON)
        except (IllegalAddressError, IllegalFunctionError, IllegalValueError) as error:
            raise WrongDeviceError(f"A Modbus device answers, but it is no inverter of this family: {error}") from error
        version = answer.words[0]
        if version not in _FAMILY:
            raise WrongDeviceError(
                f"A Modbus device answers, but its protocol version 0x{version:04X} is not of this family"
            )
        self._readings.reader.unit = answer.unit
        report = await self._readings.read(in_tier(Tier.IDENTITY), priority=Priority.PERSON)
        if (unread := report.failed.get("serial_number")) is not None:
            raise unread
        # Some sellers leave the maker's number empty and fill in their own.
        serial = report.values.get("serial_number") or report.values.get("custom_serial_number")
        if not isinstance(serial, str) or not serial.isprintable() or not serial:
            raise WrongDeviceError("The inverter gives no serial number, so it cannot be told from another one")
        product = BY_KEY["product_type"]
        return Identity(
            unit=answer.unit,
            serial_number=serial,
            manufacturer=str(report.values.get("manufacturer") or ""),
            product=product.options.get(int(str(report.values.get("product_type") or 0)), "unknown"),
            protocol=f"{version >> 8}.{version & 0xFF}",
            firmware=str(report.values.get("firmware_build") or ""),
            values=report.values,
        )

    async def read(self, tier: Tier) -> PollResult:
        """One round over a tier; errors of the wire are in the report."""
        return await self._readings.round(tier)

    async def read_registers(self, keys: Iterable[str]) -> PollResult:
        """Read some registers at once, ahead of the polls; raises NotOfferedError for secrets and commands."""
        registers = [BY_KEY[key] for key in keys]
        if hidden := next((register for register in registers if not register.readable), None):
            raise NotOfferedError(hidden.symbol, "is never read")
        return await self._readings.read(registers, priority=Priority.PERSON)

    async def read_raw(self, address: int, count: int) -> tuple[int, ...]:
        """Raw words, ahead of the polls; secrets and commands are refused, everything else is tried."""
        hidden = [r for r in BY_SYMBOL.values() if not r.readable and r.address < address + count and address < r.end]
        if hidden:
            raise NotOfferedError(hidden[0].symbol, "is never read")
        answer = await self.bus.read(self.unit, address, count, Priority.PERSON)
        return answer.words

    async def write(
        self, key: str, value: object, origin: WriteOrigin = WriteOrigin.PERSON, *, confirm: bool = False
    ) -> WriteResult:
        """Guarded write of one register."""
        (written,) = await self.write_together({key: value}, origin, confirm=confirm)
        return written

    async def write_together(
        self, values: Mapping[str, object], origin: WriteOrigin = WriteOrigin.PERSON, *, confirm: bool = False
    ) -> tuple[WriteResult, ...]:
        """Guarded write of neighbouring registers (a window's start and end) in one request.

        Nothing is sent when all of them already read as wanted. Raises InvalidValueError, NotOfferedError,
        NotConfirmedError, WornError before the wire, MismatchError after it.
        """
        registers, words = check(values, confirm=confirm)
        start, end = registers[0].address, registers[-1].end
        if sum(register.words for register in registers) != end - start or end - start > MOST_REGISTERS:
            raise NotAdjacentError
        async with self._writing:
            return await self._write(registers, words, origin)

    async def _write(
        self, registers: Sequence[Register], words: Mapping[str, tuple[int, ...]], origin: WriteOrigin
    ) -> tuple[WriteResult, ...]:
        start, end = registers[0].address, registers[-1].end
        today = self._now().date()
        readable = all(register.access is Access.READ_WRITE for register in registers)
        before = await self._fresh(start, end) if readable else {}
        if readable and all(_slice(before, register) == words[register.key] for register in registers):
            return tuple(_written(register, before, words, changed=False) for register in registers)
        for register in registers:
            self.wear.check(register.key, origin, today)
        for register in registers:  # before the wire, so that no cancelled caller can leave a write uncounted
            self.wear.note(register.key, today)
        await self.bus.write(
            self.unit, start, tuple(word for register in registers for word in words[register.key]), readable=readable
        )
        self._readings.plausibility.forget(tuple(words))
        if UNIT_ID in words:
            (self._readings.reader.unit,) = words[UNIT_ID]
        if readable:
            after = await self._fresh(start, end)
            for register in registers:
                _verify(register, words[register.key], _slice(after, register))
        return tuple(_written(register, before, words, changed=True) for register in registers)

    async def clock_drift(self) -> float | None:
        """Seconds by which the device's clock is ahead of local time; None when its clock cannot be read as a time."""
        register = BY_KEY["clock"]
        clock = decode(register, _slice(await self._fresh(register.address, register.end), register))
        return (clock - self._now()).total_seconds() if isinstance(clock, datetime) else None

    async def sync_clock(self, tolerance: float = 0.0) -> WriteResult | None:
        """Set the device's clock to local time if it is off by more than `tolerance` seconds; None when left alone."""
        drift = await self.clock_drift()
        if drift is not None and abs(drift) <= tolerance:
            return None
        return await self.write("clock", self._now().replace(microsecond=0))

    async def clear_alarms(self) -> None:
        """Clear the alarms."""
        await self.write("clear_alarms_command", 1)

    async def _fresh(self, start: int, end: int) -> dict[int, int]:
        answer = await self.bus.read(self.unit, start, end - start, Priority.PERSON)
        return dict(zip(range(start, end), answer.words, strict=True))


def _offered(key: str) -> Register:
    register = BY_KEY.get(key)
    if register is None:
        raise NotOfferedError(key, "is no register of this inverter")
    if not register.writable:
        raise NotOfferedError(register.symbol, "is not offered for writing")
    return register


def _slice(words: Mapping[int, int], register: Register) -> tuple[int, ...]:
    return tuple(words[address] for address in range(register.address, register.end))


def _written(
    register: Register, before: Mapping[int, int], words: Mapping[str, tuple[int, ...]], *, changed: bool
) -> WriteResult:
    old = decode(register, _slice(before, register)) if before else None
    return WriteResult(register, old, decode(register, words[register.key]), changed)


def _verify(register: Register, wanted: tuple[int, ...], found: tuple[int, ...]) -> None:
    if wanted == found:
        return
    now, then = decode(register, found), decode(register, wanted)
    if (
        isinstance(now, datetime)
        and isinstance(then, datetime)
        and abs((now - then).total_seconds()) <= _CLOCK_TOLERANCE
    ):
        return  # the clock has ticked since
    raise MismatchError(register, then, now)


def check(values: Mapping[str, object], *, confirm: bool = False) -> tuple[list[Register], dict[str, tuple[int, ...]]]:
    """Whether a write of these keys and values would be sent at all.

    Gives its registers by address and their raw words by key; raises NotOfferedError, InvalidValueError or
    NotConfirmedError.
    """
    registers = sorted((_offered(key) for key in values), key=lambda register: register.address)
    words = {register.key: tuple(encode(register, values[register.key])) for register in registers}
    if not confirm and (risky := next((r for r in registers if r.risk is Risk.RISKY), None)):
        raise NotConfirmedError(risky)
    return registers, words


async def find(bus: ModbusClient, unit: int | None = None, attempts: Iterable[int] = (ANYONE, 1)) -> Identity:
    """Find the given unit, or else whoever answers 255, or else unit 1.

    A gateway may keep 255 to itself or have nobody behind it, so that is no reason to stop asking. Raises the first
    WrongDeviceError, else the last NoAnswerError or GatewayError.
    """
    strange: WrongDeviceError | None = None
    silent: ModbusError | None = None
    for candidate in (unit,) if unit is not None else attempts:
        try:
            return await Inverter(bus, candidate).identify()
        except WrongDeviceError as error:
            strange = strange or error
        except NoResponseError as error:
            advice = "check the wiring (A and B), the baud rate and the unit id"
            silent = NoResponseError(f"Nobody answers on {bus.place}: {advice} ({error})")
        except GatewayError as error:
            silent = error
    raise strange or silent or NoResponseError("Nobody was asked")
