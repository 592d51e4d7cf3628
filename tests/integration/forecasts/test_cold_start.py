"""Forecasts of a new home, from what its inverter remembers."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
)

from custom_components.nattery.const import CONF_SYNC_CLOCK
from custom_components.nattery.coordinator import local_now
from custom_components.nattery.core.forecast.forecast import ForecastSource
from custom_components.nattery.core.inverter.inverter import Inverter
from custom_components.nattery.core.inverter.polling import PollResult
from custom_components.nattery.core.inverter.registers import BY_KEY
from custom_components.nattery.core.simulator.faults import FaultKind
from custom_components.nattery.core.simulator.memory import timestamp_words
from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.trading.forecasts import ForecastService
from custom_components.nattery.trading.inverter_system import InverterEnergyHistory

from .recorded import DAY, EVENING, count, kwh, sunny, tomorrow, until_now


@pytest.fixture
def own_clock(hass: HomeAssistant, house_entry: MockConfigEntry) -> None:
    """Nobody sets the clock of its inverter."""
    hass.config_entries.async_update_entry(house_entry, options={CONF_SYNC_CLOCK: False})


@pytest.fixture
async def fresh(
    stopped: FrozenDateTimeFactory, own_clock: None, house: MockConfigEntry, hass: HomeAssistant
) -> ForecastService:
    """The forecasts of a house that was set up this evening, where the sun of its inverter has its noon at 12:30."""
    await hass.config.async_update(latitude=45, longitude=22.5)
    return ForecastService(hass, house, InverterEnergyHistory(hass, house.runtime_data.identified_device))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """When the inverter was asked for its last days."""
    asked = []

    async def read(self: Inverter, keys: Iterable[str]) -> PollResult:
        if "pv_energy_history" in (wanted := tuple(keys)):
            asked.append(dt_util.now())
        return await read_registers(self, wanted)

    read_registers = Inverter.read_registers
    monkeypatch.setattr(Inverter, "read_registers", read)
    return asked


def remembered(simulator: Simulator, symbol: str) -> list[float]:
    """The kWh that the inverter has counted of each of its last days, yesterday first."""
    return [word / 10 for word in simulator.device.memory.get(symbol)]


async def test_a_fresh_house_expects_what_its_inverter_remembers(recorder_mock, hass, fresh, simulator) -> None:
    told = await fresh.async_forecast(tomorrow(), DAY)
    pv, load = (remembered(simulator, symbol) for symbol in ("PVEnergyLast7day", "LoadConsumLast7day"))
    assert kwh(told.pv_kw) == pytest.approx(sum(pv) / 7, rel=0.15)
    assert kwh(told.load_kw) == pytest.approx(sum(load) / 7, rel=0.15)
    assert max(told.pv_kw[:28]) == max(told.pv_kw[76:]) == 0
    assert told.pv_kw.index(max(told.pv_kw)) in range(46, 54)
    assert min(told.load_kw[72:84]) > 2 * max(told.load_kw[8:16])
    assert told.sources == {"load": ForecastSource.HISTORY, "pv": ForecastSource.HISTORY}
    assert [(note.key, note.values) for note in told.notes] == [
        ("note_first_days", {"days": 7}),
        ("note_no_provider", {"days": 7}),
    ]


async def test_without_a_recorder_the_inverter_remembers_all_the_same(hass, fresh, simulator) -> None:
    told = await fresh.async_forecast(tomorrow(), DAY)
    assert kwh(told.pv_kw) == pytest.approx(sum(remembered(simulator, "PVEnergyLast7day")) / 7, rel=0.15)
    assert {note.key for note in told.notes} == {"note_first_days", "note_no_provider", "note_no_recorder"}


async def test_the_inverter_is_asked_once_a_day_while_history_is_short(
    recorder_mock, hass, fresh, simulator, stopped, asked
) -> None:
    for minutes in (0, 15, 30):
        stopped.move_to(EVENING + timedelta(minutes=minutes))
        await fresh.async_forecast(tomorrow(), DAY)
    assert asked == [EVENING]
    before = remembered(simulator, "PVEnergyLast7day")
    stopped.move_to(tomorrow() + timedelta(minutes=1))  # and the inverter's clock is behind
    await fresh.async_forecast(tomorrow(), DAY)
    simulator.device.write(BY_KEY["clock"].address, timestamp_words(local_now()))
    stopped.tick(timedelta(minutes=15))
    await fresh.async_forecast(tomorrow(), DAY)
    assert len(asked) == 3
    assert remembered(simulator, "PVEnergyLast7day")[1:] == before[:-1]
    stopped.tick(timedelta(minutes=15))
    told = await fresh.async_forecast(tomorrow(), DAY)
    assert len(asked) == 3
    assert {note.key: note.values for note in told.notes}["note_first_days"] == {"days": 7}
    await count(hass, "load_energy", until_now(8))
    await count(hass, "pv_energy", until_now(8, sunny))
    stopped.tick(timedelta(days=1))
    told = await fresh.async_forecast(tomorrow(), DAY)
    assert len(asked) == 3
    assert "note_first_days" not in {note.key for note in told.notes}


async def test_statistics_count_before_what_the_inverter_remembers(recorder_mock, hass, fresh, stopped) -> None:
    """Three fine days after darker ones; what was said of tomorrow is judged by them alone."""
    before = told = await fresh.async_forecast(tomorrow(), DAY)
    for days in (1, 2, 3):
        stopped.move_to(EVENING + timedelta(days=days))
        await count(hass, "pv_energy", {n: 3 * kw for n, kw in until_now(days, sunny).items()})
        told = await fresh.async_forecast(tomorrow(), DAY)
        assert (fresh.pv_quality.days if fresh.pv_quality else 0) == days - 1
    assert kwh(before.pv_kw) < kwh(told.pv_kw) < 36
    assert fresh.load_quality is None


@pytest.mark.parametrize("trouble", ["silent", "unread", "clock"])
async def test_a_forecast_does_not_need_the_inverters_memory(
    hass, house, fresh, simulator, asked, monkeypatch, trouble
) -> None:
    if trouble == "silent":
        house.runtime_data.identified_device.readings.async_set_update_error(TimeoutError())
    elif trouble == "unread":
        monkeypatch.setitem(simulator._options.faults.rates, FaultKind.EXCEPTION, 1.0)
    else:
        simulator.device.write(BY_KEY["clock"].address, timestamp_words(local_now() - timedelta(days=40)))
    told = await fresh.async_forecast(tomorrow(), DAY)
    assert told.sources == {"load": ForecastSource.DEFAULT, "pv": ForecastSource.NONE}
    assert kwh(told.load_kw) == pytest.approx(10)
    assert "note_first_days" not in {note.key for note in told.notes}
    assert len(asked) == (0 if trouble == "silent" else 1)
