"""A program that books quarters one by one and says each when it is booked, until somebody kills it.

python -m tests.core.ledger.writer PLACE
"""

from pathlib import Path
import sys

from custom_components.nattery.core.ledger.book import Ledger

from .lines import HOME, START, lines

MANY = 1000


def main(place: str) -> None:
    """Go on after what is booked already."""
    ledger = Ledger(place if "://" in place else Path(place))
    booked = ledger.read(HOME, START, START.replace(year=START.year + 1))
    for number, line in enumerate(lines(MANY)[len(booked) :], len(booked)):
        ledger.write(HOME, [line])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
