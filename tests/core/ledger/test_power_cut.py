"""After a kill or a power failure, all written entries are there and the file is intact."""

from pathlib import Path
import shutil
import sqlite3
import subprocess
import sys

import pytest

from custom_components.nattery.core.ledger.entry import LedgerEntry
from custom_components.nattery.core.ledger.errors import DamagedError, LedgerError
from custom_components.nattery.core.ledger.ledger import Ledger

from .entries import HOME, START, make_entries
from .killed_writer import MANY

ROOT = Path(__file__).parents[3]
END = START.replace(year=START.year + 1)
KILLS = 12


def integrity(path: Path) -> str:
    connection = sqlite3.connect(path)
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()


def test_killing_a_writer_loses_no_written_entry(place) -> None:
    all_entries = make_entries(MANY)
    read_back: tuple[LedgerEntry, ...] = ()
    command = [sys.executable, "-m", "tests.core.ledger.killed_writer", str(place)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(KILLS):
            process.stdin.write("\n")
            process.stdin.flush()
            reported = int(process.stdout.readline()) + 1
            read_back = Ledger(place).read(HOME, START, END)
            assert list(read_back) == all_entries[: len(read_back)]
            # The entry being written at the time of the kill may be there or not.
            assert len(read_back) in (reported, reported + 1)
            if isinstance(place, Path):
                assert integrity(place) == "ok"
    assert process.returncode == 0
    assert len(read_back) > KILLS


def test_a_truncated_write_ahead_log_keeps_the_entries_before_the_cut(tmp_path: Path) -> None:
    path, truncated = tmp_path / "ledger.db", tmp_path / "torn.db"
    ledger, all_entries = Ledger(path), make_entries(40)
    open_connection = sqlite3.connect(path)  # the log is kept while a connection is open
    open_connection.execute("SELECT * FROM nattery_sites").fetchall()
    for entry in all_entries:
        ledger.write(HOME, [entry])
    log = Path(f"{path}-wal").read_bytes()
    assert len(log) > 100_000
    counts = []
    for cut in (*range(0, len(log), 9973), len(log)):
        shutil.copyfile(path, truncated)
        Path(f"{truncated}-wal").write_bytes(log[:cut])
        read_back = Ledger(truncated).read(HOME, START, END)
        assert list(read_back) == all_entries[: len(read_back)]
        assert integrity(truncated) == "ok"
        counts.append(len(read_back))
    open_connection.close()
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 40)
    assert len(set(counts)) > 5


def test_a_damaged_file_raises_an_error(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).write(HOME, make_entries(500))
    content = bytearray(path.read_bytes())
    content[8192:] = bytes(0x55 for _ in content[8192:])
    path.write_bytes(content)
    with pytest.raises(DamagedError, match="is damaged: database disk image is malformed"):
        Ledger(path).read(HOME, START, END)
    path.write_bytes(b"This is no database. " * 500)
    with pytest.raises(LedgerError, match="cannot be opened: file is not a database"):
        Ledger(path)
