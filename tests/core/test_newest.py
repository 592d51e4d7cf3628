"""The wire and the ledger once more, on the newest libraries that scripts/setup keeps beside Home Assistant's."""

import os
from pathlib import Path
import subprocess
import sys

import pymodbus
import pytest

NEWEST = Path(sys.prefix) / "newest"
TESTS = {
    "pymodbus": ("test_frames.py", "test_bus.py", "test_reader.py"),
    "sqlalchemy": ("ledger/test_book.py", "ledger/test_migrations.py", "ledger/test_reports.py"),
}


@pytest.mark.skipif(Path(pymodbus.__file__).is_relative_to(NEWEST), reason="this is the inner run")
@pytest.mark.parametrize("library", TESTS)
def test_what_stands_on_a_library_keeps_its_promises_on_the_newest(library) -> None:
    environment = os.environ | {"PYTHONPATH": str(NEWEST)}
    asked = [sys.executable, "-c", f"import {library}; print({library}.__version__)"]
    newest, present = (
        subprocess.run(asked, env=one, capture_output=True, text=True, check=True).stdout.strip()
        for one in (environment, os.environ)
    )
    assert newest not in ("", present)
    tests = [str(Path(__file__).parent / name) for name in TESTS[library]]
    inner = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(inner, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
