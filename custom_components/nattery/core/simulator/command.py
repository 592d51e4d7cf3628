"""The command `nattery simulate`."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
import json
from math import isfinite
from pathlib import Path
import signal
import sys
from threading import Event, current_thread, main_thread
from types import FrameType
from typing import Any, Literal

from .faults import FaultPlan
from .simulator import MAX_SPEED, UNITS, Simulator
from .state import InvalidStateError

SAVE_SECONDS = 60
MILLISECONDS = 1000
MAX_TURNAROUND_MS = 10_000
MAX_SEED = 2**32 - 1
PORTS = range(65536)
DONE, FAILED, BAD_INPUT = 0, 1, 2


class UsageError(Exception):
    """Invalid input; the text is one sentence for the user."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `nattery simulate`.

    The values stay text until `run` validates them, so that every error is one sentence.
    """
    add = parser.add_argument
    add("--link", metavar="PATH", help="serve a serial port under this name (a link to a pseudo terminal)")
    add("--tcp", metavar="HOST:PORT", help="serve Modbus TCP")
    add("--rtu-over-tcp", metavar="HOST:PORT", help="serve RTU frames over TCP")
    add("--speed", default="1", metavar="N", help="simulate N times faster than real time (default 1)")
    add("--seed", default="1", metavar="N", help="seed of the household, the weather and the serial number (default 1)")
    add("--unit", metavar="N", help="unit id (default: the saved one, or 1)")
    add(
        "--turnaround",
        default="30",
        metavar="MS",
        help="turnaround delay in ms (default 30)",
    )
    add("--state", metavar="FILE", help="save settings, counters and SOC in this file between runs")
    add("--fault-rate", default="0", metavar="X", help="share of requests that meet a line fault, 0 to 1 (default 0)")
    add("--unpaced", action="store_true", help="transmit without the delay of 9600 baud")


def run(args: Namespace) -> int:
    """Serve until SIGINT or SIGTERM. Return 0; 1 on failure or 2 on invalid input, with a sentence on stderr."""
    try:
        return _run(args)
    except UsageError as error:
        return _report_error(error, BAD_INPUT)
    except (FileExistsError, InvalidStateError) as error:
        return _report_error(error, BAD_INPUT)
    except OSError as error:
        return _report_error(error, FAILED)


def _run(args: Namespace) -> int:
    if not (args.link or args.tcp or args.rtu_over_tcp):
        raise UsageError("Say where to serve: --link PATH, --tcp HOST:PORT or --rtu-over-tcp HOST:PORT")
    tcp, rtu = _address("--tcp", args.tcp), _address("--rtu-over-tcp", args.rtu_over_tcp)
    seed = int(_number("--seed", args.seed, 0, MAX_SEED, whole=True))
    file = Path(args.state) if args.state else None
    if args.link and not Path(args.link).parent.is_dir():
        raise UsageError(f"--link cannot be {args.link}: there is no folder {Path(args.link).parent}")
    simulator = Simulator(
        seed=seed,
        speed=_number("--speed", args.speed, 0, MAX_SPEED, exclusive=True),
        unit=None if args.unit is None else int(_number("--unit", args.unit, UNITS.start, UNITS.stop - 1, whole=True)),
        turnaround=_number("--turnaround", args.turnaround, 0, MAX_TURNAROUND_MS) / MILLISECONDS,
        paced=not args.unpaced,
        faults=FaultPlan.mixed(_number("--fault-rate", args.fault_rate, 0, 1), seed),
        state=_load(file) if file else None,
    )
    with simulator, _stop_signals() as stop:
        endpoints = []
        if args.link:
            endpoints.append(simulator.serve_pty(args.link))
        if tcp:
            endpoints.append(_listen(simulator, tcp, "tcp"))
        if rtu:
            endpoints.append(_listen(simulator, rtu, "rtu"))
        sys.stdout.write(f"Simulated inverter {simulator.device.serial} at {', '.join(endpoints)}\n")
        sys.stdout.flush()
        while not stop.wait(SAVE_SECONDS):
            _save(file, simulator.dump_state())
        _save(file, simulator.dump_state())
    return DONE


def _report_error(error: Exception, code: int) -> int:
    sys.stderr.write(f"{error}\n")
    return code


def _number(option: str, text: str, low: float, high: float, *, exclusive: bool = False, whole: bool = False) -> float:
    kind = "a whole number" if whole else "a number"
    allowed = f"allowed is {kind} {'above' if exclusive else 'from'} {low:g} to {high:.0f}"
    convert: Callable[[str], float] = int if whole else float
    try:
        number = convert(text)
    except ValueError:
        raise UsageError(f"{option} cannot be {text!r}: {allowed}") from None
    if not isfinite(number) or not low <= number <= high or (exclusive and number == low):
        raise UsageError(f"{option} cannot be {text}: {allowed}")
    return number


def _address(option: str, text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) not in PORTS:
        raise UsageError(f"{option} cannot be {text!r}: allowed is HOST:PORT with a port from 0 to {PORTS.stop - 1}")
    return host.strip("[]"), int(port)


def _listen(simulator: Simulator, address: tuple[str, int], framing: Literal["tcp", "rtu"]) -> str:
    host, port = address
    try:
        return f"{host}:{simulator.serve_tcp(host, port, framing)}"
    except OSError as error:
        # The standard library appends its own address to the system's reason.
        reason = str(error.strerror or error).partition(" (")[0]
        raise OSError(f"Cannot listen on {host}:{port}: {reason}") from error


def _load(file: Path) -> dict[str, Any] | None:
    if not file.parent.is_dir():
        raise UsageError(f"--state cannot be {file}: there is no folder {file.parent}")
    try:
        saved = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"--state cannot be {file}: it cannot be read as saved state ({error})") from None
    if not isinstance(saved, dict):
        raise UsageError(f"--state cannot be {file}: it does not hold a saved state")
    return saved


def _save(file: Path | None, state: dict[str, Any]) -> None:
    if file is None:
        return
    temporary = file.with_name(f".{file.name}.new")
    temporary.write_text(json.dumps(state, indent=1), "utf-8")
    temporary.replace(file)


@contextmanager
def _stop_signals() -> Iterator[Event]:
    """Yield an event that SIGINT and SIGTERM set; only the main thread can receive signals."""
    stop = Event()

    def request_stop(_: int, __: FrameType | None) -> None:
        stop.set()

    if current_thread() is not main_thread():
        yield stop
        return
    before = {number: signal.signal(number, request_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with suppress(KeyboardInterrupt):
            yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    parser = ArgumentParser(prog="nattery simulate")
    add_arguments(parser)
    sys.exit(run(parser.parse_args()))
