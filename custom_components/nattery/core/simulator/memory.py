"""The register memory: words at the declared addresses only, and the firmware's rules for reading and writing them."""

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
    """A request that the inverter answers with a Modbus exception code."""

    def __init__(self, code: int) -> None:
        """Carry the exception `code`."""
        super().__init__(f"Modbus exception {code}")
        self.code = code


def timestamp_words(now: datetime) -> list[int]:
    """A time as three words: year-2000 and month, day and hour, minute and second."""
    return [(now.year - CENTURY) * 256 + now.month, now.day * 256 + now.hour, now.minute * 256 + now.second]


def text_words(value: str, words: int) -> list[int]:
    """Two characters a word, high byte first, NUL-padded."""
    data = value.encode("ascii").ljust(words * 2, b"\0")[: words * 2]
    return [int.from_bytes(data[place : place + 2]) for place in range(0, len(data), 2)]


def low_text_words(value: str, words: int) -> list[int]:
    """One character a word, in the low byte."""
    return list(value.encode("ascii").ljust(words, b"\0")[:words])


def number_words(register: Register, value: float) -> list[int]:
    """The words of a number: physical / scale, two's complement, the low word first."""
    number = round(value / register.scale)
    return [number % WORD] if register.words == 1 else [number & MASK, number >> 16 & MASK]


# Who may be read: everything that is not a command; BattSocSet is a command that reads 0.
_READS_ZERO = frozenset({"BattSocSet"})
_BY_ADDRESS: dict[int, Register] = {address: r for r in REGISTERS for address in range(r.address, r.end)}
_READABLE = frozenset(
    address for address, r in _BY_ADDRESS.items() if r.access is not Access.WRITE or r.symbol in _READS_ZERO
)


def _settable(register: Register) -> bool:
    """Commands and settings; not reserved words, nor identity and fault log, which need the maker's password."""
    locked = register.risk is Risk.FORBIDDEN and register.access is not Access.WRITE and not register.secret
    return register.access is not Access.READ and register.kind is not RegisterKind.RESERVED and not locked


def is_acceptable(register: Register, words: Sequence[int]) -> bool:
    """Whether the firmware takes these words for `register`: its bounds, its choices, a real time."""
    value = decode(register, words)
    if value is None:
        return False
    if not isinstance(value, int | float):
        return True
    within = (register.low is None or value >= register.low) and (register.high is None or value <= register.high)
    return within and (not register.choices or value in register.choices)


type TouchedRegister = tuple[Register, list[int]]


class RegisterMemory:
    """Words by address; `on_write` is told of every register that was written, after the words are in place."""

    def __init__(
        self, on_write: Callable[[Register, list[int]], None], may_write: Callable[[Register, list[int]], bool]
    ) -> None:
        """Start with zeros. `may_write` is asked for each register before anything changes."""
        self.words = dict.fromkeys(_READABLE, 0)
        self._on_write = on_write
        self._may_write = may_write

    def read(self, address: int, count: int) -> list[int]:
        """The words of a request; RefusedError 3 for over 32 registers, 2 for an undefined address or a command."""
        if not 0 < count <= REQUEST_LIMIT:
            raise ModbusExceptionError(ILLEGAL_VALUE)
        try:
            return [self.words[place] for place in range(address, address + count)]
        except KeyError:
            raise ModbusExceptionError(ILLEGAL_ADDRESS) from None

    def write(self, address: int, words: Sequence[int]) -> None:
        """Write all or nothing; RefusedError 3 for size or value, 2 for an address that cannot be written."""
        if not 0 < len(words) <= REQUEST_LIMIT:
            raise ModbusExceptionError(ILLEGAL_VALUE)
        touched = self._touched(address, words)
        if not all(
            is_acceptable(register, content) and self._may_write(register, content) for register, content in touched
        ):
            raise ModbusExceptionError(ILLEGAL_VALUE)
        for register, content in touched:
            if register.access is not Access.WRITE and not register.secret:
                self.put(register, content)
            self._on_write(register, content)

    def put(self, register: Register, words: Sequence[int]) -> None:
        """Place words without any rule: what the firmware itself does."""
        for place, word in enumerate(words, register.address):
            self.words[place] = word

    def put_value(self, symbol: str, value: float) -> None:
        """Place a physical number without any rule."""
        register = BY_SYMBOL[symbol]
        self.put(register, number_words(register, value))

    def put_words(self, contents: Mapping[str, Sequence[int]]) -> None:
        """Place raw words by symbol without any rule."""
        for symbol, words in contents.items():
            self.put(BY_SYMBOL[symbol], words)

    def get(self, symbol: str) -> list[int]:
        """The words of a register."""
        register = BY_SYMBOL[symbol]
        return [self.words[place] for place in range(register.address, register.end)]

    def value(self, symbol: str) -> float:
        """The physical number in a register."""
        value = decode(BY_SYMBOL[symbol], self.get(symbol))
        return value if isinstance(value, int | float) else 0.0

    def _touched(self, address: int, words: Sequence[int]) -> list[TouchedRegister]:
        """Every register that the words reach, with its whole new content; words not sent stay as they are."""
        touched: dict[int, TouchedRegister] = {}
        for place, word in enumerate(words, address):
            register = _BY_ADDRESS.get(place)
            if register is None or not _settable(register):
                raise ModbusExceptionError(ILLEGAL_ADDRESS)
            if register.address not in touched:
                content = [self.words.get(part, 0) for part in range(register.address, register.end)]
                touched[register.address] = (register, content)
            touched[register.address][1][place - register.address] = word
        return list(touched.values())
