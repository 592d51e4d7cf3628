"""Measurements of websocket subscriptions: what twenty subscribers cost inside Home Assistant."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
import json
import logging
from pathlib import Path
import sys
import tempfile
import time
from types import MappingProxyType

from aiohttp.test_utils import TestServer
from homeassistant import loader
from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockConfigEntry, async_test_home_assistant

from custom_components.nattery.const import DEFAULT_READINGS_INTERVAL, DOMAIN, SIMULATED
from custom_components.nattery.core.inverter.registers import in_tier
from custom_components.nattery.core.inverter.table import Tier
from custom_components.nattery.core.simulator.initial_state import serial_number
from custom_components.nattery.runtime import NatteryRuntime
from scripts.entsoe_standin.server import Behaviour, StandIn

from .rows import Row

_SUBSCRIBERS = 20
_TOKEN = "benchmark"  # noqa: S105  (of the stand-in)
_BATTERY = {"capacity": 10.0, "wear": 0.02, "charge": 5.0, "discharge": 5.0, "import": 10.0, "export": 10.0}
_PAUSE = 0.02  # seconds between two events, in which they are sent
_PLANS_A_MINUTE = 1
_POLLS_A_MINUTE = 60 / DEFAULT_READINGS_INTERVAL
_LIMIT = 1.0  # percent of a core


@dataclass(frozen=True, slots=True)
class Home:
    """A loaded config entry in a Home Assistant that serves websockets."""

    hass: HomeAssistant
    entry: MockConfigEntry
    url: str
    token: str

    @property
    def runtime(self) -> NatteryRuntime:
        """The runtime data of the entry."""
        runtime: NatteryRuntime = self.entry.runtime_data
        return runtime

    def replan(self, _number: int) -> None:
        """Show a new plan."""
        trading = self.runtime.trading
        if trading is None:
            raise RuntimeError("The home does not trade")
        trading.async_set_updated_data(replace(trading.data, made_at=dt_util.utcnow()))

    def poll(self, number: int) -> None:
        """Show a poll in which every number has changed."""
        readings = self.runtime.identified_device.readings
        values = dict(readings.data.values)
        for register in in_tier(Tier.FAST):
            value = values.get(register.key)
            if isinstance(value, int | float):
                values[register.key] = value + (1 if number % 2 else -1)
        readings.async_set_updated_data(replace(readings.data, values=values))


@asynccontextmanager
async def _home() -> AsyncGenerator[Home]:
    """Set up an entry with a simulated inverter, prices and trading."""
    with (
        tempfile.TemporaryDirectory() as folder,
        StandIn(Behaviour(token=_TOKEN, now=dt_util.utcnow)) as market,
    ):
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
            entry = _entry(market.url)
            entry.add_to_hass(hass)
            for component in ("http", "websocket_api"):
                await async_setup_component(hass, component, {})
            await hass.config_entries.async_setup(entry.entry_id)
            server = TestServer(hass.http.app)
            await server.start_server()
            user = await hass.auth.async_create_user("Benchmark", group_ids=[GROUP_ID_ADMIN])
            token = hass.auth.async_create_access_token(await hass.auth.async_create_refresh_token(user, CLIENT_ID))
            home = Home(hass, entry, str(server.make_url("/api/websocket")), token)
            try:
                async with asyncio.timeout(120):
                    while home.runtime.trading is None or home.runtime.trading.data.plan is None:
                        await asyncio.sleep(0.1)
                yield home
            finally:
                await hass.config_entries.async_unload(entry.entry_id)
                await server.close()
                await hass.async_stop(force=True)


def _entry(url: str) -> MockConfigEntry:
    entry = MockConfigEntry(
        domain=DOMAIN, title="Home", data={"type": SIMULATED, "unit": 255}, unique_id=serial_number(1)
    )
    prices = {"area": "DE_LU", "token": _TOKEN, "url": url, "timeout": 30.0}
    subentries = [
        ConfigSubentry(data=MappingProxyType(data), subentry_type=kind, title=kind, unique_id=kind)
        for kind, data in (("prices", prices), ("trading", _BATTERY))
    ]
    object.__setattr__(
        entry, "subentries", MappingProxyType({subentry.subentry_id: subentry for subentry in subentries})
    )
    return entry


@asynccontextmanager
async def _subscribers(home: Home, count: int) -> AsyncGenerator[None]:
    """Keep `count` connections in another process, each subscribed to the plan and the registers."""
    commands = [
        {"type": f"{DOMAIN}/{name}/subscribe", "entry_id": home.entry.entry_id} for name in ("plan", "registers")
    ]
    program = Path(__file__).with_name("subscriber_process.py")
    arguments = (program, home.url, home.token, str(count), json.dumps(commands))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdin=pipe, stdout=pipe)
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("The subscribers have no pipes")
    if await process.stdout.readline() != b"ready\n":
        raise RuntimeError("The subscribers could not subscribe")
    try:
        yield
    finally:
        process.stdin.close()
        await process.wait()


async def _milliseconds(change: Callable[[int], None], rounds: int) -> float:
    """Return the processor time (ms) of one change, with the sending of its events."""
    begin = time.process_time()
    for number in range(rounds):
        change(number)
        await asyncio.sleep(_PAUSE)
    return 1000 * (time.process_time() - begin) / rounds


async def _costs(home: Home, rounds: int) -> dict[str, float]:
    return {
        "plan": await _milliseconds(home.replan, rounds),
        "registers": await _milliseconds(home.poll, rounds),
    }


async def subscribers(*, quick: bool) -> list[Row]:
    """What twenty subscribers to the plan and the registers cost in Home Assistant."""
    logging.disable(logging.WARNING)
    rounds = 50 if quick else 300
    async with _home() as home:
        without = await _costs(home, rounds)
        async with _subscribers(home, _SUBSCRIBERS):
            with_all = await _costs(home, rounds)
    logging.disable(logging.NOTSET)
    plan, registers = (max(with_all[name] - without[name], 0.0) for name in ("plan", "registers"))
    share = (plan * _PLANS_A_MINUTE + registers * _POLLS_A_MINUTE) / 60_000 * 100
    return [
        Row(f"one new plan for {_SUBSCRIBERS} subscribers, sent and compressed", plan, None, "ms"),
        Row(f"one poll of which every number changed, for {_SUBSCRIBERS} subscribers", registers, None, "ms"),
        Row(f"{_SUBSCRIBERS} subscribers, a plan a minute and a poll every 5 s: share of a core", share, _LIMIT, "%"),
    ]
