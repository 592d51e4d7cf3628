"""Rounds of reading by tier: raw words become plausible values, and what did not answer is part of the result."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
import time

from ..modbus.block_reader import BlockReader
from ..modbus.blocks import Span
from ..modbus.client import Priority
from ..modbus.errors import ModbusError
from .codec import Value, decode
from .derived import ENERGIES, POWERS, Derived
from .plausibility import Plausibility
from .registers import BY_KEY, FAULT_WORDS, in_tier
from .table import Register, RegisterGroup, RegisterKind, Tier

_ATOMS = {RegisterKind.FAULTS: FAULT_WORDS, RegisterKind.WORDS: 8}
_DERIVED: dict[Tier, tuple[Derived, ...]] = {Tier.FAST: POWERS, Tier.COUNTERS: ENERGIES}
_MIDNIGHT = timedelta(minutes=2)
_RAW = (RegisterKind.TEXT, RegisterKind.TEXT_LOW, RegisterKind.WORDS, RegisterKind.FAULTS, RegisterKind.HISTORY)


@dataclass(frozen=True, slots=True)
class PollResult:
    """One round over a tier.

    `values` by register key (None: unknown); a key that did not answer is missing there and has its error in `failed`.
    `words` are the raw words by key, `seconds` the time the round took.
    """

    values: Mapping[str, Value]
    failed: Mapping[str, ModbusError] = field(default_factory=dict)
    words: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def error(self) -> ModbusError | None:
        """Why nothing at all answered; None when something did."""
        return next(iter(self.failed.values()), None) if not self.words else None


def spans(register: Register) -> tuple[Span, ...]:
    """The smallest parts of a register that may be read apart."""
    size = _ATOMS.get(register.kind, register.words)
    return tuple(Span(start, min(size, register.end - start)) for start in range(register.address, register.end, size))


class Poller:
    """Reads tiers through a Reader and remembers what is plausible."""

    def __init__(self, reader: BlockReader, options: Iterable[RegisterGroup] = ()) -> None:
        """Poll what every house needs, and the optional groups given."""
        self._reader = reader
        self._options = frozenset(options)
        self.plausibility = Plausibility()
        self._device_time: tuple[datetime, float] | None = None

    @property
    def reader(self) -> BlockReader:
        """The reader underneath."""
        return self._reader

    async def round(self, tier: Tier) -> PollResult:
        """Read one tier."""
        return await self.read(in_tier(tier, self._options), _DERIVED.get(tier, ()))

    async def read(
        self, registers: Iterable[Register], derived: Iterable[Derived] = (), priority: Priority = Priority.POLL
    ) -> PollResult:
        """Read these registers and derive what is asked for; never raises an error of the wire."""
        wanted = tuple(registers)
        start = time.monotonic()
        reading = await self._reader.read([span for register in wanted for span in spans(register)], priority)
        now = time.monotonic()
        words: dict[str, tuple[int, ...]] = {}
        failed: dict[str, ModbusError] = {}
        for register in wanted:
            parts = [(span, reading.of(span)) for span in spans(register)]
            if missing := next((span for span, part in parts if part is None), None):
                failed[register.key] = reading.failed[missing]
            else:
                words[register.key] = tuple(word for _, part in parts if part is not None for word in part)
        self._watch_clock(words, now)
        values = {key: self._value(BY_KEY[key], raw, now) for key, raw in words.items()}
        values |= {one.key: one.compute(values) for one in derived if any(source in values for source in one.sources)}
        return PollResult(values, failed, words, now - start)

    def _value(self, register: Register, raw: tuple[int, ...], now: float) -> Value:
        if register.kind in _RAW:
            return decode(register, raw)
        return self.plausibility.accept(register, raw, now, self._device_day(now))

    def _watch_clock(self, words: Mapping[str, tuple[int, ...]], now: float) -> None:
        if raw := words.get("clock"):
            clock = decode(BY_KEY["clock"], raw)
            self._device_time = (clock, now) if isinstance(clock, datetime) else None

    def _device_day(self, now: float) -> date | None:
        """The device's date, or None when unknown or so close to its midnight that daily counters may fall."""
        if self._device_time is None:
            return None
        clock, at = self._device_time
        moment = clock + timedelta(seconds=now - at)
        before, after = moment - _MIDNIGHT, moment + _MIDNIGHT
        return moment.date() if before.date() == after.date() else None


def joined(reports: Iterable[PollResult]) -> PollResult:
    """Several rounds as one."""
    parts = tuple(reports)
    return PollResult(
        {key: value for part in parts for key, value in part.values.items()},
        {key: error for part in parts for key, error in part.failed.items()},
        {key: words for part in parts for key, words in part.words.items()},
        sum(part.seconds for part in parts),
    )
