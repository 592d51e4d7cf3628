"""The ledger's database: opened at first use and again after a failure, used in executors only."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant
from homeassistant.requirements import RequirementsNotFound, async_process_requirements

from ..const import DOMAIN
from ..core.ledger.errors import DatabaseTimeoutError, LedgerError, MissingDriverError

if TYPE_CHECKING:
    from ..core.ledger.ledger import Ledger

FILE: Final = "nattery.db"
DRIVER: Final = "psycopg2-binary>=2.9.11"


class Database:
    """A file in Home Assistant's configuration folder, or a PostgreSQL database."""

    def __init__(self, hass: HomeAssistant, url: str) -> None:
        """Open nothing yet; `url` is that of a PostgreSQL database, or "" for the file."""
        self._hass = hass
        self._place = url or Path(hass.config.path(FILE))
        self._ledger: Ledger | None = None

    async def async_do[T](self, task: Callable[[Ledger], T], seconds: float | None = None) -> T:
        """Run a task on the ledger with a time limit (None for no limit); raises LedgerError."""
        try:
            return await self._async_do(task, seconds)
        except MissingDriverError:
            # Home Assistant's own container includes the driver; elsewhere only users of PostgreSQL need it.
            try:
                await async_process_requirements(self._hass, DOMAIN, [DRIVER])
            except RequirementsNotFound:
                raise MissingDriverError from None
            return await self._async_do(task, seconds)

    async def _async_do[T](self, task: Callable[[Ledger], T], seconds: float | None) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await self._hass.async_add_executor_job(self._do, task)
        except TimeoutError:
            raise DatabaseTimeoutError(seconds or 0) from None

    def _do[T](self, task: Callable[[Ledger], T]) -> T:
        from ..core.ledger.ledger import Ledger  # noqa: PLC0415  (imports SQLAlchemy, which takes long)

        ledger = self._ledger or Ledger(self._place)
        try:
            result = task(ledger)
        except LedgerError:
            self._ledger = None  # the database may be another one when it is back, such as one without tables
            raise
        self._ledger = ledger
        return result
