"""What the tests of prices share: a house with prices, and the stand-in for ENTSO-E behind them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
from custom_components.nattery.core.market.entsoe.transport import (
    ask,  # now, since pandas breaks when a stopped clock meets it
)
from custom_components.nattery.core.market.errors import MarketError
from custom_components.nattery.issues import issue_id
from custom_components.nattery.prices.coordinator import PriceCoordinator
from custom_components.nattery.prices.event import PRICE_NEWS
from custom_components.nattery.prices.refresh import REFRESH
from custom_components.nattery.prices.sensors import FLAGS, HEALTH_SENSORS, PRICE_SENSORS
from custom_components.nattery.prices.services import FIND_WINDOW, GET_PRICES, REFRESH_PRICES
from custom_components.nattery.prices.settings import price_subentry
from scripts.entsoe_standin.server import Behaviour, StandIn

CANARY = "canary-4f1c7d2e/9b&a"
PRICE_ACTIONS = (GET_PRICES, FIND_WINDOW, REFRESH_PRICES)
PRICE_ENTITIES = {
    *(("sensor", description.key) for description in (*PRICE_SENSORS, *HEALTH_SENSORS)),
    *(("binary_sensor", description.key) for description in FLAGS),
    ("button", REFRESH.key),
    ("event", PRICE_NEWS.key),
}


def stand_in(*plan: str, mode: str = "ok", token: str | None = CANARY) -> StandIn:
    """A stand-in whose clock is that of the house; use it with `with`."""
    return StandIn(Behaviour(mode=mode, plan=list(plan), token=token, now=dt_util.utcnow))


ask_there = PriceQueryProcess.run


def ask_here(child: PriceQueryProcess) -> bytes | MarketError:
    """Ask as a process of its own would, in a thread of this one: a tenth of the time."""
    return ask(child._question)


def price_data(url: str, **changes: Any) -> dict[str, Any]:
    """The data of a subentry as its flow makes them."""
    return {"area": "DE_LU", "token": CANARY, "url": url, "timeout": 30.0, **changes}


def add_prices(hass: HomeAssistant, entry: MockConfigEntry, data: Mapping[str, Any]) -> ConfigSubentry:
    """Give an entry its prices before it is set up."""
    subentry = ConfigSubentry(
        data=MappingProxyType(dict(data)), subentry_type="prices", title="Electricity", unique_id="prices"
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    return subentry


async def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory, until: str | datetime | timedelta) -> None:
    """Let a stopped clock jump, and everything happen that was due by then."""
    if isinstance(until, timedelta):
        freezer.tick(until)
    else:
        freezer.move_to(until)
    for _ in range(2):  # what has just happened may have made something else due at once
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)


@dataclass
class PriceHouse:
    """A house with prices at a stopped clock, and who answers its questions."""

    hass: HomeAssistant
    entry: MockConfigEntry
    market: StandIn
    clock: FrozenDateTimeFactory
    events: list[Event[Any]] = field(default_factory=list)

    async def start(self, **changes: Any) -> PriceHouse:
        """Set it up, with other settings than usual if need be, and let it ask whatever is due."""
        if price_subentry(self.entry) is None:
            add_prices(self.hass, self.entry, price_data(self.market.url, **changes))
        self.events = async_capture_events(self.hass, "state_changed")
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.settle()
        return self

    async def settle(self) -> None:
        """Let everything happen that is due."""
        await self.hass.async_block_till_done(wait_background_tasks=True)
        await pass_time(self.hass, self.clock, timedelta())

    async def at(self, moment: str | datetime) -> None:
        """Jump to a moment; one without an offset is on the clock of Berlin, on the day that it is there."""
        if isinstance(moment, str) and len(moment) <= len("HH:MM:SS"):
            moment = f"{dt_util.now(dt_util.get_time_zone('Europe/Berlin')):%Y-%m-%d} {moment}"
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt_util.get_time_zone("Europe/Berlin"))
        await pass_time(self.hass, self.clock, moment.astimezone(dt_util.UTC))

    async def asked(self, questions: int) -> None:
        """Until the server has so many questions; with the house, the event loop's own clock stands still."""
        async_fire_time_changed(self.hass)
        for _ in range(500_000):
            if len(self.market.queries) >= questions:
                return
            await asyncio.sleep(0)
        raise TimeoutError(f"{len(self.market.queries)} of {questions} questions came")

    async def walk(self, until: str, step: timedelta = timedelta(minutes=5)) -> None:
        """Go there in steps, so that what is due on the way happens at its time."""
        end = datetime.fromisoformat(until).replace(tzinfo=dt_util.get_time_zone("Europe/Berlin"))
        while (left := end - dt_util.utcnow()) > timedelta():
            await pass_time(self.hass, self.clock, min(step, left))

    @property
    def prices(self) -> PriceCoordinator:
        prices = self.entry.runtime_data.prices
        assert isinstance(prices, PriceCoordinator)
        return prices

    def entity_id(self, key: str) -> str:
        """The entity of prices with this key."""
        (subentry,) = self.entry.subentries.values()
        registry = er.async_entries_for_config_entry(er.async_get(self.hass), self.entry.entry_id)
        return next(one.entity_id for one in registry if one.unique_id == f"{subentry.subentry_id}_{key}")

    def state(self, key: str) -> State:
        state = self.hass.states.get(self.entity_id(key))
        assert state is not None
        return state

    def value(self, key: str) -> str:
        return self.state(key).state

    @property
    def issues(self) -> dict[str, dict[str, str] | None]:
        """The names of the repair issues there are, with what fills their texts."""
        registry, end = ir.async_get(self.hass), issue_id(self.entry.entry_id, "")
        return {
            name.removesuffix(end): issue.translation_placeholders
            for (domain, name), issue in registry.issues.items()
            if domain == DOMAIN and issue.active
        }

    @property
    def told(self) -> list[Mapping[str, Any]]:
        """The attributes of every piece of news so far."""
        news = self.entity_id("price_news")
        states = [event.data["new_state"] for event in self.events if event.data["entity_id"] == news]
        return [state.attributes for state in states if state and state.attributes.get("event_type")]

    async def act(self, action: str, **data: Any) -> Any:
        """What an action about prices answers."""
        context = data.pop("context", None)
        answer: ServiceResponse = await self.hass.services.async_call(
            DOMAIN,
            action,
            {"config_entry_id": self.entry.entry_id, **data},
            blocking=True,
            return_response=True,
            context=context,
        )
        return answer

    async def unload(self) -> None:
        if self.entry.state is ConfigEntryState.LOADED:
            assert await self.hass.config_entries.async_unload(self.entry.entry_id)
