"""The command line: a thin layer over the inverter, and our users' support tool.

Exit codes: 0 done, 1 it did not work out, 2 the question was wrong. Errors are one sentence on stderr.
"""

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
import json
import math
import sys
import time
from typing import Any, NoReturn, override

from .backtest import command as backtest
from .connection import DEFAULT_BAUD, Connection, ConnectionKind
from .inverter.codec import InvalidValueError, Value
from .inverter.derived import DERIVED
from .inverter.errors import InverterError, NotConfirmedError, NotOfferedError
from .inverter.inverter import Inverter, find_inverter, validate_write
from .inverter.registers import BY_KEY, BY_SYMBOL, REGISTERS, in_tier
from .inverter.render import as_text, closest, to_json
from .inverter.table import Register, RegisterKind, Risk, Tier
from .market import command as prices
from .modbus.client import ModbusClient
from .modbus.errors import InvalidRequestError, ModbusError
from .planner import command as plan
from .simulator import command as simulate

DONE, FAILED, WRONG_QUESTION = 0, 1, 2
_DUMP_TIERS = (Tier.IDENTITY, Tier.FAST, Tier.SETTINGS, Tier.COUNTERS, Tier.STATISTICS)


class _Parser(argparse.ArgumentParser):
    """Answers a wrong question in one sentence."""

    @override
    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_QUESTION, f"{self.prog}: {message}\n")


def _endpoint(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65536):  # noqa: PLR2004
        raise argparse.ArgumentTypeError(f"{text!r} is no HOST:PORT, for example 192.168.1.50:502")
    return host.strip("[]"), int(port)


def _number(low: float, high: float, kind: type[int | float]) -> Callable[[str], float]:
    def parse(text: str) -> float:
        with suppress(ValueError):
            number = kind(text)
            if math.isfinite(number) and low <= number <= high:
                return number
        whole = "a whole number" if kind is int else "a number"
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed: {whole} from {low:g} to {high:g} is")

    return parse


def _parser() -> _Parser:
    line = _Parser(add_help=False)
    where = line.add_mutually_exclusive_group(required=True)
    where.add_argument("--serial", metavar="PATH", help="a serial port, for example /dev/ttyUSB0")
    where.add_argument("--tcp", metavar="HOST:PORT", type=_endpoint, help="a Modbus TCP gateway")
    where.add_argument("--rtu-over-tcp", metavar="HOST:PORT", type=_endpoint, help="a gateway that passes RTU frames")
    line.add_argument(
        "--unit", metavar="N", type=_number(1, 255, int), help="the unit id; found by itself when left out"
    )
    line.add_argument(
        "--baud", metavar="N", type=_number(1200, 1_000_000, int), default=DEFAULT_BAUD, help="default %(default)s"
    )

    parser = _Parser(prog="nattery", description="Talks to a hybrid battery inverter over Modbus.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, run: Callable[[argparse.Namespace], int], text: str, *, talks: bool = True
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, parents=[line] if talks else [])
        command.set_defaults(run=run)
        return command

    add("probe", _talk(_probe), "Say who answers: model, serial number, versions, turnaround.")
    dump = add("dump", _talk(_dump), "Read every readable register, decoded.")
    dump.add_argument("--json", action="store_true", help="one JSON object: {symbol: physical value}")
    watch = add("watch", _talk(_watch), "Show live values until interrupted.")
    watch.add_argument("--json", action="store_true", help="one JSON object a line: {symbol: value or null}")
    watch.add_argument("--seconds", metavar="N", type=_number(0, 1e9, float), help="stop after so many seconds")
    watch.add_argument(
        "--interval", metavar="S", type=_number(0.1, 3600, float), default=2.0, help="default %(default)s s"
    )
    change = add("set", _talk(_set), "Write one register, guarded: checked, compared, written, read back.")
    change.add_argument("symbol", metavar="SYMBOL", help="the protocol's name, for example MaxChgCurrSet")
    change.add_argument("value", metavar="VALUE", help="a number, a name, HH:MM or a local ISO 8601 time")
    change.add_argument("--confirm", action="store_true", help="yes, write even though it is risky")
    simulate.add_arguments(
        add("simulate", simulate.run, "Be an inverter, on a paced serial line or a TCP port.", talks=False)
    )
    plan.add_arguments(add("plan", plan.run, "Plan what a battery should do, and say why.", talks=False))
    backtest.add_arguments(
        add(
            "backtest",
            backtest.run,
            "Run the planner over a time that has passed, and say what it is worth.",
            talks=False,
        )
    )
    prices.add_arguments(add("prices", prices.run, "Print the day-ahead prices of a day.", talks=False))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    parser = _parser()
    # A negative VALUE is a value, not an option.
    chosen = parser.parse_args(_shield_negative(list(sys.argv[1:] if arguments is None else arguments)))
    try:
        return int(chosen.run(chosen))
    except KeyboardInterrupt:
        return DONE
    except BrokenPipeError:  # the reader of our output has had enough
        sys.stderr.close()
        return DONE


def _shield_negative(arguments: list[str]) -> list[str]:
    if arguments[:1] == ["set"] and "--" not in arguments:
        last = arguments[-1]
        with suppress(ValueError):
            if float(last) < 0 or last.startswith("-"):
                return [*arguments[:-2], "--", *arguments[-2:]]
    return arguments


def _talk(
    conversation: Callable[[argparse.Namespace, ModbusClient], Coroutine[Any, Any, int]],
) -> Callable[[argparse.Namespace], int]:
    """Open the line, talk, close it; every error becomes a sentence and an exit code."""

    async def talk(arguments: argparse.Namespace) -> int:
        bus = _connection(arguments).open()
        try:
            return await conversation(arguments, bus)
        finally:
            await asyncio.to_thread(bus.close)

    def run(arguments: argparse.Namespace) -> int:
        try:
            return asyncio.run(talk(arguments))
        except (InvalidValueError, NotOfferedError, NotConfirmedError, InvalidRequestError) as error:
            hint = " (add --confirm)" if isinstance(error, NotConfirmedError) else ""
            print(f"{error}{hint}", file=sys.stderr)
            return WRONG_QUESTION
        except (ModbusError, InverterError) as error:
            print(error, file=sys.stderr)
            return FAILED

    return run


def _connection(arguments: argparse.Namespace) -> Connection:
    if arguments.serial:
        return Connection(ConnectionKind.SERIAL, path=arguments.serial, baud=arguments.baud)
    kind = ConnectionKind.TCP if arguments.tcp else ConnectionKind.RTU_OVER_TCP
    host, port = arguments.tcp or arguments.rtu_over_tcp
    return Connection(kind, host=host, port=port, baud=arguments.baud)


async def _meet(arguments: argparse.Namespace, bus: ModbusClient) -> Inverter:
    return Inverter(bus, (await find_inverter(bus, arguments.unit)).unit, groups=_all_options())


def _all_options() -> tuple[Any, ...]:
    return tuple({register.group for register in REGISTERS if register.group})


async def _probe(arguments: argparse.Namespace, bus: ModbusClient) -> int:
    identity = await find_inverter(bus, arguments.unit)
    statistics = bus.statistics.snapshot()
    print(f"model          {identity.manufacturer} {identity.product.replace('_', ' ')}")
    print(f"serial number  {identity.serial_number}")
    print(f"unit id        {identity.unit}")
    print(f"protocol       {identity.protocol}")
    print(f"firmware       {identity.firmware}")
    for key in (
        "machine_code",
        "hardware_version_m1",
        "hardware_version_m2",
        "hardware_version_s1",
        "hardware_version_s2",
        "bms_version",
    ):
        print(f"{BY_KEY[key].symbol:<14} {as_text(BY_KEY[key], identity.values.get(key))}")
    print(f"turnaround     {1000 * (statistics.turnaround_p50 or 0):.0f} ms")
    return DONE


async def _dump(arguments: argparse.Namespace, bus: ModbusClient) -> int:
    inverter = await _meet(arguments, bus)
    reports = [await inverter.read(tier) for tier in _DUMP_TIERS]
    values: dict[str, Value] = {key: value for report in reports for key, value in report.values.items()}
    failed = {key: error for report in reports for key, error in report.failed.items()}
    if errors := [report.error for report in reports if report.error]:
        raise errors[0]
    readable = [r for r in REGISTERS if r.kind is not RegisterKind.RESERVED and (r.readable or r.secret)]
    if arguments.json:
        print(json.dumps({register.symbol: to_json(register, values.get(register.key)) for register in readable}))
        return DONE
    for register in readable:
        print(f"0x{register.address:04X}  {register.symbol:<28} {_shown(register, values, failed)}")
    return DONE


def _shown(register: Register, values: dict[str, Value], failed: dict[str, ModbusError]) -> str:
    if register.secret:
        return "(secret, never read)"
    if register.key in failed:
        return f"({failed[register.key]})"
    return as_text(register, values[register.key])


async def _watch(arguments: argparse.Namespace, bus: ModbusClient) -> int:
    inverter = await _meet(arguments, bus)
    registers = in_tier(Tier.FAST, _all_options())
    start = due = time.monotonic()
    while True:
        report = await inverter.read(Tier.FAST)
        if arguments.json:
            line = json.dumps({r.symbol: to_json(r, report.values.get(r.key)) for r in registers})
        elif report.error:
            line = str(report.error)
        else:
            line = _summary(report.values.get)
        print(line, flush=True)
        due = max(due + arguments.interval, time.monotonic())
        if arguments.seconds is not None and due > start + arguments.seconds:
            return DONE
        await asyncio.sleep(due - time.monotonic())


def _summary(value: Callable[[str], Value]) -> str:
    shown = ("battery_soc", "battery_power", "pv_power", "grid_power", "load_power")
    parts = []
    for key in shown:
        unit = DERIVED[key].unit if key in DERIVED else BY_KEY[key].unit
        name = (
            key.removeprefix("battery_").replace("soc", "SOC") if key == "battery_soc" else key.removesuffix("_power")
        )
        parts.append(f"{name} {'-' if value(key) is None else value(key)} {unit}")
    status = as_text(BY_KEY["status"], value("status"))
    return f"{time.strftime('%H:%M:%S')}  {'  '.join(parts)}  {status}"


async def _set(arguments: argparse.Namespace, bus: ModbusClient) -> int:
    by_lower = {symbol.lower(): register for symbol, register in BY_SYMBOL.items()}
    register = by_lower.get(arguments.symbol.lower())
    if register is None:
        raise NotOfferedError(arguments.symbol, f"is no register of this inverter{closest(arguments.symbol)}")
    validate_write({register.key: arguments.value}, confirm=arguments.confirm)
    written = await (await _meet(arguments, bus)).write(register.key, arguments.value, confirm=arguments.confirm)
    new = as_text(register, written.new)
    if not written.changed:
        print(f"{register.symbol}: unchanged ({new})")
    elif register.risk is Risk.NONE and written.old is None:
        print(f"{register.symbol}: sent {new}")
    else:
        print(f"{register.symbol}: {as_text(register, written.old)} -> {new}")
    return DONE


if __name__ == "__main__":
    sys.exit(main())
