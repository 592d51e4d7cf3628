"""Starts both programs, brings them together, and ends both when either ends or somebody says so."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
import signal
import socket
import sys

from .api import LOGIN, Api
from .child import Child
from .errors import BadInputError, DemoError
from .folder import LOOPBACK, ROOT, Folder, furnish as furnish_folder, occupied
from .furnish import furnish, until_loaded

RESTART = 100  # Home Assistant's exit code when somebody asks for a restart
_START_PATIENCE = 300
_TICK = 15
_PAUSE = 0.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Interrupted(Exception):  # noqa: N818  (not an error)
    """Somebody wants the demo to end."""


def say(text: str) -> None:
    """Tell how it goes; the Ready line alone is standard output."""
    print(text, file=sys.stderr, flush=True)


class House:
    """The Home Assistant of the demo: ends when something is wrong, begins again when a restart is asked for."""

    def __init__(self, folder: Folder) -> None:
        """Live in `folder`."""
        command = [ROOT / ".venv-demo/bin/hass", "-c", folder.config, "--skip-pip", "--log-no-color"]
        self.child = Child("Home Assistant", command, folder.log("home-assistant"))
        self._started = asyncio.Condition()
        self._starts = 0

    async def live(self) -> None:
        """Run until it ends by itself, which raises DemoError."""
        while True:
            await self.child.start()
            async with self._started:
                self._starts += 1
                self._started.notify_all()
            if (code := await self.child.ended()) != RESTART:
                raise self.child.death(code)

    async def begun(self, times: int) -> None:
        """Wait until it was started so many times."""
        async with self._started:
            await self._started.wait_for(lambda: self._starts >= times)


async def _watch(child: Child) -> None:
    raise child.death(await child.ended())


async def _listen(stop: asyncio.Event) -> None:
    await stop.wait()
    raise _Interrupted


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


async def _open(house: House, inverter: Child, folder: Folder, port: int) -> None:
    """Bring both together, then tell where."""
    base = f"http://{LOOPBACK}:{port}"
    new = not folder.remembered()
    try:
        async with asyncio.timeout(_START_PATIENCE):
            while "\n" not in inverter.said():
                await asyncio.sleep(_PAUSE)
            say(inverter.said().splitlines()[0])
            async with _ticking(f"Starting Home Assistant ({'about half a minute' if new else 'some seconds'})"):
                async with Api(base) as api:
                    restart = await furnish(api, folder)
                    if restart:
                        await api.call("call_service", domain="homeassistant", service="restart")
                if restart:
                    await house.begun(2)
                    async with Api(base) as api:
                        await until_loaded(api)
    except TimeoutError:
        raise DemoError(f"Home Assistant is not ready after {_START_PATIENCE} s; see {folder.log('home-assistant')}.") from None
    print(f"Ready {base} user {LOGIN} password {LOGIN}", flush=True)


async def _run(folder: Folder, port: int) -> None:
    """Live until something ends: raises DemoError, or returns when somebody wanted the end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    serve = ["simulate", "--link", folder.link, "--state", folder.state, "--tcp", f"{LOOPBACK}:0"]
    inverter = Child("The simulated inverter", [ROOT / ".venv/bin/nattery", *serve], folder.log("inverter"))
    house = House(folder)

    def interrupt() -> None:
        if stop.is_set():  # asked twice: at once then
            house.child.kill()
        stop.set()

    for number in _SIGNALS:
        loop.add_signal_handler(number, interrupt)
    try:
        await inverter.start()
        async with asyncio.TaskGroup() as group:
            for coroutine in (_watch(inverter), house.live(), _listen(stop), _open(house, inverter, folder, port)):
                group.create_task(coroutine)
    except* _Interrupted:
        say("Stopping")
    except* DemoError as errors:
        raise errors.exceptions[0] from None
    finally:
        await house.child.stop()
        await inverter.stop()


@contextmanager
def _free(port: int) -> Iterator[None]:
    """Refuse a port that cannot be had, before anything is started."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise DemoError(
                f"Port {port} cannot be had ({error.strerror}): set NATTERY_DEMO_PORT to another one."
            ) from error
    yield


def main() -> int:
    """Run the demo: 0 when somebody ended it, 1 for a failure, 2 for bad input, each with a sentence on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--fresh", action="store_true")
    arguments = parser.parse_args()
    try:
        with _free(arguments.port), occupied(arguments.folder, fresh=arguments.fresh) as folder:
            furnish_folder(folder, arguments.port)
            asyncio.run(_run(folder, arguments.port))
    except DemoError as error:
        say(str(error))
        return 2 if isinstance(error, BadInputError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
