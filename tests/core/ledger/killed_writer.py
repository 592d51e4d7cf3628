"""A program that starts a process that writes entries, and kills it after a while; once for each line of its input.

    python -m tests.core.ledger.killed_writer LOCATION

It prints the number of the last entry that the killed process has reported as written, -1 for none.
"""

from collections.abc import Callable
import os
from pathlib import Path
from random import Random
import signal
import sys
import time

from custom_components.nattery.core.ledger.entry import LedgerEntry
from custom_components.nattery.core.ledger.ledger import Ledger

from .entries import HOME, START, make_entries

MANY = 1500


def _write(location: str, all_entries: list[LedgerEntry], report: Callable[[int], object]) -> None:
    """Continue after the existing entries, one entry at a time."""
    ledger = Ledger(location if "://" in location else Path(location))
    existing = ledger.read(HOME, START, START.replace(year=START.year + 1))
    for number, entry in enumerate(all_entries[len(existing) :], len(existing)):
        ledger.write(HOME, [entry])
        report(number)


def _write_and_kill(location: str, all_entries: list[LedgerEntry], seconds: float) -> int:
    """Start a writer, kill it after some seconds, and return the last number that it has reported."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if not child:
        os.close(read_end)
        _write(location, all_entries, lambda number: os.write(write_end, b"%d\n" % number))
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        first = pipe.readline()
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        numbers = [first, *pipe]
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
        raise RuntimeError("The writer ended before it was killed")
    return int(numbers[-1] or -1)


def main(location: str) -> None:
    """Kill one writer for each line of input."""
    chance, all_entries = Random(5), make_entries(MANY)
    for _ in sys.stdin:
        sys.stdout.write(f"{_write_and_kill(location, all_entries, chance.uniform(0, 0.15))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
