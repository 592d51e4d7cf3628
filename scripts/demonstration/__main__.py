"""Starts the programs, brings them together, and ends all when one ends or somebody says so."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
import signal
import sys

import aiohttp

from .api import LOGIN, Api
from .child import Child
from .errors import BadInputError, DemoError
from .folder import LOOPBACK, ROOT, SEED, Folder, occupied, prepare
from .furnish import furnish, until_loaded
from .port import market_port, trouble_with
from .waiting import until

DONE, FAILED, BAD_INPUT = 0, 1, 2
_RESTART = 100  # Home Assistant's exit code when somebody asked for a restart
_START_PATIENCE = 300
_TICK = 15
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _StoppedError(Exception):
    """Somebody wants the demo to end."""


def say(text: str) -> None:
    """Tell how it goes; standard output is for the Ready line alone."""
    print(text, file=sys.stderr, flush=True)


class House:
    """The Home Assistant of the demo; one that asks for a restart gets it."""

    def __init__(self, folder: Folder) -> None:
        """Live in `folder`."""
        options = ("-c", folder.config, "--skip-pip", "--log-no-color")
        self.child = Child("Home Assistant", (ROOT / ".venv-demo/bin/hass", *options), folder.log("home-assistant"))
        self._restarted = asyncio.Event()

    async def live(self) -> None:
        """Run until it ends by itself, which raises DemoError."""
        while True:
            await self.child.start()
            if (code := await self.child.ended()) != _RESTART:
                raise self.child.death(code)
            self._restarted.set()

    async def restart(self, api: Api) -> None:
        """Ask for a restart and wait for the end before it."""
        self._restarted.clear()
        await api.restart()
        await self._restarted.wait()


class Demo:
    """A simulated inverter, a market and a Home Assistant, in a folder and at a port."""

    def __init__(self, folder: Folder, port: int) -> None:
        """Start nothing yet."""
        options = ("--link", folder.link, "--state", folder.state, "--seed", str(SEED), "--tcp", f"{LOOPBACK}:0")
        simulate = (ROOT / ".venv/bin/nattery", "simulate", *options)
        self._inverter = Child("The simulated inverter", simulate, folder.log("inverter"))
        publish = (sys.executable, "-m", "scripts.entsoe_standin", "--port", str(market_port(folder)), "--token", LOGIN)
        self._market = Child("The stand-in for ENTSO-E", publish, folder.log("market"))
        self._house = House(folder)
        self._folder = folder
        self._base = f"http://{LOOPBACK}:{port}"
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Live until somebody wants the end; DemoError when it comes without."""
        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._end)
        failures: list[BaseException] = []
        try:
            await self._inverter.start()
            await self._market.start()
            async with asyncio.TaskGroup() as group:
                for part in (self._house.live(), self._wait_for_end(), self._open()):
                    group.create_task(part)
                for child in (self._inverter, self._market):
                    group.create_task(_watch(child))
        except* _StoppedError:
            say("Stopping")
        except* DemoError as errors:
            failures.extend(errors.exceptions)
        finally:
            await self._house.child.stop()
            await self._market.stop()
            await self._inverter.stop()
        for failure in failures:
            raise failure

    def _end(self) -> None:
        if self._stop.is_set():  # wanted twice: at once then
            self._house.child.kill()
        self._stop.set()

    async def _wait_for_end(self) -> None:
        await self._stop.wait()
        raise _StoppedError

    async def _open(self) -> None:
        """Bring all together, then tell where."""
        log = self._folder.log("home-assistant")
        try:
            async with asyncio.timeout(_START_PATIENCE):
                await self._bring_together()
        except TimeoutError:
            raise DemoError(f"Home Assistant is not ready after {_START_PATIENCE} s: {log} says more.") from None
        except aiohttp.ClientError as error:
            await asyncio.sleep(_TICK)  # if it ended, that is the error to tell, and told by another
            raise DemoError(f"Home Assistant stopped talking ({error}): {log} says more.") from error
        print(f"Ready {self._base} user {LOGIN} password {LOGIN}", flush=True)

    async def _bring_together(self) -> None:
        for child in (self._inverter, self._market):
            say(await _first_line(child))
        market = (await _first_line(self._market)).rpartition(" ")[2]
        expected = "some seconds" if self._folder.remembered() else "about half a minute the first time"
        async with _ticking(f"Starting Home Assistant ({expected})"):
            async with Api(self._base) as api:
                if not await furnish(api, self._folder, market):
                    return
                await self._house.restart(api)
            async with Api(self._base) as api:
                await until_loaded(api, self._folder)


async def _watch(child: Child) -> None:
    raise child.death(await child.ended())


async def _first_line(child: Child) -> str:
    """What it says when it serves."""

    async def said() -> bool:
        return "\n" in child.said()

    await until(said)
    return child.said().partition("\n")[0]


@asynccontextmanager
async def _ticking(message: str) -> AsyncIterator[None]:
    """A long step says what it does, and every 15 s that it still does."""

    async def tick() -> None:
        waited = 0
        while True:
            await asyncio.sleep(_TICK)
            say(f"  … {(waited := waited + _TICK)} s")

    say(message)
    ticker = asyncio.create_task(tick())
    try:
        yield
    finally:
        ticker.cancel()


def _demand(port: int) -> None:
    """Refuse a port that cannot be had, before anything is started."""
    if trouble := trouble_with(port):
        raise DemoError(f"Port {port} cannot be had ({trouble}): set NATTERY_DEMO_PORT to another one.")


async def _run(folder: Folder, port: int) -> None:
    await Demo(folder, port).run()


def main() -> int:
    """Run the demo: 0 when somebody ended it, 1 for a failure, 2 for bad input, each with a sentence on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--fresh", action="store_true")
    arguments = parser.parse_args()
    try:
        _demand(arguments.port)
        with occupied(arguments.folder, fresh=arguments.fresh) as folder:
            prepare(folder, arguments.port)
            asyncio.run(_run(folder, arguments.port))
    except DemoError as error:
        say(str(error))
        return BAD_INPUT if isinstance(error, BadInputError) else FAILED
    return DONE


if __name__ == "__main__":
    sys.exit(main())
