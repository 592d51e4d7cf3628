"""How to read a set of registers in the fewest wire-milliseconds.

Two neighbours may be read in one request through the hole between them, if every address in the hole is declared. An
exact dynamic programme over the sorted registers weighs the cost of a further request (20 characters and the inverter's
turnaround) against the cost of a dead register (two characters).
"""

from collections.abc import Iterable, Set as AbstractSet
from dataclasses import dataclass

from .frames import MOST_REGISTERS
from .timing import Timing


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Consecutive registers that mean something only together: never split over two requests, at most 32 words."""

    address: int
    words: int = 1

    @property
    def end(self) -> int:
        """The first address behind."""
        return self.address + self.words


@dataclass(frozen=True, slots=True)
class Block:
    """One read request: `count` registers from `address`, which hold these spans."""

    address: int
    count: int
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, spans: tuple[Span, ...]) -> Block:
        """The smallest request that holds them."""
        return cls(spans[0].address, spans[-1].end - spans[0].address, spans)


def plan(spans: Iterable[Span], declared: AbstractSet[int], timing: Timing, turnaround: float) -> tuple[Block, ...]:
    """The cheapest blocks that hold every span; `declared` are the addresses that a block may run through."""
    ordered = sorted(set(spans))
    best: list[tuple[float, int]] = [
        (0.0, 0)
    ]  # per number of spans read: the time so far, and where the last block begins
    for end in range(1, len(ordered) + 1):
        options = []
        for first in range(end - 1, -1, -1):
            count = ordered[end - 1].end - ordered[first].address
            if count > MOST_REGISTERS or (first < end - 1 and _broken(ordered[first], ordered[first + 1], declared)):
                break
            options.append((best[first][0] + timing.block(count, turnaround), first))
        best.append(min(options))
    blocks = []
    end = len(ordered)
    while end:
        first = best[end][1]
        blocks.append(Block.of(tuple(ordered[first:end])))
        end = first
    return tuple(reversed(blocks))


def duration(blocks: Iterable[Block], timing: Timing, turnaround: float) -> float:
    """Seconds that the blocks take on the wire."""
    return sum(timing.block(block.count, turnaround) for block in blocks)


def _broken(left: Span, right: Span, declared: AbstractSet[int]) -> bool:
    return any(address not in declared for address in range(left.end, right.address))
