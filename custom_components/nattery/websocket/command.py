"""A websocket command as a row of a table: its fields are validated here, so that errors are ours."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, Final, override

from homeassistant.auth.models import User
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.core import HomeAssistant, callback
import probatio as vol

from .access import find_entry
from .errors import field_error, send_error
from .subscription import Topic, subscribe

type Answer = Callable[[HomeAssistant, User, dict[str, Any]], Any]
type Fields = Mapping[vol.Marker, Any]

ENTRY_ID: Final = "entry_id"
ENTRY: Final[Fields] = {vol.Required(ENTRY_ID): str}
_UNCHECKED: Final = vol.Schema({}, extra=vol.ALLOW_EXTRA)
_ENVELOPE: Final = frozenset({"id", "type"})


@dataclass(frozen=True, slots=True)
class Command(ABC):
    """A websocket command with its fields, which are those of a schema."""

    name: str
    fields: Fields = field(default_factory=lambda: ENTRY, kw_only=True)

    @abstractmethod
    def run(self, hass: HomeAssistant, connection: ActiveConnection, number: int, fields: dict[str, Any]) -> None:
        """Carry out the command with this number; may raise any exception."""

    @callback
    def register(self, hass: HomeAssistant) -> None:
        """Register the command."""
        schema = vol.Schema(dict(self.fields))

        @callback
        def handle(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
            given = {key: value for key, value in msg.items() if key not in _ENVELOPE}
            try:
                self.run(hass, connection, msg["id"], _validated(schema, given))
            except Exception as error:  # noqa: BLE001  (each becomes the answer)
                send_error(hass, connection, msg["id"], error)

        async_register_command(hass, self.name, handle, _UNCHECKED)


@dataclass(frozen=True, slots=True)
class QueryCommand(Command):
    """A command with one answer: what `answer` returns, at once or when it is awaited."""

    answer: Answer

    @override
    def run(self, hass: HomeAssistant, connection: ActiveConnection, number: int, fields: dict[str, Any]) -> None:
        """Send the answer."""
        answer = self.answer(hass, connection.user, fields)
        if isawaitable(answer):
            hass.async_create_background_task(_async_send(hass, connection, number, answer), self.name)
        else:
            connection.send_result(number, answer)


@dataclass(frozen=True, slots=True)
class SubscribeCommand(Command):
    """A command that subscribes to the first of its topics that the user has access to."""

    topics: tuple[Topic, ...]

    @override
    def run(self, hass: HomeAssistant, connection: ActiveConnection, number: int, fields: dict[str, Any]) -> None:
        """Confirm the subscription and send the first event."""
        entry = find_entry(hass, fields[ENTRY_ID])
        *preferred, last = self.topics
        for topic in preferred:
            if topic.is_accessible(hass, connection.user, entry):
                subscribe(hass, connection, number, entry, topic)
                return
        last.check(hass, connection.user, entry)
        subscribe(hass, connection, number, entry, last)


def _validated(schema: vol.Schema, fields: dict[str, Any]) -> dict[str, Any]:
    try:
        validated: dict[str, Any] = schema(fields)
    except vol.Invalid as error:
        raise field_error(error, fields) from None
    return validated


async def _async_send(hass: HomeAssistant, connection: ActiveConnection, number: int, answer: Awaitable[Any]) -> None:
    try:
        connection.send_result(number, await answer)
    except Exception as error:  # noqa: BLE001  (each becomes the answer)
        send_error(hass, connection, number, error)
