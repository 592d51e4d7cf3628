"""scripts/demo as a command: its start, its end, and what it refuses."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
import re
import sys
from zoneinfo import ZoneInfo

import pytest

from scripts.demonstration.api import HomeAssistantClient
from tests.ports import free_port

from .cards import wait_for
from .demo import Demo, copy_of, run, running, time_zone_at_noon
from .trading import act, entry_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(700)]

ENERGIES = tuple(
    f"sensor.inverter_{name}_energy"
    for name in ("pv", "load", "grid_import", "grid_export", "battery_charge", "battery_discharge")
)
STATISTICS = (
    "sensor.inverter_pv_power",
    "sensor.inverter_battery_state_of_charge",
    "sensor.inverter_grid_import_energy_cost",
    "sensor.battery_trading_saved_by_planning_today",
    "sensor.battery_trading_saved_by_the_battery_in_total",
)
LOOPBACK, LISTENING = "0100007F", "0A"


def test_ready_is_the_only_line_of_its_output(demo: Demo):
    assert demo.output == f"Ready {demo.url} user demo password demo\n"


def test_ctrl_c_ends_everything(first_life: Demo):
    assert first_life.exit_code == 0
    assert first_life.left_behind == []
    assert first_life.errors.splitlines()[-1] == "Stopping"


def test_prices_stay_where_home_assistant_looks_for_them(first_life: Demo, demo: Demo):
    assert demo.market == first_life.market


async def test_a_copy_beside_it_looks_for_prices_elsewhere(demo: Demo, socket_enabled: None):
    with running(copy_of(demo), free_port()) as copy:
        assert copy.market != demo.market
        async with HomeAssistantClient(copy.url) as api:

            async def states() -> dict[str, str]:
                return {known["entity_id"]: known["state"] for known in await api.call_command("get_states")}

            async def answered() -> bool:
                return (await states())["sensor.electricity_price_status"] != "unknown"

            await wait_for(answered)  # the market at the new address is asked when the house is ready
            seen = await states()
        assert seen["sensor.electricity_price_status"] == "ok"
        assert float(seen["sensor.electricity_import_price"])


async def test_it_has_three_weeks_behind_it(demo: Demo, socket_enabled: None):
    now, zone = datetime.now(UTC), ZoneInfo(time_zone_at_noon())
    midnight = datetime.combine(now.astimezone(zone), time(), zone)
    begin = midnight - timedelta(days=21)
    async with HomeAssistantClient(demo.url) as api:
        entry = await entry_of(api)
        days = (await act(api, "get_ledger", entry, period="day", start=begin.isoformat(), end=now.isoformat()))["rows"]
        assert [day["coverage"] for day in days[:21]] == [1.0] * 21
        assert sum(day["saved_over_no_battery"] for day in days) > 0
        assert sum(day["saved_over_self_consumption"] for day in days) > 0

        booked = await act(api, "get_ledger", entry, start=midnight.isoformat(), end=now.isoformat())
        plan = await act(api, "get_plan", entry)
        tomorrow = (midnight + timedelta(days=1)).isoformat()
        today = [*booked["rows"], *(slot for slot in plan["slots"] if slot["start"] < tomorrow)]
        assert {slot["action"] for slot in today} & {"charge", "discharge"}

        states = {known["entity_id"]: known["state"] for known in await api.call_command("get_states")}
        assert float(states["sensor.electricity_mean_price_tomorrow"]) > 0
        assert float(states["sensor.battery_trading_load_forecast_error"]) > 0  # of days that have been forecast

        statistics = await api.call_command(
            "recorder/statistics_during_period",
            start_time=begin.isoformat(),
            statistic_ids=[*ENERGIES, *STATISTICS],
            period="day",
            types=["change", "mean"],
        )
        for energy in ENERGIES:
            changes = [row["change"] for row in statistics[energy]]
            assert len(changes) >= 21
            assert all(-0.01 < kwh < 60 for kwh in changes), changes  # counters go on without a jump
        assert all(len(statistics[one]) >= 21 for one in STATISTICS)
        assert await api.call_command("recorder/validate_statistics") == {}


def test_the_second_start_is_quick(demo: Demo):
    assert demo.seconds < 150  # about 12 s; the rest is for a busy machine


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nobody_outside_this_machine_can_come_in(demo: Demo):
    port = f"{int(demo.url.rpartition(':')[2]):04X}"
    lines = [line.split() for file in ("tcp", "tcp6") for line in Path("/proc/net", file).read_text().splitlines()]
    listeners = [local for _, local, _, state, *_ in lines if local.endswith(f":{port}") and state == LISTENING]
    assert listeners == [f"{LOOPBACK}:{port}"]


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "80.5", ""])
def test_a_port_that_is_none(port: str):
    ended = run(port=port)
    assert ended.returncode == 2
    assert ended.stderr == f"NATTERY_DEMO_PORT cannot be '{port}': allowed is a whole number from 1 to 65535.\n"
    assert ended.stdout == ""


def test_a_port_that_somebody_has(demo: Demo, tmp_path: Path):
    ended = run(port=demo.url.rpartition(":")[2], folder=tmp_path / "other")
    assert ended.returncode == 1
    assert re.fullmatch(r"Port \d+ cannot be used \(Address already in use\): set NATTERY_DEMO_PORT .*\n", ended.stderr)
    assert not (tmp_path / "other").exists()


def test_an_option_that_is_none():
    ended = run("--fersh", port="8123")
    assert ended.returncode == 2
    assert ended.stderr == "scripts/demo: '--fersh' is not an option; the only one is --fresh.\n"


def test_a_folder_in_which_a_demo_runs(demo: Demo):
    ended = run(port=str(free_port()), folder=demo.folder)
    assert ended.returncode == 1
    assert ended.stderr == f"A demo is already running in {demo.folder}: stop it first.\n"


def test_fresh_empties_no_folder_of_somebody_else(tmp_path: Path):
    (tmp_path / "config").mkdir()
    ended = run("--fresh", port=str(free_port()), folder=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr == f"The demo cannot use {tmp_path}: allowed is a new or empty folder.\n"
    assert (tmp_path / "config").is_dir()


def test_a_folder_that_cannot_be(tmp_path: Path):
    (tmp_path / "file").touch()
    ended = run(port=str(free_port()), folder=tmp_path / "file")
    assert ended.returncode == 2
    assert ended.stderr == f"The demo cannot use {tmp_path / 'file'}: File exists.\n"
