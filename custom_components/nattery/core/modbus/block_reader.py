"""Block reads of many registers, in which an illegal address costs only its own register."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import logging
import time

from .blocks import Block, RegisterRange, plan_blocks
from .client import ModbusClient, Priority
from .errors import IllegalAddressError, ModbusError, NoResponseError, NotConnectedError

_LOGGER = logging.getLogger(__name__)

RETRY_AFTER = 3600.0  # seconds until a range that the unit refused is tried again
_MAX_CACHED_PLANS = 32
_MAX_TIMEOUTS = 2  # consecutive blocks without a response after which the remaining blocks are skipped


@dataclass(frozen=True, slots=True)
class BlockReadResult:
    """The result of one block read: raw words by address, and the error of each range that could not be read."""

    words: Mapping[int, int]
    failed: Mapping[RegisterRange, ModbusError]

    def words_of(self, wanted: RegisterRange) -> tuple[int, ...] | None:
        """Return the words of a range, or None if it could not be read."""
        if wanted in self.failed or wanted.address not in self.words:
            return None
        return tuple(self.words[address] for address in range(wanted.address, wanted.end))


class BlockReader:
    """Reads register ranges of one unit in as few seconds as possible, and remembers which ones the unit refuses."""

    def __init__(self, client: ModbusClient, unit: int, readable_addresses: frozenset[int]) -> None:
        """Read from `unit` through `client`. Blocks cover no address outside `readable_addresses`."""
        self._client, self.unit = client, unit
        self._readable_addresses = readable_addresses
        self._refused_gap_addresses: set[int] = set()
        self._plans: dict[tuple[tuple[RegisterRange, ...], frozenset[int], float], tuple[Block, ...]] = {}
        self._unsupported: dict[RegisterRange, tuple[float, IllegalAddressError]] = {}

    @property
    def unsupported(self) -> tuple[RegisterRange, ...]:
        """Ranges that the unit refused with "illegal address"; each is retried after an hour."""
        return tuple(self._unsupported)

    async def read(self, ranges: Iterable[RegisterRange], priority: Priority = Priority.POLL) -> BlockReadResult:
        """Read all ranges once. Return Modbus errors in the result instead of raising them."""
        words: dict[int, int] = {}
        failed: dict[RegisterRange, ModbusError] = {}
        wanted = self._without_unsupported(ranges, failed)
        statistics = self._client.statistics
        timeouts = 0
        abort: ModbusError | None = None
        for block in self._plan(tuple(wanted)):
            if abort is None:
                try:
                    await self._read_block(block, words, failed, priority)
                except ModbusError as error:
                    failed.update(dict.fromkeys(block.ranges, error))
                    timeouts = timeouts + 1 if isinstance(error, NoResponseError) else 0
                    if timeouts == _MAX_TIMEOUTS or isinstance(error, NotConnectedError):
                        abort = error
                else:
                    timeouts = 0
            else:
                failed.update(dict.fromkeys(block.ranges, abort))
        statistics.count("registers_needed", sum(one.words for one in wanted if one not in failed))
        return BlockReadResult(words, failed)

    def _plan(self, wanted: tuple[RegisterRange, ...]) -> tuple[Block, ...]:
        """Return the fastest blocks for `wanted`, cached: planning at every poll would delay the client's thread."""
        turnaround = round(self._client.statistics.turnaround, 3)
        key = wanted, self._usable_addresses(), turnaround
        if key not in self._plans:
            if len(self._plans) >= _MAX_CACHED_PLANS:
                self._plans.clear()
            self._plans[key] = plan_blocks(wanted, key[1], self._client.timing, turnaround)
        return self._plans[key]

    def _usable_addresses(self) -> frozenset[int]:
        """Return the readable addresses without those that this unit has refused."""
        refused = {address for one in self._unsupported for address in range(one.address, one.end)}
        return self._readable_addresses - self._refused_gap_addresses - refused

    def _without_unsupported(
        self, ranges: Iterable[RegisterRange], failed: dict[RegisterRange, ModbusError]
    ) -> list[RegisterRange]:
        """Return the ranges to read; add those that the unit recently refused to `failed`."""
        now = time.monotonic()
        wanted = []
        for one in ranges:
            retry_at, error = self._unsupported.get(one, (0.0, None))
            if error is not None and now < retry_at:
                failed[one] = error
            else:
                wanted.append(one)
        return wanted

    async def _read_block(
        self, block: Block, words: dict[int, int], failed: dict[RegisterRange, ModbusError], priority: Priority
    ) -> int:
        """Read a block, halving it while the unit refuses it; return how many ranges were refused."""
        try:
            response = await self._client.read(self.unit, block.address, block.count, priority)
        except IllegalAddressError as error:
            if len(block.ranges) == 1:
                (refused_range,) = block.ranges
                self._unsupported[refused_range] = (time.monotonic() + RETRY_AFTER, error)
                failed[refused_range] = error
                _LOGGER.info(
                    "The inverter has no register at 0x%04X; it is not read for an hour", refused_range.address
                )
                return 1
            half = len(block.ranges) // 2
            refused = 0
            for part in (block.ranges[:half], block.ranges[half:]):
                refused += await self._read_block(Block.covering(part), words, failed, priority)
            if not refused:  # every range exists, so the unit refused an address in a gap between them
                wanted = {address for one in block.ranges for address in range(one.address, one.end)}
                self._refused_gap_addresses |= set(range(block.address, block.address + block.count)) - wanted
            return refused
        for one in block.ranges:
            self._unsupported.pop(one, None)
        words.update(zip(range(block.address, block.address + block.count), response.words, strict=True))
        return 0
