"""The other end of the line for the benchmark: a program of its own, so that it shares no interpreter with the client.

Serves a simulated inverter on a paced pty; obeys lines on stdin: `count` prints the line's counters as JSON, `gone
SECONDS` takes the port away and prints the monotonic time at which it came back.
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
