"""The columns of the register table: what is known about one register."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum


class RegisterKind(Enum):
    """The encoding of a register's words."""

    NUMBER = "number"  # one word times scale
    UINT32 = "uint32"  # two words, low word first, times scale
    FLAG = "flag"  # 0 or 1
    ENUM = "enum"  # one word with named values
    WORD = "word"  # one raw word (codes, function bits)
    VERSION = "version"  # one word: major version in the high byte, minor version in the low byte
    WORDS = "words"  # raw words (status bits, alarm bits, versions of two words)
    TEXT = "text"  # two characters per word, high byte first, NUL-padded
    TEXT_LOW = "text_low"  # one character per word, in the low byte
    STAMP = "stamp"  # three words: year-2000 and month, day and hour, minute and second, in the inverter's local time
    TIME = "time"  # hour * 256 + minute
    HISTORY = "history"  # seven words times scale, yesterday first
    FAULTS = "faults"  # 32 records of 16 words
    RESERVED = "reserved"  # declared without a meaning; may be read as part of a block


class Access(StrEnum):
    """The access that the protocol allows."""

    READ = "R"
    READ_WRITE = "RW"
    WRITE = "W"  # a command, which cannot be read back


class Risk(IntEnum):
    """The risk of a write."""

    NONE = 0  # an ordinary setting
    RISKY = 1  # needs an administrator and an explicit confirmation
    FORBIDDEN = 2  # cannot be written through Nattery


class Tier(StrEnum):
    """How often a register is polled."""

    FAST = "fast"  # power, state of charge, status
    SETTINGS = "settings"  # settings that a user or the controller may change, and alarm details
    COUNTERS = "counters"  # energy and time counters
    STATISTICS = "statistics"  # histories of seven days, the fault log
    IDENTITY = "identity"  # once, when the inverter is identified
    NEVER = "never"  # commands, secrets, reserved words


class CounterKind(StrEnum):
    """When a counter may decrease."""

    LIFETIME = "lifetime"  # never
    DAILY = "daily"  # at midnight of the inverter's clock, to zero


class RegisterGroup(StrEnum):
    """An optional group of registers, which not every house needs."""

    THREE_PHASE = "three_phase"
    ALARM_DETAILS = "alarm_details"
    HISTORIES = "histories"


class WindowKind(StrEnum):
    """What a daily time window permits."""

    CHARGE = "charge"
    DISCHARGE = "discharge"


class WindowEdge(StrEnum):
    """Which time of a daily time window a register holds."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class WindowRole:
    """The role of a register in a daily time window: `number` is 1, 2 or 3."""

    kind: WindowKind
    number: int
    edge: WindowEdge


@dataclass(frozen=True, slots=True)
class Register:
    """One register of the inverter.

    `symbol` is the protocol's name, `key` is Nattery's, and `section` is the protocol's section. The physical value is
    the raw value times `scale`. `low` and `high` are physical: the bounds of a write, or the plausible range of a
    measurement. `default` is physical too. `options` names the values of an ENUM. `choices` are the only numbers that
    may be written. `jump` is the largest plausible step between two polls. `group` is set for registers of an optional
    group, and `window` for the times of the daily windows. A `primary` register is shown to users by default; others
    are diagnostic. A `secret` register is never read.
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
    section: str = ""
    options: Mapping[int, str] = field(default_factory=dict)
    choices: tuple[float, ...] = ()
    counter: CounterKind | None = None
    group: RegisterGroup | None = None
    window: WindowRole | None = None
    jump: float | None = None
    primary: bool = False
    secret: bool = False

    @property
    def end(self) -> int:
        """The first address after this register."""
        return self.address + self.words

    @property
    def readable(self) -> bool:
        """Whether the register may be read for its value."""
        return self.access is not Access.WRITE and self.kind is not RegisterKind.RESERVED and not self.secret

    @property
    def writable(self) -> bool:
        """Whether the register may ever be written."""
        return (
            self.access is not Access.READ
            and self.kind is not RegisterKind.RESERVED
            and self.risk is not Risk.FORBIDDEN
        )

    @property
    def digits(self) -> int:
        """The number of decimals of the physical value."""
        return 0 if self.scale == 1 else (1 if self.scale == 0.1 else 2)  # noqa: PLR2004
