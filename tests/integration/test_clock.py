"""The inverter's clock is kept right: every night, when it is far off, and never oftener than every hour."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
import time

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.nattery.const import CLOCK_DRIFT, CONF_SYNC_CLOCK, EVENT_WRITTEN
from custom_components.nattery.coordinator import local_now
from custom_components.nattery.core.inverter.codec import encode
from custom_components.nattery.core.inverter.registers import BY_KEY
from custom_components.nattery.core.simulator.simulator import Simulator

from .conftest import HOST
from .market import pass_time

CLOCK = BY_KEY["clock"]
EVENING, BEFORE_NIGHTLY, NIGHTLY = "2026-11-20 20:00:00+01:00", "2026-11-21 03:14:30+01:00", "2026-11-21 03:15:00+01:00"


type Load = Callable[..., Awaitable[MockConfigEntry]]


@pytest.fixture
async def berlin(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """A house where the clocks change."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(EVENING)


@pytest.fixture
def load(hass: HomeAssistant, berlin: None, simulator: Simulator, house_entry: MockConfigEntry) -> Load:
    """Load the entry with the inverter's clock ahead by some seconds."""

    async def load(ahead: float = 0, **options: bool) -> MockConfigEntry:
        put_clock(simulator, ahead)
        hass.config_entries.async_update_entry(house_entry, options=options)
        assert await hass.config_entries.async_setup(house_entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        return house_entry

    return load


def put_clock(simulator: Simulator, ahead: float) -> None:
    simulator.device.write(
        CLOCK.address, encode(CLOCK, (local_now() + timedelta(seconds=ahead)).replace(microsecond=0))
    )


def error_of(simulator: Simulator) -> float:
    """Seconds by which the inverter's clock is ahead of the house."""
    return (simulator.device.clock - local_now()).total_seconds()


async def poll(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await entry.runtime_data.identified_device.settings.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)


def wait_until_connected(entry: MockConfigEntry) -> None:
    """Wait in a thread: with the house, the event loop's own clock stands still."""
    while not entry.runtime_data.connection.bus.connected:
        time.sleep(0.02)


async def test_a_clock_far_off_is_set_at_once(hass: HomeAssistant, load: Load, simulator: Simulator) -> None:
    written = async_capture_events(hass, EVENT_WRITTEN)
    entry = await load(ahead=-90)
    assert abs(error_of(simulator)) < 5
    assert [event.data["key"] for event in written] == ["clock"]
    assert abs(entry.runtime_data.identified_device.value(CLOCK_DRIFT)) <= 5


async def test_a_clock_somewhat_off_waits_for_the_night(
    hass: HomeAssistant, load: Load, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    entry = await load(ahead=40)
    assert error_of(simulator) > 30
    freezer.move_to(BEFORE_NIGHTLY)
    put_clock(simulator, ahead=40)
    await pass_time(hass, freezer, BEFORE_NIGHTLY)
    await poll(hass, entry)
    assert error_of(simulator) > 30
    await pass_time(hass, freezer, NIGHTLY)
    assert abs(error_of(simulator)) < 5


async def test_a_clock_that_is_right_is_not_written(
    hass: HomeAssistant, load: Load, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    await load()
    freezer.move_to(NIGHTLY)
    put_clock(simulator, ahead=3)
    before = simulator.device.writes["PresentTime"]
    await pass_time(hass, freezer, NIGHTLY)
    assert simulator.device.writes["PresentTime"] == before


@pytest.mark.parametrize(
    ("before", "after", "jump"),
    [
        ("2026-03-29 01:59:30+01:00", "2026-03-29 03:00:30+02:00", 3600),
        ("2026-10-25 02:59:30+02:00", "2026-10-25 02:00:30+01:00", -3600),
    ],
    ids=["spring", "autumn"],
)
async def test_daylight_saving(
    hass: HomeAssistant,
    load: Load,
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
    before: str,
    after: str,
    jump: int,
) -> None:
    """The clocks of the house change, the inverter knows nothing of it; the next poll sets its clock."""
    entry = await load()
    freezer.move_to(before)
    put_clock(simulator, ahead=0)
    clock = simulator.device.clock
    freezer.move_to(after)
    assert (local_now() - clock).total_seconds() == pytest.approx(jump + 60, abs=5)
    await poll(hass, entry)
    assert abs(error_of(simulator)) < 5


async def test_never_oftener_than_every_hour(
    hass: HomeAssistant, load: Load, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Even when something else sets it wrong again and again."""
    entry = await load(ahead=-90)
    for minutes in (1, 30, 28):
        freezer.tick(timedelta(minutes=minutes))
        put_clock(simulator, ahead=500)
        await poll(hass, entry)
        assert error_of(simulator) > 400
    freezer.tick(timedelta(minutes=2))
    await poll(hass, entry)
    assert abs(error_of(simulator)) < 5


async def test_a_house_clock_that_was_wrong_does_not_block_it(
    hass: HomeAssistant, load: Load, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """A machine without a battery for its clock starts somewhere, and is put right later; back in time, too."""
    entry = await load(ahead=-90)
    freezer.move_to("2026-11-01 12:00:00+01:00")
    await poll(hass, entry)
    assert abs(error_of(simulator)) < 5


async def test_not_when_the_options_say_so(
    hass: HomeAssistant, load: Load, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    await load(ahead=-90, **{CONF_SYNC_CLOCK: False})
    await pass_time(hass, freezer, NIGHTLY)
    assert error_of(simulator) < -60


async def test_a_dead_line_is_told_and_tried_again_later(
    hass: HomeAssistant,
    load: Load,
    simulator: Simulator,
    port: int,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry = await load()
    await hass.async_add_executor_job(simulator.stop)
    await pass_time(hass, freezer, NIGHTLY)
    assert "The clock of Inverter could not be set" in caplog.text
    freezer.tick(timedelta(hours=2))
    await hass.async_add_executor_job(simulator.serve_tcp, HOST, port)
    await hass.async_add_executor_job(wait_until_connected, entry)
    await poll(hass, entry)
    assert abs(error_of(simulator)) < 5


async def test_nothing_is_kept_after_unloading(
    hass: HomeAssistant, load: Load, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    entry = await load()
    await hass.config_entries.async_unload(entry.entry_id)
    requests = simulator.traffic.counters.requests
    await pass_time(hass, freezer, NIGHTLY)
    assert simulator.traffic.counters.requests == requests
