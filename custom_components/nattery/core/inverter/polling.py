"""Polling by tier: raw words become plausible values, and failed registers are part of the result."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
import time

from ..modbus.block_reader import BlockReader
from ..modbus.blocks import RegisterRange
from ..modbus.client import Priority
from ..modbus.errors import ModbusError
from .codec import Value, decode
from .derived import ENERGIES, POWERS, DerivedValue
from .plausibility import PlausibilityFilter
from .registers import BY_KEY, FAULT_WORDS, in_tier
from .table import Register, RegisterGroup, RegisterKind, Tier

_ATOM_WORDS = {RegisterKind.FAULTS: FAULT_WORDS, RegisterKind.WORDS: 8}
_DERIVED: dict[Tier, tuple[DerivedValue, ...]] = {Tier.FAST: POWERS, Tier.COUNTERS: ENERGIES}
_MIDNIGHT_MARGIN = timedelta(minutes=2)  # how far the inverter's date may be wrong
_UNFILTERED_KINDS = (
    RegisterKind.TEXT,
    RegisterKind.TEXT_LOW,
    RegisterKind.WORDS,
    RegisterKind.FAULTS,
    RegisterKind.HISTORY,
)


@dataclass(frozen=True, slots=True)
class PollResult:
    """The result of one poll.

    `values` holds values by register key (None: unknown). A register that could not be read is missing there; `failed`
    holds its error. `words` holds the raw words by key, `seconds` is the duration of the poll.
    """

    values: Mapping[str, Value]
    failed: Mapping[str, ModbusError] = field(default_factory=dict)
    words: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def error(self) -> ModbusError | None:
        """The first error if no register could be read; None if at least one could."""
        return next(iter(self.failed.values()), None) if not self.words else None


def atomic_ranges(register: Register) -> tuple[RegisterRange, ...]:
    """Return the smallest ranges of a register that may be read in separate requests."""
    size = _ATOM_WORDS.get(register.kind, register.words)
    return tuple(
        RegisterRange(start, min(size, register.end - start)) for start in range(register.address, register.end, size)
    )


class Poller:
    """Polls registers through a BlockReader and filters implausible values."""

    def __init__(self, block_reader: BlockReader, groups: Iterable[RegisterGroup] = ()) -> None:
        """Poll the registers that every house has, and those of the optional `groups`."""
        self._block_reader = block_reader
        self._groups = frozenset(groups)
        self.plausibility = PlausibilityFilter()
        self._device_time: tuple[datetime, float] | None = None

    @property
    def block_reader(self) -> BlockReader:
        """The block reader."""
        return self._block_reader

    async def poll(self, tier: Tier) -> PollResult:
        """Poll one tier."""
        return await self.read(in_tier(tier, self._groups), _DERIVED.get(tier, ()))

    async def read(
        self, registers: Iterable[Register], derived: Iterable[DerivedValue] = (), priority: Priority = Priority.POLL
    ) -> PollResult:
        """Read these registers and compute `derived` values. Return Modbus errors in the result."""
        wanted = tuple(registers)
        start = time.monotonic()
        result = await self._block_reader.read(
            [part for register in wanted for part in atomic_ranges(register)], priority
        )
        now = time.monotonic()
        words: dict[str, tuple[int, ...]] = {}
        failed: dict[str, ModbusError] = {}
        for register in wanted:
            parts = [(part, result.words_of(part)) for part in atomic_ranges(register)]
            if missing := next((part for part, part_words in parts if part_words is None), None):
                failed[register.key] = result.failed[missing]
            else:
                words[register.key] = tuple(
                    word for _, part_words in parts if part_words is not None for word in part_words
                )
        self._update_device_time(words, now)
        values = {key: self._value(BY_KEY[key], raw, now) for key, raw in words.items()}
        values |= {one.key: one.compute(values) for one in derived if any(source in values for source in one.sources)}
        return PollResult(values, failed, words, now - start)

    def _value(self, register: Register, raw: tuple[int, ...], now: float) -> Value:
        if register.kind in _UNFILTERED_KINDS:
            return decode(register, raw)
        return self.plausibility.filter(register, raw, now, self._device_day(now))

    def _update_device_time(self, words: Mapping[str, tuple[int, ...]], now: float) -> None:
        if raw := words.get("clock"):
            clock = decode(BY_KEY["clock"], raw)
            self._device_time = (clock, now) if isinstance(clock, datetime) else None

    def _device_day(self, now: float) -> date | None:
        """Return the inverter's date, or None if unknown or near its midnight, when daily counters may reset."""
        if self._device_time is None:
            return None
        clock, at = self._device_time
        moment = clock + timedelta(seconds=now - at)
        before, after = moment - _MIDNIGHT_MARGIN, moment + _MIDNIGHT_MARGIN
        return moment.date() if before.date() == after.date() else None


def merge_results(results: Iterable[PollResult]) -> PollResult:
    """Return several poll results as one."""
    parts = tuple(results)
    return PollResult(
        {key: value for part in parts for key, value in part.values.items()},
        {key: error for part in parts for key, error in part.failed.items()},
        {key: words for part in parts for key, words in part.words.items()},
        sum(part.seconds for part in parts),
    )
