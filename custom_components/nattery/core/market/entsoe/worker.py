"""The entry point of the worker process that queries ENTSO-E; `process` starts it."""

from ..errors import LibraryError, MarketError
from .ipc import PriceQuery, pack_result


def answer(line: bytes) -> bytes:
    """Send the query in a line and return the packed result."""
    return pack_result(_query_prices(PriceQuery.from_line(line)))


def _query_prices(query: PriceQuery) -> bytes | MarketError:
    try:
        from .transport import query_prices  # noqa: PLC0415  (the import may fail)
    except Exception as error:  # noqa: BLE001  (not installed, or not for this processor)
        return LibraryError(type(error).__name__)
    return query_prices(query)
