"""Fallback sources: their order, and their replacement by ENTSO-E."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.nattery.prices import sources

from .elsewhere import MORE, Elsewhere, elsewhere, market_price, quarters
from .market import PriceSetup

TODAY, TOMORROW = date(2026, 11, 20), date(2026, 11, 21)
QUARTER = timedelta(minutes=15)
PUBLIC = ["energy_charts", "nord_pool"]


@pytest.fixture
def public_sources(monkeypatch: pytest.MonkeyPatch, socket_enabled: None) -> Iterator[Elsewhere]:
    """Serve the public sources locally."""
    with elsewhere() as server:
        played = tuple(replace(source, base=server.url) for source in sources.PUBLIC_SOURCES)
        monkeypatch.setattr(sources, "PUBLIC_SOURCES", played)
        yield server


def raw(day: date) -> list[dict[str, Any]]:
    """Return a day in the format of price entities."""
    return [
        {"start": start, "end": start + QUARTER, "value": market_price(start) + MORE / 1000} for start in quarters(day)
    ]


def set_entity(hass: HomeAssistant) -> None:
    attributes = {"raw_today": raw(TODAY), "raw_tomorrow": [], "unit_of_measurement": "EUR/kWh"}
    hass.states.async_set("sensor.other", "0.1", attributes)


class StubPriceAction:
    """An action of another integration that returns one day's prices; raises `failure` if set."""

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


def source(house: PriceSetup) -> str:
    return house.value("price_source")


async def start_during_outage(house: PriceSetup, **settings: Any) -> None:
    """Start while ENTSO-E fails."""
    house.market.behaviour.mode = "unavailable"
    await house.start(**settings)


async def test_without_fallback_sources_there_is_no_price(price_setup: PriceSetup) -> None:
    await start_during_outage(price_setup)
    assert source(price_setup) == "unknown"
    assert price_setup.value("import_price") == "unknown"
    assert price_setup.value("price_freshness") == "none"
    assert price_setup.value("price_data_stale") == "on"


async def test_sources_are_used_in_the_chosen_order(price_setup: PriceSetup, public_sources: Elsewhere) -> None:
    set_entity(price_setup.hass)
    await start_during_outage(price_setup, sources=PUBLIC, entity="sensor.other")
    assert source(price_setup) == "energy_charts"
    assert public_sources.asked == [("energy_charts", "2026-11-20"), ("energy_charts", "2026-11-21")]
    assert price_setup.state("spot_price").attributes["quality"] == "fallback"
    for slot in price_setup.state("spot_price").attributes["raw_today"]:
        assert slot["value"] == pytest.approx(market_price(slot["start"]) + MORE / 1000, abs=2e-5)


async def test_the_reverse_order(price_setup: PriceSetup, public_sources: Elsewhere) -> None:
    await start_during_outage(price_setup, sources=PUBLIC[::-1])
    assert source(price_setup) == "nord_pool"
    assert {name for name, _ in public_sources.asked} == {"nord_pool"}


async def test_the_next_source_is_used_when_one_fails(price_setup: PriceSetup, public_sources: Elsewhere) -> None:
    public_sources.status = {"energy_charts": 503}
    await start_during_outage(price_setup, sources=PUBLIC)
    assert source(price_setup) == "nord_pool"
    assert [name for name, _ in public_sources.asked] == ["energy_charts", "nord_pool", "nord_pool"]


async def test_an_entity_as_source(price_setup: PriceSetup, public_sources: Elsewhere) -> None:
    set_entity(price_setup.hass)
    public_sources.status = dict.fromkeys(PUBLIC, 404)
    await start_during_outage(price_setup, sources=PUBLIC, entity="sensor.other")
    assert source(price_setup) == "sensor.other"
    assert price_setup.value("price_freshness") == "expected"


async def test_a_missing_entity_as_source(price_setup: PriceSetup) -> None:
    await start_during_outage(price_setup, entity="sensor.other")
    assert "no entity sensor.other" in str(price_setup.prices.fetcher.errors["sensor.other"])
    set_entity(price_setup.hass)
    await price_setup.step_to("2026-11-20 09:45", timedelta(minutes=5))
    assert source(price_setup) == "sensor.other"


ACTION = {
    "action": "other.prices",
    "action_data": {"when": {"date": "{{ day }}"}, "areas": ["GER", "{{ day[:4] }}"], "count": 3},
    "action_key": "GER",
}


async def test_an_action_as_source(price_setup: PriceSetup) -> None:
    """Called for each day, with the day rendered into its data; its prices are per MWh."""
    action = StubPriceAction(price_setup.hass)
    await start_during_outage(price_setup, **ACTION)
    assert action.calls[0] == {"when": {"date": "2026-11-20"}, "areas": ["GER", "2026"], "count": 3}
    assert source(price_setup) == "other.prices"
    first = price_setup.state("spot_price").attributes["raw_today"][0]["value"]
    assert first == pytest.approx(market_price(quarters(TODAY)[0]) + MORE / 1000, abs=1e-6)


async def test_an_action_whose_data_do_not_refer_to_the_day_is_called_once(price_setup: PriceSetup) -> None:
    action = StubPriceAction(price_setup.hass)
    await start_during_outage(price_setup, **ACTION | {"action_data": {"when": {"date": "2026-11-20"}}})
    assert len(action.calls) == 1
    assert source(price_setup) == "other.prices"


@pytest.mark.parametrize("failure", [HomeAssistantError("no"), ValueError("what"), TimeoutError()])
async def test_a_failing_action_is_retried_slowly(
    price_setup: PriceSetup, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    action = StubPriceAction(price_setup.hass)
    action.failure = failure
    await start_during_outage(price_setup, **ACTION)
    await price_setup.advance_to("09:08")
    assert len(action.calls) == 2, "one for each day"
    assert price_setup.prices.fetcher.errors["other.prices"].kind == "unreachable"
    assert "Traceback" not in caplog.text
    action.failure = None
    await price_setup.step_to("2026-11-20 09:45", timedelta(minutes=5))
    assert source(price_setup) == "other.prices"


async def test_a_failing_template_in_the_action_data(price_setup: PriceSetup) -> None:
    action = StubPriceAction(price_setup.hass)
    await start_during_outage(price_setup, **ACTION | {"action_data": {"date": "{{ day | no_such_filter }}"}})
    assert action.calls == []
    assert price_setup.prices.fetcher.errors["other.prices"].kind == "unreachable"


async def test_entsoe_replaces_the_fallback_source(price_setup: PriceSetup, public_sources: Elsewhere) -> None:
    """The difference to the fallback source is recorded and reported."""
    await start_during_outage(price_setup, sources=PUBLIC)
    assert source(price_setup) == "energy_charts"
    price_setup.events.clear()
    price_setup.market.behaviour.mode = "ok"
    await price_setup.step_to("2026-11-20 09:50", timedelta(minutes=5))
    assert source(price_setup) == "entsoe"
    assert price_setup.state("spot_price").attributes["quality"] == "good"
    (news,) = [news for news in price_setup.fired_events if news["event_type"] == "source_changed"]
    assert (news["day"], news["source"], news["previous_source"]) == ("2026-11-20", "entsoe", "energy_charts")
    assert news["mean_difference"] == pytest.approx(MORE / 1000, abs=1e-5)
    (change,) = [one for one in price_setup.prices.fetcher.book.changes if one.kind == "replaced"]
    assert change.mean == pytest.approx(MORE / 1000, abs=1e-5)
    public_sources.asked.clear()
    await price_setup.step_to("2026-11-20 12:00", timedelta(minutes=30))
    assert public_sources.asked == []


async def test_a_day_on_a_fallback_source_raises_a_repair_issue(
    price_setup: PriceSetup, public_sources: Elsewhere
) -> None:
    await start_during_outage(price_setup, sources=PUBLIC)
    await price_setup.step_to("2026-11-21 09:00", timedelta(minutes=30))
    assert price_setup.value("price_freshness") == "expected"
    assert price_setup.issues == {}
    await price_setup.step_to("2026-11-21 09:10", timedelta(minutes=1))
    assert price_setup.issues == {"fallback_prices": {"entry": "Inverter", "source": "energy-charts.info"}}
    price_setup.market.behaviour.mode = "ok"
    await price_setup.step_to("2026-11-21 09:50", timedelta(minutes=5))
    assert source(price_setup) == "entsoe"
    assert price_setup.issues == {}
