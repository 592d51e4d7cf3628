"""The shape of one line of the register table: what a register is, apart from which registers there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum


class RegisterKind(Enum):
    """How the words of a register are read."""

    NUMBER = "number"  # one word times scale
    UINT32 = "uint32"  # two words, the low one first, times scale
    FLAG = "flag"  # 0 or 1
    ENUM = "enum"  # one word with named values
    WORD = "word"  # one word as it is (versions, function bits)
    WORDS = "words"  # raw words (status bits, alarm bits, versions of two words)
    TEXT = "text"  # two characters a word, high byte first, NUL-padded
    TEXT_LOW = "text_low"  # one character a word, in the low byte
    STAMP = "stamp"  # three words: year-2000 and month, day and hour, minute and second; the device's clock
    TIME = "time"  # hour * 256 + minute
    HISTORY = "history"  # seven words times scale, yesterday first
    FAULTS = "faults"  # 32 records of 16 words
    RESERVED = "reserved"  # declared, may be read through, means nothing


class Access(StrEnum):
    """What the protocol allows."""

    READ = "R"
    READ_WRITE = "RW"
    WRITE = "W"  # a command: there is nothing to read back


class Risk(IntEnum):
    """What a write may cost."""

    NONE = 0  # an ordinary setting
    RISKY = 1  # an administrator with an explicit confirmation
    FORBIDDEN = 2  # not offered at all


class Tier(StrEnum):
    """How often a register is polled."""

    FAST = "fast"  # power, state of charge, status
    SETTINGS = "settings"  # what a person or the controller may change, and the alarm details
    COUNTERS = "counters"  # energy and time counters
    STATISTICS = "statistics"  # histories of seven days, the fault log
    IDENTITY = "identity"  # once, when the inverter is met
    NEVER = "never"  # commands, secrets, reserved words


class Counter(StrEnum):
    """Which way a counter may go."""

    LIFETIME = "lifetime"  # never back
    DAILY = "daily"  # back to zero at the device's midnight only


class RegisterGroup(StrEnum):
    """A group of registers that not every house needs."""

    THREE_PHASE = "three_phase"
    ALARM_DETAILS = "alarm_details"
    HISTORIES = "histories"


@dataclass(frozen=True, slots=True)
class Register:
    """One register of the inverter.

    `low` and `high` are physical: the bounds of a write, or the plausible range of a measurement. `default` is physical
    too. `scale` gives physical = raw * scale. `symbol` is the protocol's own name, `key` ours. `options` names the
    values of an ENUM, `choices` the only numbers a write may carry, `jump` the largest believable step between two
    polls. `shown` is whether people see it without asking. `secret` is never read.
    """

    address: int
    symbol: str
    key: str
    kind: RegisterKind = RegisterKind.NUMBER
    words: int = 1
    scale: float = 1
    unit: str | None = None
    signed: bool = False
    low: float | None = None
    high: float | None = None
    default: float | None = None
    access: Access = Access.READ
    risk: Risk = Risk.NONE
    tier: Tier = Tier.FAST
    group: str = ""
    options: Mapping[int, str] = field(default_factory=dict)
    choices: tuple[float, ...] = ()
    counter: Counter | None = None
    option: RegisterGroup | None = None
    jump: float | None = None
    shown: bool = False
    secret: bool = False

    @property
    def end(self) -> int:
        """The first address after this register."""
        return self.address + self.words

    @property
    def readable(self) -> bool:
        """Whether its value may be asked for."""
        return self.access is not Access.WRITE and self.kind is not RegisterKind.RESERVED and not self.secret

    @property
    def writable(self) -> bool:
        """Whether a write is ever allowed."""
        return (
            self.access is not Access.READ
            and self.kind is not RegisterKind.RESERVED
            and self.risk is not Risk.FORBIDDEN
        )

    @property
    def digits(self) -> int:
        """Decimals of the physical value."""
        return 0 if self.scale == 1 else (1 if self.scale == 0.1 else 2)  # noqa: PLR2004
