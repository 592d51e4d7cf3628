"""When forecasts are learned, and what is kept of them."""

import asyncio
from datetime import datetime, timedelta

from homeassistant.const import EVENT_RECORDER_HOURLY_STATISTICS_GENERATED
from homeassistant.util import dt as dt_util
import pytest

from custom_components.nattery.core.app import learned_forecaster
from custom_components.nattery.core.forecast.forecast import Forecaster
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.quarters import quarter
from custom_components.nattery.trading.forecasts import ForecastService, forecast_store
from custom_components.nattery.trading.inverter_system import InverterEnergyHistory
from scripts.benchmarks.houses import ZONE

from .recorded import (
    EVENING,
    count,
    sunny,
    tomorrow,
    until_now,
    warnings,
)


async def test_it_learns_once_a_quarter_hour_and_with_every_hour_that_ends(
    recorder_mock, hass, forecasts, stopped, monkeypatch
) -> None:
    learned, told = [], []

    class Learning(Forecaster):
        @classmethod
        def learn(cls, *args, **more):
            learned.append(args[0])
            return super().learn(*args, **more)

    monkeypatch.setattr(learned_forecaster, "Forecaster", Learning)
    await forecasts.async_open()
    stop = forecasts.async_listen(lambda: told.append(dt_util.utcnow()))
    await asyncio.gather(*(forecasts.async_forecast(EVENING, 8) for _ in range(3)))
    assert len(learned) == 1
    stopped.move_to(EVENING + timedelta(minutes=8))
    await forecasts.async_forecast(EVENING, 8)
    assert len(learned) == 2
    hass.bus.async_fire(EVENT_RECORDER_HOURLY_STATISTICS_GENERATED)
    await hass.async_block_till_done()
    assert len(told) == 1
    await forecasts.async_forecast(EVENING, 8)
    assert len(learned) == 3
    stop()
    hass.bus.async_fire(EVENT_RECORDER_HOURLY_STATISTICS_GENERATED)
    await hass.async_block_till_done()
    assert len(told) == 1


@pytest.mark.parametrize(
    ("now", "hours"), [("2026-10-24 23:50", 25), ("2026-10-21 00:01", 24), ("2027-03-27 12:00", 23)]
)
async def test_all_of_tomorrow_is_kept_whatever_was_asked_for(
    hass, forecasts, stopped, hass_storage, now, hours
) -> None:
    stopped.move_to(datetime.fromisoformat(now).replace(tzinfo=ZONE))
    told = await forecasts.async_forecast(dt_util.utcnow(), 3)
    assert len(told.load_kw) == 3
    await forecasts.async_close()
    (day,) = hass_storage[f"nattery.{forecasts._entry.entry_id}.forecasts"]["data"]["days"]
    assert day["start"] == quarter(tomorrow())
    assert len(day["load_kw"]) == len(day["pv_kw"]) == 4 * hours


async def test_the_record_outlives_a_restart(hass, house, forecasts, hass_storage) -> None:
    await forecasts.async_forecast(EVENING, 8)
    await forecasts.async_close()
    kept = hass_storage[f"nattery.{house.entry_id}.forecasts"]["data"]
    again = ForecastService(hass, house, InverterEnergyHistory(hass, house.runtime_data.identified_device))
    await again.async_open()
    await again.async_close()
    assert hass_storage[f"nattery.{house.entry_id}.forecasts"]["data"] == kept
    assert len(ForecastLog.from_dict(kept)) == 1


async def test_the_record_is_forgotten_with_the_house(hass, house, forecasts, hass_storage) -> None:
    await forecasts.async_forecast(EVENING, 8)
    await forecasts.async_close()
    key = forecast_store(hass, house.entry_id).key
    assert key in hass_storage
    await hass.config_entries.async_remove(house.entry_id)
    assert key not in hass_storage


@pytest.mark.parametrize("kept", [{"version": 1, "data": {"days": "none"}}, {"version": 99, "data": {}}])
async def test_a_damaged_record_begins_anew(hass, house, forecasts, hass_storage, caplog, kept) -> None:
    key = forecast_store(hass, house.entry_id).key
    hass_storage[key] = {"minor_version": 1, "key": key, **kept}
    await forecasts.async_open()
    assert len(warnings(caplog)) == 1
    assert "is discarded" in warnings(caplog)[0]
    await forecasts.async_forecast(EVENING, 8)
    await forecasts.async_close()
    assert len(ForecastLog.from_dict(hass_storage[key]["data"])) == 1


async def test_days_are_judged_when_they_are_over(recorder_mock, hass, forecasts, stopped) -> None:
    await count(hass, "load_energy", until_now(21))
    await count(hass, "pv_energy", until_now(21, sunny))
    await forecasts.async_forecast(EVENING, 8)
    assert forecasts.load_quality is forecasts.pv_quality is None
    for days in (1, 2, 3):
        stopped.move_to(EVENING + timedelta(days=days))
        await count(hass, "load_energy", until_now(21 + days))
        await count(hass, "pv_energy", until_now(21 + days, sunny))
        await forecasts.async_forecast(dt_util.utcnow(), 8)
        assert (forecasts.load_quality.days if forecasts.load_quality else 0) == days - 1
    load, pv = forecasts.load_quality, forecasts.pv_quality
    assert load is not None
    assert pv is not None
    assert 0 < load.relative_error < 0.4
    assert pv.mean_absolute_error < 0.3
