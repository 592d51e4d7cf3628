"""The config flow of an inverter: its connection and its options. The flow for prices follows it."""

from collections.abc import Mapping
import os
from typing import Any, override

from homeassistant.components.usb import async_get_serial_port_consumers, async_scan_serial_ports
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_NAME, CONF_PORT, CONF_TYPE
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    SerialPortSelector,
    TextSelector,
)
import probatio as vol

from .connections import InverterConnection
from .const import (
    CONF_GROUPS,
    CONF_READINGS_INTERVAL,
    CONF_SETTINGS_INTERVAL,
    CONF_SYNC_CLOCK,
    CONF_UNIT,
    DEFAULT_READINGS_INTERVAL,
    DEFAULT_SETTINGS_INTERVAL,
    DOMAIN,
    SIMULATED,
)
from .core.connection import ConnectionKind
from .core.errors import NatteryError
from .core.inverter.errors import InverterError
from .core.inverter.inverter import Identity, find_inverter
from .core.inverter.table import RegisterGroup
from .core.modbus.errors import NotConnectedError
from .errors import CORE_ERRORS, describe
from .form_fields import number_field
from .prices.connection_forms import TOKEN_FIELD
from .prices.flow import PricesSubentryFlow, async_test_connection, form_error
from .prices.settings import CONF_TOKEN, PRICES, price_subentry
from .setup_chain import async_next_flow
from .trading.flow import TradingFlow
from .trading.settings import TRADING

REAL = (ConnectionKind.SERIAL, ConnectionKind.TCP, ConnectionKind.RTU_OVER_TCP)
MORE = "more"
DEFAULT_NAME, DEFAULT_SIMULATED_NAME = "Battery", "Simulated battery"
DEFAULT_TCP_PORT = 502
_RUNNING = (ConfigEntryState.LOADED, ConfigEntryState.SETUP_RETRY)


class AnotherInverterError(InverterError):
    """An inverter responds, but not the one whose connection is to be changed."""

    kind = "another_inverter"
    placeholder_names = ("found", "wanted")

    def __init__(self, found: str, wanted: str) -> None:
        """Keep both serial numbers."""
        self.found, self.wanted = found, wanted
        super().__init__(f"Inverter {found} answers, wanted is {wanted}")


def _whole_number(low: int, high: int, unit: str | None = None) -> vol.All[int]:
    return vol.All(number_field(low, high, unit, whole=True), vol.Coerce(int))


_NAME = {vol.Required(CONF_NAME, default=DEFAULT_NAME): TextSelector()}
_PORT = {vol.Required(CONF_DEVICE): SerialPortSelector()}
_GATEWAY = {
    vol.Required(CONF_HOST): TextSelector(),
    vol.Required(CONF_PORT, default=DEFAULT_TCP_PORT): _whole_number(1, 65535),
}
_MORE = {
    vol.Required(MORE): section(vol.Schema({vol.Optional(CONF_UNIT): _whole_number(1, 254)}), {"collapsed": True}),
}
CONNECTIONS: dict[str, dict[Any, Any]] = {
    ConnectionKind.SERIAL: _PORT | _MORE,
    ConnectionKind.TCP: _GATEWAY | _MORE,
    ConnectionKind.RTU_OVER_TCP: _GATEWAY | _MORE,
}
SIMULATED_SCHEMA = vol.Schema({vol.Required(CONF_NAME, default=DEFAULT_SIMULATED_NAME): TextSelector()})
OPTIONS = vol.Schema(
    {
        vol.Required(CONF_READINGS_INTERVAL, default=DEFAULT_READINGS_INTERVAL): _whole_number(2, 60, "s"),
        vol.Required(CONF_SETTINGS_INTERVAL, default=DEFAULT_SETTINGS_INTERVAL): _whole_number(30, 900, "s"),
        vol.Required(CONF_GROUPS, default=list): SelectSelector(
            SelectSelectorConfig(
                options=[group.value for group in RegisterGroup], multiple=True, translation_key=CONF_GROUPS
            )
        ),
        vol.Required(CONF_SYNC_CLOCK, default=True): BooleanSelector(),
    }
)


def _connection_data(kind: str, user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry data of a filled-in form, with the unit id only if it was given."""
    fields = {key: value for key, value in user_input.items() if key not in (CONF_NAME, MORE)}
    texts = {key: value.strip() for key, value in fields.items() if isinstance(value, str)}
    return {CONF_TYPE: kind, **fields, **texts, **user_input.get(MORE, {})}


def _as_form(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return entry data as values of the form, without the unit id, which is found automatically."""
    return {key: value for key, value in data.items() if key != CONF_UNIT}


async def _async_claimant(hass: HomeAssistant, path: str) -> str | None:
    """Return the title of the config entry or app that is set up to use this port, under any of its names."""
    consumers = await async_get_serial_port_consumers(hass, await async_scan_serial_ports(hass))

    def find_title() -> str | None:
        port = os.path.realpath(path)
        titles = (
            consumer.title
            for claimed, claims in consumers.items()
            if os.path.realpath(claimed) == port
            for consumer in claims
            if consumer.active
        )
        return next(titles, None)

    return await hass.async_add_executor_job(find_title)


async def _async_explain(hass: HomeAssistant, error: NatteryError) -> tuple[str, dict[str, str]]:
    """Return the translation key and the placeholders of an error of probing."""
    key, placeholders = describe(error)
    if isinstance(error, NotConnectedError) and error.reason in ("in_use", "in_use_by"):
        title = await _async_claimant(hass, error.place)
        return ("link_in_use_by_entry", {**placeholders, "entry": title}) if title else (key, placeholders)
    return key, placeholders


class NatteryConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks for the connection, and creates the entry only if an inverter responds there."""

    VERSION = 1

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> NatteryOptionsFlow:
        return NatteryOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        return {PRICES: PricesSubentryFlow, TRADING: TradingFlow}

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Continue with the flow for prices, which the user may also do later."""
        entry: ConfigEntry = result["result"]
        result["next_flow"] = await async_next_flow(self.hass, entry)
        return result

    async def async_step_reauth(self, _entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Handle a token that ENTSO-E does not accept."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a new token and try it; if the server does not respond, the token is kept."""
        entry = self._get_reauth_entry()
        if (subentry := price_subentry(entry)) is None:
            return self.async_abort(reason="no_prices")
        errors = {}
        if user_input is not None:
            data = {**subentry.data, CONF_TOKEN: user_input[CONF_TOKEN].strip()}
            _, error = await async_test_connection(self.hass, data)
            if error is None or form_error(error) != "unauthorized":
                self.hass.config_entries.async_update_subentry(entry, subentry, data=data)
                return self.async_abort(reason="reauth_successful")
            errors[CONF_TOKEN] = "unauthorized"
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=vol.Schema({vol.Required(CONF_TOKEN): TOKEN_FIELD}),
            errors=errors,
        )

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the kind of connection."""
        return self.async_show_menu(step_id="user", menu_options=[*REAL, SIMULATED])

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the new kind of connection, which a simulated inverter does not have."""
        if self._get_reconfigure_entry().data[CONF_TYPE] == SIMULATED:
            return self.async_abort(reason="simulated")
        return self.async_show_menu(step_id="reconfigure", menu_options=list(REAL))

    async def async_step_serial(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the serial port."""
        return await self._async_step_connection(ConnectionKind.SERIAL, user_input)

    async def async_step_tcp(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the address of a Modbus TCP gateway."""
        return await self._async_step_connection(ConnectionKind.TCP, user_input)

    async def async_step_rtu_over_tcp(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the address of a gateway that passes RTU frames."""
        return await self._async_step_connection(ConnectionKind.RTU_OVER_TCP, user_input)

    async def async_step_simulated(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a name only."""
        if user_input is None:
            return self.async_show_form(step_id=SIMULATED, data_schema=SIMULATED_SCHEMA)
        return await self._async_create({CONF_TYPE: SIMULATED}, user_input[CONF_NAME] or DEFAULT_SIMULATED_NAME)

    async def _async_step_connection(self, kind: ConnectionKind, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Show the form of a connection until an inverter responds there."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        reconfiguring = self.source == SOURCE_RECONFIGURE
        if user_input is not None:
            data = _connection_data(kind, user_input)
            errors = {field: "missing" for field in (CONF_DEVICE, CONF_HOST) if data.get(field) == ""}
            try:
                if not errors and reconfiguring:
                    return await self._async_change_connection(data)
                if not errors:
                    return await self._async_create(data, user_input[CONF_NAME] or DEFAULT_NAME)
            except CORE_ERRORS as error:
                errors["base"], placeholders = await _async_explain(self.hass, error)
        known = _as_form(self._get_reconfigure_entry().data) if reconfiguring else {}
        schema = vol.Schema(CONNECTIONS[kind] if reconfiguring else _NAME | CONNECTIONS[kind])
        return self.async_show_form(
            step_id=kind,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or known),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _async_create(self, data: dict[str, Any], name: str) -> ConfigFlowResult:
        """Create an entry for the inverter that responds, or change the connection of the entry that it has."""
        if data[CONF_TYPE] == ConnectionKind.SERIAL:  # the port cannot be probed while an entry has it open
            self._async_abort_entries_match({CONF_DEVICE: data[CONF_DEVICE]})
        identity = await self._async_probe(data)
        data[CONF_UNIT] = identity.unit
        if entry := await self.async_set_unique_id(identity.serial_number):
            return self.async_update_reload_and_abort(
                entry, data=data, reason="already_configured", reload_even_if_entry_is_unchanged=False
            )
        return self.async_create_entry(title=name, data=data)

    async def _async_change_connection(self, data: dict[str, Any]) -> ConfigFlowResult:
        """Change the connection of an entry.

        The same inverter must respond there. The entry is unloaded first, since no inverter may have two masters. If
        the new connection does not work, the entry is set up again with the old one.
        """
        entry = self._get_reconfigure_entry()
        running = entry.state in _RUNNING
        if running:
            await self.hass.config_entries.async_unload(entry.entry_id)
        try:
            identity = await self._async_probe(data, entry.unique_id)
        except BaseException:
            if running:
                await self.hass.config_entries.async_setup(entry.entry_id)
            raise
        return self.async_update_reload_and_abort(entry, data={**data, CONF_UNIT: identity.unit})

    async def _async_probe(self, data: Mapping[str, Any], wanted: str | None = None) -> Identity:
        """Identify the inverter; raise the core's errors, AnotherInverterError if its serial number is not `wanted`."""
        connection = InverterConnection(self.hass, data, None)
        try:
            identity = await find_inverter(await connection.async_open(), data.get(CONF_UNIT))
        finally:
            await connection.async_close()
        if wanted not in (None, identity.serial_number):
            raise AnotherInverterError(identity.serial_number, wanted)
        return identity


class NatteryOptionsFlow(OptionsFlowWithReload):
    """The options of a config entry."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for intervals, groups and the clock."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        schema = self.add_suggested_values_to_schema(OPTIONS, self.config_entry.options)
        return self.async_show_form(step_id="init", data_schema=schema)
