"""What the process that asks ENTSO-E answers with; `child` has it started."""

from ..errors import LibraryError, MarketError
from .ipc import PriceQuery, pack


def answer(line: bytes) -> bytes:
    """Ask the question in a line; whatever the outcome is, it is packed."""
    return pack(_outcome(PriceQuery.from_line(line)))


def _outcome(question: PriceQuery) -> bytes | MarketError:
    try:
        from .transport import ask  # noqa: PLC0415  (it may fail)
    except Exception as error:  # noqa: BLE001  (not installed, not for this processor: whatever it is, its name tells)
        return LibraryError(type(error).__name__)
    return ask(question)
