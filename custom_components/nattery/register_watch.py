"""Follows what the coordinators poll of an inverter, and which registers are being written."""

from collections.abc import Callable, Iterable

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.util import dt as dt_util

from .coordinator import InverterCoordinator
from .core.inverter.inverter import Identity, Inverter
from .core.inverter.register_states import RegisterStates


class RegisterWatch:
    """The states of an inverter's registers, kept current by what is polled anyway."""

    def __init__(self, inverter: Inverter, coordinators: Iterable[InverterCoordinator]) -> None:
        """Watch nothing yet."""
        self.states = RegisterStates()
        self._inverter = inverter
        self._coordinators = tuple(coordinators)
        self._listeners: list[Callable[[], None]] = []

    @callback
    def async_start(self, identity: Identity) -> CALLBACK_TYPE:
        """Record what is known, and every poll from now on; returns what ends that."""
        self.states.record(identity.values, {}, None, dt_util.utcnow())
        stops = [coordinator.async_add_listener(self._recorder(coordinator)) for coordinator in self._coordinators]
        for coordinator in self._coordinators:
            self._record(coordinator)

        @callback
        def stop() -> None:
            for one in stops:
                one()

        return stop

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call a listener after every poll, and whenever a write begins or ends; returns what ends that."""
        self._listeners.append(listener)
        stop_writes = self._inverter.listen_to_writes(listener)

        @callback
        def stop() -> None:
            self._listeners.remove(listener)
            stop_writes()

        return stop

    def _recorder(self, coordinator: InverterCoordinator) -> CALLBACK_TYPE:
        @callback
        def record() -> None:
            self._record(coordinator)
            for listener in tuple(self._listeners):
                listener()

        return record

    def _record(self, coordinator: InverterCoordinator) -> None:
        report = coordinator.data
        if report is not None:
            self.states.record(report.values, report.failed, coordinator.read_at, dt_util.utcnow())
