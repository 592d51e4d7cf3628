"""Serve the stand-in until interrupted: python -m scripts.entsoe_standin --port 8099 --mode slow:30."""

import argparse
from contextlib import suppress
from pathlib import Path
import signal
import sys
from threading import Event

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.entsoe_standin.modes import MODES, UnknownModeError, find_mode
from scripts.entsoe_standin.server import Behaviour, StandIn


def _mode(text: str) -> str:
    try:
        find_mode(text)
    except UnknownModeError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def main() -> int:
    """Serve in the chosen mode."""
    parser = argparse.ArgumentParser(description=__doc__, epilog=f"Modes: {', '.join(MODES)}")
    parser.add_argument("--host", default="127.0.0.1", help="default %(default)s")
    parser.add_argument("--port", type=int, default=0, help="default: any free port")
    parser.add_argument("--mode", type=_mode, default="ok", help="how to respond, NAME or NAME:NUMBER (default ok)")
    parser.add_argument("--token", help="the only accepted token, which is then no secret (default: any)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the prices (default %(default)s)")
    parser.add_argument("--spread", type=float, default=1.0, help="spread of the prices (default %(default)s)")
    parser.add_argument("--early", action="store_true", help="publish tomorrow's prices at midnight")
    arguments = parser.parse_args()
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    behaviour = Behaviour(
        mode=arguments.mode,
        token=arguments.token,
        seed=arguments.seed,
        spread=arguments.spread,
        early=arguments.early,
    )
    with StandIn(behaviour, host=arguments.host, port=arguments.port) as stand_in, suppress(KeyboardInterrupt):
        print(f"ENTSO-E stand-in at {stand_in.url}", flush=True)
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
