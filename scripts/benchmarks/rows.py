"""What a measurement gives."""

from typing import NamedTuple, Protocol


class Row(NamedTuple):
    """One measured number and what it may be at most."""

    what: str
    measured: float
    limit: float | None
    unit: str


class Measure(Protocol):
    """A measurement; `quick` takes fewer rounds."""

    async def __call__(self, *, quick: bool) -> list[Row]:
        """Measure."""
