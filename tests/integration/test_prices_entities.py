"""The entities of prices: what they show, when that changes, and what of it is recorded."""

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

from .elsewhere import market_price
from .market import PRICE_ENTITIES, PriceHouse
from .texts import INTEGRATION, TEXTS

ICONS = json.loads((INTEGRATION / "icons.json").read_text())["entity"]

QUARTER = timedelta(minutes=15)
CURVES = ("import_price", "export_price", "spot_price")


def price_entities(house: PriceHouse) -> list[er.RegistryEntry]:
    (subentry,) = house.entry.subentries
    registry = er.async_get(house.hass)
    entries = er.async_entries_for_config_entry(registry, house.entry.entry_id)
    return sorted((one for one in entries if one.config_subentry_id == subentry), key=lambda one: one.entity_id)


def short(attributes: dict[str, Any]) -> dict[str, Any]:
    """The long lists by their lengths and first entries."""
    return {name: [len(value), *value[:1]] if name.startswith("raw_") else value for name, value in attributes.items()}


async def test_all_of_them(everything_enabled, price_house: PriceHouse, snapshot: SnapshotAssertion) -> None:
    await price_house.start(tariff={"import_rate": {"fee": 0.2, "vat_percent": 19}, "export_rate": {"factor": 0.9}})
    await price_house.at("13:20")
    for entry in price_entities(price_house):
        state = price_house.hass.states.get(entry.entity_id)
        assert state is not None
        about = {"category": entry.entity_category, "state": state.state, "attributes": short(dict(state.attributes))}
        assert about == snapshot(name=entry.entity_id)
    device = dr.async_get(price_house.hass).async_get(price_entities(price_house)[0].device_id)
    assert (device.name, device.manufacturer, device.model) == ("Electricity", "ENTSO-E", "Germany and Luxembourg")
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert {entry.device_id for entry in price_entities(price_house)} == {device.id}


async def test_states_change_at_the_edges_of_slots_and_only_there(price_house: PriceHouse) -> None:
    await price_house.start()
    edge = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)  # 10:15 in Berlin
    await price_house.at("10:14:59")
    assert float(price_house.value("spot_price")) == market_price(edge - QUARTER)
    assert float(price_house.value("next_price")) == market_price(edge)
    for _ in range(8):
        price_house.events.clear()
        await price_house.at(edge)
        assert float(price_house.value("spot_price")) == market_price(edge)
        assert float(price_house.value("next_price")) == market_price(edge + QUARTER)
        if market_price(edge) != market_price(edge - QUARTER):
            assert price_house.state("spot_price").last_changed == edge
        price_house.events.clear()
        edge += QUARTER
        await price_house.at(edge - timedelta(seconds=1))
        changed = {event.data["entity_id"] for event in price_house.events}
        assert not changed & {entry.entity_id for entry in price_entities(price_house)}


async def test_hourly_slots_change_at_hours(price_house: PriceHouse) -> None:
    price_house.market.behaviour.mode = "hourly"
    await price_house.start()
    before = price_house.value("spot_price")
    assert price_house.state("spot_price").attributes["resolution_minutes"] == 60
    await price_house.at("09:59:59")
    assert price_house.value("spot_price") == before
    await price_house.at("10:00:00")
    assert price_house.value("spot_price") != before


async def test_tomorrow_becomes_today_at_midnight(price_house: PriceHouse) -> None:
    await price_house.start()
    await price_house.at("13:30")
    tomorrow = price_house.state("import_price").attributes["raw_tomorrow"]
    mean = price_house.value("mean_price_tomorrow")
    assert len(tomorrow) == 96
    await price_house.at("23:59:59")
    assert price_house.state("import_price").attributes["raw_tomorrow"] == tomorrow
    await price_house.at("2026-11-21 00:00:00")
    attributes = price_house.state("import_price").attributes
    assert attributes["raw_today"] == tomorrow
    assert attributes["raw_tomorrow"] == []
    assert attributes["tomorrow_valid"] is False
    assert price_house.value("import_price") == str(tomorrow[0]["value"])
    assert price_house.value("mean_price_today") == mean
    assert price_house.value("mean_price_tomorrow") == "unknown"
    assert price_house.value("tomorrow_prices") == "off"


@pytest.mark.parametrize(
    ("eve", "day", "slots", "hours"),
    [("2026-10-24", "2026-10-25", 100, 25), ("2026-03-28", "2026-03-29", 92, 23)],
    ids=["autumn", "spring"],
)
async def test_days_on_which_the_clock_changes(
    price_house: PriceHouse, eve: str, day: str, slots: int, hours: int
) -> None:
    """Every quarter of an hour has its own price, also those whose names on the clock come twice."""
    price_house.clock.move_to(f"{eve}T14:00:00+02:00" if slots == 100 else f"{eve}T14:00:00+01:00")
    await price_house.start()
    assert len(price_house.state("import_price").attributes["raw_tomorrow"]) == slots
    await price_house.at(f"{day} 00:00:00")
    raw = price_house.state("import_price").attributes["raw_today"]
    assert len(raw) == slots
    start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=raw[0]["start"].tzinfo).astimezone(UTC)
    assert [one["start"].astimezone(UTC) for one in raw] == [start + n * QUARTER for n in range(slots)]
    assert all(one["end"].astimezone(UTC) - one["start"].astimezone(UTC) == QUARTER for one in raw)
    assert raw[0]["start"].isoformat()[:16] == f"{day}T00:00"
    assert raw[-1]["end"].isoformat()[11:16] == "00:00"
    assert int(price_house.state("price_rank").attributes["of"]) == slots
    assert price_house.value("prices_known_until") == (start + timedelta(hours=hours)).isoformat()
    for number in range(4, 18):  # from before the change until after it
        await price_house.at(start + number * QUARTER)
        assert float(price_house.value("spot_price")) == market_price(start + number * QUARTER)
        assert price_house.state("spot_price").last_changed == start + number * QUARTER


async def test_charts_find_what_they_expect(price_house: PriceHouse) -> None:
    await price_house.start(tariff={"import_rate": {"fee": 0.1}, "export_rate": {"fee": 0.05}})
    await price_house.at("13:20")
    for key, more in zip(CURVES, (0.1, -0.05, 0.0), strict=True):
        attributes = price_house.state(key).attributes
        assert attributes["unit_of_measurement"] == "EUR/kWh"
        assert attributes["currency"] == "EUR"
        assert "device_class" not in attributes, "money must not be added up"
        for one in (*attributes["raw_today"], *attributes["raw_tomorrow"]):
            assert one.keys() == {"start", "end", "value"}
            assert one["value"] == pytest.approx(market_price(one["start"]) + more, abs=1e-6)
        assert attributes["tomorrow_valid"] is True
        assert attributes["source"] == "entsoe"
        json.dumps(attributes["raw_today"], default=str)


async def test_the_long_lists_are_never_recorded(everything_enabled, price_house: PriceHouse) -> None:
    """Recorded is less than a kilobyte, on the day with most slots as well."""
    price_house.clock.move_to("2026-10-25T14:00:00+01:00")
    await price_house.start()
    assert len(price_house.state("import_price").attributes["raw_today"]) == 100
    latest = {event.data["entity_id"]: event for event in price_house.events}
    for entry in price_entities(price_house):
        event = latest[entry.entity_id]
        recorded = StateAttributes.shared_attrs_bytes_from_event(event, SupportedDialect.SQLITE)
        assert len(recorded) < 1000, entry.entity_id
        assert b"raw_" not in recorded
    spot = StateAttributes.shared_attrs_bytes_from_event(
        latest[price_house.entity_id("spot_price")], SupportedDialect.SQLITE
    )
    assert b'"resolution_minutes":15' in spot, "the rest is recorded"


async def test_another_currency(price_house: PriceHouse) -> None:
    price_house.market.behaviour.mode = "currency"
    await price_house.start(area="PL")
    for key in (*CURVES, "mean_price_today"):
        assert price_house.state(key).attributes["unit_of_measurement"] == "PLN/kWh"


# News


async def test_news(price_house: PriceHouse) -> None:
    """Published, revised, failed, recovered: each once, with what belongs to it."""
    await price_house.start()
    price_house.events.clear()
    await price_house.at("13:05")
    (published,) = price_house.told
    assert published["event_type"] == "published"
    assert (published["day"], published["source"]) == ("2026-11-21", "entsoe")
    assert published["summary"].startswith("cheapest from ")
    assert published["summary"].endswith("EUR/kWh")

    price_house.events.clear()
    price_house.market.behaviour.mode = "revised:20"
    await price_house.at("15:10")
    assert {news["event_type"] for news in price_house.told} == {"revised"}
    assert all(news["mean_difference"] == pytest.approx(0.02) for news in price_house.told)
    assert {news["day"] for news in price_house.told} == {"2026-11-19", "2026-11-20", "2026-11-21"}

    price_house.events.clear()
    price_house.market.behaviour.mode = "unavailable"
    await price_house.at("23:30")
    await price_house.walk("2026-11-21 00:05")
    assert [(news["event_type"], news["status"], news["failures"]) for news in price_house.told] == [
        ("failed", "degraded", 1),
        ("failed", "outage", 3),
    ]
    price_house.events.clear()
    price_house.market.behaviour.mode = "revised:20"
    await price_house.walk("2026-11-21 13:10", QUARTER)
    assert [news["event_type"] for news in price_house.told] == ["published", "recovered"]


async def test_only_days_that_are_not_over_are_news(price_house: PriceHouse) -> None:
    """The first answer holds yesterday as well, of which nobody wants to be told."""
    await price_house.start()
    assert len(price_house.prices.desk.book.changes) == 2
    assert [news["day"] for news in price_house.told] == ["2026-11-20"]


# Asking now


async def press(house: PriceHouse) -> None:
    await house.hass.services.async_call(
        "button", "press", {"entity_id": house.entity_id("refresh_prices")}, blocking=True
    )


async def test_the_button_asks(price_house: PriceHouse) -> None:
    await price_house.start()
    asked = len(price_house.market.queries)
    await press(price_house)
    assert len(price_house.market.queries) == asked + 1


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


async def test_the_button_says_why_nothing_came(price_house: PriceHouse) -> None:
    await price_house.start()
    before = price_house.value("import_price")
    for mode, key in FAILURES:
        price_house.market.behaviour.plan = [mode]
        with pytest.raises(HomeAssistantError) as caught:
            await press(price_house)
        assert (caught.value.translation_domain, caught.value.translation_key) == (DOMAIN, key)
        assert price_house.value("import_price") == before, "what is known stays"
        await price_house.settle()


async def test_a_server_that_wants_quiet_is_left_alone(price_house: PriceHouse) -> None:
    await price_house.start()
    price_house.market.behaviour.plan = ["unavailable:1800"]
    with pytest.raises(HomeAssistantError):
        await press(price_house)
    asked = len(price_house.market.queries)
    for refresh in (press(price_house), price_house.act("refresh_prices")):
        with pytest.raises(ServiceValidationError) as caught:
            await refresh
        assert caught.value.translation_key == "prices_wait"
        assert caught.value.translation_placeholders == {"until": "09:37"}
    await price_house.at("09:36:59")
    assert len(price_house.market.queries) == asked
    await price_house.at("09:37:01")
    await press(price_house)
    assert len(price_house.market.queries) == asked + 1


# A template that fails


async def test_a_template_that_fails_shows_no_price_and_says_so(price_house: PriceHouse, hass: HomeAssistant) -> None:
    tariff = {"import_rate": {"template": "{{ spot + states('sensor.fee') | float }}"}}
    await price_house.start(tariff=tariff)
    assert not price_house.prices.last_update_success
    assert [news["summary"] for news in price_house.told] == ["the prices of this day are not known yet"]
    always = {"refresh_prices", "price_news", "price_status", "last_price_fetch", "next_price_fetch"}
    always |= {"price_latency", "price_success_rate"}
    (subentry,) = price_house.entry.subentries
    for entry in price_entities(price_house):
        if entry.disabled:
            continue
        there = entry.unique_id.removeprefix(f"{subentry}_") in always
        assert (hass.states.get(entry.entity_id).state != "unavailable") is there, entry.entity_id
    assert "float" in price_house.issues["tariff_fails"]["problem"]
    await press(price_house)
    assert len(price_house.market.queries) == 2, "asking goes on"

    hass.states.async_set("sensor.fee", "0.25")
    await price_house.at("09:15")
    spot = float(price_house.value("spot_price"))
    assert float(price_house.value("import_price")) == pytest.approx(spot + 0.25)
    assert price_house.issues == {}

    hass.states.async_set("sensor.fee", "lost")
    await price_house.at("2026-11-21 00:00:00")
    await price_house.at("2026-11-21 00:15:00")
    assert price_house.value("import_price") == "unavailable"
    assert "tariff_fails" in price_house.issues


# Texts


async def test_every_entity_is_translated_and_has_an_icon(everything_enabled, price_house: PriceHouse) -> None:
    await price_house.start()
    entries = price_entities(price_house)
    assert {(entry.domain, entry.translation_key) for entry in entries} == PRICE_ENTITIES
    for entry in entries:
        texts, icons = TEXTS["entity"][entry.domain][entry.translation_key], ICONS[entry.domain]
        state = price_house.hass.states.get(entry.entity_id)
        assert state.name == f"Electricity {texts['name']}"
        options = {"on", "off"} if entry.domain == "binary_sensor" else state.attributes.get("options", ())
        assert texts.get("state", {}).keys() in (set(options), set()), entry.entity_id
        assert "options" not in state.attributes or "state" in texts, entry.entity_id
        if entry.original_device_class in {None, "enum"}:
            assert "default" in icons[entry.translation_key], entry.entity_id
