"""The register memory: words at declared addresses, and the firmware's rules for reading and writing them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ..inverter.codec import decode
from ..inverter.registers import BY_SYMBOL, REGISTERS
from ..inverter.table import Access, Register, RegisterKind, Risk

WORD = 0x10000
REQUEST_LIMIT = 32
CENTURY = 2000
MASK = 0xFFFF

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE, DEVICE_BUSY = 1, 2, 3, 4, 6


class ModbusExceptionError(Exception):
    """A request that the inverter answers with an exception response."""

    def __init__(self, code: int) -> None:
        """Store the exception code."""
        super().__init__(f"Modbus exception {code}")
        self.code = code


def timestamp_words(now: datetime) -> list[int]:
    """Return a time as three words: year-2000 and month, day and hour, minute and second."""
    return [(now.year - CENTURY) * 256 + now.month, now.day * 256 + now.hour, now.minute * 256 + now.second]


def text_words(value: str, words: int) -> list[int]:
    """Return a text with two characters per word, high byte first, NUL-padded."""
    data = value.encode("ascii").ljust(words * 2, b"\0")[: words * 2]
    return [int.from_bytes(data[start : start + 2]) for start in range(0, len(data), 2)]


def low_text_words(value: str, words: int) -> list[int]:
    """Return a text with one character per word, in the low byte."""
    return list(value.encode("ascii").ljust(words, b"\0")[:words])


def number_words(register: Register, value: float) -> list[int]:
    """Return the words of a physical number: two's complement, low word first."""
    number = round(value / register.scale)
    return [number % WORD] if register.words == 1 else [number & MASK, number >> 16 & MASK]


# Everything except commands can be read. BattSocSet is a command, but reads 0.
_READS_ZERO = frozenset({"BattSocSet"})
_BY_ADDRESS: dict[int, Register] = {address: r for r in REGISTERS for address in range(r.address, r.end)}
_READABLE = frozenset(
    address for address, r in _BY_ADDRESS.items() if r.access is not Access.WRITE or r.symbol in _READS_ZERO
)


def _is_writable(register: Register) -> bool:
    """Return whether a register is a command or a setting. Identity and fault log need the vendor's password."""
    locked = register.risk is Risk.FORBIDDEN and register.access is not Access.WRITE and not register.secret
    return register.access is not Access.READ and register.kind is not RegisterKind.RESERVED and not locked


def is_acceptable(register: Register, words: Sequence[int]) -> bool:
    """Return whether the firmware accepts these words for `register`: within bounds, a valid choice, a valid time."""
    value = decode(register, words)
    if value is None:
        return False
    if not isinstance(value, int | float):
        return True
    within = (register.low is None or value >= register.low) and (register.high is None or value <= register.high)
    return within and (not register.choices or value in register.choices)


type TouchedRegister = tuple[Register, list[int]]


class RegisterMemory:
    """Words by address. `on_write` is called for every written register, after its words are stored."""

    def __init__(
        self, on_write: Callable[[Register, list[int]], None], is_write_allowed: Callable[[Register, list[int]], bool]
    ) -> None:
        """Start with zeros. `is_write_allowed` is called for each register before anything changes."""
        self.words = dict.fromkeys(_READABLE, 0)
        self._on_write = on_write
        self._is_write_allowed = is_write_allowed

    def read(self, address: int, count: int) -> list[int]:
        """Return the words of a request.

        Raise ModbusExceptionError 3 for more than 32 registers, 2 for an undefined address or a command.
        """
        if not 0 < count <= REQUEST_LIMIT:
            raise ModbusExceptionError(ILLEGAL_VALUE)
        try:
            return [self.words[position] for position in range(address, address + count)]
        except KeyError:
            raise ModbusExceptionError(ILLEGAL_ADDRESS) from None

    def write(self, address: int, words: Sequence[int]) -> None:
        """Write all words or none.

        Raise ModbusExceptionError 3 for an invalid size or value, 2 for an address that cannot be written.
        """
        if not 0 < len(words) <= REQUEST_LIMIT:
            raise ModbusExceptionError(ILLEGAL_VALUE)
        affected = self._affected_registers(address, words)
        if not all(
            is_acceptable(register, content) and self._is_write_allowed(register, content)
            for register, content in affected
        ):
            raise ModbusExceptionError(ILLEGAL_VALUE)
        for register, content in affected:
            if register.access is not Access.WRITE and not register.secret:
                self.put(register, content)
            self._on_write(register, content)

    def put(self, register: Register, words: Sequence[int]) -> None:
        """Store words without applying any rule, as the firmware itself does."""
        for position, word in enumerate(words, register.address):
            self.words[position] = word

    def put_value(self, symbol: str, value: float) -> None:
        """Store a physical number without applying any rule."""
        register = BY_SYMBOL[symbol]
        self.put(register, number_words(register, value))

    def put_words(self, contents: Mapping[str, Sequence[int]]) -> None:
        """Store raw words by symbol without applying any rule."""
        for symbol, words in contents.items():
            self.put(BY_SYMBOL[symbol], words)

    def get(self, symbol: str) -> list[int]:
        """Return the words of a register."""
        register = BY_SYMBOL[symbol]
        return [self.words[position] for position in range(register.address, register.end)]

    def value(self, symbol: str) -> float:
        """Return the physical number in a register."""
        value = decode(BY_SYMBOL[symbol], self.get(symbol))
        return value if isinstance(value, int | float) else 0.0

    def _affected_registers(self, address: int, words: Sequence[int]) -> list[TouchedRegister]:
        """Return every register that the words affect, with its complete new content."""
        affected: dict[int, TouchedRegister] = {}
        for position, word in enumerate(words, address):
            register = _BY_ADDRESS.get(position)
            if register is None or not _is_writable(register):
                raise ModbusExceptionError(ILLEGAL_ADDRESS)
            if register.address not in affected:
                content = [self.words.get(part, 0) for part in range(register.address, register.end)]
                affected[register.address] = (register, content)
            affected[register.address][1][position - register.address] = word
        return list(affected.values())
