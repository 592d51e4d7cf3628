"""Setting up trading: only what no register tells, with suggestions from those that do."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol

from ..core.ledger.errors import LedgerError, WrongUrlError
from ..form_fields import number_field
from ..prices.settings import price_subentry
from ..texts import async_explain, async_text
from .database import Database
from .settings import (
    CONF_BATTERY_PRICE,
    CONF_CAPACITY,
    CONF_CHARGE,
    CONF_CYCLES,
    CONF_DISCHARGE,
    CONF_EFFICIENCY,
    CONF_EXPORT,
    CONF_IMPORT,
    CONF_LEDGER,
    CONF_PEAK_PRICE,
    CONF_SOC_MAX,
    CONF_SOC_MIN,
    CONF_WEAR,
    DEFAULT_CYCLES,
    DEFAULT_EFFICIENCY,
    DEFAULT_SOC_MAX,
    DEFAULT_SOC_MIN,
    TRADING,
    trading_subentry,
)

MORE: Final = "more"
FILE: Final = "file"  # instead of a database's address: the file in Home Assistant's folder
_POSTGRESQL: Final = ("postgresql://", "postgresql+psycopg2://")
_PATIENCE: Final = 25.0  # seconds for an answer of the database; a host with two addresses is given 10 for each
_KILO = 1000
_CENTS = 3  # decimals of a power in kW that a person would write


def _schema(currency: str) -> vol.Schema:
    more = {
        vol.Required(CONF_CYCLES, default=DEFAULT_CYCLES): number_field(100, 100_000),
        vol.Optional(CONF_WEAR): number_field(0, 100, f"{currency}/kWh"),
        vol.Required(CONF_EFFICIENCY, default=DEFAULT_EFFICIENCY): number_field(20, 100, "%"),
        vol.Required(CONF_SOC_MIN, default=DEFAULT_SOC_MIN): number_field(0, 95, "%"),
        vol.Required(CONF_SOC_MAX, default=DEFAULT_SOC_MAX): number_field(5, 100, "%"),
        vol.Optional(CONF_PEAK_PRICE): number_field(0, 10_000, f"{currency}/kW"),
        vol.Optional(CONF_LEDGER): TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")),
    }
    return vol.Schema(
        {
            vol.Required(CONF_CAPACITY): number_field(0.1, 1000, "kWh"),
            vol.Required(CONF_BATTERY_PRICE): number_field(0, 1_000_000, currency),
            vol.Required(CONF_CHARGE): number_field(0.1, 100, "kW"),
            vol.Required(CONF_DISCHARGE): number_field(0.1, 100, "kW"),
            vol.Required(CONF_IMPORT): number_field(0.1, 1000, "kW"),
            vol.Required(CONF_EXPORT): number_field(0, 1000, "kW"),
            vol.Required(MORE): section(vol.Schema(more), {"collapsed": True}),
        }
    )


class TradingFlow(ConfigSubentryFlow):
    """Makes and changes the one subentry about trading."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._ledger = ""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask about battery and connection; there is no trading without prices."""
        entry = self._get_entry()
        if trading_subentry(entry) is not None:
            return self.async_abort(reason="single")
        if price_subentry(entry) is None:
            return self.async_abort(reason="prices_first")
        return await self._async_step("user", user_input, self._suggestions())

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask again, with what was said before; the database's address holds a password and is not shown."""
        known = dict(self._get_reconfigure_subentry().data)
        return await self._async_step("reconfigure", user_input, known)

    async def _async_step(
        self, step: str, user_input: dict[str, Any] | None, known: Mapping[str, Any]
    ) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        given = dict(known)
        if user_input is not None:
            given = {key: value for key, value in {**user_input, **user_input[MORE]}.items() if key != MORE}
            kept = known.get(CONF_LEDGER, "")
            # What was typed stays until something else is typed, and is never shown: it may hold a password.
            self._ledger = given.pop(CONF_LEDGER, "").strip() or self._ledger or kept
            if given[CONF_SOC_MIN] >= given[CONF_SOC_MAX]:
                errors["base"] = "no_room"
            elif self._ledger not in (kept, FILE) and (error := await self._async_try(self._ledger)) is not None:
                errors["base"], placeholders = "bad_ledger", {"reason": await async_explain(self.hass, error)}
            else:
                ledger = {CONF_LEDGER: self._ledger} if self._ledger not in ("", FILE) else {}
                return await self._async_finish(given | ledger)
        shown = {key: value for key, value in given.items() if key != CONF_LEDGER}
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(_schema(self._currency), {**shown, MORE: shown}),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _async_try(self, address: str) -> LedgerError | None:
        """Why no books can be kept there; makes the tables where there are none."""
        try:
            if not address.startswith(_POSTGRESQL):
                raise WrongUrlError
            await Database(self.hass, address).async_do(lambda ledger: ledger.check(), _PATIENCE)
        except LedgerError as error:
            return error
        return None

    async def _async_finish(self, data: dict[str, Any]) -> SubentryFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(self._get_entry(), self._get_reconfigure_subentry(), data=data)
        title = await async_text(self.hass, "trading_title")
        return self.async_create_entry(title=title, data=data, unique_id=TRADING)

    @property
    def _currency(self) -> str:
        site = self._get_entry().runtime_data if self._get_entry().state is ConfigEntryState.LOADED else None
        return (site and site.prices and site.prices.pricer.book.currency) or "EUR"

    def _suggestions(self) -> dict[str, Any]:
        """What the inverter's own settings allow."""
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return {}
        device = entry.runtime_data.identified_device
        current, voltage = device.value("max_charge_current"), device.value("battery_voltage")
        limit, floor = device.value("max_grid_power"), device.value("soc_stop_discharge")
        known: dict[str, Any] = {}
        if isinstance(current, int | float) and isinstance(voltage, int | float):
            known[CONF_CHARGE] = known[CONF_DISCHARGE] = round(current * voltage / _KILO, _CENTS)
        if isinstance(limit, int | float) and limit > 0:
            known[CONF_IMPORT] = known[CONF_EXPORT] = limit / _KILO
        if isinstance(floor, int | float):
            known[CONF_SOC_MIN] = floor
        return known
