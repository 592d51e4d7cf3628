"""Who stands in for ENTSO-E, in which order, and how it takes its place again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.nattery.prices import sources

from .elsewhere import MORE, Elsewhere, elsewhere, market_price, quarters
from .market import PriceHouse

TODAY, TOMORROW = date(2026, 11, 20), date(2026, 11, 21)
QUARTER = timedelta(minutes=15)
PUBLIC = ["energy_charts", "nord_pool"]


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch, socket_enabled: None) -> Iterator[Elsewhere]:
    """The public sources, played on this machine."""
    with elsewhere() as server:
        played = tuple(replace(source, base=server.url) for source in sources.PUBLIC_SOURCES)
        monkeypatch.setattr(sources, "PUBLIC_SOURCES", played)
        yield server


def raw(day: date) -> list[dict[str, Any]]:
    """A day as price entities list it."""
    return [
        {"start": start, "end": start + QUARTER, "value": market_price(start) + MORE / 1000} for start in quarters(day)
    ]


def set_entity(hass: HomeAssistant) -> None:
    attributes = {"raw_today": raw(TODAY), "raw_tomorrow": [], "unit_of_measurement": "EUR/kWh"}
    hass.states.async_set("sensor.other", "0.1", attributes)


class OtherAction:
    """An action of another integration that gives one day's prices; `failure` is raised instead."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.calls: list[dict[str, Any]] = []
        self.failure: Exception | None = None
        hass.services.async_register("other", "prices", self._answer, supports_response=SupportsResponse.ONLY)

    async def _answer(self, call: ServiceCall) -> dict[str, Any]:
        self.calls.append(dict(call.data))
        if self.failure:
            raise self.failure
        day = date.fromisoformat(call.data["when"]["date"])
        entries = [
            {"start": one["start"].isoformat(), "price": one["value"] * 1000} for one in raw(day) if day == TODAY
        ]
        return {"GER": entries, "FR": entries[:4]}


def source(house: PriceHouse) -> str:
    return house.value("price_source")


async def fails(house: PriceHouse, **settings: Any) -> None:
    """Start with an ENTSO-E that is down."""
    house.market.behaviour.mode = "unavailable"
    await house.start(**settings)


async def test_without_others_there_is_no_price(price_house: PriceHouse) -> None:
    await fails(price_house)
    assert source(price_house) == "unknown"
    assert price_house.value("import_price") == "unknown"
    assert price_house.value("price_freshness") == "none"
    assert price_house.value("price_data_stale") == "on"


async def test_in_the_order_chosen(price_house: PriceHouse, others: Elsewhere) -> None:
    set_entity(price_house.hass)
    await fails(price_house, sources=PUBLIC, entity="sensor.other")
    assert source(price_house) == "energy_charts"
    assert others.asked == [("energy_charts", "2026-11-20"), ("energy_charts", "2026-11-21")]
    assert price_house.state("spot_price").attributes["quality"] == "fallback"
    for slot in price_house.state("spot_price").attributes["raw_today"]:
        assert slot["value"] == pytest.approx(market_price(slot["start"]) + MORE / 1000, abs=2e-5)


async def test_the_other_order(price_house: PriceHouse, others: Elsewhere) -> None:
    await fails(price_house, sources=PUBLIC[::-1])
    assert source(price_house) == "nord_pool"
    assert {name for name, _ in others.asked} == {"nord_pool"}


async def test_the_next_one_when_one_fails(price_house: PriceHouse, others: Elsewhere) -> None:
    others.status = {"energy_charts": 503}
    await fails(price_house, sources=PUBLIC)
    assert source(price_house) == "nord_pool"
    assert [name for name, _ in others.asked] == ["energy_charts", "nord_pool", "nord_pool"]


async def test_an_entity_of_somebody_else(price_house: PriceHouse, others: Elsewhere) -> None:
    set_entity(price_house.hass)
    others.status = dict.fromkeys(PUBLIC, 404)
    await fails(price_house, sources=PUBLIC, entity="sensor.other")
    assert source(price_house) == "sensor.other"
    assert price_house.value("price_freshness") == "expected"


async def test_an_entity_that_is_not_there(price_house: PriceHouse) -> None:
    await fails(price_house, entity="sensor.other")
    assert "no entity sensor.other" in str(price_house.prices.desk.errors["sensor.other"])
    set_entity(price_house.hass)
    await price_house.walk("2026-11-20 09:45", timedelta(minutes=5))
    assert source(price_house) == "sensor.other"


ACTION = {
    "action": "other.prices",
    "action_data": {"when": {"date": "{{ day }}"}, "areas": ["GER", "{{ day[:4] }}"], "count": 3},
    "action_key": "GER",
}


async def test_an_action_of_somebody_else(price_house: PriceHouse) -> None:
    """Asked day by day, with the day filled in wherever its data speak of it; its prices are per MWh."""
    action = OtherAction(price_house.hass)
    await fails(price_house, **ACTION)
    assert action.calls[0] == {"when": {"date": "2026-11-20"}, "areas": ["GER", "2026"], "count": 3}
    assert source(price_house) == "other.prices"
    first = price_house.state("spot_price").attributes["raw_today"][0]["value"]
    assert first == pytest.approx(market_price(quarters(TODAY)[0]) + MORE / 1000, abs=1e-6)


async def test_an_action_is_asked_once_where_its_data_do_not_speak_of_the_day(price_house: PriceHouse) -> None:
    action = OtherAction(price_house.hass)
    await fails(price_house, **ACTION | {"action_data": {"when": {"date": "2026-11-20"}}})
    assert len(action.calls) == 1
    assert source(price_house) == "other.prices"


@pytest.mark.parametrize("failure", [HomeAssistantError("no"), ValueError("what"), TimeoutError()])
async def test_an_action_that_fails_is_not_asked_in_a_hurry(
    price_house: PriceHouse, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    action = OtherAction(price_house.hass)
    action.failure = failure
    await fails(price_house, **ACTION)
    await price_house.at("09:08")
    assert len(action.calls) == 2, "one for each day"
    assert price_house.prices.desk.errors["other.prices"].kind == "unreachable"
    assert "Traceback" not in caplog.text
    action.failure = None
    await price_house.walk("2026-11-20 09:45", timedelta(minutes=5))
    assert source(price_house) == "other.prices"


async def test_a_template_in_its_data_that_fails(price_house: PriceHouse) -> None:
    action = OtherAction(price_house.hass)
    await fails(price_house, **ACTION | {"action_data": {"date": "{{ day | no_such_filter }}"}})
    assert action.calls == []
    assert price_house.prices.desk.errors["other.prices"].kind == "unreachable"


async def test_entsoe_takes_its_place_again(price_house: PriceHouse, others: Elsewhere) -> None:
    """And how far the other one was off is written down and told."""
    await fails(price_house, sources=PUBLIC)
    assert source(price_house) == "energy_charts"
    price_house.events.clear()
    price_house.market.behaviour.mode = "ok"
    await price_house.walk("2026-11-20 09:50", timedelta(minutes=5))
    assert source(price_house) == "entsoe"
    assert price_house.state("spot_price").attributes["quality"] == "good"
    (news,) = [news for news in price_house.told if news["event_type"] == "source_changed"]
    assert (news["day"], news["source"], news["previous_source"]) == ("2026-11-20", "entsoe", "energy_charts")
    assert news["mean_difference"] == pytest.approx(MORE / 1000, abs=1e-5)
    (change,) = [one for one in price_house.prices.desk.book.changes if one.kind == "replaced"]
    assert change.mean == pytest.approx(MORE / 1000, abs=1e-5)
    others.asked.clear()
    await price_house.walk("2026-11-20 12:00", timedelta(minutes=30))
    assert others.asked == []


async def test_a_day_on_another_source_is_told(price_house: PriceHouse, others: Elsewhere) -> None:
    await fails(price_house, sources=PUBLIC)
    await price_house.walk("2026-11-21 09:00", timedelta(minutes=30))
    assert price_house.value("price_freshness") == "expected"
    assert price_house.issues == {}
    await price_house.walk("2026-11-21 09:10", timedelta(minutes=1))
    assert price_house.issues == {"fallback_prices": {"entry": "Inverter", "source": "energy_charts"}}
    price_house.market.behaviour.mode = "ok"
    await price_house.walk("2026-11-21 09:50", timedelta(minutes=5))
    assert source(price_house) == "entsoe"
    assert price_house.issues == {}
