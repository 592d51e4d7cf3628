"""The entities of prices: states, when they change, and what is recorded."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any

from homeassistant.components.recorder.const import SupportedDialect
from homeassistant.components.recorder.db_schema import StateAttributes
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.market.public_sources import PUBLIC_SOURCES
from custom_components.nattery.core.market.quality import ENTSOE

from .elsewhere import market_price
from .market import PRICE_ENTITIES, PriceSetup
from .texts import INTEGRATION, TEXTS

ICONS = json.loads((INTEGRATION / "icons.json").read_text())["entity"]

QUARTER = timedelta(minutes=15)
CURVES = ("import_price", "export_price", "spot_price")


def price_entities(house: PriceSetup) -> list[er.RegistryEntry]:
    (subentry,) = house.entry.subentries
    registry = er.async_get(house.hass)
    entries = er.async_entries_for_config_entry(registry, house.entry.entry_id)
    return sorted((one for one in entries if one.config_subentry_id == subentry), key=lambda one: one.entity_id)


def short(attributes: dict[str, Any]) -> dict[str, Any]:
    """Replace long lists by their lengths and first entries."""
    return {name: [len(value), *value[:1]] if name.startswith("raw_") else value for name, value in attributes.items()}


async def test_all_price_entities(everything_enabled, price_setup: PriceSetup, snapshot: SnapshotAssertion) -> None:
    await price_setup.start(tariff={"import_rate": {"fee": 0.2, "vat_percent": 19}, "export_rate": {"factor": 0.9}})
    await price_setup.advance_to("13:20")
    for entry in price_entities(price_setup):
        state = price_setup.hass.states.get(entry.entity_id)
        assert state is not None
        about = {"category": entry.entity_category, "state": state.state, "attributes": short(dict(state.attributes))}
        assert about == snapshot(name=entry.entity_id)
    device = dr.async_get(price_setup.hass).async_get(price_entities(price_setup)[0].device_id)
    assert (device.name, device.manufacturer, device.model) == ("Electricity", "ENTSO-E", "Germany and Luxembourg")
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert {entry.device_id for entry in price_entities(price_setup)} == {device.id}


async def test_states_change_only_when_a_slot_begins(price_setup: PriceSetup) -> None:
    await price_setup.start()
    edge = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)  # 10:15 in Berlin
    await price_setup.advance_to("10:14:59")
    assert float(price_setup.value("spot_price")) == market_price(edge - QUARTER)
    assert float(price_setup.value("next_price")) == market_price(edge)
    for _ in range(8):
        price_setup.events.clear()
        await price_setup.advance_to(edge)
        assert float(price_setup.value("spot_price")) == market_price(edge)
        assert float(price_setup.value("next_price")) == market_price(edge + QUARTER)
        if market_price(edge) != market_price(edge - QUARTER):
            assert price_setup.state("spot_price").last_changed == edge
        price_setup.events.clear()
        edge += QUARTER
        await price_setup.advance_to(edge - timedelta(seconds=1))
        changed = {event.data["entity_id"] for event in price_setup.events}
        assert not changed & {entry.entity_id for entry in price_entities(price_setup)}


async def test_hourly_slots_change_at_hours(price_setup: PriceSetup) -> None:
    price_setup.market.behaviour.mode = "hourly"
    await price_setup.start()
    before = price_setup.value("spot_price")
    assert price_setup.state("spot_price").attributes["resolution_minutes"] == 60
    await price_setup.advance_to("09:59:59")
    assert price_setup.value("spot_price") == before
    await price_setup.advance_to("10:00:00")
    assert price_setup.value("spot_price") != before


async def test_tomorrow_becomes_today_at_midnight(price_setup: PriceSetup) -> None:
    await price_setup.start()
    await price_setup.advance_to("13:30")
    tomorrow = price_setup.state("import_price").attributes["raw_tomorrow"]
    mean = price_setup.value("mean_price_tomorrow")
    assert len(tomorrow) == 96
    await price_setup.advance_to("23:59:59")
    assert price_setup.state("import_price").attributes["raw_tomorrow"] == tomorrow
    await price_setup.advance_to("2026-11-21 00:00:00")
    attributes = price_setup.state("import_price").attributes
    assert attributes["raw_today"] == tomorrow
    assert attributes["raw_tomorrow"] == []
    assert attributes["tomorrow_valid"] is False
    assert price_setup.value("import_price") == str(tomorrow[0]["value"])
    assert price_setup.value("mean_price_today") == mean
    assert price_setup.value("mean_price_tomorrow") == "unknown"
    assert price_setup.value("tomorrow_prices") == "off"


@pytest.mark.parametrize(
    ("eve", "day", "slots", "hours"),
    [("2026-10-24", "2026-10-25", 100, 25), ("2026-03-28", "2026-03-29", 92, 23)],
    ids=["autumn", "spring"],
)
async def test_days_with_a_clock_change(price_setup: PriceSetup, eve: str, day: str, slots: int, hours: int) -> None:
    """Every quarter-hour has its own price, also those with the same local time."""
    price_setup.clock.move_to(f"{eve}T14:00:00+02:00" if slots == 100 else f"{eve}T14:00:00+01:00")
    await price_setup.start()
    assert len(price_setup.state("import_price").attributes["raw_tomorrow"]) == slots
    await price_setup.advance_to(f"{day} 00:00:00")
    raw = price_setup.state("import_price").attributes["raw_today"]
    assert len(raw) == slots
    start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=raw[0]["start"].tzinfo).astimezone(UTC)
    assert [one["start"].astimezone(UTC) for one in raw] == [start + n * QUARTER for n in range(slots)]
    assert all(one["end"].astimezone(UTC) - one["start"].astimezone(UTC) == QUARTER for one in raw)
    assert raw[0]["start"].isoformat()[:16] == f"{day}T00:00"
    assert raw[-1]["end"].isoformat()[11:16] == "00:00"
    assert int(price_setup.state("price_rank").attributes["of"]) == slots
    assert price_setup.value("prices_known_until") == (start + timedelta(hours=hours)).isoformat()
    for number in range(4, 18):  # from before the clock change until after it
        await price_setup.advance_to(start + number * QUARTER)
        assert float(price_setup.value("spot_price")) == market_price(start + number * QUARTER)
        assert price_setup.state("spot_price").last_changed == start + number * QUARTER


async def test_attributes_for_charts(price_setup: PriceSetup) -> None:
    await price_setup.start(tariff={"import_rate": {"fee": 0.1}, "export_rate": {"fee": 0.05}})
    await price_setup.advance_to("13:20")
    for key, more in zip(CURVES, (0.1, -0.05, 0.0), strict=True):
        attributes = price_setup.state(key).attributes
        assert attributes["unit_of_measurement"] == "EUR/kWh"
        assert attributes["currency"] == "EUR"
        assert "device_class" not in attributes, "money must not be added up"
        for one in (*attributes["raw_today"], *attributes["raw_tomorrow"]):
            assert one.keys() == {"start", "end", "value"}
            assert one["value"] == pytest.approx(market_price(one["start"]) + more, abs=1e-6)
        assert attributes["tomorrow_valid"] is True
        assert attributes["source"] == "entsoe"
        json.dumps(attributes["raw_today"], default=str)


async def test_long_lists_are_never_recorded(everything_enabled, price_setup: PriceSetup) -> None:
    """Less than a kilobyte is recorded, also on the day with most slots."""
    price_setup.clock.move_to("2026-10-25T14:00:00+01:00")
    await price_setup.start()
    assert len(price_setup.state("import_price").attributes["raw_today"]) == 100
    latest = {event.data["entity_id"]: event for event in price_setup.events}
    for entry in price_entities(price_setup):
        event = latest[entry.entity_id]
        recorded = StateAttributes.shared_attrs_bytes_from_event(event, SupportedDialect.SQLITE)
        assert len(recorded) < 1000, entry.entity_id
        assert b"raw_" not in recorded
    spot = StateAttributes.shared_attrs_bytes_from_event(
        latest[price_setup.entity_id("spot_price")], SupportedDialect.SQLITE
    )
    assert b'"resolution_minutes":15' in spot, "the rest is recorded"


async def test_another_currency(price_setup: PriceSetup) -> None:
    price_setup.market.behaviour.mode = "currency"
    await price_setup.start(area="PL")
    for key in (*CURVES, "mean_price_today"):
        assert price_setup.state(key).attributes["unit_of_measurement"] == "PLN/kWh"


# News


async def test_price_events(price_setup: PriceSetup) -> None:
    """Published, revised, failed and recovered: each once, with its data."""
    await price_setup.start()
    price_setup.events.clear()
    await price_setup.advance_to("13:05")
    (published,) = price_setup.fired_events
    assert published["event_type"] == "published"
    assert (published["day"], published["source"]) == ("2026-11-21", "entsoe")
    assert published["summary"].startswith("cheapest from ")
    assert published["summary"].endswith(" ct")

    price_setup.events.clear()
    price_setup.market.behaviour.mode = "revised:20"
    await price_setup.advance_to("15:10")
    assert {news["event_type"] for news in price_setup.fired_events} == {"revised"}
    assert all(news["mean_difference"] == pytest.approx(0.02) for news in price_setup.fired_events)
    assert {news["day"] for news in price_setup.fired_events} == {"2026-11-19", "2026-11-20", "2026-11-21"}

    price_setup.events.clear()
    price_setup.market.behaviour.mode = "unavailable"
    await price_setup.advance_to("23:30")
    await price_setup.step_to("2026-11-21 00:05")
    assert [(news["event_type"], news["status"], news["failures"]) for news in price_setup.fired_events] == [
        ("failed", "degraded", 1),
        ("failed", "outage", 3),
    ]
    price_setup.events.clear()
    price_setup.market.behaviour.mode = "revised:20"
    await price_setup.step_to("2026-11-21 13:10", QUARTER)
    assert [news["event_type"] for news in price_setup.fired_events] == ["published", "recovered"]


async def test_past_days_have_no_events(price_setup: PriceSetup) -> None:
    """The first response includes yesterday, which gets no event."""
    await price_setup.start()
    assert len(price_setup.prices.fetcher.book.changes) == 2
    assert [news["day"] for news in price_setup.fired_events] == ["2026-11-20"]


# Asking now


async def press(house: PriceSetup) -> None:
    await house.hass.services.async_call(
        "button", "press", {"entity_id": house.entity_id("refresh_prices")}, blocking=True
    )


async def test_the_button_fetches_prices(price_setup: PriceSetup) -> None:
    await price_setup.start()
    asked = len(price_setup.market.queries)
    await press(price_setup)
    assert len(price_setup.market.queries) == asked + 1


FAILURES = (
    ("unauthorized", "price_unauthorized"),
    ("refused", "price_refused"),
    ("html", "price_html"),
    ("cut", "price_cut"),
    ("hang_up", "price_unreachable_broken"),
    ("unavailable", "price_server_trouble"),
    ("not_published", "price_not_published"),
    ("only_second", "price_other_auction"),
    ("rate_limited:900", "price_rate_limited"),
)


async def test_the_button_raises_the_reason_of_a_failure(price_setup: PriceSetup) -> None:
    await price_setup.start()
    before = price_setup.value("import_price")
    for mode, key in FAILURES:
        price_setup.market.behaviour.next_modes = [mode]
        with pytest.raises(HomeAssistantError) as caught:
            await press(price_setup)
        assert (caught.value.translation_domain, caught.value.translation_key) == (DOMAIN, key)
        assert price_setup.value("import_price") == before, "what is known stays"
        await price_setup.settle()


async def test_the_button_respects_retry_after(price_setup: PriceSetup) -> None:
    await price_setup.start()
    price_setup.market.behaviour.next_modes = ["unavailable:1800"]
    with pytest.raises(HomeAssistantError):
        await press(price_setup)
    asked = len(price_setup.market.queries)
    for refresh in (press(price_setup), price_setup.call_action("refresh_prices")):
        with pytest.raises(ServiceValidationError) as caught:
            await refresh
        assert caught.value.translation_key == "prices_wait"
        assert caught.value.translation_placeholders == {"until": "09:37"}
    await price_setup.advance_to("09:36:59")
    assert len(price_setup.market.queries) == asked
    await price_setup.advance_to("09:37:01")
    await press(price_setup)
    assert len(price_setup.market.queries) == asked + 1


# A template that fails


async def test_a_failing_template_makes_prices_unavailable(price_setup: PriceSetup, hass: HomeAssistant) -> None:
    tariff = {"import_rate": {"template": "{{ spot + states('sensor.fee') | float }}"}}
    await price_setup.start(tariff=tariff)
    assert not price_setup.prices.last_update_success
    assert [news["summary"] for news in price_setup.fired_events] == ["the prices of this day are not known yet"]
    always = {"refresh_prices", "price_news", "price_status", "last_price_fetch", "next_price_fetch"}
    always |= {"price_latency", "price_success_rate"}
    (subentry,) = price_setup.entry.subentries
    for entry in price_entities(price_setup):
        if entry.disabled:
            continue
        there = entry.unique_id.removeprefix(f"{subentry}_") in always
        assert (hass.states.get(entry.entity_id).state != "unavailable") is there, entry.entity_id
    assert "float" in price_setup.issues["tariff_fails"]["problem"]
    await press(price_setup)
    assert len(price_setup.market.queries) == 2, "fetches continue"

    hass.states.async_set("sensor.fee", "0.25")
    await price_setup.advance_to("09:15")
    spot = float(price_setup.value("spot_price"))
    assert float(price_setup.value("import_price")) == pytest.approx(spot + 0.25)
    assert price_setup.issues == {}

    hass.states.async_set("sensor.fee", "lost")
    await price_setup.advance_to("2026-11-21 00:00:00")
    await price_setup.advance_to("2026-11-21 00:15:00")
    assert price_setup.value("import_price") == "unavailable"
    assert "tariff_fails" in price_setup.issues


# Texts


async def test_every_entity_is_translated_and_has_an_icon(everything_enabled, price_setup: PriceSetup) -> None:
    await price_setup.start()
    entries = price_entities(price_setup)
    assert {(entry.domain, entry.translation_key) for entry in entries} == PRICE_ENTITIES
    for entry in entries:
        texts, icons = TEXTS["entity"][entry.domain][entry.translation_key], ICONS[entry.domain]
        state = price_setup.hass.states.get(entry.entity_id)
        assert state.name == f"Electricity {texts['name']}"
        options = {"on", "off"} if entry.domain == "binary_sensor" else state.attributes.get("options", ())
        if entry.translation_key == "price_source":  # an entity or action may be another one
            options = {ENTSOE, *(source.name for source in PUBLIC_SOURCES)}
        assert texts.get("state", {}).keys() in (set(options), set()), entry.entity_id
        assert "options" not in state.attributes or "state" in texts, entry.entity_id
        if entry.original_device_class in {None, "enum"}:
            assert "default" in icons[entry.translation_key], entry.entity_id
