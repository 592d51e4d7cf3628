"""A home with prices whose one automation comes from a blueprint."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
import time
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.core import CoreState, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import restore_state
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
    mock_component,
    mock_restore_cache_with_extra_data,
)

from custom_components.nattery.const import DOMAIN

from ..market import PriceSetup

GERMANY = "10Y1001A1001A82H"
ROOT = Path(__file__).parents[3]
BLUEPRINTS = sorted((ROOT / "blueprints").rglob("*.yaml"))
BERLIN = ZoneInfo("Europe/Berlin")
HEATER, MEMORY, AUTOMATION = "input_boolean.heater", "input_datetime.memory", "automation.tested"
SLOT, EDGE = 900, 1  # seconds: a slot, and how late the hand on the clock is at its edge
ON = [{"action": "input_boolean.turn_on", "target": {"entity_id": HEATER}}]
OFF = [{"action": "input_boolean.turn_off", "target": {"entity_id": HEATER}}]
FAILING = [*ON, {"action": "test.fails"}]
TELL = [{"action": "test.told", "data": {"outcome": "{{ outcome }}"}}]

type Slots = list[tuple[datetime, float]]


@dataclass
class AutomatedHome:
    """One automation in a house with prices, with the hand on its clock, and what the heater did.

    Automations that wait never come to rest, so that they are given time and not waited for.
    """

    house: PriceSetup
    switched: list[str] = field(default_factory=list)
    automation: dict[str, Any] = field(default_factory=dict)

    @property
    def hass(self) -> HomeAssistant:
        """The Home Assistant it runs in."""
        return self.house.hass

    @property
    def news(self) -> str:
        """The event entity of the prices."""
        return self.house.entity_id("price_news")

    async def turn(self, times: int = 5) -> None:
        """Give tasks and threads a moment; the clock of the loop stands still."""
        for _ in range(times):
            await self.hass.loop.run_in_executor(None, time.sleep, 0.002)

    async def settle(self) -> None:
        """Let everything come about that does not wait for a later time."""
        await self.turn()
        while self.house.prices.fetcher.is_fetching:
            await self.turn(1)
        await self.turn()

    async def go(self, to: str) -> None:
        """Let time pass until just after a moment on the clock of Berlin, from slot to slot."""
        self.hass.loop.slow_callback_duration = 2 * SLOT
        end = at_utc(to).timestamp() + EDGE
        while (left := end - time.time()) > 0:
            self.house.clock.tick(min(SLOT - (time.time() - EDGE) % SLOT, left))
            await self.settle()

    async def furnish(self) -> None:
        """Put helpers in, and look at the heater."""
        await self.hass.config.async_set_time_zone("Europe/Berlin")
        assert await async_setup_component(self.hass, "input_boolean", {"input_boolean": {"heater": {}}})
        memory = {"memory": {"has_date": True, "has_time": True}}
        assert await async_setup_component(self.hass, "input_datetime", {"input_datetime": memory})

        @callback
        def note(event: Event[EventStateChangedData]) -> None:
            old, new = event.data["old_state"], event.data["new_state"]
            if old and new and old.state != new.state:
                self.switched.append(f"{datetime.now(BERLIN):%d %H:%M} {new.state}")

        async_track_state_change_event(self.hass, HEATER, note)

    async def automate(self, blueprint: str, **inputs: Any) -> None:
        """Set up the one automation from a blueprint."""
        used = {"path": f"{DOMAIN}/{blueprint}.yaml", "input": inputs}
        self.automation = {"id": "tested", "alias": "Tested", "use_blueprint": used}
        assert await async_setup_component(self.hass, "automation", {"automation": [self.automation]})
        assert self.hass.states.get(AUTOMATION).state == "on"
        await self.settle()

    async def rest(self) -> None:
        """Stop the automation in the middle of whatever it does, as the end of the program would."""
        await self.hass.services.async_call("automation", "turn_off", {"entity_id": AUTOMATION}, blocking=True)
        await self.house.unload()

    @asynccontextmanager
    async def restarted(self, at: str) -> AsyncIterator[AutomatedHome]:
        """Another Home Assistant that starts at that time, with all that this one has kept; it runs no longer."""
        old, entry = self.hass, self.house.entry
        stored = restore_state.async_get(old).async_get_stored_states()
        kept = [(one.state, one.extra_data.as_dict() if one.extra_data else {}) for one in stored]
        await self.rest()
        self.house.clock.move_to(at_utc(at))
        folder, state = old.config.config_dir, CoreState.not_running
        async with async_test_home_assistant(config_dir=folder, initial_state=state) as hass:
            del hass.data[DATA_CUSTOM_COMPONENTS]
            mock_component(hass, "usb")  # it registers itself for the whole process, where the first one still is
            mock_restore_cache_with_extra_data(hass, kept)
            again = MockConfigEntry(
                domain=DOMAIN,
                title=entry.title,
                data=entry.data,
                unique_id=entry.unique_id,
                entry_id=entry.entry_id,
                subentries_data=[one.as_dict() for one in entry.subentries.values()],
            )
            again.add_to_hass(hass)
            keeper = AutomatedHome(PriceSetup(hass, again, self.house.market, self.house.clock), self.switched)
            try:
                await keeper.furnish()
                await keeper.house.start()
                used = self.automation["use_blueprint"]
                await keeper.automate(Path(used["path"]).stem, **used["input"])
                await hass.async_start()
                await keeper.settle()
                yield keeper
            finally:
                await keeper.rest()
                await hass.async_stop(force=True)


def at_utc(moment: str) -> datetime:
    """A moment on the clock of Berlin, UTC."""
    return at_local(moment).astimezone(UTC)


def at_local(moment: str) -> datetime:
    """A moment on the clock of Berlin."""
    return datetime.fromisoformat(moment).replace(tzinfo=BERLIN)


def slots_of(keeper: AutomatedHome) -> Slots:
    """Start and import price of the known slots of today and tomorrow."""
    curve = keeper.house.state("import_price").attributes
    return [(slot["start"], slot["value"]) for slot in (*curve["raw_today"], *curve["raw_tomorrow"])]


def between(slots: Slots, first: str, last: str) -> Slots:
    """Those that begin in [first, last) on the clock of Berlin."""
    return [one for one in slots if at_utc(first) <= one[0].astimezone(UTC) < at_utc(last)]


def pieces(slots: Slots) -> list[str]:
    """What the heater does when it is on in these slots."""
    done: list[str] = []
    for start, _ in sorted((start.astimezone(UTC), value) for start, value in slots):
        if done and done[-1] == f"{start.astimezone(BERLIN):%d %H:%M} off":
            done.pop()
        else:
            done.append(f"{start.astimezone(BERLIN):%d %H:%M} on")
        done.append(f"{(start + timedelta(seconds=SLOT)).astimezone(BERLIN):%d %H:%M} off")
    return done
