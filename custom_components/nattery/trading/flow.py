"""The subentry flow of trading: asks what no register tells, with suggestions from the registers that do."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol

from ..core.forecast.notes import ADD_PROVIDER
from ..core.ledger.errors import LedgerError, WrongUrlError
from ..core.powers import PowerRange
from ..form_fields import number_field, power_field
from ..prices.settings import price_subentry
from ..setup_chain import is_in_chain
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
from .solar import async_solar_providers

MORE: Final = "more"
FILE: Final = "file"  # entered instead of a URL: the file in Home Assistant's configuration folder
_POSTGRESQL: Final = ("postgresql://", "postgresql+psycopg2://")
_DATABASE_TIMEOUT: Final = 25.0  # seconds; the driver tries each address of a host for 10
# Opens the dialog that adds Forecast.Solar; a subentry flow cannot start another flow.
_ADD_FORECAST_SOLAR: Final = "/config/integrations/dashboard/add?domain=forecast_solar"
_LOADING: Final = 10.0  # seconds in which an entry that has just got prices is loaded again
_KILO = 1000
_DECIMALS = 3  # of a suggested power in kW


# The field itself has no limits: a form would refuse watts with a sentence that does not name the unit.
_POWERS: Final = {
    CONF_CHARGE: PowerRange(0.1, 100, "kW"),
    CONF_DISCHARGE: PowerRange(0.1, 100, "kW"),
    CONF_IMPORT: PowerRange(0.1, 1000, "kW"),
    CONF_EXPORT: PowerRange(0, 1000, "kW"),
}


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
            **{vol.Required(field): power_field(powers.unit) for field, powers in _POWERS.items()},
            vol.Required(MORE): section(vol.Schema(more), {"collapsed": True}),
        }
    )


class TradingFlow(ConfigSubentryFlow):
    """Creates and changes the one `trading` subentry."""

    def __init__(self) -> None:
        """Start without a database URL."""
        self._ledger = ""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the battery and the grid connection; trading needs prices first."""
        entry = self._get_entry()
        if trading_subentry(entry) is not None:
            return self.async_abort(reason="single")
        if price_subentry(entry) is None:
            return self.async_abort(reason="prices_first")
        if is_in_chain(user_input):
            return await self.async_step_start()
        return await self._async_step("user", user_input, self._suggestions())

    async def async_step_start(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask whether to set trading up now."""
        return self.async_show_menu(step_id="start", menu_options=["battery", "later"])

    async def async_step_battery(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Go on once the entry has loaded its new prices, since suggestions come from the inverter."""
        entry, loaded = self._get_entry(), asyncio.Event()

        @callback
        def check() -> None:
            if entry.state is ConfigEntryState.LOADED:
                loaded.set()

        unsubscribe = entry.async_on_state_change(check)
        check()
        with suppress(TimeoutError):
            await asyncio.wait_for(loaded.wait(), _LOADING)
        unsubscribe()
        return await self.async_step_user()

    async def async_step_later(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Tell how to come back."""
        return self.async_abort(reason="later")

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask again with the present values, except the database URL, which holds a password."""
        known = dict(self._get_reconfigure_subentry().data)
        return await self._async_step("reconfigure", user_input, known)

    async def _async_step(
        self, step: str, user_input: dict[str, Any] | None, known: Mapping[str, Any]
    ) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        placeholders = {
            "solar": f"\n\n{await async_text(self.hass, ADD_PROVIDER)}" if await self._lacks_solar() else ""
        }
        entered = dict(known)
        if user_input is not None:
            entered = {key: value for key, value in {**user_input, **user_input[MORE]}.items() if key != MORE}
            kept = known.get(CONF_LEDGER, "")
            # The URL that was entered last is kept and never shown, since it holds a password.
            self._ledger = entered.pop(CONF_LEDGER, "").strip() or self._ledger or kept
            wrong = ((field, powers.complaint(entered[field])) for field, powers in _POWERS.items())
            field, complaint = next(((field, found) for field, found in wrong if found), ("", None))
            if complaint is not None:
                errors[field], power_placeholders = complaint
                placeholders |= power_placeholders
            elif entered[CONF_SOC_MIN] >= entered[CONF_SOC_MAX]:
                errors["base"] = "no_room"
            elif self._ledger not in (kept, FILE) and (error := await self._async_check(self._ledger)) is not None:
                errors["base"] = "bad_ledger"
                placeholders["reason"] = await async_explain(self.hass, error)
            else:
                ledger = {CONF_LEDGER: self._ledger} if self._ledger not in ("", FILE) else {}
                return await self._async_finish(entered | ledger)
        shown = {key: value for key, value in entered.items() if key != CONF_LEDGER}
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(_schema(self._currency), {**shown, MORE: shown}),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _async_check(self, url: str) -> LedgerError | None:
        """Return why no ledger can be kept in a database, or None; creates missing tables."""
        try:
            if not url.startswith(_POSTGRESQL):
                raise WrongUrlError
            await Database(self.hass, url).async_do(lambda ledger: ledger.check(), _DATABASE_TIMEOUT)
        except LedgerError as error:
            return error
        return None

    async def _async_finish(self, data: dict[str, Any]) -> SubentryFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(self._get_entry(), self._get_reconfigure_subentry(), data=data)
        title = await async_text(self.hass, "trading_title")
        if not await self._lacks_solar():
            return self.async_create_entry(title=title, data=data, unique_id=TRADING)
        return self.async_create_entry(
            title=title,
            data=data,
            unique_id=TRADING,
            description="add_provider",
            description_placeholders={"link": _ADD_FORECAST_SOLAR},
        )

    async def _lacks_solar(self) -> bool:
        """Return whether the inverter has PV and the Energy dashboard names no forecast of it."""
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return False
        produced = entry.runtime_data.identified_device.value("pv_energy")
        return isinstance(produced, int | float) and produced > 0 and not await async_solar_providers(self.hass)

    @property
    def _currency(self) -> str:
        runtime = self._get_entry().runtime_data if self._get_entry().state is ConfigEntryState.LOADED else None
        return (runtime and runtime.prices and runtime.prices.pricer.book.currency) or "EUR"

    def _suggestions(self) -> dict[str, Any]:
        """Return suggestions from the inverter's settings."""
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return {}
        device = entry.runtime_data.identified_device
        current, voltage = device.value("max_charge_current"), device.value("battery_voltage")
        limit, floor = device.value("max_grid_power"), device.value("soc_stop_discharge")
        known: dict[str, Any] = {}
        if isinstance(current, int | float) and isinstance(voltage, int | float):
            known[CONF_CHARGE] = known[CONF_DISCHARGE] = round(current * voltage / _KILO, _DECIMALS)
        if isinstance(limit, int | float) and limit > 0:
            known[CONF_IMPORT] = known[CONF_EXPORT] = limit / _KILO
        if isinstance(floor, int | float):
            known[CONF_SOC_MIN] = floor
        return known
