"""The config subentry flow of prices: bidding zone and token (tested at once), tariff, fallback sources."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.util import dt as dt_util
import probatio as vol

from ..const import DOMAIN
from ..core.market.bidding_zones import find_zone
from ..core.market.book import PriceBook
from ..core.market.errors import (
    MarketError,
    NotPublishedError,
    OtherAuctionError,
    QueryRejectedError,
    UnauthorizedError,
)
from ..core.market.pricer import Pricer
from ..core.market.prices import PriceSeries, PriceSlot
from ..core.market.tariff import PriceKind, Tariff, TariffError
from ..setup_chain import async_next_flow, is_in_chain, with_next_flow
from ..texts import async_explain, async_text
from .connection_forms import ADVANCED_FIELDS, MORE, NOTIFY_SCHEMA, SOURCES_SCHEMA, TOKEN_FIELD, area_schema
from .settings import (
    CONF_ACTION,
    CONF_ACTION_DATA,
    CONF_AREA,
    CONF_NOTIFY,
    CONF_SLOW,
    CONF_TARIFF,
    CONF_TIMEOUT,
    CONF_TOKEN,
    CONF_URL,
    PRICES,
    PriceSettings,
    price_subentry,
)
from .sources import primary_source
from .summary import async_day_summary
from .tariff_form import form_error_of, tariff_from_form, tariff_schema, tariff_to_form
from .template import template_formulas

CONF_LENDER: Final = "lender"
_NOT_SHARED: Final = frozenset({CONF_NOTIFY, CONF_SLOW})  # one notification about a failure is enough
_EXAMPLE_TEMPLATE: Final = "{{ spot * 1.19 + 0.15 }}"  # braces of a text would be a placeholder
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


def _prices_of(entry: ConfigEntry) -> Mapping[str, Any]:
    """Return the settings of the prices of an entry that has some."""
    subentry = price_subentry(entry)
    return subentry.data if subentry is not None else {}


async def async_test_connection(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> tuple[list[PriceSeries], MarketError | None]:
    """Query ENTSO-E once with these settings; return the series, or the error."""
    settings = await hass.async_add_executor_job(PriceSettings.from_data, data)
    zone = await hass.async_add_executor_job(lambda: settings.area.tzinfo)
    today = dt_util.now(zone).date()
    try:
        return list(await primary_source(settings).fetch([today - _DAY, today, today + _DAY], "")), None
    except MarketError as error:
        return [], error


def form_error(error: MarketError) -> str:
    """Return the error key of the flow if the token or the bidding zone is wrong; "" for a temporary failure."""
    if isinstance(error, UnauthorizedError):
        return "unauthorized"
    return "no_data" if isinstance(error, NotPublishedError | OtherAuctionError | QueryRejectedError) else ""


class PricesSubentryFlow(ConfigSubentryFlow):
    """Creates and reconfigures the single prices subentry."""

    def __init__(self) -> None:
        """Start with an empty form."""
        self._data: dict[str, Any] = {}
        self._test_task: asyncio.Task[tuple[list[PriceSeries], MarketError | None]] | None = None
        self._test_series: list[PriceSeries] = []
        self._test_error: MarketError | None = None
        self._preview: dict[str, str] = {}
        self._in_chain = False
        self._lender: ConfigEntry | None = None

    @property
    def _lenders(self) -> dict[str, ConfigEntry]:
        """The other entries that have prices, by their ids."""
        own = self._get_entry().entry_id
        entries = self.hass.config_entries.async_entries(DOMAIN)
        return {one.entry_id: one for one in entries if one.entry_id != own and price_subentry(one) is not None}

    @property
    def _choices(self) -> list[str]:
        """The ways to begin."""
        return ["connection", *(["shared"] if self._lenders else []), *(["later"] if self._in_chain else [])]

    @property
    def _is_reconfigure(self) -> bool:
        return self.source == SOURCE_RECONFIGURE

    @property
    def _connection_step(self) -> str:
        """The step that asks for the connection: only one that changes it may say that a token is stored."""
        return "change_connection" if self._is_reconfigure else "connection"

    @property
    def _stored_token(self) -> str:
        """Return the stored token, which stays until another one has been tested."""
        return self._get_reconfigure_subentry().data[CONF_TOKEN] if self._is_reconfigure else ""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Begin with the bidding zone and the token, unless there is something to choose."""
        if price_subentry(self._get_entry()) is not None:
            return self.async_abort(reason="single")
        self._in_chain = is_in_chain(user_input)
        return await (self.async_step_start() if self._choices[1:] else self.async_step_connection())

    async def async_step_start(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask how to begin: with new prices, with those of another entry, or later."""
        return self.async_show_menu(step_id="start", menu_options=self._choices)

    async def async_step_later(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Tell how to come back."""
        return self.async_abort(reason="later")

    async def async_step_shared(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask whose prices to use; the token is copied from there and never shown."""
        lenders = self._lenders
        if user_input is not None:
            if (lender := lenders.get(user_input[CONF_LENDER])) is None:
                return self.async_abort(reason="lender_gone")
            self._lender = lender
            self._data = {key: value for key, value in _prices_of(lender).items() if key not in _NOT_SHARED}
            return await self.async_step_tariff()
        options = [
            SelectOptionDict(value=entry.entry_id, label=f"{entry.title} ({_prices_of(entry)[CONF_AREA]})")
            for entry in lenders.values()
        ]
        field = SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST))
        key = vol.Required(CONF_LENDER, default=options[0]["value"]) if options else vol.Required(CONF_LENDER)
        return self.async_show_form(step_id="shared", data_schema=vol.Schema({key: field}))

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what to change."""
        self._data = dict(self._get_reconfigure_subentry().data)
        options = ["change_connection", "tariff", "sources", "notifications"]
        return self.async_show_menu(step_id="reconfigure", menu_options=options)

    async def async_step_connection(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the bidding zone and the token, then test them."""
        return await self._async_step_connection("connection", user_input)

    async def async_step_change_connection(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for another bidding zone or token; an empty token keeps the stored one."""
        return await self._async_step_connection("change_connection", user_input)

    async def _async_step_connection(self, step: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        errors = {}
        if user_input is not None:
            values = {**user_input, **user_input[MORE]}
            values.pop(MORE)
            token = values.pop(CONF_TOKEN, "").strip() or self._data.get(CONF_TOKEN, "")
            self._data |= values | {CONF_TOKEN: token, CONF_URL: values[CONF_URL].strip()}
            if CONF_AREA not in values:
                errors = {CONF_AREA: "missing"}
            elif not token:
                errors = {CONF_TOKEN: "missing"}
            elif not self._data[CONF_URL].startswith(("https://", "http://")):
                errors = {"base": "bad_url"}
            else:
                return await self.async_step_check()
        elif self._test_error is not None:
            field = CONF_TOKEN if form_error(self._test_error) == "unauthorized" else CONF_AREA
            errors = {field: form_error(self._test_error)}
        # The stored token is never put into a form. An empty field keeps it.
        token_key = vol.Optional(CONF_TOKEN) if self._is_reconfigure else vol.Required(CONF_TOKEN)
        schema = vol.Schema({**area_schema(self.hass.config.country), token_key: TOKEN_FIELD, **ADVANCED_FIELDS})
        suggested = {CONF_AREA: self._data.get(CONF_AREA)} if self._data else {}
        suggested[MORE] = {key: self._data[key] for key in (CONF_URL, CONF_TIMEOUT) if key in self._data}
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
        )

    async def async_step_check(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Test the connection to ENTSO-E and show progress."""
        # Show progress even if the result is already there: without it, Home Assistant would pass the input of the
        # current form to the next step as well.
        if started := self._test_task is None:
            self._test_task = self.hass.async_create_task(
                async_test_connection(self.hass, self._data), "nattery token check"
            )
        if started or not self._test_task.done():
            return self.async_show_progress(step_id="check", progress_action="asking", progress_task=self._test_task)
        self._test_series, self._test_error = await self._test_task
        self._test_task = None
        if isinstance(self._test_error, UnauthorizedError):
            self._data[CONF_TOKEN] = self._stored_token
        if self._test_error is None:
            return self.async_show_progress_done(next_step_id="checked")
        following = self._connection_step if form_error(self._test_error) else "unsure"
        return self.async_show_progress_done(next_step_id=following)

    async def async_step_unsure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Let the user continue without a response, because the token may be fine."""
        return self.async_show_menu(
            step_id="unsure",
            menu_options=["check", "checked", "change"],
            description_placeholders={
                "reason": await async_explain(self.hass, self._test_error) if self._test_error else ""
            },
        )

    async def async_step_change(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Return to the form without an error."""
        self._test_error = None
        return await self._async_step_connection(self._connection_step, None)

    async def async_step_checked(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Continue with the tariff, or finish if only the connection was changed."""
        self._test_error = None
        if self._is_reconfigure:
            return await self._async_finish()
        return await self.async_step_tariff()

    async def async_step_tariff(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the tariff."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            try:
                tariff = tariff_from_form(user_input)
                self._preview = await self._async_preview(tariff)
            except TariffError as error:
                errors["base"], placeholders = form_error_of(error)
            else:
                self._data[CONF_TARIFF] = tariff.to_dict()
                return await self.async_step_preview()
        suggested = user_input or tariff_to_form(Tariff.from_dict(self._data.get(CONF_TARIFF, {})))
        return self.async_show_form(
            step_id="tariff",
            data_schema=self.add_suggested_values_to_schema(tariff_schema(self._currency), suggested),
            errors=errors,
            description_placeholders={**placeholders, "example_template": _EXAMPLE_TEMPLATE},
        )

    async def async_step_preview(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show today's prices with this tariff before it is saved."""
        return self.async_show_menu(
            step_id="preview", menu_options=["save", "tariff"], description_placeholders=self._preview
        )

    async def async_step_save(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Save the settings."""
        return await self._async_finish()

    async def async_step_sources(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the fallback sources."""
        return await self._async_step_simple("sources", SOURCES_SCHEMA, user_input)

    async def async_step_notifications(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the notify entities."""
        return await self._async_step_simple("notifications", NOTIFY_SCHEMA, user_input)

    async def _async_step_simple(
        self, step: str, schema: vol.Schema, user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        errors = {}
        if user_input is not None:
            values = {key: value.strip() if key == CONF_ACTION else value for key, value in user_input.items()}
            domain, _, service = values.get(CONF_ACTION, "").partition(".")
            if domain and not self.hass.services.has_service(domain, service):
                errors[CONF_ACTION] = "unknown_action"
            if not isinstance(values.get(CONF_ACTION_DATA, {}), Mapping):
                errors[CONF_ACTION_DATA] = "no_mapping"
            if not errors:
                for key in map(str, schema.schema):
                    self._data.pop(key, None)
                self._data |= values
                return await self._async_finish()
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or self._data),
            errors=errors,
            description_placeholders={"day_template": "{{ day }}"},
        )

    @property
    def _book(self) -> PriceBook | None:
        """Return a book with the prices of the test, else the book of the loaded config entry, else None."""
        entry = self._get_entry()
        if self._test_series:
            area = find_zone(self._data[CONF_AREA])
            book = PriceBook(area.key, area.tzinfo, area.currencies)
            for series in self._test_series:
                book.add(series)
            return book
        entry = self._lender or entry
        coordinator = entry.state is ConfigEntryState.LOADED and entry.runtime_data.prices
        return coordinator.fetcher.book if coordinator else None

    @property
    def _currency(self) -> str:
        return (self._book and self._book.currency) or "EUR"

    async def _async_preview(self, tariff: Tariff) -> dict[str, str]:
        """Return today's summary with this tariff; raise TariffError if a template fails."""
        formulas = template_formulas(self.hass, tariff)
        hour_start = dt_util.now().replace(minute=0, second=0, microsecond=0)
        trial_slot = PriceSlot(dt_util.as_utc(hour_start), dt_util.as_utc(hour_start) + _HOUR, 0.1)
        for kind, formula in formulas.items():
            tariff.price([trial_slot], kind, dt_util.get_default_time_zone(), formula)
        if (book := self._book) is None:
            unknown = await async_text(self.hass, "curve_unknown")
            return {"import": unknown, "export": unknown}
        pricer = Pricer(book, tariff, formulas)
        day = pricer.day(dt_util.now(book.zone).date())
        return {
            kind.value: await async_day_summary(self.hass, pricer, day, kind)
            for kind in (PriceKind.IMPORT, PriceKind.EXPORT)
        }

    async def _async_finish(self) -> SubentryFlowResult:
        """Save the settings; the config entry reloads itself when they have changed."""
        if self._is_reconfigure:
            return self.async_update_and_abort(self._get_entry(), self._get_reconfigure_subentry(), data=self._data)
        title = await async_text(self.hass, "prices_title")
        if not self._in_chain:
            return self.async_create_entry(title=title, data=self._data, unique_id=PRICES)
        # A subentry flow cannot tell what follows it, and trading can only be set up once there are prices. So the
        # subentry is added here.
        entry, data = self._get_entry(), MappingProxyType(self._data)
        prices = ConfigSubentry(data=data, subentry_type=PRICES, title=title, unique_id=PRICES)
        self.hass.config_entries.async_add_subentry(entry, prices)
        following = await async_next_flow(self.hass, entry, PRICES)
        return with_next_flow(self.async_abort(reason="added"), entry, following)
