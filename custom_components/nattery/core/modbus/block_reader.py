"""Reads sets of registers block by block; one dead block costs only its own registers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import logging
import time

from .blocks import Block, Span, plan
from .client import ModbusClient, Priority
from .errors import IllegalAddressError, ModbusError, NoResponseError, NotConnectedError

_LOGGER = logging.getLogger(__name__)

RETRY_AFTER = 3600.0  # seconds until a register that was refused is asked for again
_PLANS_KEPT = 32
_SILENCE_ENOUGH = 2  # silent blocks in a row after which the rest is not asked for


@dataclass(frozen=True, slots=True)
class BlockReadResult:
    """What a round gave: raw words by address, and the error of every span that has none."""

    words: Mapping[int, int]
    failed: Mapping[Span, ModbusError]

    def of(self, span: Span) -> tuple[int, ...] | None:
        """The words of a span, or None."""
        if span in self.failed or span.address not in self.words:
            return None
        return tuple(self.words[address] for address in range(span.address, span.end))


class BlockReader:
    """Reads spans of one unit in the fewest wire-milliseconds, and remembers what this unit refuses."""

    def __init__(self, bus: ModbusClient, unit: int, declared: frozenset[int]) -> None:
        """Read through `bus` from `unit`; blocks may run through `declared` addresses only."""
        self._bus, self.unit = bus, unit
        self._declared = declared
        self._bad_holes: set[int] = set()
        self._plans: dict[tuple[tuple[Span, ...], frozenset[int], float], tuple[Block, ...]] = {}
        self._set_aside: dict[Span, tuple[float, IllegalAddressError]] = {}

    @property
    def set_aside(self) -> tuple[Span, ...]:
        """Spans that the inverter refused and that wait to be tried again."""
        return tuple(self._set_aside)

    async def read(self, spans: Iterable[Span], priority: Priority = Priority.POLL) -> BlockReadResult:
        """One round over the spans. Raises nothing of the wire: what failed is in the Reading."""
        words: dict[int, int] = {}
        failed: dict[Span, ModbusError] = {}
        wanted = self._without_refused(spans, failed)
        statistics = self._bus.statistics
        silent = 0
        gone: ModbusError | None = None
        for block in self._plan(tuple(wanted)):
            if gone is None:
                try:
                    await self._read(block, words, failed, priority)
                except ModbusError as error:
                    failed.update(dict.fromkeys(block.spans, error))
                    silent = silent + 1 if isinstance(error, NoResponseError) else 0
                    if silent == _SILENCE_ENOUGH or isinstance(error, NotConnectedError):
                        gone = error
                else:
                    silent = 0
            else:
                failed.update(dict.fromkeys(block.spans, gone))
        statistics.count("registers_needed", sum(span.words for span in wanted if span not in failed))
        return BlockReadResult(words, failed)

    def _plan(self, wanted: tuple[Span, ...]) -> tuple[Block, ...]:
        """The cheapest blocks; kept, since planning again would cost the wire's thread its turn at every poll."""
        turnaround = round(self._bus.statistics.turnaround, 3)
        key = wanted, self._passable(), turnaround
        if key not in self._plans:
            if len(self._plans) >= _PLANS_KEPT:
                self._plans.clear()
            self._plans[key] = plan(wanted, key[1], self._bus.timing, turnaround)
        return self._plans[key]

    def _passable(self) -> frozenset[int]:
        """The addresses that a block may run through, less those that this inverter has refused."""
        refused = {address for span in self._set_aside for address in range(span.address, span.end)}
        return self._declared - self._bad_holes - refused

    def _without_refused(self, spans: Iterable[Span], failed: dict[Span, ModbusError]) -> list[Span]:
        now = time.monotonic()
        wanted = []
        for span in spans:
            until, error = self._set_aside.get(span, (0.0, None))
            if error is not None and now < until:
                failed[span] = error
            else:
                wanted.append(span)
        return wanted

    async def _read(
        self, block: Block, words: dict[int, int], failed: dict[Span, ModbusError], priority: Priority
    ) -> int:
        """Read a block, halving it while the inverter refuses an address in it; gives how many spans were refused."""
        try:
            answer = await self._bus.read(self.unit, block.address, block.count, priority)
        except IllegalAddressError as error:
            if len(block.spans) == 1:
                (culprit,) = block.spans
                self._set_aside[culprit] = (time.monotonic() + RETRY_AFTER, error)
                failed[culprit] = error
                _LOGGER.info("The inverter has no register at 0x%04X; it is set aside for an hour", culprit.address)
                return 1
            half = len(block.spans) // 2
            refused = 0
            for part in (block.spans[:half], block.spans[half:]):
                refused += await self._read(Block.of(part), words, failed, priority)
            if not refused:  # every register is there, so the refusal was about an address between them
                held = {address for span in block.spans for address in range(span.address, span.end)}
                self._bad_holes |= set(range(block.address, block.address + block.count)) - held
            return refused
        for span in block.spans:
            self._set_aside.pop(span, None)
        words.update(zip(range(block.address, block.address + block.count), answer.words, strict=True))
        return 0
