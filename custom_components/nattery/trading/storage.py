"""What trading keeps between starts: the user's preferences and the controller's state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..core.app.preferences import TradingPreferences

_STORE_VERSION: Final = 1
_SAVE_DELAY: Final = 0  # at once: the next start must know whether it has to release control of the battery


def trading_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the store of preferences and controller."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.trading")


@dataclass(frozen=True, slots=True)
class SavedTrading:
    """The preferences, None if none were saved, and the controller's state as plain JSON, None likewise."""

    preferences: TradingPreferences | None
    controller: Mapping[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        """Return both as plain JSON."""
        return {**(self.preferences.as_dict() if self.preferences else {}), "controller": self.controller}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any] | None) -> SavedTrading:
        """Return what `as_dict` gave."""
        saved = saved or {}
        return cls(TradingPreferences.from_dict(saved), saved.get("controller"))


class TradingStorage:
    """Saves what `current` returns."""

    def __init__(self, hass: HomeAssistant, entry_id: str, current: Callable[[], SavedTrading]) -> None:
        """Load and save nothing yet."""
        self._store = trading_store(hass, entry_id)
        self._current = current

    async def async_load(self) -> SavedTrading:
        """Return what was saved last."""
        return SavedTrading.from_dict(await self._store.async_load())

    @callback
    def async_save_soon(self) -> None:
        """Save in the background."""
        self._store.async_delay_save(self._as_dict, _SAVE_DELAY)

    async def async_save(self) -> None:
        """Save now."""
        await self._store.async_save(self._as_dict())

    def _as_dict(self) -> dict[str, Any]:
        return self._current().as_dict()
