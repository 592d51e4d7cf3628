"""Starts and configures the programs of the demo, and ends all of them when one ends or on a signal."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
import signal
import sys

import aiohttp

from .api import LOGIN, HomeAssistantClient
from .configure import configure, configure_trading
from .errors import BadInputError, DemoError
from .folder import LOOPBACK, PRICE_SEED, PRICE_SPREAD, ROOT, SEED, DemoFolder, locked_folder, prepare
from .managed_process import ManagedProcess
from .past_import import continue_sums, write_stores
from .port import bind_error, market_port
from .waiting import wait_until

SUCCESS, FAILURE, BAD_INPUT = 0, 1, 2
_RESTART = 100  # Home Assistant's exit code for a requested restart
_START_TIMEOUT = 300
_PROGRESS_INTERVAL = 15  # seconds
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _StoppedError(Exception):
    """A signal requested the end of the demo."""


def report(text: str) -> None:
    """Print a message on stderr; stdout has only the Ready line."""
    print(text, file=sys.stderr, flush=True)


class HomeAssistantProcess:
    """The Home Assistant of the demo, which is started again when it exits for a restart."""

    def __init__(self, folder: DemoFolder) -> None:
        """Use the configuration in `folder`."""
        options = ("-c", folder.config, "--skip-pip", "--log-no-color")
        self.process = ManagedProcess(
            "Home Assistant", (ROOT / ".venv-demo/bin/hass", *options), folder.log("home-assistant")
        )
        self._restarted = asyncio.Event()
        self._while_stopped: Callable[[], None] = _do_nothing

    async def run(self) -> None:
        """Run until Home Assistant ends unexpectedly, which raises DemoError."""
        while True:
            await self.process.start()
            if (code := await self.process.wait()) != _RESTART:
                raise self.process.exit_error(code)
            self._while_stopped()
            self._while_stopped = _do_nothing
            self._restarted.set()

    async def restart(self, client: HomeAssistantClient, while_stopped: Callable[[], None]) -> None:
        """Request a restart, and wait until the process has ended and `while_stopped` was called."""
        self._restarted.clear()
        self._while_stopped = while_stopped
        await client.restart()
        await self._restarted.wait()


class DemoRunner:
    """Runs the simulated inverter, the stand-in for ENTSO-E and Home Assistant."""

    def __init__(self, folder: DemoFolder, port: int) -> None:
        """Use a folder, and a port for Home Assistant; `run` starts the programs."""
        options = ("--link", folder.link, "--state", folder.state, "--seed", str(SEED), "--tcp", f"{LOOPBACK}:0")
        simulate = (ROOT / ".venv/bin/nattery", "simulate", *options)
        self._inverter = ManagedProcess("The simulated inverter", simulate, folder.log("inverter"))
        prices = ("--seed", str(PRICE_SEED), "--spread", str(PRICE_SPREAD), "--early", "--token", LOGIN)
        publish = (sys.executable, "-m", "scripts.entsoe_standin", "--port", str(market_port(folder)), *prices)
        self._market = ManagedProcess("The stand-in for ENTSO-E", publish, folder.log("market"))
        remember = (sys.executable, "-m", "scripts.demonstration.make_past", "--folder", folder.path)
        self._past = ManagedProcess("The program that makes the past", remember, folder.log("past"))
        self._home_assistant = HomeAssistantProcess(folder)
        self._folder = folder
        self._base = f"http://{LOOPBACK}:{port}"
        self._stop = asyncio.Event()
        self._inverter_started = asyncio.Event()

    async def run(self) -> None:
        """Run until a signal requests the end; raise DemoError if a program ends before."""
        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal)
        failures: list[BaseException] = []
        try:
            await self._market.start()
            async with asyncio.TaskGroup() as group:
                for coroutine in (self._home_assistant.run(), self._wait_for_signal(), self._set_up()):
                    group.create_task(coroutine)
                for process in (self._run_inverter(), _monitor(self._market)):
                    group.create_task(process)
        except* _StoppedError:
            report("Stopping")
        except* DemoError as errors:
            failures.extend(errors.exceptions)
        finally:
            await self._home_assistant.process.stop()
            await self._market.stop()
            await self._inverter.stop()
            await self._past.stop()
        for failure in failures:
            raise failure

    async def _run_inverter(self) -> None:
        """Run the inverter, at first from the past that is made for it while Home Assistant starts."""
        facts = self._folder.saved_facts()
        if "entry" not in facts and "past" not in facts:
            async with _progress("Making three weeks of history (once a day; half a minute)"):
                await self._past.start()
                if code := await self._past.wait():
                    raise self._past.exit_error(code)
            self._folder.save_facts(past="made")
        await self._inverter.start()
        self._inverter_started.set()
        await _monitor(self._inverter)

    def _on_signal(self) -> None:
        if self._stop.is_set():  # second signal: do not wait for an orderly end
            self._home_assistant.process.kill()
        self._stop.set()

    async def _wait_for_signal(self) -> None:
        await self._stop.wait()
        raise _StoppedError

    async def _set_up(self) -> None:
        """Configure everything, then print the Ready line."""
        log = self._folder.log("home-assistant")
        try:
            async with asyncio.timeout(_START_TIMEOUT):
                await self._configure_all()
        except TimeoutError:
            raise DemoError(f"Home Assistant is not ready after {_START_TIMEOUT} s: see {log}.") from None
        except aiohttp.ClientError as error:
            # If Home Assistant has ended, `_home_assistant.run` raises a more specific error in the meantime.
            await asyncio.sleep(_PROGRESS_INTERVAL)
            raise DemoError(f"Home Assistant closed the connection ({error}): see {log}.") from error
        print(f"Ready {self._base} user {LOGIN} password {LOGIN}", flush=True)
        await self._continue_sums()

    async def _continue_sums(self) -> None:
        """Wait for the first statistics that Home Assistant compiles, and let their sums go on from the past."""
        is_done = False
        while not is_done:
            with suppress(aiohttp.ClientError, DemoError, TimeoutError):  # such as while a user restarts it
                async with HomeAssistantClient(self._base) as client:
                    is_done = await continue_sums(client, self._folder)
            await asyncio.sleep(0 if is_done else _PROGRESS_INTERVAL)

    async def _configure_all(self) -> None:
        await self._inverter_started.wait()
        for process in (self._inverter, self._market):
            report(await _first_line(process))
        market = (await _first_line(self._market)).rpartition(" ")[2]
        expected = "some seconds" if self._folder.saved_facts() else "about half a minute the first time"
        async with _progress(f"Starting Home Assistant ({expected})"):
            async with HomeAssistantClient(self._base) as client:
                if not await configure(client, self._folder, market):
                    await configure_trading(client, self._folder)
                    return
                await self._home_assistant.restart(client, self._while_stopped)
            async with HomeAssistantClient(self._base) as client:
                await configure_trading(client, self._folder)

    def _while_stopped(self) -> None:
        facts = self._folder.saved_facts()
        if "past" in facts and "stores" not in facts:
            write_stores(self._folder)


def _do_nothing() -> None:
    """Do nothing while Home Assistant is stopped for a restart that a user requested."""


async def _monitor(process: ManagedProcess) -> None:
    raise process.exit_error(await process.wait())


async def _first_line(process: ManagedProcess) -> str:
    """Wait for the first line of output, which a program prints when it is ready."""

    async def has_line() -> bool:
        return "\n" in process.output()

    await wait_until(has_line)
    return process.output().partition("\n")[0]


@asynccontextmanager
async def _progress(message: str) -> AsyncIterator[None]:
    """Print a message about a long step, and its duration every 15 s."""

    async def print_progress() -> None:
        waited = 0
        while True:
            await asyncio.sleep(_PROGRESS_INTERVAL)
            report(f"  … {(waited := waited + _PROGRESS_INTERVAL)} s")

    report(message)
    task = asyncio.create_task(print_progress())
    try:
        yield
    finally:
        task.cancel()


def _require_available(port: int) -> None:
    """Raise DemoError if a port cannot be used."""
    if error := bind_error(port):
        raise DemoError(f"Port {port} cannot be used ({error}): set NATTERY_DEMO_PORT to another one.")


async def _run(folder: DemoFolder, port: int) -> None:
    await DemoRunner(folder, port).run()


def main() -> int:
    """Run the demo and return the exit code: 0 ended by a signal, 1 failure, 2 invalid argument."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--fresh", action="store_true")
    arguments = parser.parse_args()
    try:
        _require_available(arguments.port)
        with locked_folder(arguments.folder, fresh=arguments.fresh) as folder:
            prepare(folder, arguments.port)
            asyncio.run(_run(folder, arguments.port))
    except DemoError as error:
        report(str(error))
        return BAD_INPUT if isinstance(error, BadInputError) else FAILURE
    return SUCCESS


if __name__ == "__main__":
    sys.exit(main())
