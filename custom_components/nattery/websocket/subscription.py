"""Websocket subscriptions: the whole state at once, then every change, computed once for all subscribers."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol, override

from homeassistant.auth.models import User
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.messages import construct_event_message
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.json import json_bytes
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..runtime import NatteryConfigEntry, NatteryRuntime
from ..subentry import SubentryCoordinator
from .access import AccessCheck, require_sensor
from .errors import CommandError

type Picture = dict[str, Any] | None
type Listener = Callable[[], None]


class Feed(Protocol):
    """What is sent about one loaded entry."""

    def first(self) -> Picture:
        """Return the whole state, as far as `changes` has reported it."""

    def changes(self) -> Iterable[Picture]:
        """Return the events that bring an earlier subscriber up to date: none, or one."""

    def listen(self, listener: Listener) -> CALLBACK_TYPE:
        """Call `listener` when there may be changes; returns what ends that."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What can be subscribed to: `feed` returns its feed of a loaded entry, or None.

    `check` raises CommandError if the user may not have it. Two events are at least `interval` seconds apart.
    """

    name: str
    feed: Callable[[HomeAssistant, NatteryConfigEntry], Feed | None]
    check: AccessCheck
    interval: float = 0.0

    def is_accessible(self, hass: HomeAssistant, user: User, entry: ConfigEntry[Any]) -> bool:
        """Return whether a user may subscribe to the topic of an entry."""
        try:
            self.check(hass, user, entry)
        except CommandError:
            return False
        return True


class PictureFeed(Feed):
    """A feed whose every event is the whole state."""

    def __init__(self, picture: Callable[[], Picture], listen: Callable[[Listener], CALLBACK_TYPE]) -> None:
        """Take the first picture."""
        self._picture, self._listen = picture, listen
        self._last = picture()

    @override
    def first(self) -> Picture:
        """Return the last picture."""
        return self._last

    @override
    def changes(self) -> Iterable[Picture]:
        """Return a new picture if it differs from the last one."""
        picture = self._picture()
        if picture == self._last:
            return ()
        self._last = picture
        return (picture,)

    @override
    def listen(self, listener: Listener) -> CALLBACK_TYPE:
        """Call `listener` when the picture may have changed."""
        return self._listen(listener)


def coordinator_topic[CoordinatorT: SubentryCoordinator[Any]](
    name: str,
    find: Callable[[NatteryRuntime], CoordinatorT | None],
    picture: Callable[[CoordinatorT], Picture],
    *,
    subentry: str,
    sensor: str,
) -> Topic:
    """Return the topic of a subentry's coordinator, for users who may read its `sensor`."""

    def feed(_hass: HomeAssistant, entry: NatteryConfigEntry) -> Feed | None:
        coordinator = find(entry.runtime_data)
        if coordinator is None:
            return None
        return PictureFeed(lambda: picture(coordinator), coordinator.async_add_listener)

    return Topic(name, feed, require_sensor(subentry, sensor))


@callback
def subscribe(
    hass: HomeAssistant, connection: ActiveConnection, number: int, entry: NatteryConfigEntry, topic: Topic
) -> None:
    """Confirm a subscription and send its first event."""
    channels = hass.data.setdefault(_CHANNELS, {})
    key = (entry.entry_id, topic.name)
    channel = channels.get(key)
    if channel is None:
        channel = channels[key] = _Channel(hass, entry, topic)
    subscriber = _Subscriber(connection, number)

    @callback
    def end() -> None:
        channel.remove(subscriber)
        if channel.is_empty:
            channel.close()
            channels.pop(key, None)

    connection.send_result(number)
    connection.subscriptions[number] = end
    channel.add(subscriber)


@dataclass(frozen=True, slots=True)
class _Subscriber:
    """One subscription of one connection."""

    connection: ActiveConnection
    number: int

    def send(self, event: bytes) -> None:
        """Send an event that is JSON already."""
        self.connection.send_message(construct_event_message(self.number, event))


class _Channel:
    """All subscriptions to one topic of one entry; it stays through reloads of the entry."""

    def __init__(self, hass: HomeAssistant, entry: NatteryConfigEntry, topic: Topic) -> None:
        """Follow the entry."""
        self._hass, self._entry, self._topic = hass, entry, topic
        self._subscribers: dict[_Subscriber, bool] = {}  # whether each may have the topic
        self._feed: Feed | None = None
        self._stop_listening: CALLBACK_TYPE | None = None
        self._stop_waiting: CALLBACK_TYPE | None = None
        self._sent_at: float | None = None  # the event loop's time
        self._stop_following = entry.async_on_state_change(self._follow)
        self._follow()

    @property
    def is_empty(self) -> bool:
        """Return whether nobody is subscribed."""
        return not self._subscribers

    @callback
    def add(self, subscriber: _Subscriber) -> None:
        """Send the whole state to a new subscriber, after the others have the same state."""
        if self._subscribers:
            self._publish()
        self._subscribers[subscriber] = True
        subscriber.send(json_bytes(self._feed.first() if self._feed else None))

    @callback
    def remove(self, subscriber: _Subscriber) -> None:
        """Send a subscriber nothing more."""
        self._subscribers.pop(subscriber, None)

    @callback
    def close(self) -> None:
        """Follow the entry no longer."""
        self._stop_following()
        self._stop()

    @callback
    def _follow(self) -> None:
        is_loaded = self._entry.state is ConfigEntryState.LOADED
        if is_loaded is (self._feed is not None):
            return
        self._stop()
        self._feed = self._topic.feed(self._hass, self._entry) if is_loaded else None
        if self._feed is not None:
            self._stop_listening = self._feed.listen(self._on_change)
        whole, nothing = json_bytes(self._feed.first() if self._feed else None), json_bytes(None)
        for subscriber in self._subscribers:
            permitted = self._topic.is_accessible(self._hass, subscriber.connection.user, self._entry)
            self._subscribers[subscriber] = permitted
            subscriber.send(whole if permitted else nothing)

    @callback
    def _stop(self) -> None:
        for stop in (self._stop_listening, self._stop_waiting):
            if stop is not None:
                stop()
        self._stop_listening = self._stop_waiting = None

    @callback
    def _on_change(self) -> None:
        if self._stop_waiting is not None:
            return
        due = self._topic.interval + self._sent_at if self._sent_at is not None else 0.0
        if (wait := due - self._hass.loop.time()) > 0:
            self._stop_waiting = async_call_later(self._hass, wait, self._publish)
        else:
            self._publish()

    @callback
    def _publish(self, _now: datetime | None = None) -> None:
        if self._stop_waiting is not None:
            self._stop_waiting()
            self._stop_waiting = None
        for change in self._feed.changes() if self._feed else ():
            self._sent_at = self._hass.loop.time()
            event = json_bytes(change)
            for subscriber, permitted in self._subscribers.items():
                if permitted:
                    subscriber.send(event)


_CHANNELS: Final[HassKey[dict[Hashable, _Channel]]] = HassKey(f"{DOMAIN}.channels")
