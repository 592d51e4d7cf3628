"""Websocket subscriptions: the whole state at once, and again whenever it changes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_NOT_FOUND, ERR_UNAUTHORIZED
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .const import DOMAIN
from .permissions import may
from .subentry import SubentryCoordinator

type Picture = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Topic[CoordinatorT: SubentryCoordinator[Any]]:
    """What can be subscribed to: `find` returns its coordinator, users need read permission for its `sensor`.

    `missing` is the translation key of the error of an entry without it.
    """

    find: Callable[[Any], CoordinatorT | None]
    sensor: str
    picture: Callable[[CoordinatorT], Picture]
    missing: str

    def of(self, entry: ConfigEntry) -> CoordinatorT | None:
        """Return the coordinator of a loaded entry."""
        return self.find(entry.runtime_data) if entry.state is ConfigEntryState.LOADED else None

    def is_seen_by(self, hass: HomeAssistant, connection: ActiveConnection, coordinator: CoordinatorT) -> bool:
        """Return whether the user of a connection has permission."""
        return may(hass, connection.user, Platform.SENSOR, coordinator.unique_id(self.sensor), POLICY_READ)


@callback
def subscribe[CoordinatorT: SubentryCoordinator[Any]](
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any], topic: Topic[CoordinatorT]
) -> None:
    """Answer a websocket command that names a config entry by its `entry_id`."""
    entry = hass.config_entries.async_get_entry(msg["entry_id"])
    coordinator = topic.of(entry) if entry is not None and entry.domain == DOMAIN else None
    if entry is None or coordinator is None:
        key = topic.missing if entry is not None and entry.domain == DOMAIN else "unknown_entry"
        connection.send_error(
            msg["id"],
            ERR_NOT_FOUND,
            key,
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={"entry": entry.title if entry is not None else msg["entry_id"]},
        )
        return
    if not topic.is_seen_by(hass, connection, coordinator):
        connection.send_error(msg["id"], ERR_UNAUTHORIZED, "Unauthorized")
        return
    connection.send_result(msg["id"])
    connection.subscriptions[msg["id"]] = _Subscription(hass, connection, msg["id"], entry, topic).end


class _Subscription[CoordinatorT: SubentryCoordinator[Any]]:
    """Sends every new state, None while there is none. It continues when the entry is reloaded."""

    def __init__(
        self,
        hass: HomeAssistant,
        connection: ActiveConnection,
        number: int,
        entry: ConfigEntry,
        topic: Topic[CoordinatorT],
    ) -> None:
        self._hass, self._connection, self._number = hass, connection, number
        self._entry, self._topic = entry, topic
        self._coordinator: CoordinatorT | None = None
        self._sent: Picture = None
        self._stop_listening: CALLBACK_TYPE | None = None
        self._stop_following = entry.async_on_state_change(self._follow)
        self._follow()

    @callback
    def _follow(self) -> None:
        found = self._topic.of(self._entry)
        if found is not None and not self._topic.is_seen_by(self._hass, self._connection, found):
            found = None
        if found is self._coordinator:
            return
        if self._stop_listening is not None:
            self._stop_listening()
        self._coordinator = found
        self._stop_listening = found.async_add_listener(self._send) if found is not None else None
        self._send(force=True)

    @callback
    def _send(self, *, force: bool = False) -> None:
        picture = self._topic.picture(self._coordinator) if self._coordinator is not None else None
        if force or picture != self._sent:
            self._sent = picture
            self._connection.send_event(self._number, picture)

    @callback
    def end(self) -> None:
        """End the subscription."""
        self._stop_following()
        if self._stop_listening is not None:
            self._stop_listening()
