"""PV forecasts of providers on the real energy platform."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    async_fire_time_changed,
    mock_integration,
    mock_platform,
)

from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.forecast.forecast import ForecastSource
from custom_components.nattery.trading import solar

from .recorded import (
    DAY,
    KEY,
    kwh,
    of_day,
    tomorrow,
    warnings,
)

type Said = dict[str, Any]
type Roof = Callable[..., Awaitable[dict[str, MockConfigEntry]]]


@pytest.fixture
def said() -> Said:
    """What each array's provider says: its mapping, an error to raise, or something to wait for."""
    return {}


@pytest.fixture
def roof(recorder_mock: Any, hass: HomeAssistant, said: Said) -> Roof:
    """Let the Energy dashboard name arrays, after the house is there."""

    async def answer(_hass: HomeAssistant, entry_id: str) -> dict[str, Any] | None:
        entry = hass.config_entries.async_get_entry(entry_id)
        assert entry is not None
        what = said[entry.title]
        if isinstance(what, Exception):
            raise what
        if isinstance(what, asyncio.Event):
            await what.wait()
        return None if what is None else {"wh_hours": what}

    async def roof(*titles: str) -> dict[str, MockConfigEntry]:
        mock_integration(hass, MockModule("sunny"))
        platform = MockPlatform()
        platform.async_get_solar_forecast = answer  # type: ignore[attr-defined]
        mock_platform(hass, "sunny.energy", platform)
        assert await async_setup_component(hass, "sunny", {})
        assert await async_setup_component(hass, "energy", {})
        entries = {title: MockConfigEntry(domain="sunny", title=title) for title in titles}
        for entry in entries.values():
            entry.add_to_hass(hass)
        names = [entry.entry_id for entry in entries.values()]
        sources = [
            {"type": "solar", "stat_energy_from": f"sensor.{index}", "config_entry_solar_forecast": of}
            for index, of in enumerate((names, [*names[:1], "gone"], None))
        ]
        await (await async_get_manager(hass)).async_update({"energy_sources": sources})  # type: ignore[typeddict-item]
        return entries

    return roof


async def test_arrays_are_added_up_each_once(hass, forecasts, roof, said) -> None:
    said |= {"East": of_day(22, 1000.0), "West": of_day(22, 500.0)}
    await roof("East", "West")
    told = await forecasts.async_forecast(tomorrow(), DAY)
    assert told.sources["pv"] is ForecastSource.PROVIDER
    assert kwh(told.pv_kw) == pytest.approx(9.3)
    assert kwh(power for power in told.provider_kw if power is not None) == pytest.approx(9.3)


async def test_without_a_dashboard_there_is_no_provider(recorder_mock, hass, forecasts) -> None:
    assert await async_setup_component(hass, "energy", {})
    assert (await forecasts.async_forecast(tomorrow(), DAY)).sources["pv"] is ForecastSource.NONE


@pytest.mark.parametrize(
    "answer",
    [
        RuntimeError(f"https://example.org/?key={KEY}"),
        None,
        {},
        {"2026-10-22T09:00:00": 1000.0},
        {"2026-10-22T09:00:00+02:00": "much"},
        7,
    ],
    ids=str,
)
async def test_what_a_part_of_the_roof_is_said_to_give_is_no_forecast(
    hass, forecasts, roof, said, caplog, answer
) -> None:
    said |= {"East": of_day(22, 1000.0), "West": answer}
    await roof("East", "West")
    for _ in range(2):
        told = await forecasts.async_forecast(tomorrow(), DAY)
        await forecasts._async_ask_providers()
        assert told.sources["pv"] is ForecastSource.NONE
        assert Explanation("note_solar_silent", {"arrays": ("West",)}) in told.notes
    assert len([line for line in warnings(caplog) if "West" in line]) == 1
    assert KEY not in caplog.text
    said["West"] = of_day(22, 500.0)
    await forecasts._async_ask_providers()
    told = await forecasts.async_forecast(tomorrow(), DAY)
    assert kwh(told.pv_kw) == pytest.approx(9.3)
    assert "note_solar_silent" not in {note.key for note in told.notes}


async def test_a_provider_that_hangs_is_not_waited_for(
    hass, forecasts, roof, said, stopped, caplog, monkeypatch
) -> None:
    monkeypatch.setattr(solar, "PATIENCE", 0.01)
    said["Roof"] = asyncio.Event()
    await roof("Roof")
    asking = hass.async_create_task(forecasts.async_forecast(tomorrow(), DAY))
    while not asking.done():
        await asyncio.sleep(0)
        stopped.tick(0.001)
    assert (await asking).sources["pv"] is ForecastSource.NONE
    assert warnings(caplog) == ["The solar forecast of Roof cannot be used: TimeoutError"]


async def test_what_was_said_last_stands_while_nothing_new_is(hass, forecasts, roof, said, caplog) -> None:
    said["Roof"] = of_day(22, 1000.0)
    await roof("Roof")
    before = await forecasts.async_forecast(tomorrow(), DAY)
    said["Roof"] = RuntimeError("the cloud is away")
    await forecasts._async_ask_providers()
    forecasts._outdate()
    after = await forecasts.async_forecast(tomorrow(), DAY)
    assert after.pv_kw == before.pv_kw
    assert after.notes == before.notes
    assert warnings(caplog) == ["The solar forecast of Roof cannot be used: RuntimeError"]


async def test_an_array_that_was_switched_off_does_not_count(hass, forecasts, roof, said) -> None:
    said["East"] = of_day(22, 1000.0)
    entries = await roof("East", "West")
    await hass.config_entries.async_set_disabled_by(entries["West"].entry_id, ConfigEntryDisabler.USER)
    assert kwh((await forecasts.async_forecast(tomorrow(), DAY)).pv_kw) == pytest.approx(6.2)


async def test_a_provider_that_changes_its_mind_is_news(hass, forecasts, roof, said, stopped) -> None:
    told = []
    said["Roof"] = of_day(22, 1000.0)
    await roof("Roof")
    await forecasts.async_open()
    forecasts.async_listen(lambda: told.append(dt_util.utcnow()))
    first = await forecasts.async_forecast(tomorrow(), DAY)

    async def pass_quarter() -> None:
        now = dt_util.utcnow() + timedelta(minutes=15)
        stopped.move_to(now)
        async_fire_time_changed(hass, now)
        await hass.async_block_till_done(wait_background_tasks=True)

    await pass_quarter()
    assert told == []
    said["Roof"] = of_day(22, 2000.0)
    await pass_quarter()
    assert len(told) == 1
    second = await forecasts.async_forecast(tomorrow(), DAY)
    assert kwh(second.pv_kw) == pytest.approx(2 * kwh(first.pv_kw), rel=0.01)
    await forecasts.async_close()
    said["Roof"] = of_day(22, 3000.0)
    await pass_quarter()
    assert len(told) == 1


async def test_a_provider_that_is_loaded_later_is_waited_for_in_silence(hass, forecasts, roof, said, caplog) -> None:
    told = []
    said["Roof"] = AttributeError("runtime_data")
    await roof("Roof")
    hass.set_state(CoreState.starting)
    await forecasts.async_open()
    forecasts.async_listen(lambda: told.append(dt_util.utcnow()))
    assert (await forecasts.async_forecast(tomorrow(), DAY)).sources["pv"] is ForecastSource.NONE
    assert warnings(caplog) == []
    said["Roof"] = of_day(22, 1000.0)
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(told) == 1
    assert (await forecasts.async_forecast(tomorrow(), DAY)).sources["pv"] is ForecastSource.PROVIDER
