"""A program that is killed, and a disk that lost its power: what was booked is there, and nothing is broken."""

from pathlib import Path
import shutil
import sqlite3
import subprocess
import sys

import pytest

from custom_components.nattery.core.ledger.book import Ledger
from custom_components.nattery.core.ledger.entry import LedgerEntry
from custom_components.nattery.core.ledger.errors import DamagedError, LedgerError

from .killer import MANY
from .lines import HOME, START, lines

ROOT = Path(__file__).parents[3]
END = START.replace(year=START.year + 1)
KILLS = 12


def integrity(path: Path) -> str:
    connection = sqlite3.connect(path)
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()


def test_a_killed_writer_loses_no_quarter_that_was_booked(place) -> None:
    known = lines(MANY)
    booked: tuple[LedgerEntry, ...] = ()
    command = [sys.executable, "-m", "tests.core.ledger.killer", str(place)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as killer:
        for _ in range(KILLS):
            killer.stdin.write("\n")
            killer.stdin.flush()
            said = int(killer.stdout.readline()) + 1
            booked = Ledger(place).read(HOME, START, END)
            assert list(booked) == known[: len(booked)]
            # The one that was being written when the kill came may be there or not.
            assert len(booked) in (said, said + 1)
            if isinstance(place, Path):
                assert integrity(place) == "ok"
    assert killer.returncode == 0
    assert len(booked) > KILLS


def test_a_write_ahead_log_that_is_torn_anywhere_gives_a_book_up_to_there(tmp_path: Path) -> None:
    path, torn = tmp_path / "ledger.db", tmp_path / "torn.db"
    ledger, known = Ledger(path), lines(40)
    keeper = sqlite3.connect(path)  # as long as somebody has the file open, the log stays
    keeper.execute("SELECT * FROM nattery_sites").fetchall()
    for line in known:
        ledger.write(HOME, [line])
    log = Path(f"{path}-wal").read_bytes()
    assert len(log) > 100_000
    counts = []
    for cut in (*range(0, len(log), 9973), len(log)):
        shutil.copyfile(path, torn)
        Path(f"{torn}-wal").write_bytes(log[:cut])
        booked = Ledger(torn).read(HOME, START, END)
        assert list(booked) == known[: len(booked)]
        assert integrity(torn) == "ok"
        counts.append(len(booked))
    keeper.close()
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 40)
    assert len(set(counts)) > 5


def test_a_file_that_is_damaged_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).write(HOME, lines(500))
    content = bytearray(path.read_bytes())
    content[8192:] = bytes(0x55 for _ in content[8192:])
    path.write_bytes(content)
    with pytest.raises(DamagedError, match="is damaged: database disk image is malformed"):
        Ledger(path).read(HOME, START, END)
    path.write_bytes(b"This is no database. " * 500)
    with pytest.raises(LedgerError, match="cannot be opened: file is not a database"):
        Ledger(path)
