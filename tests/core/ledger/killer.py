"""A program that lets a process of its own book quarters, and kills it after a while; once for every line it is given.

    python -m tests.core.ledger.killer PLACE

Answers with the number of the last quarter that the killed process said was booked, -1 for none.
"""

from collections.abc import Callable
import os
from pathlib import Path
from random import Random
import signal
import sys
import time

from custom_components.nattery.core.ledger.book import Ledger
from custom_components.nattery.core.ledger.entry import LedgerEntry

from .lines import HOME, START, lines

MANY = 1500


def _write(place: str, known: list[LedgerEntry], said: Callable[[int], object]) -> None:
    """Go on after what is booked already, one quarter at a time."""
    ledger = Ledger(place if "://" in place else Path(place))
    booked = ledger.read(HOME, START, START.replace(year=START.year + 1))
    for number, line in enumerate(known[len(booked) :], len(booked)):
        ledger.write(HOME, [line])
        said(number)


def _killed(place: str, known: list[LedgerEntry], seconds: float) -> int:
    """Start a writer, kill it after it has written for some seconds, and tell what it said last."""
    heard, told = os.pipe()
    child = os.fork()
    if not child:
        os.close(heard)
        _write(place, known, lambda number: os.write(told, b"%d\n" % number))
        os._exit(0)
    os.close(told)
    with os.fdopen(heard) as ears:
        first = ears.readline()
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        numbers = [first, *ears]
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
        raise RuntimeError("The writer ended before it was killed")
    return int(numbers[-1] or -1)


def main(place: str) -> None:
    """Kill one writer for each line."""
    chance, known = Random(5), lines(MANY)
    for _ in sys.stdin:
        sys.stdout.write(f"{_killed(place, known, chance.uniform(0, 0.15))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
