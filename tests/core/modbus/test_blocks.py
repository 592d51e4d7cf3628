from itertools import pairwise

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.inverter.polling import atomic_ranges
from custom_components.nattery.core.inverter.registers import REGISTERS, readable_addresses
from custom_components.nattery.core.modbus.blocks import Block, RegisterRange, plan_blocks, read_time
from custom_components.nattery.core.modbus.frames import MAX_REGISTERS
from custom_components.nattery.core.modbus.timing import Timing

TIMING = Timing()


def shortest_time_by_brute_force(chosen: list[RegisterRange], readable: frozenset[int], turnaround: float) -> float:
    """Return the shortest read time over all partitions of the sorted ranges into blocks."""
    best = float("inf")
    for cuts in range(2 ** (len(chosen) - 1)):
        parts: list[list[RegisterRange]] = [[chosen[0]]]
        for index, span in enumerate(chosen[1:]):
            if cuts >> index & 1:
                parts.append([span])
            else:
                parts[-1].append(span)
        blocks = [Block.covering(tuple(part)) for part in parts]
        if all(is_allowed(block, readable) for block in blocks):
            best = min(best, read_time(blocks, TIMING, turnaround))
    return best


def is_allowed(block: Block, readable: frozenset[int]) -> bool:
    held = {address for span in block.ranges for address in range(span.address, span.end)}
    through = set(range(block.address, block.address + block.count)) - held
    return block.count <= MAX_REGISTERS and through <= readable


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(1, 8)), min_size=1, max_size=9),
    st.sets(st.integers(0, 200)),
    st.floats(0, 0.1),
)
def test_planned_blocks_are_optimal(steps: list[tuple[int, int]], gap_addresses: set[int], turnaround: float) -> None:
    chosen, address = [], 0
    for gap, words in steps:
        chosen.append(RegisterRange(address + gap, words))
        address += gap + words
    readable = frozenset(gap_addresses)
    blocks = plan_blocks(chosen, readable, TIMING, turnaround)
    assert all(is_allowed(block, readable) for block in blocks)
    assert [span for block in blocks for span in block.ranges] == chosen
    assert read_time(blocks, TIMING, turnaround) == pytest.approx(
        shortest_time_by_brute_force(chosen, readable, turnaround)
    )


@pytest.mark.parametrize(("turnaround", "widest"), [(0.0, 10), (0.0125, 16), (0.030, 24)])
def test_gap_is_read_if_faster_than_another_request(turnaround: float, widest: int) -> None:
    everywhere = frozenset(range(100))
    assert len(plan_blocks([RegisterRange(0), RegisterRange(widest + 1)], everywhere, TIMING, turnaround)) == 1
    assert len(plan_blocks([RegisterRange(0), RegisterRange(widest + 2)], everywhere, TIMING, turnaround)) == 2


def test_full_map_never_reads_an_undeclared_address_or_a_secret() -> None:
    wanted = [span for register in REGISTERS if register.readable for span in atomic_ranges(register)]
    blocks = plan_blocks(wanted, readable_addresses(), TIMING, 0.03)
    touched = {address for block in blocks for address in range(block.address, block.address + block.count)}
    assert touched <= readable_addresses()
    assert not touched & {0xA037, 0xA038, 0xA039, 0xA044, 0xA045, 0x9C42}
    assert max(block.count for block in blocks) <= MAX_REGISTERS
    for one, other in pairwise(blocks):
        assert one.address + one.count <= other.address
