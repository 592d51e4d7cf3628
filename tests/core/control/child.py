"""A controller in a process of its own, to be killed: python -m ... PORT NOW PLAN FILE.

PLAN is a list of [kind, power, start, end], NOW the simulated time at the start; FILE keeps what must survive. It says
every decision on a line.
"""

import asyncio
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import sys
import time

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.control.controller import Controller, Mode
from custom_components.nattery.core.control.inverter_battery import InverterBattery
from custom_components.nattery.core.control.schedule import ScheduledAction
from custom_components.nattery.core.inverter.inverter import Inverter
from custom_components.nattery.core.modbus.client import ModbusClient
from custom_components.nattery.core.modbus.timing import Timing
from custom_components.nattery.core.modbus.transport import TcpTransport

from .controlled_system import BERLIN, run


async def live(port: int, begun: datetime, plan: list[ScheduledAction], file: Path) -> None:
    saved = json.loads(file.read_text()) if file.exists() else None  # noqa: ASYNC240  (there is nothing to wait for)
    started = time.monotonic()

    def now() -> datetime:
        return begun + timedelta(seconds=time.monotonic() - started)

    def wall() -> datetime:
        return now().astimezone(BERLIN).replace(tzinfo=None)

    def save() -> None:
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(controller.as_dict()))
        fresh.replace(file)

    bus = ModbusClient(TcpTransport("127.0.0.1", port), timing=Timing(baud=None))
    bus.start()
    battery = InverterBattery(Inverter(bus, 1, now=wall), BERLIN, now=now)
    controller = Controller(battery, now=now, on_change=save)
    controller.restore(saved)
    await controller.release_control()
    if controller.mode is not Mode.AUTOMATIC:
        await controller.set_mode(Mode.AUTOMATIC)
    while True:
        decision = await controller.tick(plan, prices_fresh=True)
        print(decision.action and decision.action.kind, decision.reason.key, *decision.written, flush=True)  # noqa: T201
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    _, port, begun, plan, file = sys.argv
    runs = [
        run(ActionKind(kind), datetime.fromisoformat(start), datetime.fromisoformat(end), power)
        for kind, power, start, end in json.loads(plan)
    ]
    asyncio.run(live(int(port), datetime.fromisoformat(begun).astimezone(UTC), runs, Path(file)))
