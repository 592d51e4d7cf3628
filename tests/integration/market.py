"""Helpers for the tests of prices: an installation with prices, and the stand-in for ENTSO-E."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import time
from types import MappingProxyType
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import Event, HomeAssistant, ServiceResponse, State
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.market.entsoe.process import PriceQueryProcess
from custom_components.nattery.core.market.entsoe.transport import query_prices
from custom_components.nattery.core.market.errors import MarketError
from custom_components.nattery.issues import issue_id
from custom_components.nattery.prices.coordinator import PriceCoordinator
from custom_components.nattery.prices.event import PRICE_EVENT
from custom_components.nattery.prices.refresh import REFRESH
from custom_components.nattery.prices.sensors import HEALTH_SENSORS, PRICE_FLAGS, PRICE_SENSORS
from custom_components.nattery.prices.services import FIND_WINDOW, GET_PRICES, REFRESH_PRICES
from custom_components.nattery.prices.settings import price_subentry
from scripts.entsoe_standin.server import Behaviour, StandIn

CANARY = "canary-4f1c7d2e/9b&a"
PRICE_ACTIONS = (GET_PRICES, FIND_WINDOW, REFRESH_PRICES)
PRICE_ENTITIES = {
    *(("sensor", description.key) for description in (*PRICE_SENSORS, *HEALTH_SENSORS)),
    *(("binary_sensor", description.key) for description in PRICE_FLAGS),
    ("button", REFRESH.key),
    ("event", PRICE_EVENT.key),
}


def stand_in(*modes: str, mode: str = "ok", token: str | None = CANARY) -> StandIn:
    """Return a stand-in with Home Assistant's clock; use it with `with`."""
    return StandIn(Behaviour(mode=mode, next_modes=list(modes), token=token, now=dt_util.utcnow))


run_in_worker = PriceQueryProcess.run


def run_in_thread(process: PriceQueryProcess) -> bytes | MarketError:
    """Run the query of a worker process in a thread instead, which takes a tenth of the time."""
    return query_prices(process._query)


def price_data(url: str, **changes: Any) -> dict[str, Any]:
    """Return the data of a prices subentry as its flow creates them."""
    return {"area": "DE_LU", "token": CANARY, "url": url, "timeout": 30.0, **changes}


def add_prices(hass: HomeAssistant, entry: MockConfigEntry, data: Mapping[str, Any]) -> ConfigSubentry:
    """Add a prices subentry to a config entry before it is set up."""
    subentry = ConfigSubentry(
        data=MappingProxyType(dict(data)), subentry_type="prices", title="Electricity", unique_id="prices"
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    return subentry


async def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory, until: str | datetime | timedelta) -> None:
    """Move the frozen clock, and run everything that is due by then."""
    if isinstance(until, timedelta):
        freezer.tick(until)
    else:
        freezer.move_to(until)
    for _ in range(2):  # the first pass may have made something else due
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)


@dataclass
class PriceSetup:
    """A config entry with prices, a frozen clock and the stand-in that replies to its queries."""

    hass: HomeAssistant
    entry: MockConfigEntry
    market: StandIn
    clock: FrozenDateTimeFactory
    events: list[Event[Any]] = field(default_factory=list)

    async def start(self, **changes: Any) -> PriceSetup:
        """Set up the config entry, with changed settings if given, and run everything that is due."""
        if price_subentry(self.entry) is None:
            add_prices(self.hass, self.entry, price_data(self.market.url, **changes))
        self.events = async_capture_events(self.hass, "state_changed")
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.settle()
        return self

    async def settle(self) -> None:
        """Run everything that is due."""
        await self.hass.async_block_till_done(wait_background_tasks=True)
        await pass_time(self.hass, self.clock, timedelta())

    async def advance_to(self, moment: str | datetime) -> None:
        """Move the clock to a time; one without an offset is local time in Berlin, on its current day."""
        if isinstance(moment, str) and len(moment) <= len("HH:MM:SS"):
            moment = f"{dt_util.now(dt_util.get_time_zone('Europe/Berlin')):%Y-%m-%d} {moment}"
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt_util.get_time_zone("Europe/Berlin"))
        await pass_time(self.hass, self.clock, moment.astimezone(dt_util.UTC))

    async def wait_for_queries(self, count: int) -> None:
        """Wait until the server has received `count` queries; the event loop's own clock is frozen as well."""
        async_fire_time_changed(self.hass)
        for _ in range(6000):
            if len(self.market.queries) >= count:
                return
            await asyncio.to_thread(time.sleep, 0.005)
        raise TimeoutError(f"{len(self.market.queries)} of {count} queries arrived")

    async def step_to(self, until: str, step: timedelta = timedelta(minutes=5)) -> None:
        """Advance in steps, so that everything due happens at its time."""
        suffix = datetime.fromisoformat(until).replace(tzinfo=dt_util.get_time_zone("Europe/Berlin"))
        while (remaining := suffix - dt_util.utcnow()) > timedelta():
            await pass_time(self.hass, self.clock, min(step, remaining))

    @property
    def prices(self) -> PriceCoordinator:
        prices = self.entry.runtime_data.prices
        assert isinstance(prices, PriceCoordinator)
        return prices

    def entity_id(self, key: str) -> str:
        """Return the id of the price entity with this key."""
        (subentry,) = self.entry.subentries.values()
        registry = er.async_entries_for_config_entry(er.async_get(self.hass), self.entry.entry_id)
        return next(
            registry_entry.entity_id
            for registry_entry in registry
            if registry_entry.unique_id == f"{subentry.subentry_id}_{key}"
        )

    def state(self, key: str) -> State:
        state = self.hass.states.get(self.entity_id(key))
        assert state is not None
        return state

    def value(self, key: str) -> str:
        return self.state(key).state

    @property
    def issues(self) -> dict[str, dict[str, str] | None]:
        """Return the placeholders of all active repair issues by name."""
        registry, suffix = ir.async_get(self.hass), issue_id(self.entry.entry_id, "")
        return {
            name.removesuffix(suffix): issue.translation_placeholders
            for (domain, name), issue in registry.issues.items()
            if domain == DOMAIN and issue.active
        }

    @property
    def fired_events(self) -> list[Mapping[str, Any]]:
        """Return the attributes of all price events so far."""
        event_entity = self.entity_id("price_news")
        states = [event.data["new_state"] for event in self.events if event.data["entity_id"] == event_entity]
        return [state.attributes for state in states if state and state.attributes.get("event_type")]

    async def call_action(self, action: str, **data: Any) -> Any:
        """Call an action about prices and return its response."""
        context = data.pop("context", None)
        response: ServiceResponse = await self.hass.services.async_call(
            DOMAIN,
            action,
            {"config_entry_id": self.entry.entry_id, **data},
            blocking=True,
            return_response=True,
            context=context,
        )
        return response

    async def unload(self) -> None:
        if self.entry.state is ConfigEntryState.LOADED:
            assert await self.hass.config_entries.async_unload(self.entry.entry_id)
