from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.inverter.polling import spans
from custom_components.nattery.core.inverter.registers import REGISTERS, declared
from custom_components.nattery.core.modbus.blocks import Block, Span, duration, plan
from custom_components.nattery.core.modbus.frames import MOST_REGISTERS
from custom_components.nattery.core.modbus.timing import Timing

TIMING = Timing()


def cheapest_by_trying(chosen: list[Span], declared_addresses: frozenset[int], turnaround: float) -> float:
    """Every way to cut the sorted spans into blocks, tried."""
    best = float("inf")
    for cuts in range(2 ** (len(chosen) - 1)):
        parts: list[list[Span]] = [[chosen[0]]]
        for index, span in enumerate(chosen[1:]):
            if cuts >> index & 1:
                parts.append([span])
            else:
                parts[-1].append(span)
        blocks = [Block.of(tuple(part)) for part in parts]
        if all(legal(block, declared_addresses) for block in blocks):
            best = min(best, duration(blocks, TIMING, turnaround))
    return best


def legal(block: Block, declared_addresses: frozenset[int]) -> bool:
    held = {address for span in block.spans for address in range(span.address, span.end)}
    through = set(range(block.address, block.address + block.count)) - held
    return block.count <= MOST_REGISTERS and through <= declared_addresses


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(1, 8)), min_size=1, max_size=9),
    st.sets(st.integers(0, 200)),
    st.floats(0, 0.1),
)
def test_no_other_cut_is_quicker(steps: list[tuple[int, int]], holes: set[int], turnaround: float) -> None:
    chosen, address = [], 0
    for gap, words in steps:
        chosen.append(Span(address + gap, words))
        address += gap + words
    allowed = frozenset(holes)
    blocks = plan(chosen, allowed, TIMING, turnaround)
    assert all(legal(block, allowed) for block in blocks)
    assert [span for block in blocks for span in block.spans] == chosen
    assert duration(blocks, TIMING, turnaround) == pytest.approx(cheapest_by_trying(chosen, allowed, turnaround))


@pytest.mark.parametrize(("turnaround", "widest"), [(0.0, 10), (0.0125, 16), (0.030, 24)])
def test_holes_are_read_while_that_is_cheaper_than_another_request(turnaround: float, widest: int) -> None:
    everywhere = frozenset(range(100))
    assert len(plan([Span(0), Span(widest + 1)], everywhere, TIMING, turnaround)) == 1
    assert len(plan([Span(0), Span(widest + 2)], everywhere, TIMING, turnaround)) == 2


def test_the_whole_map_never_touches_an_undeclared_address_or_a_secret() -> None:
    wanted = [span for register in REGISTERS if register.readable for span in spans(register)]
    blocks = plan(wanted, declared(), TIMING, 0.03)
    touched = {address for block in blocks for address in range(block.address, block.address + block.count)}
    assert touched <= declared()
    assert not touched & {0xA037, 0xA038, 0xA039, 0xA044, 0xA045, 0x9C42}
    assert max(block.count for block in blocks) <= MOST_REGISTERS
    for one, other in pairwise(blocks):
        assert one.address + one.count <= other.address
