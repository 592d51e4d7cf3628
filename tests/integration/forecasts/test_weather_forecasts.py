"""Cloud cover of weather entities, through Home Assistant's weather component."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from homeassistant.components.weather import WeatherEntity
from homeassistant.components.weather.const import DATA_COMPONENT, DOMAIN as WEATHER, WeatherEntityFeature
from homeassistant.const import UnitOfTemperature
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.nattery.core.forecast.cloud_cover import CloudLog
from custom_components.nattery.core.forecast.forecast import ForecastSource
from custom_components.nattery.core.forecast.quarters import local_quarter, quarter
from custom_components.nattery.core.forecast.sun import Location, clear_sky
from custom_components.nattery.trading import solar, weather
from custom_components.nattery.trading.forecasts import ForecastService
from custom_components.nattery.trading.inverter_system import InverterEnergyHistory
from custom_components.nattery.trading.weather import cloud_store
from scripts.benchmarks.houses import ZONE

from .recorded import DAY, KEY, Power, count, kwh, of_day, tomorrow, until_now, warnings

type AddSky = Callable[..., Awaitable[Sky]]


class Sky(WeatherEntity):
    """A weather entity that gives the items, raises the error or waits for the event of the test."""

    _attr_native_temperature = 12.0
    _attr_native_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_condition = "cloudy"
    _attr_should_poll = False

    def __init__(self, name: str, answer: Any, features: WeatherEntityFeature) -> None:
        self.entity_id = f"weather.{name}"
        self._attr_supported_features = features
        self.answer, self.asked = answer, 0

    async def async_forecast_hourly(self) -> Any:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, asyncio.Event):
            await self.answer.wait()
        return self.answer

    async def async_forecast_daily(self) -> Any:
        raise AssertionError("Nobody asks for days")


@pytest.fixture
def add_sky(hass: HomeAssistant) -> AddSky:
    async def add_sky(
        name: str, answer: Any, features: WeatherEntityFeature = WeatherEntityFeature.FORECAST_HOURLY
    ) -> Sky:
        assert await async_setup_component(hass, WEATHER, {})
        sky = Sky(name, answer, features)
        await hass.data[DATA_COMPONENT].async_add_entities([sky])
        return sky

    return add_sky


def hours_ahead(cover: float | None, condition: str = "cloudy", hours: int = 48) -> list[dict[str, Any]]:
    """The items of a forecast from the present hour on."""
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    return [
        {
            "datetime": (start + timedelta(hours=hour)).isoformat(),
            "condition": condition,
            "native_temperature": 10.0,
            **({} if cover is None else {"cloud_coverage": cover}),
        }
        for hour in range(hours)
    ]


def is_overcast(number: int) -> bool:
    return local_quarter(number, ZONE) // DAY % 2 == 1


def under_clouds(place: Location) -> Callable[[int, int, int], Power]:
    """A roof of 6 kW that gives a quarter on every second day."""

    def power(_seed: int, first: int, days: int) -> Power:
        return {
            number: 6 * clear_sky(number, place) * (0.25 if is_overcast(number) else 1.0)
            for number in range(first, first + days * DAY)
        }

    return power


def keep_log(hass_storage: dict[str, Any], key: str, days: int = 21) -> None:
    """Let Home Assistant have stored the cloud cover of the last days."""
    log, now = CloudLog(), quarter(dt_util.utcnow())
    for issued in range(now - days * DAY, now, 24):
        hours = range(issued // 4, issued // 4 + 48)
        log.add(issued, {hour: float(is_overcast(4 * hour)) for hour in hours if 4 * hour < now})
        log.day_ahead |= {hour: log.latest[hour] for hour in hours if hour in log.latest}
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": log.to_dict()}


async def pass_minutes(hass: HomeAssistant, stopped: Any, minutes: int) -> None:
    now = dt_util.utcnow() + timedelta(minutes=minutes)
    stopped.move_to(now)
    async_fire_time_changed(hass, now)
    await hass.async_block_till_done(wait_background_tasks=True)


def keys(told: Any) -> set[str]:
    return {note.key for note in told.notes}


@pytest.fixture
async def learned(
    recorder_mock: Any, hass: HomeAssistant, forecasts: ForecastService, hass_storage: dict[str, Any]
) -> ForecastService:
    """Forecasts with three weeks of PV under known clouds."""
    await hass.config.async_update(latitude=52.5, longitude=13.4)
    place = Location(hass.config.latitude, hass.config.longitude)
    await count(hass, "pv_energy", until_now(21, under_clouds(place)))
    keep_log(hass_storage, cloud_store(hass, forecasts._entry.entry_id).key)
    await forecasts._weather.async_open()
    return forecasts


async def test_the_clouds_of_tomorrow_decide(hass, learned, add_sky) -> None:
    sky = await add_sky("home", hours_ahead(0))
    clear = await learned.async_forecast(tomorrow(), DAY)
    assert clear.sources["pv"] is ForecastSource.WEATHER
    assert {"note_clouds", "note_add_provider"} <= keys(clear)
    assert "note_no_provider" not in keys(clear)
    sky.answer = hours_ahead(100)
    await learned._async_ask_providers()
    dull = await learned.async_forecast(tomorrow(), DAY)
    assert kwh(dull.pv_kw) < 0.4 * kwh(clear.pv_kw)
    first = quarter(tomorrow())
    full = kwh(6 * clear_sky(number, Location(52.5, 13.4)) for number in range(first, first + DAY))
    assert kwh(clear.pv_kw) == pytest.approx(full, rel=0.15)
    assert kwh(dull.pv_kw) == pytest.approx(full / 4, rel=0.35)


async def test_conditions_stand_for_percentages(hass, learned, add_sky) -> None:
    sky = await add_sky("home", hours_ahead(None, "sunny"))
    clear = await learned.async_forecast(tomorrow(), DAY)
    sky.answer = hours_ahead(None, "rainy")
    await learned._async_ask_providers()
    assert kwh((await learned.async_forecast(tomorrow(), DAY)).pv_kw) < 0.6 * kwh(clear.pv_kw)


async def test_percentages_take_precedence_and_days_are_not_asked_for(hass, learned, add_sky) -> None:
    daily = await add_sky("a_daily", hours_ahead(0), WeatherEntityFeature.FORECAST_DAILY)
    conditions = await add_sky("b_conditions", hours_ahead(None, "sunny"))
    percentages = await add_sky("c_percentages", hours_ahead(100))
    later = await add_sky("d_percentages", hours_ahead(0))
    await learned.async_forecast(tomorrow(), DAY)
    assert set(learned._weather.local_weather.clouds.latest.values()) == {0.0, 1.0}
    assert [sky.asked for sky in (daily, conditions, percentages, later)] == [0, 1, 1, 0]
    assert learned._weather.local_weather.clouds.latest[quarter(tomorrow()) // 4 + 12] == 1.0


async def test_clouds_stand_in_for_a_provider_that_is_silent(hass, learned, add_sky, monkeypatch) -> None:
    provider = MockConfigEntry(domain="sunny", title="Roof")
    answers: list[Any] = []

    async def ask(_hass: HomeAssistant, _entry_id: str) -> Any:
        return answers[0] if answers else None

    async def named(_hass: HomeAssistant) -> list[Any]:
        return [(provider, ask)]

    monkeypatch.setattr(solar, "async_solar_providers", named)
    await add_sky("home", hours_ahead(0))
    clouds = await learned.async_forecast(tomorrow(), DAY)
    assert clouds.sources["pv"] is ForecastSource.WEATHER
    assert "note_solar_silent" in keys(clouds)
    assert "note_add_provider" not in keys(clouds)
    answers.append({"wh_hours": of_day(22, 1000.0)})
    await learned._async_ask_providers()
    told = await learned.async_forecast(tomorrow(), DAY)
    assert told.sources["pv"] is ForecastSource.PROVIDER
    assert kwh(told.pv_kw) == pytest.approx(6.2)


async def test_without_weather_nothing_changes(recorder_mock, hass, forecasts, hass_storage) -> None:
    await forecasts.async_open()
    told = await forecasts.async_forecast(tomorrow(), DAY)
    assert told.sources["pv"] is ForecastSource.NONE
    assert keys(told) == {"note_no_load_history", "note_no_provider_zero"}
    await forecasts.async_close()
    assert cloud_store(hass, forecasts._entry.entry_id).key not in hass_storage


@pytest.mark.parametrize(
    "answer",
    [RuntimeError(f"https://example.org/?key={KEY}"), None, [], [{"cloud_coverage": 50}], [{"datetime": "soon"}]],
    ids=str,
)
async def test_a_broken_weather_entity_does_no_harm(hass, learned, add_sky, caplog, answer) -> None:
    await add_sky("home", answer)
    for _ in range(3):
        told = await learned.async_forecast(tomorrow(), DAY)
        await learned._async_ask_providers()
        assert told.sources["pv"] is ForecastSource.HISTORY
        assert "note_no_provider" in keys(told)
    said = [line for line in warnings(caplog) if "weather.home" in line]
    assert len(said) == (1 if isinstance(answer, Exception) else 0)
    assert KEY not in "".join(warnings(caplog))


async def test_a_failure_is_reported_again_after_a_success(hass, learned, add_sky, caplog) -> None:
    sky = await add_sky("home", RuntimeError("away"))
    for answer in (RuntimeError("away"), hours_ahead(50), RuntimeError("away")):
        sky.answer = answer
        await learned._async_ask_providers()
    assert warnings(caplog) == 2 * ["The forecast of weather.home cannot be used: RuntimeError"]


async def test_weather_that_is_loaded_later_is_waited_for_in_silence(hass, learned, add_sky, caplog) -> None:
    sky = await add_sky("home", RuntimeError("not ready"))
    hass.set_state(CoreState.starting)
    await learned.async_open()
    assert (await learned.async_forecast(tomorrow(), DAY)).sources["pv"] is ForecastSource.HISTORY
    assert warnings(caplog) == []
    sky.answer = hours_ahead(0)
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (await learned.async_forecast(tomorrow(), DAY)).sources["pv"] is ForecastSource.WEATHER


async def test_weather_that_hangs_is_not_waited_for(hass, learned, add_sky, stopped, caplog, monkeypatch) -> None:
    monkeypatch.setattr(weather, "PATIENCE", 0.01)
    await add_sky("home", asyncio.Event())
    asking = hass.async_create_task(learned._weather.async_ask())
    while not asking.done():
        await asyncio.sleep(0)
        stopped.tick(0.001)
    assert warnings(caplog) == ["The forecast of weather.home cannot be used: TimeoutError"]


async def test_a_new_forecast_is_news_and_the_last_one_stands(hass, learned, add_sky, stopped) -> None:
    told: list[datetime] = []
    sky = await add_sky("home", hours_ahead(0))
    await learned.async_open()
    await hass.async_block_till_done(wait_background_tasks=True)
    learned.async_listen(lambda: told.append(dt_util.utcnow()))
    hour = quarter(dt_util.utcnow()) // 4
    await pass_minutes(hass, stopped, 15)
    assert told == []
    sky.answer = hours_ahead(80)
    await pass_minutes(hass, stopped, 15)
    assert len(told) == 1
    sky.answer = hours_ahead(20)
    await pass_minutes(hass, stopped, 60)
    latest = learned._weather.local_weather.clouds.latest
    assert [latest[hour + later] for later in (0, 1, 2)] == [0.8, 0.2, 0.2]
    sky.answer = RuntimeError("away")
    await pass_minutes(hass, stopped, 60)
    assert latest == learned._weather.local_weather.clouds.latest


async def test_the_log_outlives_a_restart_and_is_removed_with_the_entry(
    hass, house, learned, add_sky, hass_storage
) -> None:
    await add_sky("home", hours_ahead(40))
    await learned.async_forecast(tomorrow(), DAY)
    await learned.async_close()
    key = cloud_store(hass, house.entry_id).key
    kept = hass_storage[key]["data"]
    again = ForecastService(hass, house, InverterEnergyHistory(hass, house.runtime_data.identified_device))
    await again.async_open()
    assert again._weather.local_weather.clouds.to_dict() == kept
    await again.async_close()
    await hass.config_entries.async_remove(house.entry_id)
    assert key not in hass_storage


@pytest.mark.parametrize("kept", [{"version": 1, "data": {"latest": 7}}, {"version": 99, "data": {}}])
async def test_a_damaged_log_is_discarded(hass, house, forecasts, hass_storage, caplog, kept) -> None:
    key = cloud_store(hass, house.entry_id).key
    hass_storage[key] = {"minor_version": 1, "key": key, **kept}
    await forecasts.async_open()
    assert len(warnings(caplog)) == 1
    assert "is discarded" in warnings(caplog)[0]
