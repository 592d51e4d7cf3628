"""One inverter: its identity, typed readings by tier, and guarded writes.

A write is validated against the register table, compared with a fresh reading, skipped if equal, sent, and read back.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from ..modbus.frames import ANY_UNIT, MAX_REGISTERS
from .codec import Value, decode, encode
from .errors import MismatchError, NotAdjacentError, NotConfirmedError, NotOfferedError, WrongDeviceError
from .polling import Poller, PollResult
from .registers import BY_KEY, BY_SYMBOL, in_tier, readable_addresses
from .table import Access, Register, RegisterGroup, Risk, Tier
from .write_counter import WriteCounter, WriteOrigin

_SUPPORTED_VERSIONS = range(0x0100, 0x0200)  # protocol versions 1.x
UNIT_ID = "unit_id"
_CLOCK_TOLERANCE = 2.0  # seconds by which the clock may differ from what was just written


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity of an inverter: texts as it reports them, its real unit id, and the protocol version as "1.5"."""

    unit: int
    serial_number: str
    manufacturer: str
    product: str
    protocol: str
    firmware: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The result of writing one register. `old` is None for commands, which cannot be read."""

    register: Register
    old: Value
    new: Value
    changed: bool


class Inverter:
    """One inverter, reached through a Modbus client.

    The methods raise ModbusError for communication failures, and InverterError or InvalidValueError for all others.
    """

    def __init__(
        self,
        client: ModbusClient,
        unit: int = ANY_UNIT,
        *,
        groups: Iterable[RegisterGroup] = (),
        write_counter: WriteCounter | None = None,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        """Use `unit` through `client`. `now` returns the local time, naive, which the inverter's clock should show."""
        self.client = client
        self.write_counter = write_counter or WriteCounter()
        self._now = now
        self._poller = Poller(BlockReader(client, unit, readable_addresses()), groups)
        self._write_lock = asyncio.Lock()
        self._pending_writes: Counter[str] = Counter()
        self._write_listeners: list[Callable[[], None]] = []

    @property
    def unit(self) -> int:
        """The unit id that requests go to."""
        return self._poller.block_reader.unit

    @property
    def unsupported_addresses(self) -> tuple[int, ...]:
        """The addresses that this inverter refuses; they are retried after an hour."""
        return tuple(one.address for one in self._poller.block_reader.unsupported)

    @property
    def implausible_counts(self) -> Mapping[str, int]:
        """The number of implausible values rejected so far, by register key."""
        return self._poller.plausibility.rejected

    @property
    def pending_writes(self) -> frozenset[str]:
        """The keys of the registers whose writes have begun and not ended."""
        return frozenset(self._pending_writes)

    def listen_to_writes(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever a write begins or ends, in the event loop of the write; return what ends that."""
        self._write_listeners.append(listener)
        return lambda: self._write_listeners.remove(listener)

    async def identify(self) -> Identity:
        """Read the identity. Raise WrongDeviceError if the device is not an inverter of this family.

        From then on, requests go to the unit id that answered, also if unit 255 was asked.
        """
        version_register = BY_KEY["protocol_version"]
        try:
            response = await self.client.read(
                self.unit, version_register.address, version_register.words, Priority.HIGH
            )
        except (IllegalAddressError, IllegalFunctionError, IllegalValueError) as error:
            raise WrongDeviceError(f"A Modbus device answers, but it is no inverter of this family: {error}") from error
        version = response.words[0]
        if version not in _SUPPORTED_VERSIONS:
            raise WrongDeviceError(
                f"A Modbus device answers, but its protocol version 0x{version:04X} is not of this family"
            )
        self._poller.block_reader.unit = response.unit
        result = await self._poller.read(in_tier(Tier.IDENTITY), priority=Priority.HIGH)
        if (unread := result.failed.get("serial_number")) is not None:
            raise unread
        # Some vendors leave the manufacturer's serial number empty and fill in their own.
        serial = result.values.get("serial_number") or result.values.get("custom_serial_number")
        if not isinstance(serial, str) or not serial.isprintable() or not serial:
            raise WrongDeviceError("The inverter gives no serial number, so it cannot be told from another one")
        product = BY_KEY["product_type"]
        return Identity(
            unit=response.unit,
            serial_number=serial,
            manufacturer=str(result.values.get("manufacturer") or ""),
            product=product.options.get(int(str(result.values.get("product_type") or 0)), "unknown"),
            protocol=f"{version >> 8}.{version & 0xFF}",
            firmware=str(result.values.get("firmware_build") or ""),
            values=result.values,
        )

    async def read(self, tier: Tier) -> PollResult:
        """Poll one tier. Return Modbus errors in the result."""
        return await self._poller.poll(tier)

    async def read_registers(self, keys: Iterable[str]) -> PollResult:
        """Read registers with high priority. Raise NotOfferedError for secrets and commands."""
        registers = [BY_KEY[key] for key in keys]
        if unreadable := next((register for register in registers if not register.readable), None):
            raise NotOfferedError(unreadable.symbol, "is never read")
        return await self._poller.read(registers, priority=Priority.HIGH)

    async def read_raw(self, address: int, count: int) -> tuple[int, ...]:
        """Read raw words with high priority. Raise NotOfferedError if the range includes a secret or a command."""
        unreadable = [
            r for r in BY_SYMBOL.values() if not r.readable and r.address < address + count and address < r.end
        ]
        if unreadable:
            raise NotOfferedError(unreadable[0].symbol, "is never read")
        response = await self.client.read(self.unit, address, count, Priority.HIGH)
        return response.words

    async def write(
        self, key: str, value: object, origin: WriteOrigin = WriteOrigin.USER, *, confirm: bool = False
    ) -> WriteResult:
        """Write one register, guarded."""
        (result,) = await self.write_registers({key: value}, origin, confirm=confirm)
        return result

    async def write_registers(
        self, values: Mapping[str, object], origin: WriteOrigin = WriteOrigin.USER, *, confirm: bool = False
    ) -> tuple[WriteResult, ...]:
        """Write neighbouring registers (a window's start and end) in one request, guarded.

        Send nothing if all of them already have their values. Raise InvalidValueError, NotOfferedError,
        NotConfirmedError or WriteLimitError before anything is sent, and MismatchError if the registers read back
        differently.
        """
        registers, words = validate_write(values, confirm=confirm)
        start, end = registers[0].address, registers[-1].end
        if sum(register.words for register in registers) != end - start or end - start > MAX_REGISTERS:
            raise NotAdjacentError
        with self._pending_write(words):
            async with self._write_lock:
                return await self._write_verified(registers, words, origin)

    @contextmanager
    def _pending_write(self, keys: Iterable[str]) -> Iterator[None]:
        written = Counter(iter(keys))  # not a mapping: each key counts once
        self._pending_writes += written
        self._call_write_listeners()
        try:
            yield
        finally:
            self._pending_writes -= written
            self._call_write_listeners()

    def _call_write_listeners(self) -> None:
        for listener in tuple(self._write_listeners):
            listener()

    async def _write_verified(
        self, registers: Sequence[Register], words: Mapping[str, tuple[int, ...]], origin: WriteOrigin
    ) -> tuple[WriteResult, ...]:
        start, end = registers[0].address, registers[-1].end
        today = self._now().date()
        readable = all(register.access is Access.READ_WRITE for register in registers)
        before = await self._read_now(start, end) if readable else {}
        if readable and all(_words_of(before, register) == words[register.key] for register in registers):
            return tuple(_write_result(register, before, words, changed=False) for register in registers)
        for register in registers:
            self.write_counter.check(register.key, origin, today)
        for register in registers:  # before sending, so that a write is counted even if the caller is cancelled
            self.write_counter.record(register.key, today)
        await self.client.write(
            self.unit, start, tuple(word for register in registers for word in words[register.key]), readable=readable
        )
        self._poller.plausibility.reset(tuple(words))
        if UNIT_ID in words:
            (self._poller.block_reader.unit,) = words[UNIT_ID]
        if readable:
            after = await self._read_now(start, end)
            for register in registers:
                _verify_written(register, words[register.key], _words_of(after, register))
        return tuple(_write_result(register, before, words, changed=True) for register in registers)

    async def clock_drift(self) -> float | None:
        """Return the seconds by which the inverter's clock is ahead of local time; None if it shows no valid time."""
        register = BY_KEY["clock"]
        clock = decode(register, _words_of(await self._read_now(register.address, register.end), register))
        return (clock - self._now()).total_seconds() if isinstance(clock, datetime) else None

    async def sync_clock(self, tolerance: float = 0.0) -> WriteResult | None:
        """Set the inverter's clock to local time if it is off by more than `tolerance` seconds; return None if not."""
        drift = await self.clock_drift()
        if drift is not None and abs(drift) <= tolerance:
            return None
        return await self.write("clock", self._now().replace(microsecond=0))

    async def _read_now(self, start: int, end: int) -> dict[int, int]:
        response = await self.client.read(self.unit, start, end - start, Priority.HIGH)
        return dict(zip(range(start, end), response.words, strict=True))


def _find_writable(key: str) -> Register:
    register = BY_KEY.get(key)
    if register is None:
        raise NotOfferedError(key, "is no register of this inverter")
    if not register.writable:
        raise NotOfferedError(register.symbol, "is not offered for writing")
    return register


def _words_of(words: Mapping[int, int], register: Register) -> tuple[int, ...]:
    return tuple(words[address] for address in range(register.address, register.end))


def _write_result(
    register: Register, before: Mapping[int, int], words: Mapping[str, tuple[int, ...]], *, changed: bool
) -> WriteResult:
    old = decode(register, _words_of(before, register)) if before else None
    return WriteResult(register, old, decode(register, words[register.key]), changed)


def _verify_written(register: Register, wanted: tuple[int, ...], found: tuple[int, ...]) -> None:
    if wanted == found:
        return
    found_value, wanted_value = decode(register, found), decode(register, wanted)
    if (
        isinstance(found_value, datetime)
        and isinstance(wanted_value, datetime)
        and abs((found_value - wanted_value).total_seconds()) <= _CLOCK_TOLERANCE
    ):
        return  # the clock has advanced since the write
    raise MismatchError(register, wanted_value, found_value)


def validate_write(
    values: Mapping[str, object], *, confirm: bool = False
) -> tuple[list[Register], dict[str, tuple[int, ...]]]:
    """Validate a write of these values by key without sending it.

    Return its registers in the order of their addresses and their raw words by key. Raise NotOfferedError,
    InvalidValueError or NotConfirmedError.
    """
    registers = sorted((_find_writable(key) for key in values), key=lambda register: register.address)
    words = {register.key: tuple(encode(register, values[register.key])) for register in registers}
    if not confirm and (risky := next((r for r in registers if r.risk is Risk.RISKY), None)):
        raise NotConfirmedError(risky)
    return registers, words


async def find_inverter(
    client: ModbusClient, unit: int | None = None, attempts: Iterable[int] = (ANY_UNIT, 1)
) -> Identity:
    """Identify the inverter with the given unit id, or else the one that answers unit 255 or unit 1.

    A gateway may answer 255 itself or have no device behind it, so an error there does not end the search. Raise the
    first WrongDeviceError, else the last NoResponseError or GatewayError.
    """
    wrong_device: WrongDeviceError | None = None
    no_response: ModbusError | None = None
    for candidate in (unit,) if unit is not None else attempts:
        try:
            return await Inverter(client, candidate).identify()
        except WrongDeviceError as error:
            wrong_device = wrong_device or error
        except NoResponseError as error:
            advice = "check the wiring (A and B), the baud rate and the unit id"
            no_response = NoResponseError(f"No device answers on {client.endpoint}: {advice} ({error})")
        except GatewayError as error:
            no_response = error
    raise wrong_device or no_response or NoResponseError("No unit id was given")
