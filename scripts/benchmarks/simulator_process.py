"""The simulated inverter for the benchmarks, in a process of its own, so that it does not slow the client down.

Serves a paced pty and obeys commands on stdin: `count` prints the line's counters as JSON; `gone SECONDS` closes the
port for that time and then prints the monotonic time.
"""

from dataclasses import asdict
import json
import os
from pathlib import Path
import sys
import time

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from custom_components.nattery.core.simulator.simulator import Simulator  # noqa: E402


def main(link: str, turnaround: str) -> None:
    """Serve until stdin ends."""
    os.nice(-5 if os.geteuid() == 0 else 0)
    simulator = Simulator(turnaround=float(turnaround))
    simulator.serve_pty(link)
    print("ready", flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "count":
            print(json.dumps(asdict(simulator.traffic.counters)), flush=True)
        if command == "gone":
            simulator.stop()
            time.sleep(float(arguments[0]))
            simulator.serve_pty(link)
            print(time.monotonic(), flush=True)
    simulator.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
