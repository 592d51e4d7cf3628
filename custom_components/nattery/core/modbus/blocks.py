"""Planning of block reads: which requests read a set of registers in the shortest time.

Two neighbouring ranges may share a request that also reads the gap between them, if every address in the gap is
readable. An exact dynamic programme over the sorted ranges weighs the cost of one more request (20 characters plus the
turnaround delay) against the cost of reading an unneeded register (two characters).
"""

from collections.abc import Iterable, Set as AbstractSet
from dataclasses import dataclass

from .frames import MAX_REGISTERS
from .timing import Timing


@dataclass(frozen=True, slots=True, order=True)
class RegisterRange:
    """Consecutive registers that must be read in one request; at most 32 words."""

    address: int
    words: int = 1

    @property
    def end(self) -> int:
        """The first address after the range."""
        return self.address + self.words


@dataclass(frozen=True, slots=True)
class Block:
    """One read request of `count` registers from `address`, which covers `ranges`."""

    address: int
    count: int
    ranges: tuple[RegisterRange, ...]

    @classmethod
    def covering(cls, ranges: tuple[RegisterRange, ...]) -> Block:
        """Return the smallest block that covers these sorted ranges."""
        return cls(ranges[0].address, ranges[-1].end - ranges[0].address, ranges)


def plan_blocks(
    ranges: Iterable[RegisterRange], readable_addresses: AbstractSet[int], timing: Timing, turnaround: float
) -> tuple[Block, ...]:
    """Return the blocks that read every range in the shortest time, covering gaps of `readable_addresses` only.

    `turnaround` is in seconds.
    """
    ordered = sorted(set(ranges))
    # For each number of ranges read so far: the shortest time, and the index at which the last block begins.
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(ordered) + 1):
        candidates = []
        for first in range(end - 1, -1, -1):
            count = ordered[end - 1].end - ordered[first].address
            separated = first < end - 1 and not _is_gap_readable(ordered[first], ordered[first + 1], readable_addresses)
            if count > MAX_REGISTERS or separated:
                break
            candidates.append((best[first][0] + timing.block_read(count, turnaround), first))
        best.append(min(candidates))
    blocks = []
    end = len(ordered)
    while end:
        first = best[end][1]
        blocks.append(Block.covering(tuple(ordered[first:end])))
        end = first
    return tuple(reversed(blocks))


def read_time(blocks: Iterable[Block], timing: Timing, turnaround: float) -> float:
    """Return the seconds that reading the blocks takes."""
    return sum(timing.block_read(block.count, turnaround) for block in blocks)


def _is_gap_readable(left: RegisterRange, right: RegisterRange, readable_addresses: AbstractSet[int]) -> bool:
    return all(address in readable_addresses for address in range(left.end, right.address))
