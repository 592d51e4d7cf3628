"""The blueprints, run by the real automations of a house with real prices; only the load at their end is a helper."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
import re
import shutil
import time
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.components.trace.util import async_get_trace, async_list_traces
from homeassistant.core import CoreState, Event, EventStateChangedData, HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import restore_state
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
from packaging.version import Version
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
    async_test_home_assistant,
    mock_component,
    mock_restore_cache_with_extra_data,
)

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.market.events import PriceEvent, PriceEventKind
from scripts.entsoe_standin.curve import price

from .market import PriceSetup

GERMANY = "10Y1001A1001A82H"
ROOT = Path(__file__).parent.parent.parent
BLUEPRINTS = sorted((ROOT / "blueprints").rglob("*.yaml"))
BERLIN = ZoneInfo("Europe/Berlin")
HEATER, MEMORY, AUTOMATION = "input_boolean.heater", "input_datetime.memory", "automation.tested"
SLOT, EDGE = 900, 1  # seconds: a slot, and how late the hand on the clock is at its edge
ON = [{"action": "input_boolean.turn_on", "target": {"entity_id": HEATER}}]
OFF = [{"action": "input_boolean.turn_off", "target": {"entity_id": HEATER}}]
FAILING = [*ON, {"action": "test.fails"}]
TELL = [{"action": "test.told", "data": {"outcome": "{{ outcome }}"}}]

type Slots = list[tuple[datetime, float]]


# The files themselves


def test_there_are_blueprints() -> None:
    trading = {"confirm_trade", "nightly_report", "pause_trading"}
    assert {path.stem for path in BLUEPRINTS} == {"cheapest_window", "negative_price", "tomorrow_prices", *trading}


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_a_blueprint_can_be_imported(path: Path) -> None:
    blueprint = BLUEPRINT_SCHEMA(load_yaml_dict(str(path)))["blueprint"]
    assert blueprint["source_url"] == f"https://github.com/nattery/nattery/blob/main/{path.relative_to(ROOT)}"
    assert Version(blueprint["homeassistant"]["min_version"]) == Version("2026.10.0")
    assert path.parent == ROOT / "blueprints" / blueprint["domain"] / DOMAIN


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_a_blueprint_names_no_entity(path: Path) -> None:
    platforms = "automation|binary_sensor|calendar|event|input_\\w+|notify|number|person|select|sensor|switch"
    found = re.findall(rf"\b(?:{platforms})\.\w+", path.read_text(encoding="utf-8"))
    helpers = {"input_datetime.set_datetime", "input_text.set_value"}
    assert set(found) <= {*helpers, "notify.send_message", "number.set_value", "select.select_option"}


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_every_input_is_used_and_described_on_the_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    page = (ROOT / "docs" / "blueprints.md").read_text(encoding="utf-8")
    inputs = {
        key: one
        for section in load_yaml_dict(str(path))["blueprint"]["input"].values()
        for key, one in section["input"].items()
    }
    assert set(re.findall(r"!input (\w+)", text)) == inputs.keys()
    for key, one in inputs.items():
        assert one.keys() >= {"name", "selector"}, key
        assert one["name"] in page, key
    source = quote(load_yaml_dict(str(path))["blueprint"]["source_url"], safe="")
    assert f"https://my.home-assistant.io/redirect/blueprint_import/?blueprint_url={source})" in page


# The house


@dataclass
class Housekeeper:
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
    async def restarted(self, at: str) -> AsyncIterator[Housekeeper]:
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
            keeper = Housekeeper(PriceSetup(hass, again, self.house.market, self.house.clock), self.switched)
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


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A folder of configuration with our blueprints in it."""
    shutil.copytree(ROOT / "blueprints", Path(hass_tmp_config_dir) / "blueprints", dirs_exist_ok=True)
    return hass_tmp_config_dir


@pytest.fixture
async def keeper(price_setup: PriceSetup) -> AsyncIterator[Housekeeper]:
    """A furnished house, not set up; Friday morning."""
    keeper = Housekeeper(price_setup)
    await keeper.furnish()
    yield keeper
    await keeper.rest()


def slots_of(keeper: Housekeeper) -> Slots:
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


# The cheapest window


async def plan(keeper: Housekeeper, **inputs: Any) -> None:
    """The automation with its usual inputs."""
    usual = {"news": keeper.news, "memory": MEMORY, "start_actions": ON, "stop_actions": OFF}
    await keeper.automate("cheapest_window", **usual | inputs)


def cheapest(slots: Slots, count: int) -> Slots:
    """The `count` slots in a row that cost least, found the slow way."""
    return min((slots[n : n + count] for n in range(len(slots) - count + 1)), key=lambda some: sum(p for _, p in some))


async def test_a_load_runs_when_it_is_cheapest_every_day(keeper: Housekeeper) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper)
    best = cheapest(between(slots_of(keeper), "2026-11-20 18:00", "2026-11-21 07:00"), 8)
    await keeper.go("2026-11-21 17:45")
    assert keeper.switched == pieces(best)
    assert keeper.hass.states.get(MEMORY).state == f"{best[0][0]:%Y-%m-%d %H:%M:%S}"
    second = cheapest(between(slots_of(keeper), "2026-11-21 18:00", "2026-11-22 07:00"), 8)
    await keeper.go("2026-11-22 07:00")
    assert keeper.switched == pieces(best) + pieces(second)


async def test_a_load_that_may_be_split_runs_in_the_cheapest_slots(keeper: Housekeeper) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("2026-11-21 00:50")
    hours = {"earliest": "01:00:00", "finish": "16:00:00", "duration": {"hours": 8}}
    await plan(keeper, split=True, shortest={"minutes": 15}, **hours)
    slots = between(slots_of(keeper), "2026-11-21 01:00", "2026-11-21 16:00")
    best = sorted(slots, key=lambda one: one[1])[:32]
    await keeper.go("2026-11-21 17:00")
    assert keeper.switched == pieces(best)
    assert len(keeper.switched) > 2, "it is split"


async def test_a_window_that_ends_when_the_next_day_begins(keeper: Housekeeper) -> None:
    """The same moment ends one day's load and begins the planning of the next."""
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper, earliest="18:00:00", finish="18:00:00", duration={"hours": 24})
    await keeper.go("2026-11-22 18:15")
    assert keeper.switched[0] == "20 18:00 on"
    assert keeper.switched.count("21 18:00 on") == 1, "and it begins again"


@pytest.mark.parametrize(
    ("mode", "hours", "deadline", "why"),
    [
        ("not_published", 7, "2026-11-21 00:00", "no prices are known for the time allowed"),
        ("gap", 8, "2026-11-20 23:00", "prices are missing, and what is known has no place for the duration"),
    ],
)
async def test_a_load_without_a_window_does_not_run_and_says_why(
    keeper: Housekeeper, mode: str, hours: int, deadline: str, why: str
) -> None:
    keeper.house.market.behaviour.mode = mode
    told = async_mock_service(keeper.hass, "test", "told")
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper, otherwise=TELL, duration={"hours": hours})
    await keeper.go(f"{at_local(deadline) - timedelta(minutes=15):%Y-%m-%d %H:%M}")
    assert not told, "prices may still come"
    await keeper.go(deadline)
    assert [call.data["outcome"] for call in told] == [f"the load does not run: {why}"]
    (trace,) = await async_list_traces(keeper.hass, "automation", AUTOMATION)
    whole = await async_get_trace(keeper.hass, AUTOMATION, trace["run_id"])
    assert why in str(whole["trace"])
    await keeper.go("2026-11-21 08:00")
    assert len(told) == 1
    assert keeper.switched == []


async def test_prices_that_end_too_early_are_no_window(keeper: Housekeeper) -> None:
    await keeper.house.start()
    keeper.house.market.behaviour.mode = "unavailable"
    await keeper.house.advance_to("17:50")
    told = async_mock_service(keeper.hass, "test", "told")
    await plan(keeper, otherwise=TELL, duration={"hours": 7})
    await keeper.go("2026-11-21 00:00")
    assert ["prices are missing" in call.data["outcome"] for call in told] == [True]
    assert keeper.switched == []


async def test_a_duration_that_never_fits_is_told(keeper: Housekeeper) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    told = async_mock_service(keeper.hass, "test", "told")
    await plan(keeper, otherwise=TELL, duration={"hours": 14})
    await keeper.go("2026-11-20 18:00")
    assert ["does not fit" in call.data["outcome"] for call in told] == [True]


async def test_prices_that_come_later_change_the_plan(keeper: Housekeeper) -> None:
    """On a day before a windy night."""
    days = (at_local("2026-11-20 09:07") + timedelta(days=number) for number in range(100))
    night, evening = timedelta(hours=18), timedelta(hours=13)
    day = next(day for day in days if price(1, GERMANY, day + night) < price(1, GERMANY, day + evening) - 20)
    today, tomorrow = (f"{one:%Y-%m-%d}" for one in (day, day + timedelta(days=1)))
    keeper.house.clock.move_to(day.astimezone(UTC))
    await keeper.house.start()
    keeper.house.market.behaviour.mode = "unavailable"
    await keeper.house.advance_to("17:50")
    await plan(keeper)
    await keeper.go(f"{today} 18:15")
    before = cheapest(between(slots_of(keeper), f"{today} 18:00", f"{tomorrow} 00:00"), 8)
    keeper.house.market.behaviour.mode = "ok"
    await keeper.go(f"{today} 19:30")
    after = cheapest(between(slots_of(keeper), f"{today} 18:00", f"{tomorrow} 07:00"), 8)
    assert before[0][0] > at_utc(f"{today} 19:30"), "the first plan has not begun"
    assert after != before
    await keeper.go(f"{tomorrow} 08:00")
    assert keeper.switched == pieces(after)


async def test_corrected_prices_let_no_load_run_again(keeper: Housekeeper) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper, finish="18:00:00", duration={"minutes": 30})
    best = cheapest(between(slots_of(keeper), "2026-11-20 18:00", "2026-11-21 18:00"), 2)
    await keeper.go(f"{best[1][0]:%Y-%m-%d %H:%M}")
    keeper.house.market.behaviour.mode = "revised:100"
    await keeper.house.prices.async_fetch(forced=True)
    await keeper.go("2026-11-21 17:45")
    assert keeper.switched == pieces(best)


@pytest.mark.parametrize(("eve", "hours"), [("2026-10-24", 4), ("2027-03-27", 2)], ids=["autumn", "spring"])
async def test_a_load_runs_for_as_long_as_it_shall_when_the_clocks_change(
    keeper: Housekeeper, eve: str, hours: int
) -> None:
    """The whole time allowed, from one to four, which is four hours or two."""
    keeper.house.clock.move_to(at_utc(f"{eve} 13:30"))
    await keeper.house.start()
    await keeper.house.advance_to(f"{eve} 23:50")
    await plan(keeper, earliest="01:00:00", finish="04:00:00", duration={"hours": hours})
    await keeper.go(f"{eve[:8]}{int(eve[8:]) + 1} 04:30")
    day = int(eve[8:]) + 1
    assert keeper.switched == [f"{day} 01:00 on", f"{day} 04:00 off"]


async def test_a_load_ends_although_its_beginning_fails(keeper: Housekeeper) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    async_mock_service(keeper.hass, "test", "fails", raise_exception=HomeAssistantError("no"))
    await plan(keeper, finish="20:00:00", start_actions=FAILING)
    await keeper.go("2026-11-20 20:15")
    assert keeper.switched == ["20 18:00 on", "20 20:00 off"]


async def test_a_restart_does_not_lengthen_or_repeat_a_load(keeper: Housekeeper) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper)
    best = cheapest(between(slots_of(keeper), "2026-11-20 18:00", "2026-11-21 07:00"), 8)
    middle, later = (f"{best[n][0]:%Y-%m-%d %H:%M}" for n in (2, 4))
    await keeper.go(middle)
    async with keeper.restarted(later) as again:
        assert again.hass.states.get(HEATER).state == "on"
        await again.go("2026-11-21 06:00")
        assert again.switched == pieces(best)
        async with again.restarted("2026-11-21 06:10") as third:
            await third.go("2026-11-21 08:00")
            assert third.switched == pieces(best)


async def test_a_restart_before_the_window_changes_nothing(keeper: Housekeeper) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper)
    best = cheapest(between(slots_of(keeper), "2026-11-20 18:00", "2026-11-21 07:00"), 8)
    await keeper.go("2026-11-20 18:15")
    async with keeper.restarted("2026-11-20 18:40") as again:
        await again.go("2026-11-21 08:00")
        assert again.switched == pieces(best)


async def test_a_window_that_was_missed_is_planned_anew(keeper: Housekeeper) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper, finish="17:00:00")
    await keeper.go("2026-11-20 18:15")
    best = cheapest(between(slots_of(keeper), "2026-11-20 18:00", "2026-11-21 17:00"), 8)
    back = best[2][0]
    async with keeper.restarted(f"{back:%Y-%m-%d %H:%M}") as again:
        await again.go("2026-11-21 17:30")
        on, off = again.switched
        assert on >= f"{back:%d %H:%M}"
        assert at_local(f"2026-11-{off[:8]}") - at_local(f"2026-11-{on[:8]}") == timedelta(hours=2)


async def test_a_load_does_not_stay_on_after_a_restart_on_another_day(keeper: Housekeeper) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper, finish="20:00:00")
    await keeper.go("2026-11-20 18:30")
    async with keeper.restarted("2026-11-21 18:10") as again:
        assert again.switched == ["20 18:00 on", "21 18:10 off"]


async def test_a_load_does_not_stay_on_after_a_restart_that_comes_too_late(keeper: Housekeeper) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("17:50")
    await plan(keeper, finish="20:00:00")
    await keeper.go("2026-11-20 18:30")
    assert keeper.switched == ["20 18:00 on"]
    async with keeper.restarted("2026-11-20 19:59") as again:
        assert again.switched == ["20 18:00 on"]
        async with again.restarted("2026-11-20 20:20") as third:
            assert third.switched == ["20 18:00 on", "20 20:20 off"]


# Tomorrow's prices


async def tell(keeper: Housekeeper, **inputs: Any) -> list[ServiceCall]:
    """The automation with its usual inputs; the answer fills with what is sent."""
    sent = async_mock_service(keeper.hass, "notify", "send_message")
    await keeper.automate("tomorrow_prices", **{"news": keeper.news, "notify": ["notify.phone"]} | inputs)
    return sent


async def test_tomorrows_prices_are_told_once_when_they_come(keeper: Housekeeper) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("12:40")
    sent = await tell(keeper)
    await keeper.go("2026-11-20 12:45")
    assert not sent
    await keeper.go("2026-11-20 13:45")
    (summary,) = (news["summary"] for news in keeper.house.fired_events if news["day"] == "2026-11-21")
    (call,) = sent
    assert call.data["entity_id"] == ["notify.phone"]
    assert call.data["title"] == "Electricity prices of tomorrow"
    assert call.data["message"].lower() == summary.lower()
    assert call.data["message"].startswith("Cheapest from ")
    for day in ("2026-11-20", "2026-11-21", "2026-11-21"):
        for listener in keeper.house.prices._event_listeners:
            listener(PriceEvent(PriceEventKind.PUBLISHED, {"day": day, "source": "entsoe", "summary": "again"}))
        keeper.house.clock.tick(60)
        await keeper.settle()
    assert len(sent) == 1
    await keeper.go("2026-11-21 14:00")
    assert len(sent) == 2, "the next day is told as well"


async def test_prices_of_today_are_not_told(keeper: Housekeeper) -> None:
    """As they come first where Home Assistant was off at noon and midnight."""
    keeper.house.market.behaviour.mode = "unavailable"
    await keeper.house.start()
    sent = await tell(keeper)
    keeper.house.market.behaviour.mode = "ok"
    await keeper.go("2026-11-20 11:00")
    assert "2026-11-20" in [news.get("day") for news in keeper.house.fired_events]
    assert not sent


async def test_prices_are_told_at_their_hour(keeper: Housekeeper) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("12:40")
    sent = await tell(keeper, earliest="18:00:00")
    await keeper.go("2026-11-20 17:45")
    assert not sent
    async with keeper.restarted("2026-11-20 17:50") as again:
        sent = async_mock_service(again.hass, "notify", "send_message")
        await again.turn()
        assert not sent
        await again.go("2026-11-20 18:00")
        assert [call.data["message"][:8] for call in sent] == ["Cheapest"]
        async with again.restarted("2026-11-20 18:30") as third:
            sent = async_mock_service(third.hass, "notify", "send_message")
            await third.go("2026-11-20 19:00")
            assert not sent


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"spread_limit": 0.01}, True),
        ({"spread_limit": 5}, False),
        ({"lowest_limit": 5}, True),
        ({"lowest_limit": -5}, False),
        ({"lowest_limit": -5, "spread_limit": 0.01}, True),
    ],
)
async def test_only_prices_beyond_a_limit_are_told(keeper: Housekeeper, limits: dict[str, float], told: bool) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("12:40")
    acted = async_mock_service(keeper.hass, "test", "acted")
    figures = {"lowest": "{{ lowest }}", "highest": "{{ highest }}", "spread": "{{ spread }}"}
    sent = await tell(keeper, notify=[], actions=[{"action": "test.acted", "data": figures}], **limits)
    await keeper.go("2026-11-20 13:45")
    assert not sent
    prices = [value for _, value in between(slots_of(keeper), "2026-11-21 00:00", "2026-11-22 00:00")]
    assert len(prices) == 96
    wanted = {"lowest": min(prices), "highest": max(prices), "spread": round(max(prices) - min(prices), 6)}
    assert [call.data for call in acted] == [wanted] * told


# Negative prices


async def watch(keeper: Housekeeper, **inputs: Any) -> None:
    """The automation with its usual inputs."""
    usual = {"sensor": keeper.house.entity_id("import_price"), "start_actions": ON, "end_actions": OFF}
    await keeper.automate("negative_price", **usual | {"debounce": {"seconds": 0}} | inputs)


def runs_of(slots: Slots, limit: float) -> list[Slots]:
    """The stretches of slots below the limit."""
    runs: list[Slots] = [[]]
    for slot in slots:
        if slot[1] < limit:
            runs[-1].append(slot)
        else:
            runs.append([])
    return [run for run in runs if run]


def low(slots: Slots, limit: float, least: int = 1) -> Slots:
    """The slots below the limit that belong to a stretch of `least` or more of them."""
    return [slot for run in runs_of(slots, limit) if len(run) >= least for slot in run]


def middle_price(keeper: Housekeeper) -> float:
    """A limit that today's prices cross both ways."""
    prices = sorted(value for _, value in slots_of(keeper))
    return prices[len(prices) // 2] + 0.0001


async def test_negative_prices_of_a_sunny_day(keeper: Housekeeper) -> None:
    days = (at_local("2027-05-01 08:07") + timedelta(days=number) for number in range(100))
    day = next(day for day in days if price(1, GERMANY, day.replace(hour=13)) < -1)
    keeper.house.clock.move_to(day.astimezone(UTC))
    await keeper.house.start()
    await watch(keeper)
    expected = low(slots_of(keeper), 0)
    await keeper.go(f"{day:%Y-%m-%d} 20:00")
    assert keeper.switched == pieces(expected)


@pytest.mark.parametrize("least", [1, 8])
async def test_a_price_that_crosses_the_limit_both_ways(keeper: Housekeeper, least: int) -> None:
    await keeper.house.start()
    limit = middle_price(keeper)
    await watch(keeper, limit=limit, shortest={"minutes": 15 * least})
    await keeper.go("2026-11-20 23:30")
    slots = between(slots_of(keeper), "2026-11-20 09:15", "2026-11-22 00:00")
    expected = [done for done in pieces(low(slots, limit, least)) if done < "20 23:31"]
    assert keeper.switched == expected
    assert len(expected) >= 2


async def test_a_price_must_stay_where_it_is(keeper: Housekeeper) -> None:
    await keeper.house.start()
    limit, slots = middle_price(keeper), slots_of(keeper)
    begin = next(start for start, _ in low(slots, limit) if start > datetime.now(UTC))
    end = next(start for start, value in slots if start > begin and value >= limit)
    await watch(keeper, limit=limit, debounce={"minutes": 5})
    await keeper.go(f"{begin:%Y-%m-%d %H:%M}")
    await keeper.go(f"{begin + timedelta(minutes=4):%Y-%m-%d %H:%M}")
    assert keeper.switched == []
    await keeper.go(f"{begin + timedelta(minutes=6):%Y-%m-%d %H:%M}")
    assert keeper.switched == [f"{begin + timedelta(minutes=6):%d %H:%M} on"]
    await keeper.go(f"{end:%Y-%m-%d %H:%M}")
    await keeper.go(f"{end + timedelta(minutes=4):%Y-%m-%d %H:%M}")
    assert len(keeper.switched) == 1
    await keeper.go(f"{end + timedelta(minutes=6):%Y-%m-%d %H:%M}")
    assert keeper.switched[1:] == [f"{end + timedelta(minutes=6):%d %H:%M} off"]


async def test_a_price_that_is_not_known_ends_it(keeper: Housekeeper) -> None:
    await keeper.house.start()
    limit = middle_price(keeper)
    begin = next(start for start, _ in low(slots_of(keeper), limit) if start > datetime.now(UTC))
    await watch(keeper, limit=limit)
    await keeper.go(f"{begin:%Y-%m-%d %H:%M}")
    assert keeper.hass.states.get(HEATER).state == "on"
    await keeper.house.unload()
    await keeper.turn()
    assert keeper.hass.states.get(HEATER).state == "off"


async def test_what_is_done_below_the_limit_ends_although_its_beginning_fails(keeper: Housekeeper) -> None:
    await keeper.house.start()
    limit = middle_price(keeper)
    begin = next(start for start, _ in low(slots_of(keeper), limit) if start > datetime.now(UTC))
    end = next(start for start, value in slots_of(keeper) if start > begin and value >= limit)
    async_mock_service(keeper.hass, "test", "fails", raise_exception=HomeAssistantError("no"))
    await watch(keeper, limit=limit, start_actions=FAILING)
    await keeper.go(f"{end:%Y-%m-%d %H:%M}")
    assert keeper.switched == [f"{begin:%d %H:%M} on", f"{end:%d %H:%M} off"]


async def test_an_automation_made_while_the_price_is_low_begins_at_once(keeper: Housekeeper) -> None:
    await keeper.house.start()
    await watch(keeper, limit=1)
    assert keeper.switched == []
    keeper.hass.bus.async_fire("automation_reloaded")
    await keeper.settle()
    assert keeper.switched == ["20 09:07 on"]


async def test_what_is_done_below_the_limit_survives_restarts(keeper: Housekeeper) -> None:
    await keeper.house.start()
    limit, slots = middle_price(keeper), slots_of(keeper)
    stretch = [one for one in low(slots, limit, 4) if one[0] > datetime.now(UTC)]
    begin = stretch[0][0]
    end = next(start for start, value in slots if start > begin and value >= limit)
    # As long as the whole stretch: what has gone by of it counts after a restart.
    await watch(keeper, limit=limit, shortest={"minutes": (end - begin) // timedelta(minutes=1)})
    await keeper.go(f"{begin:%Y-%m-%d %H:%M}")
    on, off = f"{begin:%d %H:%M} on", f"{end:%d %H:%M} off"
    async with keeper.restarted(f"{end - timedelta(minutes=20):%Y-%m-%d %H:%M}") as again:
        assert again.switched == [on]
        await again.go(f"{end:%Y-%m-%d %H:%M}")
        assert again.switched == [on, off]


async def test_what_is_done_below_the_limit_ends_after_a_restart_that_comes_too_late(keeper: Housekeeper) -> None:
    await keeper.house.start()
    limit, slots = middle_price(keeper), slots_of(keeper)
    begin = next(start for start, _ in low(slots, limit) if start > datetime.now(UTC))
    end = next(start for start, value in slots if start > begin and value >= limit)
    await watch(keeper, limit=limit)
    await keeper.go(f"{begin:%Y-%m-%d %H:%M}")
    on = f"{begin:%d %H:%M} on"
    async with keeper.restarted(f"{end + timedelta(minutes=2):%Y-%m-%d %H:%M}") as again:
        assert again.switched == [on, f"{end + timedelta(minutes=2):%d %H:%M} off"]


async def test_a_stretch_in_the_hour_that_comes_twice_has_its_true_length(keeper: Housekeeper) -> None:
    """A limit between the prices of the night and those of the evening before."""
    keeper.house.clock.move_to(at_utc("2026-10-24 18:30"))
    await keeper.house.start()
    slots = slots_of(keeper)
    night = between(slots, "2026-10-25 00:00", "2026-10-25 04:00")
    assert len(night) == 20, "five hours"
    limit = max(value for _, value in night) + 0.0001
    stretch = next(run for run in runs_of(slots, limit) if night[0] in run)
    await watch(keeper, limit=limit, shortest={"minutes": 15 * len(stretch)})
    await keeper.go("2026-10-25 12:00")
    assert keeper.switched == pieces(stretch)
