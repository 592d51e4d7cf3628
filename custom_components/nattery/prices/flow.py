"""Setting up prices: the area and the token, tried at once; the tariff, shown in words; who else may be asked."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    ObjectSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import dt as dt_util
import probatio as vol

from ..core.market.bidding_zones import AREAS, find, of_country
from ..core.market.book import PriceBook
from ..core.market.entsoe.ipc import LONGEST, SECONDS, SHORTEST, URL
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
from ..form_fields import number_field
from ..texts import async_explain, async_text
from .settings import (
    CONF_ACTION,
    CONF_ACTION_DATA,
    CONF_ACTION_KEY,
    CONF_AREA,
    CONF_ENTITY,
    CONF_NOTIFY,
    CONF_SLOW,
    CONF_SOURCES,
    CONF_TARIFF,
    CONF_TIMEOUT,
    CONF_TOKEN,
    CONF_URL,
    DEFAULT_SLOW,
    PRICES,
    PriceSettings,
    price_subentry,
)
from .sources import PUBLIC_SOURCES, main_supplier
from .tariff_form import error_of, tariff_as_form, tariff_from_form, tariff_schema
from .template import hooks_of
from .words import async_day_in_words

MORE: Final = "more"
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
TOKEN_FIELD = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))


def _area_schema(country: str | None) -> dict[Any, Any]:
    """The area, with that of the country as the suggestion where it has only one.

    Forms fill what is required and has no default with the first choice, so it is not required then.
    """
    here = of_country(country) if country else ()
    ordered = [*here, *(area for area in AREAS.values() if area not in here)]
    options = [SelectOptionDict(value=area.key, label=f"{area.name} ({area.key})") for area in ordered]
    key = vol.Required(CONF_AREA, default=here[0].key) if len(here) == 1 else vol.Optional(CONF_AREA)
    return {
        key: SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.DROPDOWN)),
    }


_MORE = {
    vol.Required(MORE): section(
        vol.Schema(
            {
                vol.Required(CONF_URL, default=URL): TextSelector(TextSelectorConfig(type=TextSelectorType.URL)),
                vol.Required(CONF_TIMEOUT, default=SECONDS): number_field(SHORTEST, LONGEST, "s", whole=True),
            }
        ),
        {"collapsed": True},
    )
}
_SOURCES = vol.Schema(
    {
        vol.Required(CONF_SOURCES, default=list): SelectSelector(
            SelectSelectorConfig(
                options=[source.name for source in PUBLIC_SOURCES], multiple=True, translation_key="price_sources"
            )
        ),
        vol.Optional(CONF_ENTITY): EntitySelector(EntitySelectorConfig(domain="sensor")),
        vol.Optional(CONF_ACTION): TextSelector(),
        vol.Optional(CONF_ACTION_DATA): ObjectSelector(),
        vol.Optional(CONF_ACTION_KEY): TextSelector(),
    }
)
_NOTIFY = vol.Schema(
    {
        vol.Optional(CONF_NOTIFY): EntitySelector(EntitySelectorConfig(domain="notify", multiple=True)),
        vol.Required(CONF_SLOW, default=DEFAULT_SLOW): number_field(1, LONGEST, "s", whole=True),
    }
)


async def async_try(hass: HomeAssistant, data: Mapping[str, Any]) -> tuple[list[PriceSeries], MarketError | None]:
    """Ask ENTSO-E once with such settings; what came, or why nothing did."""
    settings = await hass.async_add_executor_job(PriceSettings.of, data)
    zone = await hass.async_add_executor_job(lambda: settings.area.tzinfo)
    today = dt_util.now(zone).date()
    try:
        return list(await main_supplier(settings).ask([today - _DAY, today, today + _DAY], "")), None
    except MarketError as error:
        return [], error


def reason_of(error: MarketError) -> str:
    """Whether the token, the area or something passing is to blame: a key of the flow's errors, or "" for passing."""
    if isinstance(error, UnauthorizedError):
        return "unauthorized"
    return "no_data" if isinstance(error, NotPublishedError | OtherAuctionError | QueryRejectedError) else ""


class PricesFlow(ConfigSubentryFlow):
    """Makes and changes the one subentry about prices."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._data: dict[str, Any] = {}
        self._task: asyncio.Task[tuple[list[PriceSeries], MarketError | None]] | None = None
        self._found: list[PriceSeries] = []
        self._error: MarketError | None = None
        self._words: dict[str, str] = {}

    @property
    def _changing(self) -> bool:
        return self.source == SOURCE_RECONFIGURE

    @property
    def _kept_token(self) -> str:
        """The one that stays until another one has been tried."""
        return self._get_reconfigure_subentry().data[CONF_TOKEN] if self._changing else ""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the area and the token."""
        if price_subentry(self._get_entry()) is not None:
            return self.async_abort(reason="single")
        return await self.async_step_connection(user_input)

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what is to be changed."""
        self._data = dict(self._get_reconfigure_subentry().data)
        options = ["connection", "tariff", "sources", "notifications"]
        return self.async_show_menu(step_id="reconfigure", menu_options=options)

    async def async_step_connection(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the area and the token until they are tried or the user insists."""
        errors = {}
        if user_input is not None:
            given = {**user_input, **user_input[MORE]}
            given.pop(MORE)
            token = given.pop(CONF_TOKEN, "").strip() or self._data.get(CONF_TOKEN, "")
            self._data |= given | {CONF_TOKEN: token, CONF_URL: given[CONF_URL].strip()}
            if CONF_AREA not in given:
                errors = {CONF_AREA: "missing"}
            elif not token:
                errors = {CONF_TOKEN: "missing"}
            elif not self._data[CONF_URL].startswith(("https://", "http://")):
                errors = {"base": "bad_url"}
            else:
                return await self.async_step_check()
        elif self._error is not None:
            field = CONF_TOKEN if reason_of(self._error) == "unauthorized" else CONF_AREA
            errors = {field: reason_of(self._error)}
        # The token that is kept goes to no form: left empty, it stays.
        token_key = vol.Optional(CONF_TOKEN) if self._changing else vol.Required(CONF_TOKEN)
        schema = vol.Schema({**_area_schema(self.hass.config.country), token_key: TOKEN_FIELD, **_MORE})
        known = {CONF_AREA: self._data.get(CONF_AREA)} if self._data else {}
        known[MORE] = {key: self._data[key] for key in (CONF_URL, CONF_TIMEOUT) if key in self._data}
        return self.async_show_form(
            step_id="connection",
            data_schema=self.add_suggested_values_to_schema(schema, known),
            errors=errors,
        )

    async def async_step_check(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask ENTSO-E, which takes a while."""
        # Progress is shown even where the answer is there at once: whoever began to ask is still here with the form's
        # input, which Home Assistant would give to the next step as well.
        if began := self._task is None:
            self._task = self.hass.async_create_task(async_try(self.hass, self._data), "nattery token check")
        if began or not self._task.done():
            return self.async_show_progress(step_id="check", progress_action="asking", progress_task=self._task)
        self._found, self._error = await self._task
        self._task = None
        if isinstance(self._error, UnauthorizedError):
            self._data[CONF_TOKEN] = self._kept_token
        if self._error is None:
            return self.async_show_progress_done(next_step_id="checked")
        return self.async_show_progress_done(next_step_id="connection" if reason_of(self._error) else "unsure")

    async def async_step_unsure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """The server did not answer: that says nothing of the token, so the user may go on."""
        return self.async_show_menu(
            step_id="unsure",
            menu_options=["check", "checked", "change"],
            description_placeholders={"reason": await async_explain(self.hass, self._error) if self._error else ""},
        )

    async def async_step_change(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Back to the form, without blaming any of it."""
        self._error = None
        return await self.async_step_connection()

    async def async_step_checked(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Go on with the tariff, or be done when only the connection was to be changed."""
        self._error = None
        if self._changing:
            return await self._async_finish()
        return await self.async_step_tariff()

    async def async_step_tariff(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the tariff."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            try:
                tariff = tariff_from_form(user_input)
                self._words = await self._async_words(tariff)
            except TariffError as error:
                errors["base"], placeholders = error_of(error)
            else:
                self._data[CONF_TARIFF] = tariff.to_dict()
                return await self.async_step_preview()
        known = user_input or tariff_as_form(Tariff.from_dict(self._data.get(CONF_TARIFF, {})))
        return self.async_show_form(
            step_id="tariff",
            data_schema=self.add_suggested_values_to_schema(tariff_schema(self._currency), known),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_preview(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Say what today costs with this tariff, before it is kept."""
        return self.async_show_menu(
            step_id="preview", menu_options=["save", "tariff"], description_placeholders=self._words
        )

    async def async_step_save(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Keep it."""
        return await self._async_finish()

    async def async_step_sources(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask who stands in for ENTSO-E."""
        return await self._async_step_simple("sources", _SOURCES, user_input)

    async def async_step_notifications(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask who wants to be told."""
        return await self._async_step_simple("notifications", _NOTIFY, user_input)

    async def _async_step_simple(
        self, step: str, schema: vol.Schema, user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        errors = {}
        if user_input is not None:
            given = {key: value.strip() if key == CONF_ACTION else value for key, value in user_input.items()}
            domain, _, service = given.get(CONF_ACTION, "").partition(".")
            if domain and not self.hass.services.has_service(domain, service):
                errors[CONF_ACTION] = "unknown_action"
            if not isinstance(given.get(CONF_ACTION_DATA, {}), Mapping):
                errors[CONF_ACTION_DATA] = "no_mapping"
            if not errors:
                for key in map(str, schema.schema):
                    self._data.pop(key, None)
                self._data |= given
                return await self._async_finish()
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or self._data),
            errors=errors,
            description_placeholders={"day_template": "{{ day }}"},
        )

    @property
    def _book(self) -> PriceBook | None:
        """What is known of prices: what was just found, or else what the running house knows."""
        entry = self._get_entry()
        if self._found:
            area = find(self._data[CONF_AREA])
            book = PriceBook(area.key, area.tzinfo, area.currencies)
            for series in self._found:
                book.add(series)
            return book
        running = entry.state is ConfigEntryState.LOADED and entry.runtime_data.prices
        return running.desk.book if running else None

    @property
    def _currency(self) -> str:
        return (self._book and self._book.currency) or "EUR"

    async def _async_words(self, tariff: Tariff) -> dict[str, str]:
        """Today at this tariff, in words; raises TariffError where a template does not work."""
        hooks = hooks_of(self.hass, tariff)
        hour = dt_util.now().replace(minute=0, second=0, microsecond=0)
        trial = PriceSlot(dt_util.as_utc(hour), dt_util.as_utc(hour) + _HOUR, 0.1)
        for kind, hook in hooks.items():
            tariff.price([trial], kind, dt_util.get_default_time_zone(), hook)
        if (book := self._book) is None:
            unknown = await async_text(self.hass, "curve_unknown")
            return {"import": unknown, "export": unknown}
        pricer = Pricer(book, tariff, hooks)
        day = pricer.day(dt_util.now(book.zone).date())
        return {
            kind.value: await async_day_in_words(self.hass, pricer, day, kind)
            for kind in (PriceKind.IMPORT, PriceKind.EXPORT)
        }

    async def _async_finish(self) -> SubentryFlowResult:
        """Keep the settings; the entry sees that they have changed, and loads itself anew."""
        if self._changing:
            return self.async_update_and_abort(self._get_entry(), self._get_reconfigure_subentry(), data=self._data)
        title = await async_text(self.hass, "prices_title")
        return self.async_create_entry(title=title, data=self._data, unique_id=PRICES)
