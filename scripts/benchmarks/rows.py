"""The results of a measurement."""

from typing import NamedTuple, Protocol


class Row(NamedTuple):
    """One measured number and its upper limit, if it has one."""

    what: str
    measured: float
    limit: float | None
    unit: str


class Measure(Protocol):
    """A measurement; `quick` takes fewer rounds."""

    async def __call__(self, *, quick: bool) -> list[Row]:
        """Return the measured rows."""
