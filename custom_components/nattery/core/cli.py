"""The command line: a thin layer over the packages of the core, also used for support.

Exit codes: 0 success, 1 failure, 2 invalid arguments. An error is one sentence on stderr.
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

SUCCESS, FAILURE, INVALID_ARGUMENTS = 0, 1, 2
_DUMP_TIERS = (Tier.IDENTITY, Tier.FAST, Tier.SETTINGS, Tier.COUNTERS, Tier.STATISTICS)


class _Parser(argparse.ArgumentParser):
    """A parser that reports an error in one sentence, without the usage."""

    @override
    def error(self, message: str) -> NoReturn:
        self.exit(INVALID_ARGUMENTS, f"{self.prog}: {message}\n")


def _endpoint(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65536):  # noqa: PLR2004
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, for example 192.168.1.50:502")
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
    connection = _Parser(add_help=False)
    kind = connection.add_mutually_exclusive_group(required=True)
    kind.add_argument("--serial", metavar="PATH", help="a serial port, for example /dev/ttyUSB0")
    kind.add_argument("--tcp", metavar="HOST:PORT", type=_endpoint, help="a Modbus TCP gateway")
    kind.add_argument(
        "--rtu-over-tcp", metavar="HOST:PORT", type=_endpoint, help="a gateway that passes RTU frames through"
    )
    connection.add_argument(
        "--unit", metavar="N", type=_number(1, 255, int), help="the unit id; found automatically if omitted"
    )
    connection.add_argument(
        "--baud", metavar="N", type=_number(1200, 1_000_000, int), default=DEFAULT_BAUD, help="default %(default)s"
    )

    parser = _Parser(
        prog="nattery", description="Read and control a hybrid battery inverter over Modbus, plan, and run backtests."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, run: Callable[[argparse.Namespace], int], text: str, *, needs_inverter: bool = True
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, parents=[connection] if needs_inverter else [])
        command.set_defaults(run=run)
        return command

    add("probe", _with_client(_probe), "Print model, serial number, versions and response time of the inverter.")
    dump = add("dump", _with_client(_dump), "Read and decode every readable register.")
    dump.add_argument("--json", action="store_true", help="one JSON object: {symbol: physical value}")
    watch = add("watch", _with_client(_watch), "Print live values until interrupted.")
    watch.add_argument("--json", action="store_true", help="one JSON object per line: {symbol: value or null}")
    watch.add_argument("--seconds", metavar="N", type=_number(0, 1e9, float), help="stop after N seconds")
    watch.add_argument(
        "--interval", metavar="S", type=_number(0.1, 3600, float), default=2.0, help="default %(default)s s"
    )
    change = add("set", _with_client(_set), "Check the value, compare, write one register and read it back.")
    change.add_argument("symbol", metavar="SYMBOL", help="the symbol in the protocol, for example MaxChgCurrSet")
    change.add_argument("value", metavar="VALUE", help="a number, a name, HH:MM or a local ISO 8601 time")
    change.add_argument("--confirm", action="store_true", help="confirm that a risky register should be written")
    simulate.add_arguments(
        add(
            "simulate", simulate.run, "Simulate an inverter on a paced serial line or a TCP port.", needs_inverter=False
        )
    )
    plan.add_arguments(add("plan", plan.run, "Plan the actions of a battery, with reasons.", needs_inverter=False))
    backtest.add_arguments(
        add(
            "backtest",
            backtest.run,
            "Run the planner over past data and print the savings.",
            needs_inverter=False,
        )
    )
    prices.add_arguments(add("prices", prices.run, "Print the day-ahead prices of a day.", needs_inverter=False))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    parser = _parser()
    parsed = parser.parse_args(_shield_negative(list(sys.argv[1:] if arguments is None else arguments)))
    try:
        return int(parsed.run(parsed))
    except KeyboardInterrupt:
        return SUCCESS
    except BrokenPipeError:  # the reader of the output has closed it, such as `head`
        sys.stderr.close()
        return SUCCESS


def _shield_negative(arguments: list[str]) -> list[str]:
    """Insert `--` before a negative VALUE of `set`, which the parser would take for an option."""
    if arguments[:1] == ["set"] and "--" not in arguments:
        last = arguments[-1]
        with suppress(ValueError):
            if float(last) < 0 or last.startswith("-"):
                return [*arguments[:-2], "--", *arguments[-2:]]
    return arguments


def _with_client(
    command: Callable[[argparse.Namespace, ModbusClient], Coroutine[Any, Any, int]],
) -> Callable[[argparse.Namespace], int]:
    """Wrap a command: open and close the connection, and turn errors into a sentence and an exit code."""

    async def run_async(arguments: argparse.Namespace) -> int:
        client = _connection(arguments).open()
        try:
            return await command(arguments, client)
        finally:
            await asyncio.to_thread(client.close)

    def run(arguments: argparse.Namespace) -> int:
        try:
            return asyncio.run(run_async(arguments))
        except (InvalidValueError, NotOfferedError, NotConfirmedError, InvalidRequestError) as error:
            hint = " (add --confirm)" if isinstance(error, NotConfirmedError) else ""
            print(f"{error}{hint}", file=sys.stderr)
            return INVALID_ARGUMENTS
        except (ModbusError, InverterError) as error:
            print(error, file=sys.stderr)
            return FAILURE

    return run


def _connection(arguments: argparse.Namespace) -> Connection:
    if arguments.serial:
        return Connection(ConnectionKind.SERIAL, path=arguments.serial, baud=arguments.baud)
    kind = ConnectionKind.TCP if arguments.tcp else ConnectionKind.RTU_OVER_TCP
    host, port = arguments.tcp or arguments.rtu_over_tcp
    return Connection(kind, host=host, port=port, baud=arguments.baud)


async def _inverter(arguments: argparse.Namespace, client: ModbusClient) -> Inverter:
    return Inverter(client, (await find_inverter(client, arguments.unit)).unit, groups=_all_options())


def _all_options() -> tuple[Any, ...]:
    return tuple({register.group for register in REGISTERS if register.group})


async def _probe(arguments: argparse.Namespace, client: ModbusClient) -> int:
    identity = await find_inverter(client, arguments.unit)
    statistics = client.statistics.snapshot()
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
    return SUCCESS


async def _dump(arguments: argparse.Namespace, client: ModbusClient) -> int:
    inverter = await _inverter(arguments, client)
    results = [await inverter.read(tier) for tier in _DUMP_TIERS]
    values: dict[str, Value] = {key: value for result in results for key, value in result.values.items()}
    failed = {key: error for result in results for key, error in result.failed.items()}
    if errors := [result.error for result in results if result.error]:
        raise errors[0]
    readable = [r for r in REGISTERS if r.kind is not RegisterKind.RESERVED and (r.readable or r.secret)]
    if arguments.json:
        print(json.dumps({register.symbol: to_json(register, values.get(register.key)) for register in readable}))
        return SUCCESS
    for register in readable:
        print(f"0x{register.address:04X}  {register.symbol:<28} {_text(register, values, failed)}")
    return SUCCESS


def _text(register: Register, values: dict[str, Value], failed: dict[str, ModbusError]) -> str:
    if register.secret:
        return "(secret, never read)"
    if register.key in failed:
        return f"({failed[register.key]})"
    return as_text(register, values[register.key])


async def _watch(arguments: argparse.Namespace, client: ModbusClient) -> int:
    inverter = await _inverter(arguments, client)
    registers = in_tier(Tier.FAST, _all_options())
    start = due = time.monotonic()
    while True:
        result = await inverter.read(Tier.FAST)
        if arguments.json:
            line = json.dumps({r.symbol: to_json(r, result.values.get(r.key)) for r in registers})
        elif result.error:
            line = str(result.error)
        else:
            line = _summary(result.values.get)
        print(line, flush=True)
        due = max(due + arguments.interval, time.monotonic())
        if arguments.seconds is not None and due > start + arguments.seconds:
            return SUCCESS
        await asyncio.sleep(due - time.monotonic())


def _summary(value: Callable[[str], Value]) -> str:
    keys = ("battery_soc", "battery_power", "pv_power", "grid_power", "load_power")
    parts = []
    for key in keys:
        unit = DERIVED[key].unit if key in DERIVED else BY_KEY[key].unit
        name = (
            key.removeprefix("battery_").replace("soc", "SOC") if key == "battery_soc" else key.removesuffix("_power")
        )
        parts.append(f"{name} {'-' if value(key) is None else value(key)} {unit}")
    status = as_text(BY_KEY["status"], value("status"))
    return f"{time.strftime('%H:%M:%S')}  {'  '.join(parts)}  {status}"


async def _set(arguments: argparse.Namespace, client: ModbusClient) -> int:
    by_lower = {symbol.lower(): register for symbol, register in BY_SYMBOL.items()}
    register = by_lower.get(arguments.symbol.lower())
    if register is None:
        raise NotOfferedError(arguments.symbol, f"is no register of this inverter{closest(arguments.symbol)}")
    validate_write({register.key: arguments.value}, confirm=arguments.confirm)
    written = await (await _inverter(arguments, client)).write(register.key, arguments.value, confirm=arguments.confirm)
    new = as_text(register, written.new)
    if not written.changed:
        print(f"{register.symbol}: unchanged ({new})")
    elif register.risk is Risk.NONE and written.old is None:
        print(f"{register.symbol}: sent {new}")
    else:
        print(f"{register.symbol}: {as_text(register, written.old)} -> {new}")
    return SUCCESS


if __name__ == "__main__":
    sys.exit(main())
