"""The Modbus connection of a config entry, including that to a simulated inverter."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PORT, CONF_TYPE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN, LOGGER, SIMULATED
from .coordinator import local_now
from .core.connection import Connection, ConnectionKind
from .core.modbus.client import ModbusClient
from .core.simulator.simulator import Simulator
from .core.simulator.state import InvalidStateError

_STORE_VERSION = 1
_LOOPBACK = "127.0.0.1"


class ConnectionListener(Protocol):
    """Called on the event loop when the connection is established or lost."""

    def __call__(self, *, up: bool) -> None:
        """Handle the change."""


def connection_of(data: Mapping[str, Any]) -> Connection:
    """Return the connection that an entry's data describes; not for a simulated inverter."""
    kind = ConnectionKind(data[CONF_TYPE])
    if kind is ConnectionKind.SERIAL:
        return Connection(kind, path=data[CONF_DEVICE])
    return Connection(kind, host=data[CONF_HOST], port=data[CONF_PORT])


def simulator_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the store of a simulated inverter's settings and counters."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.simulator")


def _simulator(state: dict[str, Any] | None) -> Simulator:
    """Return the simulated inverter with its saved state, or a new one."""
    try:
        return Simulator(state=state, local_clock=local_now)
    except InvalidStateError as error:
        LOGGER.warning("The saved state of the simulated inverter cannot be used, so it starts anew: %s", error)
        return Simulator(local_clock=local_now)


class InverterConnection:
    """The Modbus client of a config entry and, where it is simulated, the inverter behind it."""

    def __init__(self, hass: HomeAssistant, data: Mapping[str, Any], entry_id: str | None) -> None:
        """Prepare the connection; the state of a simulated inverter is saved only with an `entry_id`."""
        self._hass = hass
        self._data = data
        self._store = simulator_store(hass, entry_id) if entry_id else None
        self._simulator: Simulator | None = None
        self._bus: ModbusClient | None = None

    @property
    def bus(self) -> ModbusClient:
        """Return the Modbus client; its statistics can be read even after it is closed."""
        if self._bus is None:
            raise RuntimeError("The connection was never opened")
        return self._bus

    async def async_open(self, listener: ConnectionListener | None = None) -> ModbusClient:
        """Start the client, which opens the port in its own thread."""
        connection = await self._async_simulate() if self._data[CONF_TYPE] == SIMULATED else connection_of(self._data)
        self._bus = connection.open(on_link=self._on_loop(listener) if listener else None)
        return self._bus

    async def async_close(self) -> None:
        """Finish the pending request and close the port; does nothing if nothing is open."""
        if self._bus is not None:
            await self._hass.async_add_executor_job(self._bus.close)
        if self._simulator is not None:
            if self._store is not None:
                await self._store.async_save(await self._hass.async_add_executor_job(self._simulator.dump_state))
            await self._hass.async_add_executor_job(self._simulator.stop)
            self._simulator = None

    async def _async_simulate(self) -> Connection:
        state = await self._store.async_load() if self._store is not None else None
        self._simulator = simulator = await self._hass.async_add_executor_job(_simulator, state)
        port = await self._hass.async_add_executor_job(simulator.serve_tcp, _LOOPBACK)
        return Connection(ConnectionKind.TCP, host=_LOOPBACK, port=port)

    def _on_loop(self, listener: ConnectionListener) -> Callable[[bool], None]:
        loop = self._hass.loop

        def call(up: bool) -> None:  # noqa: FBT001  (the client calls it like this)
            if not loop.is_closed():
                loop.call_soon_threadsafe(lambda: listener(up=up))

        return call
